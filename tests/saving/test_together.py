"""Saves of many sessions that meet in a process: committed together, each for itself."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.db import connection, connections, transaction

from placement_test.errors import TokenMissing, TooManySaves
from placement_test.lib import clock, transactions
from placement_test.models import AnswerEvent, StudentAnswer, StudentSession
from placement_test.saving import entries, limits, plain, store
from placement_test.sessions import services
from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.sitting import Browser

pytestmark = pytest.mark.django_db(transaction=True)
needs_postgresql = pytest.mark.skipif(
    "os.environ.get('PRIMEPATH_TEST_DB') != 'postgresql'", reason="PostgreSQL's own way"
)
needs_sqlite = pytest.mark.skipif(
    "os.environ.get('PRIMEPATH_TEST_DB') == 'postgresql'", reason="SQLite's own way"
)

STUDENTS = 12


@pytest.fixture
def browsers() -> list[Browser]:
    version = sitting.published(choices=3, shorts=1)
    return [sitting.sitting(version) for _ in range(STUDENTS)]


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many were written together in each round so far; the first round waits for ``go_on``."""
    together = plain._together if connection.vendor == "postgresql" else transactions._together
    sizes: list[int] = []
    do = together._do

    def counted(items: Any) -> Any:
        sizes.append(len(items))
        if len(sizes) == 1:
            wait_until(lambda: len(together._waiting) >= STUDENTS - 1)
        return do(items)

    monkeypatch.setattr(together, "_do", counted)
    yield sizes
    plain.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    event = threading.Event()
    for _ in range(1000):
        if is_so():
            return
        event.wait(0.01)
    raise AssertionError("it never came so far")


def all_at_once(browsers: list[Browser], save: Callable[[Browser], Any]) -> list[Any]:
    """Have each browser save in a thread of its own; return results or errors."""

    def attempt(browser: Browser) -> Any:
        try:
            return save(browser)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(browsers)) as pool:
        return list(pool.map(attempt, browsers))


def save(browser: Browser, *values: object, token: str | None = None) -> entries.SaveReply:
    part = parts_of(browser.session.version)[0].id
    content = browser.batch(*[browser.entry(part, value) for value in values])
    return services.save(
        browser.session.id,
        entries.batch(json.dumps(content).encode()),
        token=browser.token if token is None else token,
        arrived=clock.now(),
    )


def statuses(reply: entries.SaveReply) -> list[str]:
    return [each.status for each in reply.accepted]


def stored() -> dict[Any, str]:
    return dict(StudentAnswer.objects.values_list("session_id", "value"))


def test_what_meets_is_written_in_one_round_and_each_gets_its_own_acknowledgement(
    browsers: list[Browser], rounds: list[int]
) -> None:
    wanted = {browser.session.id: number % 5 for number, browser in enumerate(browsers)}

    replies = all_at_once(browsers, lambda browser: save(browser, wanted[browser.session.id]))

    assert [statuses(reply) for reply in replies] == [["applied"]] * STUDENTS
    assert [reply.session for reply in replies] == [str(each.session.id) for each in browsers]
    assert stored() == {session: str(value) for session, value in wanted.items()}
    assert (rounds[0], sum(rounds)) == (1, STUDENTS)
    assert len(rounds) == 2


def test_one_that_is_refused_takes_nobody_along(browsers: list[Browser], rounds: list[int]) -> None:
    wrong = browsers[5]

    replies = all_at_once(
        browsers, lambda each: save(each, 1, token="no token" if each is wrong else None)
    )

    assert isinstance(replies[5], TokenMissing)
    others = [reply for reply in replies if reply is not replies[5]]
    assert [statuses(reply) for reply in others] == [["applied"]] * (STUDENTS - 1)
    assert set(stored()) == {each.session.id for each in browsers if each is not wrong}
    assert len(rounds) == 2


def test_the_same_batch_from_two_connections_is_applied_once(
    browsers: list[Browser], rounds: list[int]
) -> None:
    browser = browsers[0]
    part = parts_of(browser.session.version)[0].id
    content = json.dumps(browser.batch(browser.entry(part, 1))).encode()

    replies = all_at_once(
        [browser] * STUDENTS,
        lambda each: services.save(
            each.session.id, entries.batch(content), token=each.token, arrived=clock.now()
        ),
    )

    told = sorted(status for reply in replies for status in statuses(reply))
    assert told == ["applied"] + ["duplicate"] * (STUDENTS - 1)
    assert AnswerEvent.objects.count() == 1
    assert StudentSession.objects.get(id=browser.session.id).event_count == 1


@needs_postgresql
def test_a_session_that_is_locked_holds_up_nobody_else(
    browsers: list[Browser], rounds: list[int]
) -> None:
    locked = browsers[3]
    let_go = threading.Event()
    is_held = threading.Event()

    def hold() -> None:
        with transaction.atomic():
            StudentSession.objects.select_for_update().get(id=locked.session.id)
            is_held.set()
            let_go.wait(20)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    is_held.wait(10)
    with ThreadPoolExecutor(1) as pool:
        replies = pool.submit(all_at_once, browsers, lambda browser: save(browser, 1))
        others = {each.session.id for each in browsers if each is not locked}
        wait_until(lambda: set(stored()) == others)
        let_go.set()
        found = replies.result(20)
    holder.join(10)

    assert [statuses(reply) for reply in found] == [["applied"]] * STUDENTS
    assert locked.session.id in stored()


@needs_postgresql
def test_a_statement_that_the_database_refuses_is_saved_one_by_one(
    browsers: list[Browser], rounds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "STATEMENT", "SELECT 1/0, %s, %s, %s")

    replies = all_at_once(browsers, lambda browser: save(browser, 1))

    assert [statuses(reply) for reply in replies] == [["applied"]] * STUDENTS
    assert set(stored()) == {each.session.id for each in browsers}


@needs_postgresql
def test_a_connection_that_is_gone_costs_one_round(browsers: list[Browser]) -> None:
    save(browsers[0], 1)
    end_all_other_connections()

    with pytest.raises(Exception, match=r"terminat|closed|EOF|lost"):
        save(browsers[1], 1)
    again = save(browsers[2], 2)

    assert statuses(again) == ["applied"]
    plain.close()


@needs_postgresql
def test_the_usual_batch_never_takes_the_long_way(
    browsers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_other_way(*_args: Any, **_facts: Any) -> Any:
        raise AssertionError("store.save was called")

    monkeypatch.setattr(store, "save", no_other_way)

    assert statuses(save(browsers[0], 1, 2)) == ["applied", "applied"]
    assert statuses(save(browsers[0])) == []
    assert statuses(save(browsers[0], None, 7)) == ["applied", "rejected"]
    assert stored() == {browsers[0].session.id: "null"}


@needs_sqlite
def test_work_that_breaks_the_common_transaction_is_done_one_by_one(
    browsers: list[Browser], rounds: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = browsers[4]
    whole = store.save

    def break_for_one(session_id: Any, *args: Any, **facts: Any) -> Any:
        if session_id == broken.session.id:
            raise ZeroDivisionError
        return whole(session_id, *args, **facts)

    monkeypatch.setattr(store, "save", break_for_one)

    replies = all_at_once(browsers, lambda browser: save(browser, 1))

    assert isinstance(replies[4], ZeroDivisionError)
    assert set(stored()) == {each.session.id for each in browsers if each is not broken}


def test_the_bound_of_calls_holds_where_they_are_written_together(
    browsers: list[Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_CALLS", 3)
    monkeypatch.setattr(limits, "WINDOW_SECONDS", 10**6)

    replies = all_at_once([browsers[0]] * STUDENTS, save)

    refused = [reply for reply in replies if isinstance(reply, TooManySaves)]
    assert len(refused) == STUDENTS - 3
    assert {type(error.seconds) for error in refused} == {int}


def end_all_other_connections() -> None:
    address = os.environ["PRIMEPATH_DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(address, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND pid <> pg_backend_pid()",
            [connection.settings_dict["NAME"]],
        )
    connection.close()
