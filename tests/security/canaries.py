"""Words that stand only where students may never look, and how they are found again."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ACCEPTED = "canary7f3a1c"
VARIANT = "canary90b2de"
SECOND_BLANK = "canary4d81e7"
KEY_REASON = "canary6ac0f5"
MARK_NOTE = "canary2b9d34"
OVERRULE_REASON = "canarye58f06"
DECISION_REASON = "canary13c7aa"
SECRETS = (
    ACCEPTED,
    VARIANT,
    SECOND_BLANK,
    KEY_REASON,
    MARK_NOTE,
    OVERRULE_REASON,
    DECISION_REASON,
)
# The right options of twelve questions: nobody writes this order by chance.
CHOICES = (3, 0, 4, 1, 1, 2, 0, 3, 4, 2, 0, 1)
SEVERAL = (1, 3, 4, 7, 8)
FORBIDDEN_NAMES = {"key", "correct", "accepted", "points", "answer_key", "part_keys", "solution"}


def forms(word: str) -> set[bytes]:
    """Return how a word may be written: in any case, packed as base64, or by its digest."""
    plain = word.encode()
    packed = {base64.b64encode(b"x" * shift + plain)[4 * (shift > 0) : -4] for shift in range(3)}
    digests = {name(plain).hexdigest().encode() for name in (hashlib.sha256, hashlib.md5)}
    return {plain, plain.upper(), plain.hex().encode()} | packed | digests


def found_in(content: bytes, words: Iterable[str] = SECRETS) -> list[str]:
    """Return which of the words stand in the content, in whatever form."""
    return [word for word in words if any(form in content for form in forms(word))]


def choices_in(text: str) -> list[str]:
    """Return the ways in which the right options stand in the text."""
    rows = {
        "letters": "".join("ABCDE"[index] for index in CHOICES),
        "spaced letters": " ".join("ABCDE"[index] for index in CHOICES),
        "circles": "".join("①②③④⑤"[index] for index in CHOICES),
        "digits": "".join(str(index + 1) for index in CHOICES),
        "indices": "".join(str(index) for index in CHOICES),
    }
    plain = "".join(letter for letter in text if letter.isalnum())
    squeezed = {name: "".join(c for c in row if c.isalnum()) for name, row in rows.items()}
    return [name for name, row in squeezed.items() if row in plain]


def names_in(document: object) -> Iterator[str]:
    """Yield every name of a JSON document, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield str(name)
            yield from names_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from names_in(value)


def lists_in(document: object) -> Iterator[list[object]]:
    """Yield every list of a JSON document, and of every object its values."""
    if isinstance(document, dict):
        document = list(document.values())
        yield document
    elif isinstance(document, list):
        yield document
    else:
        return
    for value in document:
        yield from lists_in(value)


def without_acknowledgements(document: object) -> object:
    """Return the document without the save protocol's own ``accepted``: what became of entries."""
    told = document.get("accepted") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(told, list):
        return document
    if all({*entry} <= {"seq", "status", "reason"} for entry in told):
        return {name: value for name, value in document.items() if name != "accepted"}
    return document


def problems_of(content: bytes, *, is_json: bool) -> list[str]:
    """Return what a reply gives away."""
    text = content.decode(errors="replace")
    problems = [f"holds {word}" for word in found_in(content)]
    problems += [f"holds the options as {way}" for way in choices_in(text)]
    if is_json:
        document = without_acknowledgements(json.loads(content))
        problems += [f"has a field {name!r}" for name in FORBIDDEN_NAMES & set(names_in(document))]
        keys = ([*CHOICES], [*SEVERAL])
        problems += [f"has the list {found}" for found in lists_in(document) if found in keys]
    return problems
