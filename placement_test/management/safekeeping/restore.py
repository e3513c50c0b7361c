"""``deploy/restore BACKUP``: put a backup in the place of this installation, and verify it."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

from placement_test.management.safekeeping.backup import DATABASE, MANIFEST, POOL, STAMP
from placement_test.management.safekeeping.databases import Database, database
from placement_test.management.safekeeping.places import (
    ROOT,
    Places,
    Refused,
    key_ids,
    own_key_ids,
    places,
    sha256,
)

READ_BY_GROUP = stat.S_IRGRP | stat.S_IXGRP


def main() -> int:
    """Do what the command line asks for; return its status."""
    parser = argparse.ArgumentParser(prog="deploy/restore", description=__doc__)
    parser.add_argument("backup", type=Path, help="one backup: a folder named by its time")
    parser.add_argument("--keys", type=Path, help="the folder of that time with its keys")
    parser.add_argument(
        "--without-keys", action="store_true", help="they are lost: phone numbers stay unreadable"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="put aside what is there under another name"
    )
    wanted = parser.parse_args()
    os.umask(0o077)
    try:
        restore(
            wanted.backup.resolve(),
            keys=wanted.keys,
            may_overwrite=wanted.overwrite,
            needs_keys=not wanted.without_keys,
        )
    except (Refused, OSError) as error:
        print(f"NOT RESTORED: {error}", file=sys.stderr)  # noqa: T201 - a program for people
        return 1
    manifest = wanted.backup.resolve() / MANIFEST
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, ROOT / "manage.py", "verify_data", "--manifest", manifest], check=False
    ).returncode


def restore(backup: Path, *, keys: Path | None, may_overwrite: bool, needs_keys: bool) -> None:
    """Put the database, files and keys of ``backup`` in place.

    :raises Refused: before anything is changed
    """
    here = places()
    target = database(here.database)
    manifest = _sound(backup, target)
    _refuse_overwriting(here, target, keys, may_overwrite=may_overwrite)
    if needs_keys:
        found = own_key_ids(here) if keys is None else key_ids(keys)
        _refuse_other_keys(manifest["keys"], found)
    target.refuse_in_use()
    aside = f"before-restore-{dt.datetime.now(dt.UTC).strftime(STAMP)}"  # noqa: TID251 - a name
    if keys is not None:
        _put_keys(keys, here.keys, aside)
    _put_files(manifest["files"], backup.parent / POOL, here.files)
    kept = target.put(backup / DATABASE, aside)
    if kept:
        print(f"What was there before: {kept}")  # noqa: T201


def _sound(backup: Path, target: Database) -> dict[str, Any]:
    """Return the backup's manifest, once everything that it names is there and whole."""
    try:
        manifest: dict[str, Any] = json.loads((backup / MANIFEST).read_text())
    except (OSError, ValueError) as error:
        raise Refused(f"{backup} is no backup: {error}") from error
    if manifest["kind"] != target.kind:
        raise Refused(f"The backup is of {manifest['kind']}, this installation has {target.kind}.")
    if sha256(backup / DATABASE) != manifest["sha256"]:
        raise Refused(f"{backup / DATABASE} is not what was written.")
    for name, digest in manifest["files"].items():
        copy = _place(backup.parent / POOL, name)
        if not copy.exists() or sha256(copy) != digest:
            raise Refused(f"{copy} is missing or not what was written.")
    return manifest


def _refuse_overwriting(
    here: Places, target: Database, keys: Path | None, *, may_overwrite: bool
) -> None:
    if may_overwrite:
        return
    if not target.is_empty():
        raise Refused("There is a database already: --overwrite puts it aside.")
    if keys is not None and here.keys.exists():
        raise Refused(f"There are keys in {here.keys}: --overwrite puts them aside.")


def _refuse_other_keys(wanted: dict[str, list[str]], found: dict[str, list[str]]) -> None:
    missing = [ring for ring, ids in wanted.items() if not {*ids} <= {*found.get(ring, [])}]
    if missing:
        raise Refused(
            f"These keys of the backup's time are not here: {', '.join(missing)}. --keys FOLDER "
            "brings them; --without-keys goes on for ever without them."
        )


def _put_keys(source: Path, target: Path, aside: str) -> None:
    if target.exists():
        target.rename(target.with_name(f"{target.name}.{aside}"))
    target.mkdir(mode=0o700, parents=True)
    for file in source.iterdir():
        shutil.copyfile(file, target / file.name)


def _put_files(names: dict[str, str], pool: Path, target: Path) -> None:
    """Copy what is missing; a file of the same name is the same file."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    is_shared = target.stat().st_mode & READ_BY_GROUP == READ_BY_GROUP
    for name in names:
        place = _place(target, name)
        if place.exists():
            continue
        for folder in (place.parent.parent, place.parent):
            if not folder.exists():
                folder.mkdir()
                folder.chmod(stat.S_IMODE(target.stat().st_mode) if is_shared else 0o700)
        draft = place.with_name(f".{name}")
        shutil.copyfile(_place(pool, name), draft)
        draft.chmod(0o640 if is_shared else 0o600)
        draft.rename(place)


def _place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name[2:4] / name


if __name__ == "__main__":
    sys.exit(main())
