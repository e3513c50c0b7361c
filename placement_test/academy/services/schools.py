"""Campuses and the schools that their students come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from placement_test.academy import rules
from placement_test.lib import audit, decisions
from placement_test.models import School

if TYPE_CHECKING:
    from placement_test.academy.rules import UnusableLine
    from placement_test.models import Campus, StaffUser

SCHOOL_FACTS = ("name", "stage", "campus", "is_active")
CAMPUS_FACTS = ("name", "is_active")


class ImportReport(NamedTuple):
    """What became of a pasted list."""

    added: list[str]
    known: list[str]
    unusable: list[UnusableLine]


def create_school(actor: StaffUser, school: School) -> None:
    """Make a school."""
    decisions.made(actor, "school created", school, fields=SCHOOL_FACTS)


def change_school(actor: StaffUser, school: School) -> None:
    """Save what differs in ``school``."""
    decisions.changed(actor, "school changed", school, fields=SCHOOL_FACTS)


def import_schools(actor: StaffUser, campus: Campus, pasted: str) -> ImportReport:
    """Add the schools of a pasted list that ``campus`` has not got yet: 5 queries.

    Doing it again adds nothing.
    """
    lines, unusable = rules.school_lines(pasted)
    with transaction.atomic():
        there = set(School.objects.filter(campus=campus).values_list("name", flat=True))
        missing = [line for line in lines if line.name not in there]
        # Two people may paste the same list in the same second.
        School.objects.bulk_create(
            [School(campus=campus, name=line.name, stage=line.stage) for line in missing],
            ignore_conflicts=True,
        )
        if missing:
            added = [line.name for line in missing]
            audit.record(actor, "schools imported", campus, after={"schools": added})
    return ImportReport(
        added=[line.name for line in missing],
        known=[line.name for line in lines if line.name in there],
        unusable=unusable,
    )


def create_campus(actor: StaffUser, campus: Campus) -> None:
    """Make a campus."""
    decisions.made(actor, "campus created", campus, fields=CAMPUS_FACTS)


def change_campus(actor: StaffUser, campus: Campus) -> None:
    """Save what differs in ``campus``; one that is out of use takes no registrations."""
    decisions.changed(actor, "campus changed", campus, fields=CAMPUS_FACTS)
