"""The model of the server against the server: the same calls, the same replies, the same rows.

On SQLite and on PostgreSQL, as the suite runs.  What no sequence here can show is time that passes
within a call, and two calls at once; ``tests/faults`` and ``tests/proof/processes`` do.
"""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from placement_test.models import AnswerEvent, StaffUser
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results.services import late
from placement_test.saving import rules
from placement_test.sessions import services
from placement_test.sessions.services import adjusting
from tests import builders, sitting
from tests.conftest import NOON
from tests.proof.history import Entry
from tests.proof.simulation.controls import SERVERS
from tests.proof.simulation.server import Exam, Server
from tests.proof.stored import stored
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine

pytestmark = pytest.mark.django_db

WRITERS = ("a" * 32, "b" * 32, "c" * 32)
NOON_MS = int(NOON.timestamp() * 1000)
MINUTES = 2
STEPS = 40


class Twins:
    """One session in the database and the same one in the model, under one clock."""

    def __init__(
        self, seed: int, clock: time_machine.Traveller, model: type[Server] = Server
    ) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - to be repeated
        self.clock = clock
        version = sitting.published(choices=2, shorts=1, longs=1, minutes=MINUTES)
        self.parts = parts_of(version)
        self.browser = Browser(*self._registered(version))
        self.session = self.browser.session.id
        shapes = OptimizedQueries.get_exam_with_questions(version.id).shapes()
        self.questions = sorted(shapes.questions)
        key = {part.id: "1" for part in self.parts[:2]} | {self.parts[2].id: '"blue"'}
        self.model = model(Exam(shapes, key), allotted_ms=MINUTES * 60_000)
        self.token = "the browser's"  # noqa: S105 - the model's
        self.model.register(self.token, 0)
        self.now = 0
        self.actor = StaffUser.objects.first() or builders.staff()

    @staticmethod
    def _registered(version: Any) -> tuple[Any, str]:
        made = sitting.registered(version)
        return made.session, made.token

    def live(self) -> None:
        """Go through the whole sequence and compare what is left."""
        self.begin()
        for _ in range(STEPS):
            self.step()
        self.compare_rows()

    def step(self) -> None:
        """Do one thing to both."""
        self.wait(self.dice.choice((0, 200, 3000, 20_000, 70_000)))
        kinds = ("answers",) * 8 + ("claim", "claim", "state", "submit", "staff", "begin")
        getattr(self, self.dice.choice(kinds))()

    def wait(self, ms: int) -> None:
        self.now += ms
        self.clock.shift(ms / 1000)

    def begin(self) -> None:
        writer, seen = self.dice.choice(WRITERS), self.dice.choice((0, 0, 3))
        told = self.browser.post("begin", {"writer": writer, "seen_epoch": seen})
        model = self.model.handle("begin", (writer, seen), self.token, self.now)
        assert told.status_code == model[0]
        assert model[1] is not None
        for name in ("remaining_ms", "epoch", "claim"):
            assert told.json()[name] == model[1][name], name

    def claim(self) -> None:
        writer, seen = self.dice.choice(WRITERS), self.dice.choice((0, 0, 3))
        self.same(
            "claim",
            self.browser.post("claim", {"writer": writer, "seen_epoch": seen}),
            (writer, seen),
        )

    def answers(self) -> None:
        writer = self.dice.choice(WRITERS)
        known = self.model.writers.get(writer)
        epoch = known.epoch if known and self.dice.random() < 0.8 else self.dice.randint(1, 6)
        last = known.last_seq if known else 0
        count = self.dice.choice((0, 1, 1, 2, 4))
        entries = [self.entry(writer, epoch, last) for _ in range(count)]
        if self.dice.random() < 0.7:
            entries.sort(key=lambda each: each.seq)
        batch = {
            "v": 1,
            "nonce": "n",
            "epoch": epoch,
            "writer": writer,
            "entries": [
                {"seq": e.seq, "part": e.part, "kind": e.kind, "value": e.value, "at": e.at}
                for e in entries
            ],
        }
        self.same("answers", self.browser.post("answers", batch), ("n", epoch, writer, entries))

    def entry(self, writer: str, epoch: int, last: int) -> Entry:
        seq = max(1, last + self.dice.choice((-2, -1, 0, 1, 1, 1, 2, 3)))
        at = self.dice.choice((0, 0, 5))
        if self.dice.random() < 0.1:
            return Entry(epoch, writer, seq, "flag", self.dice.choice(self.questions), True, at)
        part = self.dice.choice(self.parts)
        values = (0, 1, None, 9) if part.kind == "choice" else ("blue", "red", None, 3)
        return Entry(epoch, writer, seq, "answer", part.id, self.dice.choice(values), at)

    def state(self) -> None:
        self.same("state", self.browser.get("state"), None)

    def submit(self) -> None:
        writer = self.dice.choice(WRITERS)
        known = self.model.writers.get(writer)
        last = (known.through if known else 0) + self.dice.choice((0, 0, 0, 2))
        right = self.dice.random() < 0.7
        digest = sitting_digest(self.model) if right else "0" * 64
        submit_id = uuid.UUID(int=self.dice.getrandbits(128)).hex
        body = {"submit_id": submit_id, "writer": writer, "last_seq": last, "digest": digest}
        told = self.browser.post("submit", body)
        status, reply = self.model.handle(
            "submit", (submit_id, writer, last, digest), self.token, self.now
        )
        assert told.status_code == status, told.content
        assert reply is not None
        if status != 200:
            assert told.json()["error"] == reply["error"]

    def staff(self) -> None:
        act = self.dice.choice(("sweep", "time", "again", "late"))
        if act == "sweep":
            services.sweep()
            self.model.sweep(self.now)
        elif act == "time" and self.model.state == "open":
            adjusting.give_time(self.group(), minutes=1, decision=self.decision())
            self.model.give_time(60_000)
        elif act == "again" and self.model.ended_at is not None and self.dice.random() < 0.3:
            adjusting.open_again(self.session, minutes=2, decision=self.decision())
            self.model.reopen(120_000, self.now)
        elif act == "late" and self.model.results:
            self.count_late()

    def count_late(self) -> None:
        waiting = AnswerEvent.objects.filter(
            session_id=self.session, kind="answer", status__in=("late", "superseded"), decision=None
        )
        ids = list(waiting.values_list("id", flat=True))
        if ids:
            late.decide_late(self.session, ids, accept=True, reason="network", actor=self.actor)
        self.model.count_late()

    def group(self) -> adjusting.Group:
        return adjusting.one(self.browser.session)

    def decision(self) -> adjusting.Decision:
        return adjusting.Decision(self.actor, "a power cut", uuid.uuid4())

    def same(self, call: str, told: Any, body: Any) -> None:
        """Both say the same, as far as a page takes notice."""
        status, reply = self.model.handle(call, body, self.token, self.now)
        assert told.status_code == status, (call, body, told.content, reply)
        assert reply is not None
        assert _plain(told.json()) == _plain(_as_told(reply)), (call, body)

    def compare_rows(self) -> None:
        """Both hold the same rows."""
        real, model = stored(self.session), self.model.stored()
        assert real.events == tuple(
            sorted(_at_noon(model.events), key=lambda each: _position(real.events, each.key))
        )
        for name in ("answers", "runner_states", "state", "decisions", "reopened"):
            assert getattr(real, name) == getattr(model, name), name
        assert {
            name: (row.epoch, row.through, row.last_seq) for name, row in real.writers.items()
        } == {name: (row.epoch, row.through, row.last_seq) for name, row in model.writers.items()}
        assert set(real.conflicts) == set(model.conflicts)
        assert [body["digest"] for body in real.receipts] == [
            body["digest"] for body in model.receipts
        ]
        assert [(float(each.score), each.cause, each.is_current) for each in real.results] == [
            (2.0 * int(each.score), each.cause, each.is_current) for each in model.results
        ]
        if self.model.deadline is not None:
            # Staff's minutes are rounded up to whole seconds.
            assert real.deadline_ms is not None
            assert abs(real.deadline_ms - NOON_MS - self.model.deadline) < 1000 * (
                1 + model.reopened
            )


def sitting_digest(model: Server) -> str:
    return rules.digest({part: row[3] for part, row in model.stored().answers.items()})


def _as_told(reply: dict[str, Any]) -> dict[str, Any]:
    """Return a reply of the model with values in place of their texts."""
    return reply | {
        name: {part: (*order, json.loads(text)) for part, (*order, text) in reply[name].items()}
        for name in ("answers", "flags", "plays")
        if name in reply
    }


def _plain(reply: dict[str, Any]) -> dict[str, Any]:
    """Return what matters of a reply, in one shape."""
    plain: dict[str, Any] = {
        name: reply[name]
        for name in ("error", "epoch", "state", "through", "rev", "events", "remaining_ms")
        if name in reply
    }
    if "accepted" in reply:
        plain["accepted"] = [
            (each["seq"], each["status"], each.get("reason", ""))
            if isinstance(each, dict)
            else tuple(each)
            for each in reply["accepted"]
        ]
    if "missing" in reply:
        plain["missing"] = [tuple(each) for each in reply["missing"]]
    for name in ("answers", "flags", "plays"):
        if name in reply:
            plain[name] = {
                int(part): (epoch, seq, value) for part, (epoch, seq, value) in reply[name].items()
            }
    return plain


def _at_noon(events: Any) -> list[Any]:
    return [replace(event, received_ms=event.received_ms + NOON_MS) for event in events]


def _position(events: Any, key: Any) -> int:
    return next(number for number, event in enumerate(events) if event.key == key)


@pytest.mark.parametrize("seed", range(1, 9))
def test_model_and_server_say_and_hold_the_same(seed: int, noon: time_machine.Traveller) -> None:
    Twins(seed, noon).live()


@pytest.mark.parametrize(
    "name",
    [
        "no_epoch_fence",
        "same_key_other_content_duplicate",
        "epoch_reused_after_restore",
        "late_entries_dropped",
    ],
)
def test_a_model_with_other_rules_is_found_out(name: str, noon: time_machine.Traveller) -> None:
    for seed in range(1, 13):
        noon.move_to(NOON)
        try:
            Twins(seed, noon, SERVERS[name]).live()
        except (AssertionError, StopIteration):
            return
    pytest.fail("nothing told them apart")
