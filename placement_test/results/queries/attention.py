"""What the home page says needs somebody."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery
from django.utils import timezone

from placement_test.curriculum.rules import Matrix, holes
from placement_test.lib import cache
from placement_test.lib.counting import number_of
from placement_test.models import (
    ExamVersion,
    Level,
    PlacementRule,
    RuleSet,
    StaffUser,
    StudentSession,
)
from placement_test.models.curriculum import FIRST_GRADE, LAST_GRADE
from placement_test.results.queries.listing import undecided
from placement_test.results.queries.written import waiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from placement_test.models import Exam, Result, TestEvent

LAST_RESULTS = 8
EVENTS_SHOWN = 12
# A rule set is never changed: what is kept of one cannot grow old.
GAPS_CACHE_SECONDS = 3600
State = StudentSession.State


@dataclass(frozen=True, slots=True)
class Waiting:
    """Answers that wait for marking, and since when the oldest does."""

    count: int
    oldest_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Drafts:
    """How many drafts wait to be published, and what the oldest is called."""

    count: int
    oldest: str


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do; ``rule_set`` is the id of the one in force."""

    open_sessions: int
    waiting: Waiting
    undecided: int
    drafts: Drafts
    rule_set: int | None


@dataclass(frozen=True, slots=True)
class RuleGaps:
    """How many cells of the rules have no level, and in which grades."""

    has_rules: bool
    count: int
    grades: list[int]


def open_sessions(sessions: QuerySet[StudentSession]) -> int:
    """Return how many sessions are being sat now: 1 query."""
    return _open(sessions).count()


def work(
    user: StaffUser,
    *,
    sessions: QuerySet[StudentSession],
    results: QuerySet[Result],
    exams: QuerySet[Exam],
) -> Work:
    """Return what there is to do for ``user`` with these rows: 1 query."""
    to_mark = waiting(results)
    to_publish = _drafts(exams)
    at = "result__session__ended_at"
    ended = to_mark.filter(result__session__ended_at__isnull=False)
    found = StaffUser.objects.values_list(
        number_of(_open(sessions)),
        number_of(to_mark),
        Subquery(ended.order_by(at).values(at)[:1]),
        number_of(_with_undecided_entries(sessions)),
        number_of(to_publish),
        Subquery(to_publish.order_by("created_at").values("exam__title")[:1]),
        Subquery(RuleSet.objects.order_by("-number").values("id")[:1]),
    )
    being_sat, marks, oldest_at, entries, drafts, draft, rule_set = found.get(pk=user.pk)
    return Work(
        open_sessions=being_sat,
        waiting=Waiting(marks, oldest_at),
        undecided=entries,
        drafts=Drafts(drafts, draft or ""),
        rule_set=rule_set,
    )


def levels_without_exam() -> list[Level]:
    """Return the levels in use that no published exam serves, easiest first: 1 query."""
    served = ExamVersion.objects.filter(
        state=ExamVersion.State.PUBLISHED,
        exam__archived_at=None,
        exam__levels=OuterRef("pk"),
    )
    return list(
        Level.objects.filter(~Exists(served), is_active=True)
        .select_related("sub_program__program")
        .order_by("tier")
    )


def rule_gaps(rule_set: int | None) -> RuleGaps:
    """Return where the rule set of this id names no level: 1 query, or none from the cache."""
    if rule_set is None:
        return RuleGaps(has_rules=False, count=0, grades=[])
    name = cache.key("rule-gaps", rule_set)
    return cache.remember(name, GAPS_CACHE_SECONDS, lambda: _gaps(rule_set))


def events_of_today(events: QuerySet[TestEvent], now: dt.datetime) -> list[TestEvent]:
    """Return the events that overlap today, with today's sessions counted: 1 query.

    Annotations: ``registered``, ``working``, ``submitted``, ``expired``.
    """
    begins = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = begins + dt.timedelta(days=1)
    today = Q(sessions__registered_at__gte=begins, sessions__preview_by=None)

    def counted(*states: State) -> Count:
        return Count("todays", filter=Q(todays__state__in=states))

    return list(
        events.filter(Q(closes_at=None) | Q(closes_at__gte=begins), opens_at__lt=ends)
        .select_related("campus")
        .annotate(
            todays=FilteredRelation("sessions", condition=today),
            registered=counted(State.REGISTERED),
            working=counted(State.OPEN),
            submitted=counted(State.SUBMITTED),
            expired=counted(State.EXPIRED),
        )
        .order_by("opens_at", "name")[:EVENTS_SHOWN]
    )


def last_results(results: QuerySet[Result]) -> Iterable[Result]:
    """Return the newest results with student, exam and level: 1 query.

    Annotations: ``level_program``, ``level_sub_program``, ``level_number``.
    """
    level = "current_placement__level"
    return (
        results.select_related("session__student", "version__exam")
        .annotate(
            current_placement=FilteredRelation(
                "session__placements", condition=Q(session__placements__is_current=True)
            ),
            level_program=F(f"{level}__sub_program__program__name"),
            level_sub_program=F(f"{level}__sub_program__name"),
            level_number=F(f"{level}__number"),
        )
        .order_by("-made_at", "-id")[:LAST_RESULTS]
    )


def _open(sessions: QuerySet[StudentSession]) -> QuerySet[StudentSession]:
    return sessions.filter(state=State.OPEN)


def _with_undecided_entries(sessions: QuerySet[StudentSession]) -> QuerySet[StudentSession]:
    """Return the ended sessions with answers that were not applied and nobody decided about."""
    rows = undecided().order_by().values("session_id")
    return sessions.filter(id__in=rows, ended_at__isnull=False)


def _drafts(exams: QuerySet[Exam]) -> QuerySet[ExamVersion]:
    return ExamVersion.objects.filter(
        exam__in=exams, exam__archived_at=None, state=ExamVersion.State.DRAFT
    )


def _gaps(rule_set: int) -> RuleGaps:
    rows = PlacementRule.objects.filter(rule_set=rule_set).values_list(
        "grade", "band", "level_id", "rule_set__boundaries"
    )
    found = list(rows)
    if not found:
        return RuleGaps(has_rules=False, count=0, grades=[])
    matrix = Matrix(tuple(found[0][3]), {(grade, band): level for grade, band, level, _ in found})
    missing = holes(matrix, range(FIRST_GRADE, LAST_GRADE + 1))
    return RuleGaps(
        has_rules=True, count=len(missing), grades=sorted({grade for grade, _ in missing})
    )
