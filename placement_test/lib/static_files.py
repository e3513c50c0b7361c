"""Static files as pages get them: small, under names that change with their content.

A page that was opened before an upgrade goes on with the files that it knows.  So a file under a
hashed name is written once, whole, and never changed; the release before is kept, and whatever was
in use less than a day ago.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from placement_test.lib.joined_scripts import JoinedScripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.core.files.base import File
    from django.core.files.storage import Storage

# Scripts of the product; those of Django's admin are served as they come.
OWN_SCRIPTS = re.compile(r"js/.*\.js")
HASHED = re.compile(r".*\.[0-9a-f]{12}\.\w+")
# After minifying there are no comments, and every import stands in one of these forms.
IMPORTED = re.compile(
    r"""(?P<before>\b(?:from|import|import\()\s*["'])(?P<name>\.{1,2}/[^"']+)(?P<after>["'])"""
)
REFERRED = re.compile(
    r"""(?P<before>url\(\s*["']?|@import\s+["'])(?P<name>[^"')\s]+)(?P<after>["')])"""
)
# The minifier joins declarations and puts those that take things apart first, before the calls that
# they have to come after. A statement in between, which goes again, keeps their order.
TAKES_APART = re.compile(r"^(\s*)(?=(?:const|let)\s*[\[{])", re.MULTILINE)
BETWEEN = "$BETWEEN$"
NOT_BETWEEN_ANY_MORE = re.compile(r",\$BETWEEN\$|\$BETWEEN\$[;,\n]")
ELSEWHERE = re.compile(r"[a-z]+:|[/#]")

RELEASES = "releases.json"
RELEASES_KEPT = 2
# A test, the night after it, and what a shared tablet sends the next morning.
KEPT_SECONDS = 24 * 3600


class ReleaseStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Collected files beside those of earlier releases.

    Under its own name each file is readable as it was written; pages load the one with a hash in
    its name: minified, importing others by their hashed names.
    """

    _joined: JoinedScripts | None = None

    def post_process(self, *args: Any, **options: Any) -> Iterator[Any]:
        """Name, rewrite and compress the collected files; forget releases that nobody uses."""
        self._joined = None
        yield from super().post_process(*args, **options)
        if not options.get("dry_run"):
            _keep_releases(Path(self.location), set(self.hashed_files.values()), time.time())

    def _post_process(
        self,
        paths: Mapping[str, tuple[Storage, str]],
        adjustable_paths: Iterable[str],  # noqa: ARG002 - Django's own signature
        hashed_files: dict[str, str],
    ) -> Iterator[tuple[str, str, bool, bool]]:
        # Django's own deletes files that a running server serves, and needs a pass for each level
        # of imports; files first that others refer to need one.
        for name in paths:
            yield name, self._released(name, paths, hashed_files, ()), True, False

    def _released(
        self,
        name: str,
        paths: Mapping[str, tuple[Storage, str]],
        hashed_files: dict[str, str],
        trail: tuple[str, ...],
    ) -> str:
        if name in hashed_files:
            return hashed_files[name]
        if name in trail:
            raise ValueError(f"{' -> '.join((*trail, name))}: a hash cannot contain itself")
        storage, path = paths[name]
        with storage.open(path) as file:
            content = file.read()

        def hashed(found: re.Match[str]) -> str:
            if ELSEWHERE.match(found["name"]):
                return found[0]
            wanted, mark, fragment = found["name"].partition("#")
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), wanted))
            if target not in paths:
                raise ValueError(f"{name} refers to {found['name']}, which is not there")
            last = posixpath.basename(self._released(target, paths, hashed_files, (*trail, name)))
            folder = wanted[: wanted.rfind("/") + 1]
            return f"{found['before']}{folder}{last}{mark}{fragment}{found['after']}"

        if OWN_SCRIPTS.fullmatch(name):
            content = IMPORTED.sub(hashed, self._scripts(paths).text(name)).encode()
        elif name.endswith(".css"):
            content = REFERRED.sub(hashed, content.decode()).encode()
        made = cast("str", self.hashed_name(name, cast("File[bytes]", ContentFile(content))))
        _write_once(Path(self.path(made)), content)
        hashed_files[name] = made
        return made

    def _scripts(self, paths: Mapping[str, tuple[Storage, str]]) -> JoinedScripts:
        if self._joined is None:
            self._joined = JoinedScripts(paths, lambda name: _source(name, paths), _small)
        return self._joined

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what is not compressed yet; a running server serves the others."""
        return super().compress_files(  # type: ignore[no-any-return]
            path
            for path in paths
            if not (HASHED.fullmatch(path) and Path(f"{self.path(path)}.gz").exists())
        )


def _source(name: str, paths: Mapping[str, tuple[Storage, str]]) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return cast("bytes", file.read()).decode()


def _small(script: str) -> str:
    # Only who collects needs it, not each server process.
    import minify  # noqa: PLC0415

    kept = TAKES_APART.sub(rf"\1{BETWEEN};", script)
    made = cast("str", minify.string("application/javascript", kept))
    made = NOT_BETWEEN_ANY_MORE.sub("", made)
    if BETWEEN in made:
        raise ValueError("the minifier put the order of declarations where it cannot be taken out")
    return made


def _write_once(file: Path, content: bytes) -> None:
    """Write a file whose name tells its content, so that nobody reads half of it."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)


def _keep_releases(folder: Path, files: set[str], now: float) -> None:
    """Note the release that was made just now, and remove what only forgotten ones had.

    Kept are the newest two, and each that was in use less than a day ago.
    """
    log = folder / RELEASES
    releases: list[dict[str, Any]] = json.loads(log.read_text()) if log.exists() else []
    newest = {"at": now, "files": sorted(files)}
    if releases and releases[0]["files"] == newest["files"]:
        newest["at"] = releases[0]["at"]
        del releases[0]
    releases.insert(0, newest)
    # A release was in use until the next one came.
    kept = [
        release
        for at, release in enumerate(releases)
        if at < RELEASES_KEPT or now - releases[at - 1]["at"] < KEPT_SECONDS
    ]
    used = {name for release in kept for name in release["files"]}
    forgotten = {name for release in releases for name in release["files"]} - used
    for name in forgotten:
        for suffix in ("", ".gz"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
    temporary = log.with_suffix(".new")
    temporary.write_text(json.dumps(kept))
    temporary.replace(log)
