"""Uploading tracks, and what they are called and serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from placement_test.errors import TrackRejected
from placement_test.exams.forms.numbers import NumbersField
from placement_test.exams.rules.numbers import format_numbers
from placement_test.exams.services import tracks as services

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.core.files.uploadedfile import UploadedFile
    from django.utils.functional import _StrPromise

    from placement_test.models import Track

MOST_PLAYS = 20
# A request with more is a slip; each is read into memory while it is checked.
MOST_FILES = 30
AUDIO = {"accept": "audio/*,.mp3,.m4a,.wav,.ogg"}


class FileInput(forms.FileInput):
    """A choice of several files; shown as any other, by its name."""

    allow_multiple_selected = True


class TracksField(forms.FileField):
    """Recordings that are looked through while the form is checked: ``CheckedTrack`` values."""

    widget = FileInput(attrs=dict(AUDIO))

    def __init__(self, **kwargs: Any) -> None:
        """Leave the judgement of empty files to the look into the file too."""
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the checked recordings, or say which file cannot be used and why."""
        files = data if isinstance(data, list) else [data] if data else []
        if len(files) > MOST_FILES:
            raise forms.ValidationError(
                _("Choose at most %(most)s files at once.") % {"most": MOST_FILES}
            )
        for file in files:
            super().clean(file, initial)
        if not files:
            super().clean(None, initial)
        problems: list[forms.ValidationError] = []
        checked = [_checked(file, problems) for file in files]
        if problems:
            raise forms.ValidationError(problems)
        return checked


def _checked(
    file: UploadedFile, problems: list[forms.ValidationError]
) -> services.CheckedTrack | None:
    try:
        content = file.read(settings.TRACK_MAX_BYTES + 1)
        return services.check_track(file.name or "", content)
    except TrackRejected as error:
        words = f"{file.name}: {error.words()}"
        problems.append(forms.ValidationError(words, code=error.code))
        return None


def _plays(*, hint: str | _StrPromise = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Plays allowed"),
        min_value=1,
        max_value=MOST_PLAYS,
        required=False,
        help_text=hint,
    )


class UploadForm(forms.Form):
    """New tracks."""

    recordings = TracksField(label=_("Recordings (MP3, M4A, WAV, OGG)"))
    play_limit = _plays(hint=_("Empty: as often as they like."))


class ReplaceForm(forms.Form):
    """Another recording for a track."""

    recordings = TracksField(
        label=_("Another recording"), widget=forms.FileInput(attrs=dict(AUDIO))
    )


class TrackForm(forms.Form):
    """One track that there is."""

    id = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(label=_("Title"), max_length=80)
    numbers = NumbersField(label=_("Questions"), required=False)
    play_limit = _plays()

    def __init__(self, *args: Any, known: Collection[str], **kwargs: Any) -> None:
        """Take the numbers that there are."""
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_numbers(self) -> tuple[str, ...]:
        """Refuse numbers that the exam does not have."""
        numbers: tuple[str, ...] = self.cleaned_data["numbers"]
        if unknown := [number for number in numbers if number not in self.known]:
            raise forms.ValidationError(
                _("This exam has no question %(numbers)s."),
                params={"numbers": format_numbers(unknown)},
            )
        return numbers

    def settings(self) -> services.TrackSettings:
        """Return what the valid form says."""
        said = self.cleaned_data
        return services.TrackSettings(said["title"], said["play_limit"], said["numbers"])


def track_formset(
    rows: Sequence[Track], known: Collection[str], data: Any = None
) -> BaseFormSet[TrackForm]:
    """Return the form of the tracks; their questions are loaded."""
    made = formset_factory(TrackForm, extra=0, absolute_max=300, max_num=300)
    order = {number: at for at, number in enumerate(known)}
    initial = [
        {
            "id": track.pk,
            "title": track.title,
            "play_limit": track.play_limit,
            "numbers": format_numbers(
                sorted((q.number for q in track.questions.all()), key=lambda n: order.get(n, 0))
            ),
        }
        for track in rows
    ]
    return made(data, initial=initial, prefix="tracks", form_kwargs={"known": known})
