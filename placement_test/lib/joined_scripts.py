"""Modules of JavaScript that are loaded together, joined into one file when they are collected.

Forty small files cost a tablet forty requests, and a third more bytes than one, since each is
compressed by itself.  Each module keeps a scope of its own.  Understood is what this product's
modules use: named imports without cycles, and exports of declarations.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container

# The outbox and all that sends it: what every student page loads, and the clean-up of all pages.
SHARED = "js/modules/student-browser.js"
RUNNER = "js/pages/runner.js"

# As a minifier writes them.
STATIC = re.compile(r"""\bimport\s*\{([^}]*)\}\s*from\s*["'](\.{1,2}/[^"']+)["'];?""")
DYNAMIC = re.compile(r"""\bimport\(\s*["'](\.{1,2}/[^"']+)["']\s*\)""")
EXPORT = re.compile(r"\bexport (?=(?:async |function|class|const|let)\b)")
# As they are written: one to a line.
EXPORTED = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) ([\w$]+)", re.MULTILINE)


class JoinedScripts:
    """The scripts of one release, by name."""

    def __init__(
        self, names: Container[str], read: Callable[[str], str], minified: Callable[[str], str]
    ) -> None:
        """Take the sources of ``names`` from ``read(name)``."""
        self._names = names
        self._read = read
        self._minified = minified
        self._small: dict[str, str] = {}
        self._shared: tuple[str, ...] | None = None

    def text(self, name: str) -> str:
        """Return what a page loads under ``name``: minified, with what belongs to it inside."""
        if name == SHARED:
            return self._shared_text()
        if name == RUNNER:
            members = [each for each in self._closure(name) if each not in self._members()]
            parts = [self._scope(each, name, members) for each in members[:-1]]
            return "".join([_namespace(name), *parts, self._body(name, name, members)])
        return self._redirected(name)

    def _members(self) -> tuple[str, ...]:
        if self._shared is None:
            self._shared = self._closure(SHARED) if SHARED in self._names else ()
        return self._shared

    def _shared_text(self) -> str:
        members = list(self._members())
        names = [exported for each in members for exported in self._exports(each)]
        twice = sorted({exported for exported in names if names.count(exported) > 1})
        if twice:
            raise ValueError(f"{SHARED}: two modules export {', '.join(twice)}")
        parts = [self._scope(each, SHARED, members) for each in members]
        given = [
            f"export const{{{','.join(self._exports(each))}}}=$m{at};"
            for at, each in enumerate(members)
            if self._exports(each)
        ]
        return "".join([*parts, *given])

    def _closure(self, name: str, trail: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return the module and all that it imports, each after those that it needs."""
        if name in trail:
            raise ValueError(f"{' -> '.join((*trail, name))}: a circle of imports")
        found: list[str] = []
        for _, path in STATIC.findall(self._minified_text(name)):
            needed = self._closure(_target(name, path), (*trail, name))
            found += [each for each in needed if each not in found]
        return (*found, name)

    def _scope(self, name: str, root: str, members: list[str]) -> str:
        body = self._body(name, root, members)
        body = EXPORT.sub("", body)
        given = ",".join(self._exports(name))
        return f"const $m{members.index(name)}=(()=>{{{body};return{{{given}}}}})();"

    def _body(self, name: str, root: str, members: list[str]) -> str:
        def taken(found: re.Match[str]) -> str:
            target = _target(name, found[2])
            names = found[1].replace(" as ", ":")
            return f"const{{{names}}}=$m{members.index(target) if target in members else ''};"

        body = STATIC.sub(taken, self._minified_text(name))
        return DYNAMIC.sub(lambda found: self._loaded(name, root, found), body)

    def _loaded(self, name: str, root: str, found: re.Match[str]) -> str:
        target = _target(name, found[1])
        if target in self._members():
            target = SHARED
        return f'import("{_path(root, target)}")'

    def _redirected(self, name: str) -> str:
        def taken(found: re.Match[str]) -> str:
            target = _target(name, found[2])
            if target not in self._members():
                return found[0]
            return f'import{{{found[1]}}}from"{_path(name, SHARED)}";'

        text = self._minified_text(name)
        if not (STATIC.search(text) or DYNAMIC.search(text)):
            return text
        if name not in self._members():
            text = STATIC.sub(taken, text)
        return DYNAMIC.sub(lambda found: self._loaded(name, name, found), text)

    def _exports(self, name: str) -> list[str]:
        return EXPORTED.findall(self._read(name))

    def _minified_text(self, name: str) -> str:
        if name not in self._small:
            self._small[name] = self._minified(self._read(name))
        return self._small[name]


def _namespace(root: str) -> str:
    return f'import*as $m from"{_path(root, SHARED)}";'


def _target(name: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _path(name: str, target: str) -> str:
    path = posixpath.relpath(target, posixpath.dirname(name))
    return path if path.startswith("../") else f"./{path}"
