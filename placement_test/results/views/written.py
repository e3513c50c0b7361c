"""Written answers: one question over all students, without names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from placement_test.errors import MarkedMeanwhile
from placement_test.lib import pages
from placement_test.lib.access import Role, actor, requires
from placement_test.results import access, explain, services
from placement_test.results.forms import LARGEST_ID, AnonymousMarkForm, MarkForm
from placement_test.results.queries import written

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import Part

CONFLICT = 409


@requires(Role.TEACHER)
def queue(request: HttpRequest) -> HttpResponse:
    """List the questions with answers waiting: 1 query beside login."""
    rows = written.queue(access.results(actor(request)))
    total = sum(int(str(row["count"])) for row in rows)
    return render(request, "staff/results/marking.html", {"rows": rows, "total": total})


@requires(Role.TEACHER)
def part(request: HttpRequest, part_id: int) -> HttpResponse:
    """Show the next waiting answer of a part and take its points.

    At most 4 queries beside login to show one.
    """
    user = actor(request)
    shown = access.part(user, part_id)
    status = 200
    if request.method == "POST":
        form = AnonymousMarkForm(request.POST, part=shown)
        if form.is_valid():
            return _save(request, shown, form)
        status = pages.UNPROCESSABLE
        after = form.mark_before()
        bound: MarkForm | None = form
    else:
        after, bound = _number(request.GET.get("after", "")), None
    following = written.next_waiting(access.results(user), shown, after=after)
    if following is None:
        messages.success(request, _("All answers to this question are marked."))
        return redirect("staff-marking")
    style = shown.question.label_style or shown.question.section.version.label_style
    page = written.page_of(shown.question)
    context = {
        "part": shown,
        "question": shown.question,
        "page": page,
        "page_width": page.images[0]["width"] if page and page.images else None,
        "count": following.count,
        "mark_id": following.mark_id,
        "given": explain.answer(following.value, kind=shown.kind, label_style=style),
        "key": explain.key(
            following.correct, following.accepted, kind=shown.kind, label_style=style
        ),
        "form": bound
        or AnonymousMarkForm(
            part=shown, session_id=following.session_id, mark_id=following.mark_id
        ),
    }
    return render(request, "staff/results/marking_part.html", context, status=status)


def _save(request: HttpRequest, shown: Part, form: AnonymousMarkForm) -> HttpResponse:
    user = actor(request)
    data = form.cleaned_data
    session = access.session(user, data["session"])
    try:
        services.mark_by_hand(
            session.id,
            shown,
            points=data["points"],
            note=data["note"],
            seen=data["seen"],
            actor=user,
        )
    except MarkedMeanwhile as error:
        messages.error(request, error.words())
    else:
        messages.success(request, _("Saved. Here is the next answer."))
    return redirect(reverse("staff-marking-part", args=[shown.pk]) + f"?after={data['mark']}")


def _number(text: str) -> int:
    is_number = text.isascii() and text.isdecimal()
    return min(int(text[:20]), LARGEST_ID) if is_number else 0
