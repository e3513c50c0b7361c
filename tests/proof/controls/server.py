"""Controls of the server.  Each class switches its guard off when the server loads it."""

from __future__ import annotations

import inspect
import json
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import connection
from django.db.backends.signals import connection_created
from django.http import HttpResponse, JsonResponse

from placement_test.errors import SessionUnknown
from placement_test.lib import transactions
from placement_test.models import AnswerEvent, StudentAnswer
from placement_test.saving import rules, store
from placement_test.saving.entries import EntryReply
from placement_test.sessions import queries, services
from placement_test.sessions.services import submitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    Respond = Callable[[HttpRequest], HttpResponse]

# Longer than the pause between two troubles is never; shorter than it often.
DELAY_SECONDS = 0.5
NEAR_END_SECONDS = 120
# The moment between reading the answers and closing the session, made wide enough to be met.
WINDOW_SECONDS = 0.5


class Control:
    """A middleware that does nothing but ``take_away`` when it is loaded."""

    is_away: ClassVar[set[type[Control]]] = set()

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        # The server has two ways through the middleware, and so two of them.
        if type(self) not in self.is_away:
            self.is_away.add(type(self))
            self.take_away()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def take_away(self) -> None:
        """Switch the guard off in this process."""


class AcknowledgeBeforeCommit(Control):
    """Say "applied" at once and save a little later: what a queue behind the reply would do."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.endswith("/answers/"):
            return self.respond(request)
        batch = json.loads(request.body)
        threading.Thread(target=self._later, args=[request], daemon=True).start()
        seqs = [entry["seq"] for entry in batch["entries"]]
        # It cannot know how far all is stored.  Where it named the batch's last seq, pages would
        # see with the next state that it is not, and give everything again: no answer is lost then.
        return JsonResponse(
            {
                "nonce": batch["nonce"],
                "session": request.path.split("/")[3],
                "accepted": [{"seq": seq, "status": "applied"} for seq in seqs],
                "through": 0,
                "state": "open",
            }
        )

    def _later(self, request: HttpRequest) -> None:
        time.sleep(DELAY_SECONDS)
        self.respond(request)


class LastWriterByClientClock(Control):
    """Let the device's clock decide which answer is newer."""

    def take_away(self) -> None:
        apply = store._apply

        def by_clock(writing: Any, rows: Any, kind: str) -> set[int]:
            """Apply only what is newer by its clock than anything before, and always then."""
            if kind != "answer":
                return apply(writing, rows, kind)
            newest: dict[int, Any] = {}
            for row in sorted(rows, key=lambda row: row.entry.at):
                newest[row.entry.part] = row
            for part, row in newest.items():
                _set_by_clock(writing, part, row)
            return set(newest)

        store._apply = by_clock


def _set_by_clock(writing: Any, part: int, row: Any) -> None:
    latest = (
        AnswerEvent.objects.filter(
            session=writing.locked.id, kind="answer", subject=part, status="applied"
        )
        .order_by("-at_ms")
        .first()
    )
    if latest is None or row.entry.at >= latest.at_ms:
        StudentAnswer.objects.update_or_create(
            session_id=writing.locked.id,
            part_id=part,
            defaults={
                "value": row.text,
                "epoch": writing.batch.epoch,
                "seq": row.entry.seq,
                "writer": writing.batch.writer,
            },
        )


class NoEpochFence(Control):
    """Let whatever arrives last win: a stale page overwrites the one that took over."""

    def take_away(self) -> None:
        before, _where, after = store.UPSERT.partition("WHERE (excluded")
        store.UPSERT = before + after[after.index("RETURNING") :]


class NoDeduplication(Control):
    """Take a repeated entry for a new one: each delivery is stored again.

    The constraint would refuse what this server does: its database has none from here on.
    """

    def take_away(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE placement_test_answerevent DROP CONSTRAINT IF EXISTS one_entry_a_seq"
            )
        store._known = _nothing_known


def _nothing_known(locked: Any, batch: Any) -> dict[int, tuple[str, int, str, int]]:
    return {}


def _forget(writing: Any, entry: Any, text: Any) -> None:
    """Keep no conflict."""


class SameKeyOtherContentDuplicate(Control):
    """Answer "duplicate" to other content under a known seq, and drop it."""

    def take_away(self) -> None:
        store._keep_conflict = _forget
        reply = store._reply

        def all_duplicates(writing: Any) -> Any:
            for seq, known in writing.replies.items():
                if known.status == "conflict":
                    writing.replies[seq] = EntryReply(seq, "duplicate")
            return reply(writing)

        store._reply = all_duplicates


class SavingStoppedNearEnd(Control):
    """Stop storing when the time is nearly over, and say all is well."""

    def take_away(self) -> None:
        write = store._write

        def write_unless_near_end(writing: Any) -> bool:
            locked = writing.locked
            left = rules.remaining_ms(locked.deadline_at, 0, writing.arrived)
            if locked.state == "open" and left < NEAR_END_SECONDS * 1000:
                for entry in writing.batch.entries:
                    writing.replies.setdefault(entry.seq, EntryReply(entry.seq, "applied"))
                writing.rows.clear()
                return False
            return write(writing)

        store._write = write_unless_near_end


class CachedState(Control):
    """Answer the state from what this process kept: a page that comes back sees old answers."""

    def take_away(self) -> None:
        kept: dict[Any, Any] = {}
        state = services.state

        def from_memory(held: Any) -> Any:
            fresh = state(held)
            return {**fresh, "answers": kept.setdefault(held.session.id, fresh["answers"])}

        services.state = from_memory


class LateEntriesDropped(Control):
    """Drop what arrives after the end and say that it was late."""

    def take_away(self) -> None:
        write = store._write

        def write_in_time(writing: Any) -> bool:
            late = [row for row in writing.rows if row.status == "late"]
            writing.rows[:] = [row for row in writing.rows if row.status != "late"]
            changed = write(writing)
            for row in late:
                writing.replies[row.entry.seq] = EntryReply(row.entry.seq, "late")
            return changed

        store._write = write_in_time


class SubmitWithoutLock(Control):
    """Hand in without lock and transaction: what is saved meanwhile is not in the result."""

    def take_away(self) -> None:
        submitting._leading = _read
        digest = rules.digest

        def slowly(answers: Any) -> str:
            found = digest(answers)
            time.sleep(WINDOW_SECONDS)
            return found

        rules.digest = slowly
        submitting._submit = inspect.unwrap(submitting._submit)


def _read(session_id: Any, submission: Any, token: Any) -> Any:
    found = queries.locked_with_right(session_id, token=token, writer=submission.writer)
    found.query.select_for_update = False
    session = found.first()
    if session is None:
        raise SessionUnknown
    return session


class DurabilityOff(Control):
    """Commit without waiting for the disk, and refuse nothing."""

    def take_away(self) -> None:
        connection_created.connect(_commit_in_memory, weak=False)
        transactions.durability_problem = lambda: None


def _commit_in_memory(connection: Any, **_facts: Any) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
        else:
            cursor.execute("SET synchronous_commit = off")
