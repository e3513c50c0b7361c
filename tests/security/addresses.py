"""Every address of the installation, from the resolver, with what stands in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.urls import URLPattern, URLResolver, get_resolver

PARAMETER = re.compile(r"<(\w+):(\w+)>")


@dataclass(frozen=True, slots=True)
class Address:
    """A named address; ``parameters`` are (converter, name) in the order of the address."""

    name: str
    route: str
    parameters: tuple[tuple[str, str], ...] = field(default=())

    @property
    def numbers(self) -> bool:
        """Return whether a number stands in it."""
        return any(kind == "int" for kind, _name in self.parameters)

    def url(self, *, numbers: str, uuids: str) -> str:
        """Return the address with the same number and the same UUID everywhere."""
        given = {"int": numbers, "uuid": uuids, "slug": "ko"}
        return "/" + PARAMETER.sub(lambda found: given[found[1]], self.route)


def addresses() -> list[Address]:
    """Return all of them, Django's own admin left out."""
    return list(_found(get_resolver().url_patterns, ""))


def _found(patterns: list[URLPattern | URLResolver], before: str) -> list[Address]:
    found: list[Address] = []
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                found += _found(pattern.url_patterns, route)
        else:
            parameters = tuple((kind, name) for kind, name in PARAMETER.findall(route))
            found.append(Address(pattern.name or route, route, parameters))
    return found
