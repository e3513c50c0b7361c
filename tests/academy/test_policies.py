from __future__ import annotations

import pytest

from placement_test.academy import queries
from placement_test.academy.services import policies, schools
from placement_test.errors import ChangedMeanwhile, NothingChanged
from placement_test.lib import academy as current_academy
from placement_test.models import Academy, AuditEntry, ConsentText, School
from tests import builders
from tests.builders import Role

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_changed_policy_holds_at_once() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    academy = builders.academy(shown_result=Academy.Shown.LEVEL)
    current_academy.current()
    academy.shown_result = Academy.Shown.SCORE

    policies.change_policies(director, academy)

    assert current_academy.current().shown_result == Academy.Shown.SCORE
    assert AuditEntry.objects.get().after == {"shown_result": "score"}


def test_consent_texts_are_appended() -> None:
    director = builders.staff(role=Role.DIRECTOR)

    policies.revise_consent(director, base=0, korean="하나", english="One")
    policies.revise_consent(director, base=1, korean="둘", english="Two")

    numbers = list(ConsentText.objects.values_list("number", "english"))
    current = queries.current_consent()
    assert numbers == [(1, "One"), (2, "Two")]
    assert current is not None
    assert current.korean == "둘"


def test_a_consent_text_edited_from_an_old_revision_is_refused() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    builders.consent_text(number=1)
    builders.consent_text(number=2)

    with pytest.raises(ChangedMeanwhile):
        policies.revise_consent(director, base=1, korean="x", english="y")

    assert ConsentText.objects.count() == 2


def test_a_consent_text_without_a_change_is_refused() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    text = builders.consent_text()

    with pytest.raises(NothingChanged):
        policies.revise_consent(director, base=1, korean=text.korean, english=text.english)


def test_importing_the_same_schools_twice_adds_them_once() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    campus = builders.campus()
    pasted = "목동초등학교\n목동중학교\n???"

    first = schools.import_schools(director, campus, pasted)
    second = schools.import_schools(director, campus, pasted)

    assert first.added == ["목동초등학교", "목동중학교"]
    assert (second.added, second.known) == ([], ["목동초등학교", "목동중학교"])
    assert [line.number for line in second.unusable] == [3]
    assert School.objects.count() == 2
    assert AuditEntry.objects.count() == 1
