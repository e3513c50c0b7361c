"""A small file system of its own: it can be filled, and its power can be cut.

An ext4 image behind a loop device.  What was never synced stands in the page cache above the device
and not in the image, so that a copy of the image is what a power cut leaves behind.  That needs
root; where it is refused there is a plain folder instead and neither fault.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MEGABYTE = 2**20
# Twice what PostgreSQL's cluster, its log and some thousand sessions take.
IMAGE_BYTES = 900 * MEGABYTE
COPY_SECONDS = 30


class Disk:
    """The file system at ``folder``; ``is_real`` says whether it has an image of its own."""

    def __init__(self, parent: Path) -> None:
        self.folder = parent / "disk"
        self.folder.mkdir()
        self._images = parent / "images"
        self._number = 0
        self.is_real = False

    def make(self) -> None:
        """Make and mount the image, or leave the plain folder where the system refuses."""
        if os.geteuid() != 0 or not shutil.which("mkfs.ext4") or not shutil.which("mount"):
            return
        self._images.mkdir()
        with self._image.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", self._image)
        self.is_real = _mount(self._image, self.folder)
        if self.is_real:
            self.folder.chmod(0o755)

    def close(self) -> None:
        """Unmount; the images go with their folder."""
        if self.is_real:
            _run("umount", "-l", self.folder)
            self.is_real = False

    def settle(self) -> None:
        """Bring all that was written so far to the device."""
        if self.is_real:
            _run("sync", "-f", self.folder)

    def fill(self) -> None:
        """Leave no free byte."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            free = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize))
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def copy(self) -> None:
        """Keep what the device holds at this instant, without what was never synced.

        Whoever writes here must be stopped.
        """
        before = self._image
        self._number += 1
        _run("cp", "--sparse=always", before, self._image)

    def swap(self) -> None:
        """Mount the copy in the place of the disk: the power is back.  Nobody may use it."""
        _run("umount", "-l", self.folder)
        if not _mount(self._image, self.folder):
            raise RuntimeError("the copy of the disk cannot be mounted")
        # That it went may not have been synced.
        self.free()
        for old in self._images.iterdir():
            if old != self._image:
                old.unlink()

    @property
    def _image(self) -> Path:
        return self._images / f"{self._number}.img"

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


def _mount(image: Path, folder: Path) -> bool:
    # The kernel's own write-back (30 s) and ext4's (5 s) would save what nobody has synced.
    try:
        _run("mount", "-o", "loop,commit=300", image, folder)
    except subprocess.CalledProcessError:
        return False
    return True


def _run(*command: str | Path) -> None:
    subprocess.run(
        [str(word) for word in command],
        check=True,
        timeout=COPY_SECONDS,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
