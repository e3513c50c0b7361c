"""The answer key of a version: bubble sheet, fields, and one pasted line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from placement_test.errors import KeyIncomplete, KeyUnchanged
from placement_test.exams import access, services
from placement_test.exams.forms import key as forms
from placement_test.exams.queries import keys, outlines
from placement_test.exams.rules.keys import EMPTY, EnteredKey
from placement_test.exams.views import editor
from placement_test.lib import access as roles
from placement_test.lib.pages import UNPROCESSABLE
from placement_test.models import ExamVersion

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import Part, Question, Section

CONFLICT = 409


@require_http_methods(["GET", "POST"])
@roles.requires(roles.Role.TEACHER)
def key(request: HttpRequest, exam_id: int) -> HttpResponse:
    """Show and save the key.

    ``action=fill`` only fills the sheet from the pasted line; anything else saves the sheet.  The
    key of a published version is corrected with a reason; its questions stay as they are.
    """
    return KeyPage(request, access.version(request, exam_id)).reply()


class KeyPage:
    """One request for the key of one version."""

    def __init__(self, request: HttpRequest, version: ExamVersion) -> None:
        """Load what there is: 3 queries."""
        self.request = request
        self.version = version
        self.is_draft = version.state == ExamVersion.State.DRAFT
        self.sections: list[Section] = outlines.sections(version.pk)
        self.questions: list[Question] = [
            question for section in self.sections for question in section.questions.all()
        ]
        self.parts: list[Part] = [
            part for question in self.questions for part in question.parts.all()
        ]
        self.revision, self.stored = keys.latest_key_and_entries(version.pk)
        self.shown = dict(self.stored)
        self.errors: dict[int, str] = {}
        self.problems: list[tuple[str, str]] = []
        self.filled: int | None = None
        self.stale = False
        self.line = forms.KeyLineForm(prefix="line")
        self.correction = forms.CorrectionForm(prefix="correction")

    def reply(self) -> HttpResponse:
        """Answer the request."""
        if self.request.method != "POST":
            return self._page(200)
        if self.request.POST.get("action") == "fill":
            return self._fill()
        return self._save()

    def _fill(self) -> HttpResponse:
        self._read_sheet()
        self.line = forms.KeyLineForm(self.request.POST, prefix="line")
        if not self.line.is_valid():
            return self._page(UNPROCESSABLE)
        entered, self.problems = forms.read_line(self.line.cleaned_data["line"], self.questions)
        self.filled = len(entered)
        for part_id, entry in entered.items():
            options = self.shown.get(part_id, EMPTY).options
            self.shown[part_id] = replace(entry, options=options)
        return self._page(200)

    def _save(self) -> HttpResponse:
        entered = self._read_sheet()
        if self.errors:
            return self._page(UNPROCESSABLE)
        if self._is_stale():
            self.stale = True
            return self._page(CONFLICT)
        if not self.is_draft:
            return self._correct(entered)
        _revision, is_new = services.save_key(self.version, entered, roles.actor(self.request))
        keyed, all_of_them = self._figures()
        messages.success(
            self.request,
            _("The key was saved: %(keyed)s of %(all)s.") % {"keyed": keyed, "all": all_of_them}
            if is_new
            else _("Nothing was changed in the key."),
        )
        return editor.again(self.request, self.version, "key")

    def _correct(self, entered: dict[int, EnteredKey]) -> HttpResponse:
        self.correction = forms.CorrectionForm(self.request.POST, prefix="correction")
        if not self.correction.is_valid():
            return self._page(UNPROCESSABLE)
        reason = self.correction.cleaned_data["reason"]
        try:
            services.correct_key(self.version, entered, reason, roles.actor(self.request))
        except (KeyIncomplete, KeyUnchanged) as error:
            self.correction.add_error(None, error.words())
            return self._page(UNPROCESSABLE)
        messages.success(
            self.request, _("The corrected key was saved. No result has changed yet: mark again.")
        )
        return editor.again(self.request, self.version, "key")

    def _read_sheet(self) -> dict[int, EnteredKey]:
        entered, self.errors = forms.read_sheet(self.request.POST, self.parts, self.stored)
        self.shown |= entered
        return entered

    def _is_stale(self) -> bool:
        """Return whether somebody else has saved a key since this sheet was shown."""
        newest = str(self.revision.number) if self.revision else ""
        return self.request.POST.get("revision", newest) != newest

    def _figures(self) -> tuple[int, int]:
        """Return how many parts are keyed of how many that need it."""
        needed = [part for part in self.parts if part.kind != "long"]
        keyed = sum(forms.is_keyed(part, self.shown) for part in needed)
        return keyed, len(needed)

    def _page(self, status: int) -> HttpResponse:
        keyed, needed = self._figures()
        sheet = forms.sheet(
            self.sections,
            self.shown,
            stored=self.stored,
            style=self.version.label_style,
            errors=self.errors,
        )
        context = editor.context(
            self.request,
            self.version,
            "key",
            line=self.line,
            correction=self.correction,
            problems=self.problems,
            filled=self.filled,
            sheet=sheet,
            keyed=keyed,
            needed=needed,
            revision=self.revision,
            stale=self.stale,
            is_draft=self.is_draft,
        )
        return render(self.request, "staff/exams/key.html", context, status=status)
