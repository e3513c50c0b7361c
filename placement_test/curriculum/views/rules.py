"""The placement rules: the matrix, checking it, saving it, its history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from placement_test.curriculum import access, queries
from placement_test.curriculum.editing import NO_RULES, rebased
from placement_test.curriculum.forms import matrix as matrix_form
from placement_test.curriculum.rules import Matrix
from placement_test.curriculum.services import load_matrix
from placement_test.curriculum.services.rule_sets import save_rule_set
from placement_test.curriculum.views import matrix_table
from placement_test.errors import ChangedMeanwhile, NothingChanged
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import RuleSet

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.curriculum.forms.matrix import Draft
    from placement_test.models import Level


@dataclass(frozen=True, slots=True)
class Ground:
    """What an edit is compared with: the rules in force and all levels by id."""

    current: RuleSet | None
    matrix: Matrix
    levels: dict[int, Level]

    @property
    def number(self) -> int:
        """Return the number of the rule set in force, 0 for none."""
        return self.current.number if self.current else 0

    @property
    def usable(self) -> set[int]:
        """Return the ids of the levels that a rule may name."""
        return {level.pk for level in self.levels.values() if level.is_active}


@requires(Role.TEACHER)
def rule_matrix(request: HttpRequest) -> HttpResponse:
    """Show the rules in force; the director edits them: 2 or 3 queries beside login."""
    if request.method == "POST":
        return _posted(request)
    ground = _ground()
    matrix, notice = ground.matrix, ""
    wanted = request.GET.get("from", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 9:  # noqa: PLR2004 - fits a column
        source, rules = access.rule_set(int(wanted))
        matrix, left_out = _usable_part(rules, ground)
        notice = _("These are the rules of set %(number)s. Check them, then save.") % {
            "number": source.number
        }
        if left_out:
            notice += " " + _("%(count)s cells name levels out of use and are empty.") % {
                "count": left_out
            }
    return _page(request, ground, matrix, notice=notice)


@requires(Role.TEACHER)
def rule_history(request: HttpRequest) -> HttpResponse:
    """List all rule sets, newest first: 2 queries beside login."""
    context = {"page_obj": pages.page(request, queries.rule_sets())}
    return render(request, "staff/curriculum/rule_history.html", context)


@requires(Role.TEACHER)
def rule_set(request: HttpRequest, number: int) -> HttpResponse:
    """Show one rule set and what it changed: 4 queries beside login."""
    found, matrix = access.rule_set(number)
    earlier, earlier_matrix = queries.rule_set_before(number) or (None, matrix)
    context = {
        "rule_set": found,
        "earlier": earlier,
        "is_current": queries.current_rule_set() == found,
        "table": matrix_table.table(
            matrix,
            compared_with=earlier_matrix,
            levels=_levels(),
        ),
        "may_edit": has_role(request.user, Role.DIRECTOR),
    }
    return render(request, "staff/curriculum/rule_set.html", context)


def _posted(request: HttpRequest) -> HttpResponse:
    if not has_role(request.user, Role.DIRECTOR):
        raise PermissionDenied
    ground = _ground()
    draft = matrix_form.read(request.POST, ground.usable)
    if draft.base != ground.number:
        return _again_on_the_current(request, draft, ground)
    wants_to_save = request.POST.get("action") == "save"
    if not wants_to_save or draft.problems:
        return _checked(request, draft, ground)
    if draft.recut or request.POST.get("checked") != draft.digest:
        notice = _("The rules changed since the check. Look at them once more, then save.")
        return _checked(request, draft, ground, notice=notice)
    try:
        made = save_rule_set(actor(request), base=draft.base, matrix=draft.matrix, note=draft.note)
    except NothingChanged as error:
        return _checked(request, draft, ground, notice=error.words())
    except ChangedMeanwhile:
        return _again_on_the_current(request, draft, _ground())
    messages.success(
        request, _("Rule set %(number)s is in force from now on.") % {"number": made.number}
    )
    return redirect("staff-rules")


def _again_on_the_current(request: HttpRequest, draft: Draft, ground: Ground) -> HttpResponse:
    """Show what was sent, moved onto the rules that somebody else saved, without saving."""
    based_on = RuleSet.objects.filter(number=draft.base).first()
    base = load_matrix(based_on) if based_on else NO_RULES
    notice = _(
        "Not saved: rule set %(number)s was saved in the meantime (%(who)s). Your changes are"
        " below, on top of it; all other cells are as they are there. Look at them, then save."
    ) % {"number": ground.number, "who": ground.current.made_by if ground.current else "-"}
    return _page(
        request,
        ground,
        rebased(draft.matrix, base, ground.matrix),
        notice=notice,
        note=draft.note,
        problems=draft.problems,
        is_checked=True,
        status=409,
    )


def _checked(
    request: HttpRequest, draft: Draft, ground: Ground, *, notice: str = ""
) -> HttpResponse:
    return _page(
        request,
        ground,
        draft.matrix,
        notice=notice,
        note=draft.note,
        problems=draft.problems,
        boundaries=draft.boundaries_typed if draft.problems else None,
        is_checked=True,
        status=pages.UNPROCESSABLE if draft.problems or notice else 200,
    )


def _page(  # noqa: PLR0913 - what one page says
    request: HttpRequest,
    ground: Ground,
    matrix: Matrix,
    *,
    notice: str = "",
    note: str = "",
    problems: list[str] | None = None,
    boundaries: str | None = None,
    is_checked: bool = False,
    status: int = 200,
) -> HttpResponse:
    drawn = matrix_form.boundaries_text(matrix.boundaries)
    context = {
        "current": ground.current,
        "base": ground.number,
        "table": matrix_table.table(matrix, compared_with=ground.matrix, levels=ground.levels),
        "choices": matrix_table.choices(ground.levels),
        "drawn": drawn,
        "boundaries": drawn if boundaries is None else boundaries,
        "digest": matrix_form.digest(matrix),
        "is_checked": is_checked,
        "notice": notice,
        "note": note,
        "problems": problems or [],
        "may_edit": has_role(request.user, Role.DIRECTOR),
    }
    return render(request, "staff/curriculum/rules.html", context, status=status)


def _ground() -> Ground:
    current, matrix = queries.rule_set_in_force() or (None, NO_RULES)
    return Ground(current, matrix, _levels())


def _levels() -> dict[int, Level]:
    return {level.pk: level for level in queries.levels()}


def _usable_part(matrix: Matrix, ground: Ground) -> tuple[Matrix, int]:
    cells = {place: level for place, level in matrix.cells.items() if level in ground.usable}
    return Matrix(matrix.boundaries, cells), len(matrix.cells) - len(cells)
