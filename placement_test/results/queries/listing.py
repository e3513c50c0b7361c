"""The list of sessions: filters, order and pages that stay quick however many there are."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, FilteredRelation, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from placement_test.models import (
    AnswerEvent,
    EntryKind,
    Placement,
    Receipt,
    Result,
    StudentSession,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet

# Nobody pages further; counting more of them would cost every visitor of the first page.
MOST_COUNTED = 10_000
# Shorter would be a grade or a word of a name.
LEAST_PREFIX = 4
UUID_PREFIX = re.compile(r"[0-9a-fA-F-]+")
UUID_DIGITS = 32

# What the list can be sorted by; the name of a column -> its field.
SORTS = {
    "registered": "registered_at",
    "name": "student__name",
    "grade": "grade",
    "exam": "version__exam__title",
    "state": "state",
    "percent": "result_percent",
    "level": "level_tier",
}
# These stand in the current result and placement, which other orders need not join.
SORTS_OF_RESULT = {"percent", "level"}
DEFAULT_SORT = "-registered"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, rows by id; dates are days of the academy's zone."""

    words: str = ""
    state: str = ""
    event: uuid.UUID | None = None
    exam: int | None = None
    level: int | None = None
    grade: int | None = None
    campus: int | None = None
    from_date: dt.date | None = None
    to_date: dt.date | None = None
    attention: str = ""


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Counts no further than ``MOST_COUNTED``."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows, at most ``MOST_COUNTED``: 1 query."""
        rows: QuerySet[StudentSession] = self.object_list  # type: ignore[assignment]
        bare = rows.order_by().values("pk")
        return bare[:MOST_COUNTED].count()

    def page(self, number: int | str) -> Page[StudentSession]:
        """Return one page as ``shown``: 2 queries, ids first, so that only its rows are joined.

        With the ids as a subquery PostgreSQL joins all sessions before it looks which of them are
        wanted: a dozen tables are more than it orders by itself.
        """
        number = self.validate_number(number)
        rows: QuerySet[StudentSession] = self.object_list  # type: ignore[assignment]
        start = (number - 1) * self.per_page
        ids = list(rows.values_list("pk", flat=True)[start : start + self.per_page])
        found = shown(StudentSession.objects.all()).in_bulk(ids)
        return Page([found[key] for key in ids if key in found], number, self)

    @property
    def is_cut(self) -> bool:
        """Whether there may be more rows than pages show."""
        return self.count >= MOST_COUNTED


def narrowed(rows: QuerySet[StudentSession], filters: Filters) -> QuerySet[StudentSession]:
    """Return ``rows`` that pass ``filters``; no query yet."""
    equal = {
        "state": filters.state,
        "event": filters.event,
        "version__exam": filters.exam,
        "grade": filters.grade,
        "campus": filters.campus,
    }
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if filters.words:
        rows = rows.filter(_named(filters.words))
    if filters.level:
        rows = rows.filter(
            Exists(_of_session(Placement.objects.filter(is_current=True, level=filters.level)))
        )
    if filters.from_date:
        rows = rows.filter(registered_at__gte=_midnight(filters.from_date))
    if filters.to_date:
        rows = rows.filter(registered_at__lt=_midnight(filters.to_date + dt.timedelta(days=1)))
    return _attention(rows, filters.attention)


def shown(rows: QuerySet[StudentSession]) -> QuerySet[StudentSession]:
    """Add what a line shows: student, exam, event, and the current result and placement.

    Annotations: ``result_score``, ``result_max``, ``result_percent``, ``result_waiting``,
    ``level_tier``, ``level_number``, ``level_sub_program``, ``level_program``, ``level_origin``,
    ``has_troubled``.
    """
    return rows.select_related("student", "version__exam", "event", "campus").annotate(
        current_result=FilteredRelation("results", condition=Q(results__is_current=True)),
        current_placement=FilteredRelation("placements", condition=Q(placements__is_current=True)),
        result_score=F("current_result__score"),
        result_max=F("current_result__max_score"),
        result_percent=F("current_result__percent"),
        result_waiting=F("current_result__waiting"),
        level_tier=F("current_placement__level__tier"),
        level_number=F("current_placement__level__number"),
        level_sub_program=F("current_placement__level__sub_program__name"),
        level_program=F("current_placement__level__sub_program__program__name"),
        level_origin=F("current_placement__origin"),
        has_troubled=Exists(_of_session(undecided())),
    )


def sortable(rows: QuerySet[StudentSession], sort: str) -> QuerySet[StudentSession]:
    """Add to ``rows`` what sorting by the column ``sort`` needs."""
    return shown(rows) if sort.removeprefix("-") in SORTS_OF_RESULT else rows


def undecided() -> QuerySet[AnswerEvent]:
    """Return answers that were stored but not applied and that nobody has decided about."""
    return AnswerEvent.objects.filter(kind=EntryKind.ANSWER, decision=None).exclude(
        status=AnswerEvent.Status.APPLIED
    )


def _named(words: str) -> Q:
    """Return what matches a piece of a name, the check code of a receipt or the start of an id."""
    code = re.sub(r"[\s-]", "", words).upper()
    found = Q(student__name__icontains=words) | Q(
        Exists(_of_session(Receipt.objects.filter(check_code=code)))
    )
    digits = words.replace("-", "")
    if UUID_PREFIX.fullmatch(words) and LEAST_PREFIX <= len(digits) <= UUID_DIGITS:
        lowest, highest = (uuid.UUID(digits.ljust(UUID_DIGITS, fill)) for fill in "0f")
        found |= Q(id__gte=lowest, id__lte=highest)
    return found


def _attention(rows: QuerySet[StudentSession], attention: str) -> QuerySet[StudentSession]:
    # Sets of ids, not a look at each session: few sessions need attention.
    waiting = Q(id__in=_sessions(Result.objects.filter(is_current=True, waiting__gt=0)))
    troubled = Q(id__in=_sessions(undecided()))
    if attention == "marking":
        return rows.filter(waiting)
    if attention == "entries":
        return rows.filter(troubled)
    if attention == "any":
        return rows.filter(waiting | troubled)
    if attention == "overruled":
        placements = Placement.objects.filter(is_current=True, origin=Placement.Origin.OVERRULE)
        return rows.filter(id__in=_sessions(placements))
    return rows


def _sessions(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.order_by().values("session_id")


def _of_session(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(session_id=OuterRef("pk"))


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
