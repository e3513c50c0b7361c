"""A published exam and a browser that sits it, for tests of what happens after authoring."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.test import Client

from placement_test.lib import clock
from placement_test.models import (
    CutSet,
    Exam,
    ExamVersion,
    KeyRevision,
    Part,
    PartKey,
    Question,
    RuleSet,
    Section,
    StudentSession,
    TestEvent,
)
from placement_test.sessions.access import cookie_name
from placement_test.sessions.services import Registered, Registration, register
from tests import builders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

    from placement_test.models import Level

CUTS = [[0, -1], [40, 0], [85, 1]]


def published(
    *,
    title: str = "Placement paper",
    choices: int = 3,
    shorts: int = 0,
    longs: int = 0,
    levels: Sequence[Level] = (),
    minutes: int = 60,
) -> ExamVersion:
    """Make a published version; the right option is always the second, the right word "blue"."""
    exam = Exam.objects.create(title=title, created_at=clock.now())
    exam.levels.set(levels)
    version = ExamVersion.objects.create(
        exam=exam,
        number=1,
        state=ExamVersion.State.PUBLISHED,
        allotted_minutes=minutes,
        created_at=clock.now(),
        published_at=clock.now(),
    )
    section = Section.objects.create(version=version, position=1, title="Reading")
    kinds = ["choice"] * choices + ["short"] * shorts + ["long"] * longs
    questions = Question.objects.bulk_create(
        Question(section=section, position=n, number=str(n), kind=kind)
        for n, kind in enumerate(kinds, start=1)
    )
    parts = Part.objects.bulk_create(
        Part(
            question=question,
            position=1,
            kind=question.kind,
            option_count=5 if question.kind == "choice" else 0,
            points=Decimal(2),
        )
        for question in questions
    )
    revision = KeyRevision.objects.create(version=version, number=1, made_at=clock.now())
    PartKey.objects.bulk_create(
        PartKey(
            revision=revision,
            part=part,
            correct=[1] if part.kind == "choice" else [],
            accepted=["blue"] if part.kind == "short" else [],
        )
        for part in parts
    )
    CutSet.objects.create(version=version, number=1, cuts=CUTS, made_at=clock.now())
    return version


def parts_of(version: ExamVersion) -> list[Part]:
    """Return the version's parts in the order of the paper."""
    return list(Part.objects.filter(question__section__version=version).order_by("question_id"))


@dataclass
class Browser:
    """A browser with the cookie of one session; it talks to the API as a page would."""

    session: StudentSession
    token: str
    writer: str = field(default_factory=lambda: uuid.uuid4().hex)
    epoch: int = 0
    seq: int = 0
    shown: dict[int, Any] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.cookies[cookie_name(self.session.id)] = self.token

    def post(self, call: str, body: object) -> Reply:
        """POST JSON to one of the session's calls."""
        return self.client.post(
            f"/api/sessions/{self.session.id}/{call}/",
            body if isinstance(body, bytes) else json.dumps(body),
            content_type="application/json",
        )

    def get(self, call: str) -> Reply:
        """GET one of the session's calls."""
        return self.client.get(f"/api/sessions/{self.session.id}/{call}/")

    def ticket(self) -> str:
        """Return the session's ticket as a page keeps it."""
        ticket = self.get("state").json()["ticket"]
        assert isinstance(ticket, str)
        return ticket

    def restore(self, ticket: str) -> Reply:
        """Give the server the ticket."""
        return self.post("restore", {"ticket": ticket})

    def start(self) -> Browser:
        """Begin and claim, as a page does when the student presses start."""
        claim = {"writer": self.writer, "seen_epoch": self.epoch}
        reply = self.post("begin", claim)
        assert reply.status_code == 200, reply.content
        claimed = reply.json()["claim"]
        if claimed is None:
            reply = self.post("claim", claim)
            assert reply.status_code == 200, reply.content
            claimed = reply.json()
        self.epoch = claimed["epoch"]
        return self

    def entry(
        self, part: int, value: object, *, kind: str = "answer", seq: int | None = None
    ) -> dict[str, object]:
        """Return the next entry of this writer."""
        if seq is None:
            self.seq += 1
            seq = self.seq
            if kind == "answer":
                self.shown[part] = value
        return {"seq": seq, "part": part, "kind": kind, "value": value, "at": 1_773_000_000_000}

    def batch(self, *entries: dict[str, object], **others: object) -> dict[str, object]:
        """Return a batch of entries as this page sends it."""
        return {
            "v": 1,
            "nonce": uuid.uuid4().hex,
            "epoch": self.epoch,
            "writer": self.writer,
            "entries": list(entries),
            **others,
        }

    def save(self, *entries: dict[str, object], **others: object) -> Any:
        """Save a batch and return the reply's JSON."""
        reply = self.post("answers", self.batch(*entries, **others))
        assert reply.status_code == 200, reply.content
        return reply.json()

    def statuses(self, *entries: dict[str, object], **others: object) -> list[str]:
        """Save a batch and return what became of its entries."""
        return [each["status"] for each in self.save(*entries, **others)["accepted"]]

    def answer(self, part: int, value: object) -> str:
        """Save one answer and return its status."""
        return self.statuses(self.entry(part, value))[0]

    def digest(self) -> str:
        """Return the digest of what the page shows, computed as JSON.stringify would."""
        pairs = [[part, self.shown[part]] for part in sorted(self.shown)]
        text = json.dumps(
            [pair for pair in pairs if pair[1] is not None],
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return hashlib.sha256(text.encode()).hexdigest()

    def submission(self, **others: object) -> dict[str, object]:
        """Return what the page sends to hand in."""
        return {
            "submit_id": str(uuid.uuid4()),
            "writer": self.writer,
            "last_seq": self.seq,
            "digest": self.digest(),
            **others,
        }

    def submit(self, **others: object) -> Reply:
        """Hand in."""
        return self.post("submit", self.submission(**others))


def registered(
    version: ExamVersion | None = None,
    *,
    event: TestEvent | None = None,
    grade: int = 5,
    rank_percent: int = 10,
    name: str = "Min-ji",
) -> Registered:
    """Register a student of grade 5, top 20 %, for ``version`` (by the rules of the sample)."""
    builders.academy()
    if not RuleSet.objects.exists():
        builders.rule_set()
    if version is None:
        version = published()
    if not version.exam.levels.exists():
        version.exam.levels.set(builders.curriculum())
    registration = Registration(name=name, grade=grade, rank_percent=Decimal(rank_percent))
    event = event or TestEvent.objects.first() or builders.event()
    return register(event, registration)


def sitting(version: ExamVersion | None = None, **facts: Any) -> Browser:
    """Return a browser whose student has pressed start."""
    made = registered(version, **facts)
    return Browser(made.session, made.token).start()
