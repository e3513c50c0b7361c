"""How exams do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _

from placement_test.exams.rules.labels import option_label
from placement_test.lib.access import Role, actor, requires
from placement_test.query_optimizations import OptimizedQueries
from placement_test.results import access, rules
from placement_test.results.queries import figures

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# The drawing's own units; the page scales it.
CHART_WIDTH = 480
CHART_HEIGHT = 200
CHART_LEFT = 32
CHART_TOP = 16
CHART_FOOT = 24
BAR_GAP = 6
COUNT_GAP = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart, in its units."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    count_y: int
    label: str
    count: int


@requires(Role.TEACHER)
def versions(request: HttpRequest) -> HttpResponse:
    """List the versions that have results: 2 queries beside login."""
    user = actor(request)
    counted = figures.counts(access.results(user))
    rows = access.versions(user).filter(pk__in=counted).select_related("exam")
    lines = [
        {"version": version, **counted[version.pk]}
        for version in rows.order_by("exam__title", "-number")
    ]
    return render(request, "staff/results/statistics.html", {"lines": lines})


@requires(Role.TEACHER)
def version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Show the figures of one version: 4 queries beside login."""
    user = actor(request)
    shown = access.version(user, version_id)
    exam = OptimizedQueries.get_exam_with_questions(shown.pk)
    found = figures.figures(exam, access.results(user))
    context = {
        "version": shown,
        "figures": found,
        "most": figures.MOST_SITTINGS,
        "bars": _bars(found.bins),
        "base": CHART_HEIGHT - CHART_FOOT,
        "chart": {"width": CHART_WIDTH, "height": CHART_HEIGHT, "left": CHART_LEFT},
        "questions": [_question(each) for each in found.questions],
        "alpha_words": _alpha_words(found.alpha),
    }
    return render(request, "staff/results/statistics_version.html", context)


def _bars(bins: list[rules.Bin]) -> list[Bar]:
    highest = max((each.count for each in bins), default=0) or 1
    room = CHART_HEIGHT - CHART_FOOT - CHART_TOP
    pitch = (CHART_WIDTH - CHART_LEFT) // len(bins)
    bars = []
    for place, each in enumerate(bins):
        height = round(room * each.count / highest)
        x = CHART_LEFT + place * pitch + BAR_GAP // 2
        bars.append(
            Bar(
                x=x,
                y=CHART_HEIGHT - CHART_FOOT - height,
                width=pitch - BAR_GAP,
                height=height,
                count_y=CHART_HEIGHT - CHART_FOOT - height - COUNT_GAP,
                middle=x + (pitch - BAR_GAP) // 2,
                label=str(each.low),
                count=each.count,
            )
        )
    return bars


def _question(row: figures.QuestionFigures) -> dict[str, object]:
    style = row.question.label_style
    return {
        "number": row.question.number,
        "facility": None if row.facility is None else row.facility * 100,
        "discrimination": row.discrimination,
        "blank": row.blank,
        "notes": _notes(row),
        "parts": [
            {
                "label": part.part.label,
                "options": [
                    {
                        "label": option_label(style, option.index),
                        "count": option.count,
                        "is_right": option.is_right,
                    }
                    for option in part.options
                ],
            }
            for part in row.parts
        ],
    }


def _notes(row: figures.QuestionFigures) -> list[str]:
    notes = []
    if row.discrimination is not None and round(row.discrimination, 2) < 0:
        notes.append(_("Strong students miss it: check the key."))
    elif row.discrimination is not None and row.discrimination < rules.WEAK_DISCRIMINATION:
        notes.append(_("Hardly separates strong from weak students."))
    if row.facility is not None and row.facility >= rules.EASY_FACILITY:
        notes.append(_("Nearly everybody solves it."))
    if row.facility is not None and row.facility <= rules.HARD_FACILITY:
        notes.append(_("Hardly anybody solves it."))
    return notes


def _alpha_words(alpha: float | None) -> str:
    """Return what alpha says."""
    if alpha is None:
        return _("Too few sittings to say.")
    if alpha >= rules.GOOD_ALPHA:
        return _("Reliable: the questions measure one thing.")
    if alpha >= rules.FAIR_ALPHA:
        return _("Fair: look at the questions that hardly separate.")
    return _("Weak: levels near a cut may be chance. Look at the weak questions.")
