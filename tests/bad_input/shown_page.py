"""A page as a person gets it: its words, and what stands in its form fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

TICKED = {"checkbox", "radio"}
UNREAD = {"script", "style", "template", "title"}


@dataclass
class Control:
    """All inputs of one name: the values in them, and whether one is marked as wrong."""

    values: list[str] = field(default_factory=list)
    is_wrong: bool = False


class ShownPage(HTMLParser):
    """The words and the form fields of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: dict[str, Control] = {}
        self._pieces: list[str] = []
        self._unread = 0
        self._select = ""
        self._textarea: str | None = None
        self.feed(html)
        self.close()

    @property
    def words(self) -> str:
        """Return the visible text with single spaces."""
        return " ".join(" ".join(self._pieces).split())

    def values(self, name: str) -> list[str]:
        """Return what stands in, is chosen or ticked in the fields of this name."""
        return self.controls.get(name, Control()).values

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if tag in UNREAD:
            self._unread += 1
        elif tag == "option" and "selected" in facts:
            self._control({"name": self._select}).values.append(facts.get("value", ""))
        elif tag == "select":
            self._select = facts.get("name", "")
            self._control(facts)
        elif tag == "textarea":
            self._textarea = facts.get("name", "")
            self._control(facts).values.append("")
        elif tag == "input":
            self._input(facts)

    def handle_endtag(self, tag: str) -> None:
        if tag in UNREAD:
            self._unread -= 1
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            values = self.controls[self._textarea].values
            values[-1] += data if values[-1] else data.removeprefix("\r").removeprefix("\n")
        elif not self._unread:
            self._pieces.append(data)

    def _input(self, facts: dict[str, str]) -> None:
        control = self._control(facts)
        if facts.get("type") not in TICKED:
            control.values.append(facts.get("value", ""))
        elif "checked" in facts:
            control.values.append(facts.get("value", "on"))

    def _control(self, facts: dict[str, str]) -> Control:
        control = self.controls.setdefault(facts.get("name", ""), Control())
        control.is_wrong |= facts.get("aria-invalid") == "true"
        return control
