"""What the pages of one version share: where they are, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from placement_test.models import ExamVersion

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.utils.functional import _StrPromise

STEPS: dict[str, _StrPromise] = {
    "settings": _("Settings"),
    "paper": _("Paper"),
    "questions": _("Questions"),
    "tracks": _("Tracks"),
    "key": _("Key"),
    "cuts": _("Cuts"),
    "publish": _("Check and publish"),
}


class Step(NamedTuple):
    """One page of the editor."""

    name: str
    label: str
    url: str


def url_of(request: HttpRequest, version: ExamVersion, step: str) -> str:
    """Return the address of a step, for the same version as this page."""
    url = reverse(f"staff-exam-{step}", args=[version.exam_id])
    number = request.GET.get("version", "")
    return f"{url}?version={version.number}" if number else url


def context(
    request: HttpRequest, version: ExamVersion, step: str, **more: object
) -> dict[str, object]:
    """Return what ``staff/exams/editor.html`` shows around a step."""
    steps = [
        Step(name, str(label), url_of(request, version, name)) for name, label in STEPS.items()
    ]
    at = list(STEPS).index(step)
    return {
        "exam": version.exam,
        "version": version,
        "steps": steps,
        "step": steps[at],
        "next_step": steps[at + 1] if at + 1 < len(steps) else None,
        "editable": version.state == ExamVersion.State.DRAFT,
        **more,
    }


def again(request: HttpRequest, version: ExamVersion, step: str) -> HttpResponse:
    """Go back to a step after something was saved."""
    return redirect(url_of(request, version, step))
