from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse

from placement_test.curriculum import queries, services
from placement_test.lib import academy as current_academy
from placement_test.models import AuditEntry, Level, PlacementRule, Program, RuleSet, SubProgram
from tests import builders
from tests.builders import Role

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django import DjangoAssertNumQueries

    from placement_test.models import StaffUser

pytestmark = pytest.mark.django_db

LOGIN = 1  # the browser session with its account


def client_of(person: StaffUser) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person)
    builders.academy()
    current_academy.current()
    return client


@pytest.fixture
def director() -> Client:
    return client_of(builders.staff(role=Role.DIRECTOR))


@pytest.fixture
def teacher() -> Client:
    return client_of(builders.staff(role=Role.TEACHER))


def sheet(number: int) -> dict[str, str]:
    """Return what the page of rule set ``number`` sends when nothing is touched."""
    rule_set = RuleSet.objects.get(number=number)
    rules = PlacementRule.objects.filter(rule_set=rule_set)
    boundaries = ", ".join(map(str, rule_set.boundaries))
    return {
        "base": str(number),
        "drawn": boundaries,
        "boundaries": boundaries,
        "note": "",
        **{f"cell-{rule.grade}-{rule.band}": str(rule.level_id) for rule in rules},
    }


def save(client: Client, data: dict[str, str]) -> HttpResponse:
    """Check, then save what was checked, as a person does."""
    checked = client.post(reverse("staff-rules"), data | {"action": "check"})
    seal = {"checked": checked.context["digest"], "base": str(checked.context["base"])}
    return client.post(reverse("staff-rules"), data | seal | {"action": "save"})  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["staff-curriculum", "staff-rules", "staff-rule-history"])
def test_the_pages_open_without_any_curriculum(name: str, director: Client) -> None:
    assert director.get(reverse(name)).status_code == 200


def test_teachers_read_and_directors_write(teacher: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    reads = [
        reverse("staff-curriculum"),
        reverse("staff-rules"),
        reverse("staff-rule-set", args=[1]),
    ]
    writes = [
        reverse("staff-program-new"),
        reverse("staff-program", args=[levels[0].sub_program.program_id]),
        reverse("staff-program-sub-new", args=[levels[0].sub_program.program_id]),
        reverse("staff-program-sub", args=[levels[0].sub_program_id]),
        reverse("staff-level-new", args=[levels[0].sub_program_id]),
        reverse("staff-level", args=[levels[0].pk]),
        reverse("staff-level-tier", args=[levels[0].pk]),
        reverse("staff-level-use", args=[levels[0].pk]),
    ]

    assert [teacher.get(url).status_code for url in reads] == [200] * len(reads)
    assert [teacher.post(url).status_code for url in writes] == [403] * len(writes)
    assert teacher.post(reverse("staff-rules"), sheet(1)).status_code == 403


def test_checking_shows_what_changes_and_saves_nothing(director: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    data = sheet(1) | {
        "cell-5-0": str(levels[24].pk),
        "cell-3-2": "",
        "cell-3-4": str(levels[11].pk),
    }

    reply = director.post(reverse("staff-rules"), data | {"action": "check"})

    table = reply.context["table"]
    assert [tuple(change) for change in table.changes] == [
        (3, "20-30%", "CORE Elite 2", "no rule"),
        (3, "40-50%", "CORE Sigma 3", "CORE Pro 3"),
        (5, "Top 10%", "ASCENT Drive 3", "EDGE Spark 1"),
    ]
    assert (table.hole_count, table.disorder_count) == (1, 1)
    assert RuleSet.objects.count() == 1


def test_saving_makes_one_new_rule_set_with_every_other_cell_as_it_was(director: Client) -> None:
    levels = builders.curriculum()
    first = builders.rule_set()
    expected = dict(services.load_matrix(first).cells) | {(5, 0): levels[20].pk}

    reply = save(director, sheet(1) | {"cell-5-0": str(levels[20].pk), "note": "Higher"})

    second = services.current_rule_set()
    assert second is not None
    assert (reply.status_code, second.number, second.note) == (302, 2, "Higher")
    assert services.load_matrix(second).cells == expected
    assert director.get(reverse("staff-rule-set", args=[2])).status_code == 200


def test_saving_takes_few_queries(
    director: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    data = sheet(1) | {"cell-5-0": str(levels[20].pk)}
    checked = director.post(reverse("staff-rules"), data | {"action": "check"})
    data |= {"checked": checked.context["digest"], "action": "save"}

    # login; rule set with rules, levels; rule set and rules once more; begin, rule set, 72 rules,
    # record, commit
    with django_assert_num_queries(LOGIN + 9):
        director.post(reverse("staff-rules"), data)

    assert RuleSet.objects.count() == 2


def test_what_was_not_checked_is_not_saved(director: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    data = sheet(1) | {"cell-5-0": str(levels[20].pk)}
    digest = director.post(reverse("staff-rules"), data | {"action": "check"}).context["digest"]
    touched = data | {"cell-1-0": str(levels[2].pk), "checked": digest, "action": "save"}

    reply = director.post(reverse("staff-rules"), touched)

    assert reply.status_code == 422
    assert "The rules changed since the check." in reply.content.decode()
    assert len(reply.context["table"].changes) == 2
    assert RuleSet.objects.count() == 1


def test_the_second_of_two_directors_is_refused_and_loses_nothing(director: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set()
    other = client_of(builders.staff(role=Role.DIRECTOR, username="other", display_name="Mr Oh"))
    mine = sheet(1) | {"cell-5-0": str(levels[20].pk), "note": "My note"}
    digest = director.post(reverse("staff-rules"), mine | {"action": "check"}).context["digest"]
    save(other, sheet(1) | {"cell-1-0": str(levels[2].pk)})

    refused = director.post(reverse("staff-rules"), mine | {"checked": digest, "action": "save"})

    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Not saved: rule set 2 was saved in the meantime (Mr Oh)." in page
    assert "My note" in page
    assert [change.after for change in refused.context["table"].changes] == [str(levels[20])]
    assert RuleSet.objects.count() == 2

    merged = {
        cell.name: str(cell.level.pk) for row in refused.context["table"].rows for cell in row.cells
    }
    again = mine | merged | {"base": "2", "checked": refused.context["digest"], "action": "save"}
    director.post(reverse("staff-rules"), again)

    third = services.current_rule_set()
    assert third is not None
    cells = services.load_matrix(third).cells
    assert (third.number, cells[1, 0], cells[5, 0]) == (3, levels[2].pk, levels[20].pk)


def test_other_boundaries_cut_the_cells_anew_and_are_looked_at_before_saving(
    director: Client,
) -> None:
    builders.rule_set()
    data = sheet(1) | {"boundaries": "10%, 50"}

    recut = director.post(reverse("staff-rules"), data | {"action": "save", "checked": "x"})
    table = recut.context["table"]

    assert recut.status_code == 422
    assert table.bands == ["Top 10%", "10-50%", "From 50% down"]
    assert [str(cell.level) for cell in table.rows[4].cells] == [
        "ASCENT Drive 3",
        "ASCENT Drive 2",
        "ASCENT Nova 1",
    ]
    assert RuleSet.objects.count() == 1


@pytest.mark.parametrize(
    "boundaries",
    ["20, 10", "10, 10", "0, 10", "10, 100", "ten", "10.5", "-5", "9" * 50, ",", "1," * 30 + "50"],
)
def test_boundaries_that_cannot_be_are_refused_and_the_cells_stay(
    boundaries: str, director: Client
) -> None:
    builders.rule_set()

    reply = director.post(
        reverse("staff-rules"), sheet(1) | {"boundaries": boundaries, "action": "save"}
    )

    assert reply.status_code == 422
    assert "Write the boundaries as rising whole percents" in reply.content.decode()
    assert (reply.context["table"].changes, reply.context["table"].hole_count) == ([], 0)
    assert RuleSet.objects.count() == 1


@pytest.mark.parametrize("sent", ["999999", "x", "-1", "1e3", "9" * 500])
def test_a_cell_that_names_no_level_is_shown_as_empty_and_not_saved(
    sent: str, director: Client
) -> None:
    builders.rule_set()

    reply = save(director, sheet(1) | {"cell-5-0": sent})

    assert reply.status_code == 422
    assert RuleSet.objects.count() == 1


def test_rules_that_change_nothing_say_so(director: Client) -> None:
    builders.rule_set()

    reply = save(director, sheet(1))

    assert reply.status_code == 422
    assert "Nothing differs from the current revision" in reply.content.decode()


def test_the_first_rules_of_an_academy_are_saved(director: Client) -> None:
    levels = builders.curriculum()
    empty = {"base": "0", "drawn": "", "boundaries": "50", "note": ""}

    drawn = director.post(reverse("staff-rules"), empty | {"action": "bands"})
    data = empty | {"drawn": drawn.context["drawn"], "cell-1-1": str(levels[0].pk)}
    save(director, data)

    made = services.current_rule_set()
    assert made is not None
    assert (made.number, made.boundaries) == (1, [50])
    assert services.load_matrix(made).cells == {(1, 1): levels[0].pk}


def test_an_old_rule_set_is_the_start_of_a_new_one(director: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set(number=1)
    builders.rule_set(number=2, boundaries=[50], cells={(5, 0): levels[0]})

    page = director.get(f"{reverse('staff-rules')}?from=1")

    assert (page.context["base"], page.context["drawn"]) == (2, "10, 20, 30, 40, 50")
    assert page.context["table"].hole_count == 0
    for wrong in ("99", "x", "9" * 40):
        reply = director.get(f"{reverse('staff-rules')}?from={wrong}")
        assert reply.status_code in {200, 404}


def test_the_curriculum_is_edited(director: Client) -> None:
    program = {"name": " PRE  CORE ", "first_grade": "1", "last_grade": "2"}
    director.post(reverse("staff-program-new"), program)
    made = Program.objects.get()
    director.post(reverse("staff-program-sub-new", args=[made.pk]), {"name": "Seeds"})
    seeds = SubProgram.objects.get()
    for number in ("1", "2"):
        director.post(reverse("staff-level-new", args=[seeds.pk]), {"number": number})
    first, second = queries.levels()

    director.post(reverse("staff-level-tier", args=[second.pk]), {"tier": "1"})
    director.post(reverse("staff-level", args=[first.pk]), {"number": "7"})
    director.post(reverse("staff-level-use", args=[first.pk]), {"use": "no"})
    director.post(reverse("staff-program", args=[made.pk]), program | {"name": "START"})
    director.post(reverse("staff-program-sub", args=[seeds.pk]), {"name": "Sprouts"})

    order = [(str(level), level.tier, level.is_active) for level in queries.levels()]
    assert order == [("START Sprouts 2", 1, True), ("START Sprouts 7", 2, False)]
    assert AuditEntry.objects.count() == 9


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        (
            "staff-program-new",
            {"name": "CORE", "first_grade": "1", "last_grade": "2"},
            "already exists",
        ),
        (
            "staff-program-new",
            {"name": "X", "first_grade": "3", "last_grade": "2"},
            "below the first",
        ),
        ("staff-program-new", {"name": "X", "first_grade": "0", "last_grade": "13"}, "or equal to"),
    ],
)
def test_a_program_that_cannot_be_is_refused_in_words(
    name: str, data: dict[str, str], words: str, director: Client
) -> None:
    builders.curriculum()

    reply = director.post(reverse(name), data)

    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert Program.objects.count() == 4


def test_names_and_numbers_stay_unique(director: Client) -> None:
    levels = builders.curriculum()
    sub_program = levels[0].sub_program

    replies = [
        director.post(
            reverse("staff-program-sub-new", args=[sub_program.program_id]), {"name": "Sigma"}
        ),
        director.post(reverse("staff-program-sub", args=[sub_program.pk]), {"name": "Sigma"}),
        director.post(reverse("staff-level-new", args=[sub_program.pk]), {"number": "2"}),
        director.post(reverse("staff-level", args=[levels[0].pk]), {"number": "2"}),
    ]

    assert [reply.status_code for reply in replies] == [422] * 4
    assert (Level.objects.count(), SubProgram.objects.count()) == (44, 16)


def test_a_level_in_the_rules_stays_in_use_and_the_page_says_why(director: Client) -> None:
    levels = builders.curriculum()
    builders.rule_set()

    reply = director.post(
        reverse("staff-level-use", args=[levels[0].pk]), {"use": "no"}, follow=True
    )

    assert "Placement rules start at this level (1)." in reply.content.decode()
    assert not Level.objects.filter(is_active=False).exists()


def test_levels_without_a_published_exam_are_pointed_out(teacher: Client) -> None:
    builders.curriculum()

    page = teacher.get(reverse("staff-curriculum")).content.decode()

    assert "44 levels have no published exam" in page
