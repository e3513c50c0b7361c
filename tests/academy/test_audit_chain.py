from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.urls import reverse

from placement_test.lib import audit, audit_chain
from placement_test.management import schedule
from placement_test.models import AuditEntry, AuditHead, StaffUser
from tests import builders
from tests.results.finished import logged_in

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)

DECISIONS = 40


def decided(count: int) -> list[AuditEntry]:
    """Record decisions, each in a transaction of its own, as services do."""
    academy = builders.academy()
    for number in range(count):
        with transaction.atomic():
            audit.record(None, "policies changed", academy, after={"n": number}, reason="왜냐하면")
    return list(AuditEntry.objects.order_by("position"))


def checked() -> str:
    written = io.StringIO()
    call_command("verify_audit", stdout=written)
    return written.getvalue()


def test_each_decision_holds_the_digest_of_the_one_before_it() -> None:
    first, second, third = decided(3)

    assert [first.previous, second.previous, third.previous] == ["", first.digest, second.digest]
    assert checked() == f"Whole: 3 decisions; the last one's digest is {third.digest}\n"


def test_a_decision_that_is_taken_back_leaves_no_gap() -> None:
    decided(1)
    with transaction.atomic():
        audit.record(None, "policies changed", builders.academy())
        transaction.set_rollback(True)
    decided(1)

    assert audit_chain.verify() == audit_chain.Finding(2)


def test_several_decisions_of_one_transaction_are_chained_in_their_order() -> None:
    with transaction.atomic():
        for number in range(3):
            audit.record(None, "policies changed", builders.academy(), after={"n": number})

    chained = AuditEntry.objects.order_by("position").values_list("position", "after")
    assert list(chained) == [(1, {"n": 0}), (2, {"n": 1}), (3, {"n": 2})]


def change(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).update(reason="another one")


def change_and_hide(entry: AuditEntry) -> None:
    entry.after = {"n": 99}
    AuditEntry.objects.filter(pk=entry.pk).update(
        after=entry.after, digest=audit_chain.digest(entry)
    )


def remove(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(pk=entry.pk).delete()


def swap(entry: AuditEntry) -> None:
    other = AuditEntry.objects.get(position=3)
    AuditEntry.objects.filter(pk=entry.pk).update(position=99)
    AuditEntry.objects.filter(pk=other.pk).update(position=2)
    AuditEntry.objects.filter(pk=entry.pk).update(position=3)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (change, "entry 2 (id {id}) was changed"),
        (change_and_hide, "entry 3 (id {after}) does not follow the one before it"),
        (remove, "entry 2 is missing"),
        (swap, "entry 2 (id {after}) does not follow the one before it"),
    ],
)
def test_an_entry_that_is_not_what_and_where_it_was_is_named(
    harm: Callable[[AuditEntry], None], said: str
) -> None:
    _first, second, third, _last = decided(4)
    harm(second)

    with pytest.raises(CommandError) as failed:
        checked()

    words = said.format(id=second.pk, after=third.pk)
    assert str(failed.value) == f"The audit trail is broken: {words}."


def test_a_removed_last_entry_is_missed() -> None:
    decided(3)[-1].delete()

    found = audit_chain.verify()

    assert (found.broken_at, found.why) == (3, "is missing")


def test_an_end_that_was_cut_and_noted_anew_differs_from_what_the_check_printed_before() -> None:
    before = checked()
    last = decided(2)[-1]
    last.delete()
    AuditHead.objects.update(length=1, digest=AuditEntry.objects.get().digest)

    assert checked() != before


def test_forty_decisions_at_once_form_one_chain() -> None:
    academy = builders.academy()
    barrier = threading.Barrier(DECISIONS)

    def decide(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            with transaction.atomic():
                audit.record(None, "policies changed", academy, after={"n": number})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(DECISIONS) as pool:
        list(pool.map(decide, range(DECISIONS)))

    positions = AuditEntry.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == list(range(1, DECISIONS + 1))
    assert audit_chain.verify() == audit_chain.Finding(DECISIONS)


def test_a_decision_whose_server_died_before_it_was_chained_is_chained_by_the_next() -> None:
    decided(1)
    AuditEntry.objects.create(at=decided(1)[0].at, action="school created", object_id="7")

    decided(1)

    assert AuditEntry.objects.get(object_id="7").position == 3
    assert audit_chain.verify() == audit_chain.Finding(4)


def test_the_migration_chains_what_was_decided_before() -> None:
    decided(3)
    AuditEntry.objects.update(position=None, previous="", digest="")
    AuditHead.objects.all().delete()

    import_module("placement_test.migrations.0002_audit_chain").chain_existing(apps, None)

    assert audit_chain.verify() == audit_chain.Finding(3)


def test_the_audit_page_says_whether_the_record_is_whole() -> None:
    decided(3)
    director = logged_in(builders.staff(role=StaffUser.Role.DIRECTOR))
    whole = director.get(reverse("staff-audit")).content.decode()
    AuditEntry.objects.filter(position=2).update(reason="another one")

    broken = director.get(reverse("staff-audit")).content.decode()

    assert "The record is whole: 3 decisions" in whole
    assert "Entry 2 was changed, removed or moved" in broken


def test_the_daily_check_logs_what_is_wrong_and_the_page_shows_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    decided(audit_chain.NEWEST + 5)
    AuditEntry.objects.filter(position=2).update(reason="another one")

    schedule.verify_audit()

    director = logged_in(builders.staff(role=StaffUser.Role.DIRECTOR))
    page = director.get(reverse("staff-audit")).content.decode()
    assert "Entry 2 was changed, removed or moved" in page
    assert [record.message for record in caplog.records] == ["audit chain broken"]
