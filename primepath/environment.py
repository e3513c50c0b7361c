"""Read settings from environment variables and say plainly what is wrong with one."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """Return the variable's value, or ``default`` when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable.

    :raises ImproperlyConfigured: for anything but 1/0, true/false, yes/no, on/off
    """
    value = text(name).lower()
    if not value:
        return default
    if value in TRUE | FALSE:
        return value in TRUE
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no; it is {value!r}")


def number(name: str, default: int, *, least: int, most: int) -> int:
    """Return a whole number within bounds.

    :raises ImproperlyConfigured: for anything else
    """
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ImproperlyConfigured(
            f"{name} must be a whole number from {least} to {most}; it is {value!r}"
        )
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return a comma-separated variable as addresses or networks (10.0.0.0/24).

    :raises ImproperlyConfigured: for anything else
    """
    try:
        return [ipaddress.ip_network(word) for word in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def folder(name: str, default: Path) -> Path:
    """Return a folder, made (0700) where it is missing.

    :raises ImproperlyConfigured: where it cannot be made or written
    """
    path = Path(text(name, str(default))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: cannot make {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured(f"{name}: {path} cannot be written to")
    return path


def database(name: str, default: str) -> dict[str, object]:
    """Return Django's settings for a database address (sqlite:///… or postgresql://…).

    :raises ImproperlyConfigured: for another scheme or an address without a database name
    """
    try:
        address = urlsplit(text(name, default))
        port = address.port
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not an address: {error}") from error
    if address.scheme == "sqlite":
        if not address.path.strip("/"):
            raise ImproperlyConfigured(f"{name}: sqlite:// needs a file, e.g. sqlite:////srv/pp.db")
        return _sqlite(unquote(address.path[1:] if address.path.startswith("//") else address.path))
    if address.scheme in {"postgresql", "postgres"}:
        if not address.path.strip("/"):
            raise ImproperlyConfigured(f"{name}: the database's name is missing after the host")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(address.path.lstrip("/")),
            "USER": unquote(address.username or ""),
            "PASSWORD": unquote(address.password or ""),
            "HOST": unquote(address.hostname or ""),
            "PORT": port or "",
            # One connection a thread, kept: opening one costs more than a save does.
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
            # Behind PgBouncer in transaction mode a server-side cursor outlives its connection.
            "DISABLE_SERVER_SIDE_CURSORS": True,
        }
    raise ImproperlyConfigured(
        f"{name} must begin with sqlite:// or postgresql://; it begins with {address.scheme!r}"
    )


def _sqlite(path: str) -> dict[str, object]:
    return {
        "ENGINE": "placement_test.lib.sqlite",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            # Writers queue at the lock file; this is for what writes without a transaction.
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=FULL;"
                # Checkpoints run on a timer, away from the students' saves.
                "PRAGMA wal_autocheckpoint=0;"
                "PRAGMA mmap_size=134217728;"
                "PRAGMA cache_size=-16000;"
            ),
        },
    }
