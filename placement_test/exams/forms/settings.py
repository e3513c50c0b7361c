"""What an exam is called, whom it serves, and how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.conf import settings
from django.db.models import Exists, Model, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from placement_test.academy.forms.fields import LoadedRowsField
from placement_test.errors import PaperRejected
from placement_test.exams import services
from placement_test.exams.services.papers import CheckedPaper
from placement_test.lib import access
from placement_test.models import Campus, Exam, Level
from placement_test.models.exams import LABEL_STYLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from placement_test.models import ExamVersion, StaffUser

R = TypeVar("R", bound=Model)

LONGEST_MINUTES = 480


class PaperField(forms.FileField):
    """A PDF that is looked through while the form is checked; its value is a ``CheckedPaper``."""

    widget = forms.FileInput(attrs={"accept": ".pdf,application/pdf"})

    def __init__(self, **kwargs: Any) -> None:
        """Leave the judgement of empty files to the look into the file too."""
        super().__init__(allow_empty_file=True, **kwargs)

    def to_python(self, data: Any) -> Any:
        """Return the clean copy of the paper, or None without a file."""
        file = super().to_python(data)
        if file is None:
            return None
        try:
            # One byte more tells a file that is too large without reading all of it.
            content = file.read(settings.PAPER_MAX_BYTES + 1)
            return services.check_paper(file.name or "", content)
        except PaperRejected as error:
            raise forms.ValidationError(error.words(), code=error.code) from error

    def clean(self, data: Any, initial: Any = None) -> CheckedPaper | None:
        """Return the checked paper."""
        value = super().clean(data, initial)
        return value if isinstance(value, CheckedPaper) else None


class ExamForm(forms.Form):
    """The settings of an exam and of its draft."""

    title = forms.CharField(label=_("Title"), max_length=120)
    allotted_minutes = forms.IntegerField(
        label=_("Minutes"), min_value=1, max_value=LONGEST_MINUTES, initial=60
    )
    label_style = forms.ChoiceField(label=_("Option labels"), choices=LABEL_STYLES)
    option_count = forms.IntegerField(
        label=_("Options a question"), min_value=2, max_value=10, initial=5
    )
    levels = LoadedRowsField(label=_("Levels it serves"), required=False)
    campuses = LoadedRowsField(
        label=_("Campuses"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: every campus."),
    )

    def __init__(
        self, *args: Any, user: StaffUser, exam: Exam | None = None, **kwargs: Any
    ) -> None:
        """Offer the levels in use and those of ``exam``, and the campuses of ``user``: 2 queries.

        Campuses that this member of staff does not see stay with the exam.
        """
        super().__init__(*args, **kwargs)
        self.level_rows = _in_use_or_chosen(
            Level.objects.select_related("sub_program__program"), "levels", exam
        )
        self._offer("levels", self.level_rows)
        visible = access.campuses(user).filter(pk=OuterRef("pk"))
        campuses = _in_use_or_chosen(
            Campus.objects.annotate(is_visible=Exists(visible)), "campuses", exam
        )
        in_use = [campus for campus in campuses if campus.is_active]
        offered = (
            [campus for campus in in_use if campus.__dict__["is_visible"]]
            if len(in_use) > 1
            else []
        )
        self._offer("campuses", offered)
        if len(in_use) <= 1:
            del self.fields["campuses"]
        self.kept = tuple(
            campus for campus in campuses if campus.__dict__["is_chosen"] and campus not in offered
        )
        self.initial = {
            **self.initial,
            "levels": [level.pk for level in self.level_rows if level.__dict__["is_chosen"]],
            "campuses": [campus.pk for campus in offered if campus.__dict__["is_chosen"]],
        }

    def _offer(self, name: str, rows: Iterable[Model]) -> None:
        field = self.fields[name]
        assert isinstance(field, LoadedRowsField)  # noqa: S101 - declared above
        field.offer(rows)

    def level_groups(self) -> list[tuple[str, list[tuple[str, list[dict[str, object]]]]]]:
        """Return the levels as (program, [(sub-program, [level])]) for a compact picker."""
        ticked = {str(value) for value in self["levels"].value() or []}
        groups: dict[str, dict[str, list[dict[str, object]]]] = {}
        for level in self.level_rows:
            sub_program = level.sub_program
            rows = groups.setdefault(sub_program.program.name, {})
            rows.setdefault(sub_program.name, []).append(
                {"id": level.pk, "number": level.number, "is_ticked": str(level.pk) in ticked}
            )
        return [(program, list(rows.items())) for program, rows in groups.items()]

    def settings(self) -> services.NewExam:
        """Return what the valid form says."""
        said = self.cleaned_data
        return services.NewExam(
            title=said["title"],
            allotted_minutes=said["allotted_minutes"],
            label_style=said["label_style"],
            option_count=said["option_count"],
            levels=tuple(said["levels"]),
            campuses=(*self.kept, *said.get("campuses", ())),
        )


class NewExamForm(ExamForm):
    """The settings of a new exam, with its paper."""

    paper = PaperField(
        label=_("Paper (PDF)"),
        required=False,
        help_text=_("It can also be added later, or left out where every question has its text."),
    )


class PaperForm(forms.Form):
    """Another paper for a draft."""

    paper = PaperField(label=_("Paper (PDF)"))


def initial_of(version: ExamVersion) -> dict[str, object]:
    """Return what the settings form shows for a version, beside levels and campuses."""
    return {
        "title": version.exam.title,
        "allotted_minutes": version.allotted_minutes,
        "label_style": version.label_style,
        "option_count": version.option_count,
    }


def _in_use_or_chosen(rows: QuerySet[R], name: str, exam: Exam | None) -> list[R]:
    """Return the rows in use, and those of ``exam``, where it ``is_chosen``: 1 query."""
    own = Exam.objects.filter(**{name: OuterRef("pk")})
    own = own.filter(pk=exam.pk) if exam else own.none()
    found = rows.annotate(is_chosen=Exists(own))
    return list(found.filter(Q(is_active=True) | Q(is_chosen=True)))
