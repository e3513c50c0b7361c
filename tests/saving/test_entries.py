from __future__ import annotations

from placement_test.models import AnswerEvent, StudentSession
from placement_test.saving.entries import PAGE_STATES, STATUSES


def test_the_wire_format_has_the_words_of_the_tables_and_its_own() -> None:
    assert (*AnswerEvent.Status.values, "duplicate", "conflict") == STATUSES
    assert (*StudentSession.State.values, "claimed") == PAGE_STATES
