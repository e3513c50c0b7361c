"""A database that fails a call: 503, nothing acknowledged, and the same again is safe."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import close_old_connections, connection

from placement_test.lib.transactions import is_sqlite
from placement_test.models import AnswerEvent
from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


WORDS = "지금은 서버가 저장할 수 없어요. 사라진 것은 없고, 잠시 뒤 저절로 다시 시도해요."


def fail() -> Callable[[], None]:
    """Let the next write fail: a full disk (SQLite) or a server that ends; return the repair."""
    if is_sqlite():
        with connection.cursor() as cursor:
            # What earlier tests deleted has left free pages.
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA page_count")
            cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        return connection.close
    with psycopg.connect(os.environ["PRIMEPATH_DATABASE_URL"].rpartition("/")[0]) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [connection.settings_dict["NAME"]],
        )
    return close_old_connections


def test_a_save_that_the_database_failed_is_answered_503_and_can_be_sent_again() -> None:
    browser = sitting.sitting(sitting.published(choices=0, longs=1))
    part = parts_of(browser.session.version)[0].id
    batch = browser.batch(*[browser.entry(part, str(n) * 15_000) for n in range(4)])

    mend = fail()
    failed = browser.post("answers", batch)
    mend()
    again = browser.post("answers", batch)

    assert (failed.status_code, failed.json()) == (503, {"error": "unavailable", "message": WORDS})
    assert 1 <= int(failed["Retry-After"]) <= 3
    assert [each["status"] for each in again.json()["accepted"]] == ["applied"] * 4
    assert AnswerEvent.objects.count() == 4
