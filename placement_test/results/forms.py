"""What staff type about results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from placement_test.academy.access import events
from placement_test.exams.access import exams_of
from placement_test.lib import sealed
from placement_test.lib.access import campuses
from placement_test.lib.grades import GRADE_NAMES
from placement_test.models import Level, Part, StudentSession
from placement_test.results.explain import plain
from placement_test.results.queries import choices
from placement_test.results.queries.choices import Offer
from placement_test.results.queries.listing import Filters

if TYPE_CHECKING:
    import uuid

    from django.http import QueryDict

    from placement_test.models import StaffUser

# As long as the column that keeps it.
REASON_MOST = 200
NOTE_MOST = 300
# The largest key that both databases take.
LARGEST_ID = 2**63 - 1

ANY = [("", _("Any"))]
# What str() makes of a level.
LEVEL_NAME = Concat(
    "sub_program__program__name",
    Value(" "),
    "sub_program__name",
    Value(" "),
    Cast("number", CharField()),
)


class FilterForm(forms.Form):
    """Narrow the list of sessions; a value that is none is left out.

    Sent by POST: the words searched for may be a name, and go on sealed as ``find``.
    """

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=60,
        widget=forms.TextInput(
            attrs={"type": "search", "placeholder": _("Name, check code or session")}
        ),
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[*ANY, *StudentSession.State.choices]
    )
    attention = forms.ChoiceField(
        label=_("Needs attention"),
        required=False,
        choices=[
            *ANY,
            ("any", _("Anything")),
            ("marking", _("Answers to mark")),
            ("entries", _("Entries to decide")),
            ("overruled", _("Level decided by staff")),
        ],
    )
    event = forms.TypedChoiceField(label=_("Event"), required=False, empty_value=None)
    exam = forms.TypedChoiceField(label=_("Exam"), required=False, empty_value=None)
    level = forms.TypedChoiceField(label=_("Level"), required=False, empty_value=None)
    grade = forms.TypedChoiceField(
        label=_("Grade"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[*ANY, *GRADE_NAMES.items()],
    )
    campus = forms.TypedChoiceField(label=_("Campus"), required=False, empty_value=None)
    from_date = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    to_date = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: QueryDict, *, user: StaffUser) -> None:
        given = data.copy()
        given["q"] = sealed.opened(data.get("find", ""))
        super().__init__(given, auto_id="filter_%s")
        # One query; model fields would ask for each of them, and again for what was chosen.
        offered = choices.labels(
            {
                "event": Offer(events(user), ["-opens_at", "name"], F("name")),
                "exam": Offer(exams_of(user), ["title", "id"], F("title")),
                "level": Offer(Level.objects.all(), ["tier"], LEVEL_NAME),
                "campus": Offer(campuses(user), ["name"], F("name")),
            }
        )
        for name, labels in offered.items():
            self._offer(name, labels)

    def filters(self) -> Filters:
        """Return the filters that make sense; the others are shown as errors beside them."""
        self.is_valid()
        good: dict[str, Any] = dict(self.cleaned_data)
        words = " ".join(good.pop("q", "").split())
        return Filters(words=words, **good)

    def is_narrowed(self) -> bool:
        """Return whether any filter is set."""
        return any(value for value in self.cleaned_data.values())

    def _offer(self, name: str, labels: dict[int | uuid.UUID, str]) -> None:
        keys = {str(key): key for key in labels}
        field = self.fields[name]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = [*ANY, *zip(keys, labels.values(), strict=True)]
        field.coerce = keys.__getitem__


class MarkForm(forms.Form):
    """Points for one answer."""

    note = forms.CharField(label=_("Note"), required=False, max_length=NOTE_MOST)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LARGEST_ID)

    def __init__(self, data: QueryDict | None = None, *, part: Part, seen: int = 0) -> None:
        super().__init__(data, initial={"seen": seen})
        self.fields["points"] = forms.DecimalField(
            label=_("Points"),
            min_value=0,
            max_value=part.points,
            max_digits=6,
            decimal_places=2,
            help_text=_("0 to %(most)s") % {"most": plain(part.points)},
            widget=forms.NumberInput(attrs={"autofocus": True}),
        )
        self.order_fields(["points", "note", "seen"])


class AnonymousMarkForm(MarkForm):
    """Points for the next waiting answer; the session goes along without a name."""

    session = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=LARGEST_ID)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        part: Part,
        session_id: uuid.UUID | None = None,
        mark_id: int = 0,
    ) -> None:
        super().__init__(data, part=part)
        self.initial.update({"session": session_id, "mark": mark_id})

    def mark_before(self) -> int:
        """Return after which mark the answer stands that this form was sent for."""
        mark: int = self.cleaned_data.get("mark", 0)
        return max(mark - 1, 0)


class LevelForm(forms.Form):
    """A level by decision, and why."""

    level = forms.ModelChoiceField(Level.objects.none(), label=_("Level"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=REASON_MOST,
        help_text=_("Stays in the history of this session."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, level: int | None = None) -> None:
        super().__init__(data, initial={"level": level})
        field = self.fields["level"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Level.objects.filter(is_active=True).select_related("sub_program__program")


class ReasonForm(forms.Form):
    """Why something is decided."""

    reason = forms.CharField(label=_("Reason"), max_length=REASON_MOST)


class EntriesForm(ReasonForm):
    """Which entries count, or do not."""

    decision = forms.ChoiceField(
        choices=[("accept", _("Count these answers")), ("leave", _("Leave them"))]
    )
    entries = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        field = self.fields["entries"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 - declared above
        # The service knows which of them may be decided; here they only have to be numbers.
        field.choices = [(value, value) for value in data.getlist("entries") if _is_id(value)]


class ExportForm(forms.Form):
    """The kind of file."""

    format = forms.ChoiceField(
        label=_("File"),
        choices=[
            ("xlsx", _("Excel (XLSX)")),
            ("csv", _("CSV (UTF-8)")),
            ("csv-cp949", _("CSV for older Korean Excel (CP949)")),
        ],
    )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID
