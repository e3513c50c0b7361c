"""What a report may hold, and which reports are alike."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

MOST_REPORTS = 20
# A page in a loop may say so; a number beyond that is no count of a page.
MOST_REPEATS = 1_000_000
MESSAGE_LENGTH = 300
STACK_LENGTH = 2000
CONTEXT_LENGTH = 80
PATH_LENGTH = 200
BATCH_NAME = re.compile(r"[0-9a-f]{16,64}")
KINDS = frozenset({"uncaught", "rejection", "handled", "memory"})

QUERY = re.compile(r"[?#][^\s\"'()]*?(?=(?::[0-9]+)*(?:[\s\"')]|$))", re.MULTILINE)
ADDRESS = re.compile(r"[^\s@<>()\"']+@[^\s@<>()\"':/]+\.[a-z]{2,}", re.IGNORECASE)
SESSION_NAME = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b")
# A release changes the hashes in names of files, not what went wrong.
FILE_HASH = re.compile(r"\.[0-9a-f]{12}(?=\.[a-z]+\b)")
# A line and column of code have up to six digits each and follow a colon; a phone number, written
# with or without separators, has more.
PHONE = re.compile(r"\+?[0-9](?:[ .-]?[0-9]){6,}")
# The product's code is in ASCII: words in other scripts were typed by somebody.
TYPED = re.compile(r"[^\x00-\x7f]+")
# Browsers quote names of code ('length'); anything else in quotes may be a value.
QUOTED = re.compile(r"([\"'`])((?:(?!\1)[^\n]){1,200})\1")
IDENTIFIER = re.compile(r"[A-Za-z_$][\w$.-]*|https?://[^\s]+")

# The first that fits: most browsers say that they are others too.
FAMILIES = (
    ("Whale", "Whale/"),
    ("Edge", "Edg"),
    ("Samsung Internet", "SamsungBrowser/"),
    ("Opera", "OPR/"),
    ("Firefox", "Firefox/"),
    ("Firefox", "FxiOS/"),
    ("Chrome", "CriOS/"),
    ("Chrome", "Chrome/"),
    ("Safari", "Safari/"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One error as it is kept: scrubbed and cut.  ``path`` is of the page, without its query."""

    kind: str
    message: str
    stack: str
    context: str
    path: str
    count: int

    @property
    def fingerprint(self) -> str:
        """Return what reports of one error share; numbers in texts do not tell errors apart."""
        told = [self.kind, self.context, self.message, *self.stack.splitlines()[:4]]
        alike = [re.sub(r"[0-9]+", "0", line) for line in told]
        return hashlib.sha256("\n".join(alike).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request brings; ``name`` is the same when it is sent again."""

    name: str
    reports: tuple[Report, ...]


def batch(body: bytes) -> Batch:
    """Return the batch that ``body`` holds.

    :raises ValueError: where it cannot be read as one
    """
    sent = json.loads(body)
    if not isinstance(sent, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that cannot be read
    name, reports = sent.get("batch"), sent.get("reports")
    if not isinstance(name, str) or not BATCH_NAME.fullmatch(name):
        raise ValueError("no name")
    if not isinstance(reports, list) or not 1 <= len(reports) <= MOST_REPORTS:
        raise ValueError("no reports, or too many")
    return Batch(name, tuple(_report(each) for each in reports))


def scrubbed(text: str) -> str:
    """Return ``text`` without query strings, phone numbers, typed words and names of sessions."""
    text = text.replace("\x00", "")
    text = FILE_HASH.sub("", text)
    text = SESSION_NAME.sub("…", text)
    text = QUERY.sub("", text)
    text = ADDRESS.sub("…", text)
    text = TYPED.sub("…", text)
    text = PHONE.sub("#", text)
    return QUOTED.sub(_unquoted, text)


def browser_family(user_agent: str) -> str:
    """Return the name of the browser, without version or system."""
    for family, mark in FAMILIES:
        if mark in user_agent:
            return family
    return "Other"


def _report(sent: object) -> Report:
    if not isinstance(sent, dict):
        raise ValueError("not a report")  # noqa: TRY004 - as above
    kind, count = sent.get("kind"), sent.get("count", 1)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError("unknown kind")
    if type(count) is not int or not 1 <= count <= MOST_REPEATS:
        raise ValueError("no count")
    return Report(
        kind=kind,
        message=scrubbed(_text(sent, "message"))[:MESSAGE_LENGTH] or "?",
        stack=scrubbed(_text(sent, "stack"))[:STACK_LENGTH],
        context=scrubbed(_text(sent, "context"))[:CONTEXT_LENGTH],
        path=re.split(r"[?#]", _text(sent, "page"))[0][:PATH_LENGTH],
        count=count,
    )


def _text(sent: dict[str, object], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise ValueError(name)  # noqa: TRY004 - as above
    # Half of a pair of surrogates is no text that a database takes.
    return value.encode("utf-8", "ignore").decode()


def _unquoted(quoted: re.Match[str]) -> str:
    mark, inner = quoted.groups()
    return quoted[0] if IDENTIFIER.fullmatch(inner) else f"{mark}…{mark}"
