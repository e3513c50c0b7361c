"""Keys of this installation: from the environment, or made once into the data folder."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32


class Key(NamedTuple):
    """A key and the short public name under which things made with it are found again."""

    id: str
    secret: bytes


def secret(variable: str, data_dir: Path) -> str:
    """Return the text secret of ``variable``, or the one kept in ``data_dir``/keys."""
    return os.environ.get(variable, "").strip() or _kept(
        data_dir / "keys" / "secret", secrets.token_urlsafe(48)
    )


def ring(variable: str, data_dir: Path, purpose: str) -> tuple[Key, ...]:
    """Return the keys of one purpose, newest first: ``id:base64,id:base64``.

    :raises ImproperlyConfigured: where a key is not 32 bytes of base64 or has no id
    """
    fresh = f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"
    text = os.environ.get(variable, "").strip() or _kept(data_dir / "keys" / purpose, fresh)
    return tuple(_key(variable, item) for item in text.split(","))


def _key(variable: str, item: str) -> Key:
    name, _, encoded = item.strip().partition(":")
    try:
        value = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        value = b""
    if not name or len(value) != KEY_BYTES:
        raise ImproperlyConfigured(
            f"{variable}: each key is id:base64 of {KEY_BYTES} bytes, separated by commas"
        )
    return Key(name, value)


def _kept(path: Path, fresh: str) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(fresh)
            file.flush()
            os.fsync(file.fileno())
        # A link fails where the name exists: of several processes that start at once one
        # makes the key, and all of them read that one.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    text = path.read_text().strip()
    if not text:
        raise ImproperlyConfigured(f"{path} is empty; restore it from a backup")
    return text
