"""Say in plain words why a student stands at a level, and what an answer or a key says."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from placement_test.curriculum.rules import Matrix, band_of, bands
from placement_test.exams.rules.labels import option_label
from placement_test.lib.grades import grade_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.models import Placement, StudentSession

WHOLE = 100


def plain(number: Decimal | str | float) -> str:
    """Return a number without zeros at its end: 88.00 is 88, 87.50 is 87.5."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def reasons(placement: Placement, session: StudentSession) -> list[str]:
    """Return the sentences that explain a placement; levels, rule set and cuts are loaded."""
    if placement.origin == placement.Origin.OVERRULE:
        return [_("Decided by staff: %(reason)s") % {"reason": placement.reason}]
    sentences = [start(session, str(placement.start_level), _boundaries(placement))]
    cuts = placement.cut_set.cuts if placement.cut_set else []
    sentences.append(moved(placement.reasons, cuts))
    if placement.reasons.get("stopped_at_edge"):
        sentences.append(_("The program has no further level, so it ends there."))
    return sentences


def start(session: StudentSession, level: str, boundaries: Sequence[int]) -> str:
    """Return why the student started at ``level``."""
    facts = {
        "grade": grade_name(session.grade),
        "rank": rank(session.rank_percent, boundaries),
        "level": level,
        "steps": abs(session.level_step),
    }
    if session.level_step > 0:
        return _(
            "Grade %(grade)s, %(rank)s, then a harder test was chosen: starts at %(level)s."
        ) % (facts)
    if session.level_step < 0:
        return _(
            "Grade %(grade)s, %(rank)s, then an easier test was chosen: starts at %(level)s."
        ) % (facts)
    return _("Grade %(grade)s, %(rank)s: starts at %(level)s.") % facts


def rank(percent: Decimal, boundaries: Sequence[int]) -> str:
    """Return the band that a class rank falls into."""
    band = band_of(percent, boundaries)
    lower, upper = bands(Matrix(tuple(boundaries), {}))[band]
    if upper < WHOLE:
        return _("class rank in the top %(percent)s %%") % {"percent": upper}
    if lower > 0:
        return _("class rank below the top %(percent)s %%") % {"percent": lower}
    return _("any class rank")


def moved(facts: dict[str, object], cuts: Sequence[Sequence[float]]) -> str:
    """Return what the score did to the level, by the cut that it fell under."""
    step, at = int(str(facts["step"])), Decimal(str(facts["cut"]))
    words = {"percent": plain(str(facts["percent"])), "cut": plain(at), "step": step_words(step)}
    higher = [Decimal(str(cut)) for cut, _step in cuts if Decimal(str(cut)) > at]
    if at == 0 and higher:
        return _("%(percent)s %% is below the cut of %(cut)s %%: %(step)s.") % {
            **words,
            "cut": plain(min(higher)),
        }
    if at == 0:
        return _("%(percent)s %%, and the exam has no cuts: %(step)s.") % words
    return _("%(percent)s %% is at or above the cut of %(cut)s %%: %(step)s.") % words


def step_words(step: int) -> str:
    """Return by how many levels a score moved the student."""
    if step == 0:
        return _("stays at this level")
    count = {"count": abs(step)}
    if step > 0:
        return ngettext("%(count)s level up", "%(count)s levels up", step) % count
    return ngettext("%(count)s level down", "%(count)s levels down", -step) % count


def answer(value: str | None, *, kind: str, label_style: str) -> str:
    """Return an answer as the student saw it; "" for none.  ``value`` is canonical JSON."""
    given = None if value is None else json.loads(value)
    if given is None or given == []:
        return ""
    if kind in {"choice", "choices"}:
        return options(given if isinstance(given, list) else [given], label_style)
    return str(given)


def options(indices: Sequence[object], label_style: str) -> str:
    """Return the labels of options, as on the paper; what is no option stands as it is."""
    return " ".join(_option(index, label_style) for index in indices)


def key(correct: Sequence[int], accepted: Sequence[str], *, kind: str, label_style: str) -> str:
    """Return what a key accepts."""
    if kind in {"choice", "choices"}:
        joined = [option_label(label_style, index) for index in sorted(correct)]
        # Any of several is right for a choice, all of them together for several choices.
        return (" / " if kind == "choice" else " ").join(joined)
    return " / ".join(accepted)


def _option(index: object, label_style: str) -> str:
    try:
        return option_label(label_style, index) if type(index) is int else str(index)
    except ValueError:
        return str(index)


def _boundaries(placement: Placement) -> Sequence[int]:
    return placement.rule_set.boundaries if placement.rule_set else ()
