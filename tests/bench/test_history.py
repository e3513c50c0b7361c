from __future__ import annotations

import pytest

from bench import history as bench
from bench.cost import history
from placement_test.lib import clock
from placement_test.models import AnswerEvent, PartMark, Placement, Receipt, StudentAnswer
from placement_test.models import StudentSession as Session


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_a_save_and_every_page_is_measured_at_each_step() -> None:
    rows = history.measure(steps=[400, 2000], rounds=2)

    whats = {row["what"] for row in rows}
    assert {history.SAVE, *bench.PROMISED, "staff-statistics", "staff-student"} <= whats
    assert len(rows) == 2 * len(whats)
    assert rows[0]["answers"] >= 400
    assert rows[-1]["answers"] >= 2000
    # The past is whole: a log, marks, a placement and a receipt for each that was made.
    past = Session.objects.filter(registered_at__lt=clock.now() - history.BEFORE / 2)
    assert past.count() >= 40
    assert StudentAnswer.objects.filter(session__in=past).count() == 40 * past.count()
    assert AnswerEvent.objects.filter(session__in=past).count() == 40 * past.count()
    assert PartMark.objects.filter(result__session__in=past).count() == 40 * past.count()
    assert Placement.objects.filter(session__in=past).count() == past.count()
    assert Receipt.objects.filter(session__in=past).count() == past.count()


def test_growth_compares_the_last_step_with_the_first() -> None:
    rows = [
        {"database": "sqlite", "what": "save", "answers": answers, "ms_median": ms}
        for answers, ms in [(1000, 2.0), (10_000, 2.5), (100_000, 3.0)]
    ]

    (grown,) = bench.growth(rows)

    assert grown["growth_percent"] == 50
    assert (grown["1e3"], grown["1e5"]) == (2.0, 3.0)
