"""The curriculum: programs, sub-programs, levels and their tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from placement_test.curriculum import access, queries
from placement_test.curriculum.forms.levels import LevelForm, ProgramForm, SubProgramForm, TierForm
from placement_test.curriculum.services import levels as services
from placement_test.errors import LevelInUse
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, has_role, requires
from placement_test.models import SubProgram

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@requires(Role.TEACHER)
def curriculum(request: HttpRequest) -> HttpResponse:
    """Show the whole curriculum and what serves it: 4 queries beside login."""
    tree = queries.tree()
    shown = [level for program in tree for sub in program.sub_programs for level in sub.levels]
    context = {
        "tree": tree,
        "level_count": len(shown),
        "last_tier": max((level.level.tier for level in shown), default=0),
        "without_exam": [
            level for level in shown if level.level.is_active and not level.has_published_exam
        ],
        "may_edit": has_role(request.user, Role.DIRECTOR),
    }
    return render(request, "staff/curriculum/curriculum.html", context)


@requires(Role.DIRECTOR)
def new_program(request: HttpRequest) -> HttpResponse:
    """Add a program."""
    form = ProgramForm(request.POST or None)
    if form.is_valid():
        services.create_program(actor(request), form.save(commit=False))
        messages.success(request, _("The program is added."))
        return redirect("staff-curriculum")
    return pages.form_page(
        request, form, title=_("New program"), back=_back(), submit=_("Add program")
    )


@requires(Role.DIRECTOR)
def edit_program(request: HttpRequest, program_id: int) -> HttpResponse:
    """Change a program's name and grades."""
    form = ProgramForm(request.POST or None, instance=access.program(program_id))
    if form.is_valid():
        services.change_program(actor(request), form.save(commit=False))
        messages.success(request, _("The program is saved."))
        return redirect("staff-curriculum")
    return pages.form_page(request, form, title=_("Edit program"), back=_back())


@requires(Role.DIRECTOR)
def new_sub_program(request: HttpRequest, program_id: int) -> HttpResponse:
    """Add a sub-program to a program."""
    program = access.program(program_id)
    form = SubProgramForm(request.POST or None, instance=SubProgram(program=program))
    if form.is_valid():
        services.create_sub_program(actor(request), form.save(commit=False))
        messages.success(request, _("The sub-program is added. Add its levels next."))
        return redirect("staff-curriculum")
    title = _("New sub-program of %(program)s") % {"program": program.name}
    return pages.form_page(request, form, title=title, back=_back(), submit=_("Add sub-program"))


@requires(Role.DIRECTOR)
def edit_sub_program(request: HttpRequest, sub_program_id: int) -> HttpResponse:
    """Change a sub-program's name."""
    form = SubProgramForm(request.POST or None, instance=access.sub_program(sub_program_id))
    if form.is_valid():
        services.change_sub_program(actor(request), form.save(commit=False))
        messages.success(request, _("The sub-program is saved."))
        return redirect("staff-curriculum")
    return pages.form_page(request, form, title=_("Edit sub-program"), back=_back())


@requires(Role.DIRECTOR)
def new_level(request: HttpRequest, sub_program_id: int) -> HttpResponse:
    """Add a level to a sub-program, above its others."""
    sub_program = access.sub_program(sub_program_id)
    numbers = sub_program.levels.values_list("number", flat=True)
    form = LevelForm(
        request.POST or None,
        sub_program=sub_program,
        initial={"number": max(numbers, default=0) + 1},
    )
    if form.is_valid():
        services.create_level(actor(request), sub_program, form.cleaned_data["number"])
        messages.success(request, _("The level is added above the others of its sub-program."))
        return redirect("staff-curriculum")
    title = _("New level of %(program)s %(sub_program)s") % {
        "program": sub_program.program.name,
        "sub_program": sub_program.name,
    }
    return pages.form_page(request, form, title=title, back=_back(), submit=_("Add level"))


@requires(Role.DIRECTOR)
def edit_level(request: HttpRequest, level_id: int) -> HttpResponse:
    """Change a level's number."""
    level = access.level(level_id)
    form = LevelForm(
        request.POST or None,
        sub_program=level.sub_program,
        level=level,
        initial={"number": level.number},
    )
    if form.is_valid():
        services.renumber_level(actor(request), level, form.cleaned_data["number"])
        messages.success(request, _("The level is saved."))
        return redirect("staff-curriculum")
    title = _("Edit %(level)s") % {"level": level}
    return pages.form_page(request, form, title=title, back=_back())


@requires(Role.DIRECTOR)
@require_POST
def move_level(request: HttpRequest, level_id: int) -> HttpResponse:
    """Put a level at another tier."""
    level = access.level(level_id)
    form = TierForm(request.POST)
    if form.is_valid():
        services.move_level(actor(request), level, form.cleaned_data["tier"])
        messages.success(
            request,
            _("%(level)s now has tier %(tier)s.") % {"level": level, "tier": level.tier},
        )
    else:
        messages.error(request, _("Type the tier as a whole number from 1."))
    return redirect(f"{reverse('staff-curriculum')}#level-{level.pk}")


@requires(Role.DIRECTOR)
@require_POST
def use_level(request: HttpRequest, level_id: int) -> HttpResponse:
    """Take a level into or out of use."""
    level = access.level(level_id)
    in_use = request.POST.get("use") == "yes"
    try:
        services.set_level_in_use(actor(request), level, in_use=in_use)
    except LevelInUse as error:
        messages.error(request, error.words())
    else:
        words = _("%(level)s is in use again.") if in_use else _("%(level)s is out of use.")
        messages.success(request, words % {"level": level})
    return redirect(f"{reverse('staff-curriculum')}#level-{level.pk}")


def _back() -> pages.Link:
    return pages.Link(_("Curriculum"), reverse("staff-curriculum"))
