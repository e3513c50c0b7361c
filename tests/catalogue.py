"""Read a message catalogue (.po) as gettext's own tools do."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}|</?\w+>")


@dataclass(slots=True)
class Message:
    """One message: its texts by keyword, where it stands and what it is flagged as."""

    texts: dict[str, str] = field(default_factory=dict)
    places: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str | None, str]:
        """Return context and English text, which name a message."""
        return self.texts.get("msgctxt"), self.texts["msgid"]

    @property
    def english(self) -> str:
        """Return the English text; of two forms the one for many."""
        return self.texts.get("msgid_plural", self.texts["msgid"])

    @property
    def translations(self) -> list[str]:
        """Return the translation, or each of its plural forms."""
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]


def messages(path: Path) -> list[Message]:
    """Return the messages of a catalogue, without its head."""
    entries = path.read_text(encoding="utf-8").split("\n\n")
    found = [_message(entry.splitlines()) for entry in entries]
    return [message for message in found if message.texts.get("msgid")]


def placeholders(text: str) -> list[str]:
    """Return what is filled in and marked up in a text, in one order."""
    return sorted(PLACEHOLDER.findall(text))


def _message(lines: list[str]) -> Message:
    message = Message()
    for line in lines:
        if line.startswith("#: "):
            message.places += line[3:].split()
        elif line.startswith("#, "):
            message.flags |= {flag.strip() for flag in line[3:].split(",")}
    for name, text in _texts(lines):
        message.texts[name] = message.texts.get(name, "") + text
    return message


def _texts(lines: list[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        if line.startswith("#") or not line:
            continue
        keyword, _, quoted = line.partition('"')
        name = keyword.strip() or name
        yield name, ast.literal_eval(f'"{quoted}')
