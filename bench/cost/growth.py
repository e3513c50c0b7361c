"""What sessions leave in the database, counted by the database itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import msgspec
from django.db import connection

from placement_test.lib import clock
from placement_test.models import AnswerEvent, StudentAnswer
from placement_test.saving.entries import Batch, Entry
from placement_test.sessions import services
from tests import sitting

if TYPE_CHECKING:
    from bench._rows import Row
    from placement_test.models import ExamVersion

QUESTIONS = 40
ENTRIES_A_SAVE = 2
# Of the answers one in so many is changed later.
CHANGED = 4
BETWEEN_SAVES = dt.timedelta(seconds=10)


def measure(*, sessions: int, questions: int = QUESTIONS) -> list[Row]:
    """Sit so many sessions; return one row."""
    version = sitting.published(choices=questions)
    # What a page, a table and an index take at least is there before counting begins.
    _sit(version)
    before, log_before, entries_before = _sizes(), _log(), AnswerEvent.objects.count()
    saves = sum(_sit(version) for _ in range(sessions))
    grown = {name: size - before.get(name, 0) for name, size in _sizes().items()}
    entries = AnswerEvent.objects.count() - entries_before
    events = AnswerEvent._meta.db_table
    answers = StudentAnswer._meta.db_table
    log = _log()
    return [
        {
            "sessions": sessions,
            "entries_a_session": entries // sessions,
            "saves_a_session": saves // sessions,
            "bytes_an_entry": grown[events] // entries if events in grown else None,
            "bytes_an_answer": (
                grown[answers] // (sessions * questions) if answers in grown else None
            ),
            "bytes_a_session": sum(grown.values()) // sessions,
            "log_bytes_a_save": None if log is None else (log - (log_before or 0)) // saves,
        }
    ]


def _sit(version: ExamVersion) -> int:
    """Sit a whole test without handing it in; return how many saves it took."""
    browser = sitting.sitting(version)
    now = clock.now()
    parts = [part.pk for part in sitting.parts_of(version)]
    changes = [(part, b"1") for part in parts] + [(part, b"2") for part in parts[::CHANGED]]
    seq = saves = 0
    for at in range(0, len(changes), ENTRIES_A_SAVE):
        entries = []
        for part, value in changes[at : at + ENTRIES_A_SAVE]:
            seq += 1
            entries.append(Entry(seq, part, "answer", msgspec.Raw(value)))
        now += BETWEEN_SAVES
        services.save(
            browser.session.id,
            Batch(v=1, nonce="bench", epoch=browser.epoch, writer=browser.writer, entries=entries),
            token=browser.token,
            arrived=now,
        )
        saves += 1
    return saves


def _sizes() -> dict[str, int]:
    """Return the bytes of each table with its indexes; SQLite knows only those of all together."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            return dict(cursor.fetchall())
        # Pages of deleted rows are filled again before the file grows.
        cursor.execute(
            "SELECT (page_count - freelist_count) * page_size"
            " FROM pragma_page_count, pragma_freelist_count, pragma_page_size"
        )
        return {"all": cursor.fetchone()[0]}


def _log() -> int | None:
    """Return how many bytes PostgreSQL's log has had; None on SQLite."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
        return int(cursor.fetchone()[0])
