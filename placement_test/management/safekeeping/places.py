"""Where the parts of this installation lie: the same variables that the settings read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from primepath import environment

ROOT = Path(__file__).resolve().parents[3]
# Rings of keys, in the order of the settings; the text secret has no id.
RINGS = ("field", "index", "receipt", "ticket", "resume", "rescue")


class Refused(Exception):
    """Something that the operator has to decide or repair; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Places:
    """The folders and the database of this installation."""

    database: dict[str, Any]
    files: Path
    keys: Path


def places() -> Places:
    """Return them, made by nobody here."""
    data = Path(environment.text("PRIMEPATH_DATA_DIR", str(ROOT / "data"))).expanduser().resolve()
    # A pool in transaction mode is no place for pg_dump, which sets what holds for a session.
    name = "PRIMEPATH_DATABASE_URL"
    if environment.text("PRIMEPATH_DIRECT_DATABASE_URL"):
        name = "PRIMEPATH_DIRECT_DATABASE_URL"
    return Places(
        database=environment.database(name, f"sqlite:///{data}/primepath.sqlite3"),
        files=Path(environment.text("PRIMEPATH_FILES_DIR", str(data / "files"))).expanduser(),
        keys=data / "keys",
    )


def key_ids(folder: Path) -> dict[str, list[str]]:
    """Return the public names of the keys in ``folder``: no secret is among them."""
    texts = {ring: folder / ring for ring in RINGS}
    return {ring: _ids(file.read_text()) for ring, file in texts.items() if file.exists()}


def own_key_ids(here: Places) -> dict[str, list[str]]:
    """Return the public names of the keys that this installation has, from wherever it has them."""
    given = {ring: os.environ.get(f"PRIMEPATH_{ring.upper()}_KEYS", "").strip() for ring in RINGS}
    return key_ids(here.keys) | {ring: _ids(text) for ring, text in given.items() if text}


def _ids(text: str) -> list[str]:
    return [item.strip().partition(":")[0] for item in text.split(",") if item.strip()]


def sha256(file: Path) -> str:
    """Return the file's digest."""
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
