"""Static files under hashed names in the data folder, made again only when one has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from placement_test.lib import static_files

STAMP = ".collected"


def collect() -> bool:
    """Collect the static files where they differ from the last time; return whether they did."""
    stamp = Path(settings.STATIC_ROOT) / STAMP
    wanted = _state()
    if stamp.exists() and stamp.read_text() == wanted:
        return False
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted)
    return True


def _state() -> str:
    # What is made of the files depends on the maker, too.
    state = hashlib.sha256(Path(static_files.__file__).read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            file = Path(storage.path(name)).stat()
            state.update(f"{name}:{file.st_size}:{file.st_mtime_ns}\n".encode())
    return state.hexdigest()
