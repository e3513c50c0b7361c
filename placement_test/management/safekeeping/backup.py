"""``deploy/backup FOLDER``: a verified copy of this installation while it runs."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import shutil
import sys
from pathlib import Path

from placement_test.management.safekeeping.databases import database
from placement_test.management.safekeeping.places import (
    Places,
    Refused,
    own_key_ids,
    places,
    sha256,
)

MANIFEST = "manifest.json"
DATABASE = "database"
POOL = "files"
STAMP = "%Y%m%dT%H%M%SZ"


def main() -> int:
    """Do what the command line asks for; return its status."""
    parser = argparse.ArgumentParser(prog="deploy/backup", description=__doc__)
    parser.add_argument("folder", type=Path, help="where backups are kept, on another disk")
    parser.add_argument("--keys", type=Path, help="where keys are kept, apart from the backups")
    parser.add_argument("--keep", type=int, help="how many backups stay; all, if not given")
    wanted = parser.parse_args()
    os.umask(0o077)
    try:
        made = backup(wanted.folder.resolve(), keys=wanted.keys and wanted.keys.resolve())
        print(f"Backup: {made}")  # noqa: T201 - a program for people
        if wanted.keys is None:
            print("Without keys: --keys FOLDER copies them, somewhere else.")  # noqa: T201
        if wanted.keep is not None:
            forget(wanted.folder.resolve(), keep=max(1, wanted.keep))
    except (Refused, OSError) as error:
        print(f"NO BACKUP: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def backup(folder: Path, *, keys: Path | None = None) -> Path:
    """Make a backup below ``folder``; return where it is.

    :raises Refused: where it would not be one
    """
    here = places()
    if keys is not None and (keys.is_relative_to(folder) or folder.is_relative_to(keys)):
        raise Refused("Keys beside the backup open it to whoever finds it: another folder.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamp = dt.datetime.now(dt.UTC).strftime(STAMP)  # noqa: TID251 - a name, nobody's time
    if (folder / stamp).exists():
        raise Refused("There is a backup of this second.")
    made = folder / f".{stamp}.partial"
    made.mkdir(mode=0o700)
    try:
        source = database(here.database)
        # The database first: a file is stored before a row names it, so the copy has them all.
        source.copy_to(made / DATABASE)
        manifest = {
            "made_at": stamp,
            "kind": source.kind,
            "sha256": sha256(made / DATABASE),
            "rows": source.rows(made / DATABASE),
            "files": _take_files(here.files, folder),
            "keys": own_key_ids(here),
        }
        (made / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
        _sync(made)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    if keys is not None:
        _take_keys(here, keys / stamp)
    made.rename(folder / stamp)
    return folder / stamp


def forget(folder: Path, *, keep: int) -> None:
    """Remove all but the newest ``keep`` backups, and files that only the others named."""
    made = backups(folder)
    for old in made[:-keep]:
        shutil.rmtree(old)
    named = {
        name for each in made[-keep:] for name in json.loads((each / MANIFEST).read_text())["files"]
    }
    for file in (folder / POOL).rglob("*.*"):
        if file.is_file() and file.name not in named:
            file.unlink()


def backups(folder: Path) -> list[Path]:
    """Return the backups below ``folder``, oldest first."""
    return sorted(file.parent for file in folder.glob(f"[0-9]*T*Z/{MANIFEST}"))


def _take_files(source: Path, folder: Path) -> dict[str, str]:
    """Copy the files that no backup has yet; a stored file never changes.  Return all digests."""
    made = backups(folder)
    known: dict[str, str] = json.loads((made[-1] / MANIFEST).read_text())["files"] if made else {}
    taken: dict[str, str] = {}
    for file in sorted(source.rglob("*.*")):
        if file.name.startswith(".") or not file.is_file():
            continue
        copy = folder / POOL / file.relative_to(source)
        if file.name not in known or not copy.exists():
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = copy.with_name(f".{copy.name}")
            try:
                shutil.copyfile(file, draft)
            except FileNotFoundError:
                continue  # removed meanwhile, with the row that named it
            draft.rename(copy)
        taken[file.name] = known.get(file.name) or sha256(copy)
    return taken


def _take_keys(here: Places, folder: Path) -> None:
    found = [file for file in here.keys.glob("[a-z]*") if file.is_file()]
    if not found:
        raise Refused(f"There are no keys in {here.keys}: they stand in the environment.")
    folder.mkdir(mode=0o700, parents=True)
    for file in found:
        shutil.copyfile(file, folder / file.name)


def _sync(folder: Path) -> None:
    """Have it on disk before it gets its name."""
    os.sync()
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    sys.exit(main())
