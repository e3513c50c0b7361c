"""Listening tracks of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from placement_test.exams.services import stored_files
from placement_test.exams.services.locking import lock_draft
from placement_test.lib import audit, files, tracks
from placement_test.models import Question, Track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.models import ExamVersion, StaffUser

TITLE_LENGTH = 80


@dataclass(frozen=True, slots=True)
class CheckedTrack:
    """A recording that was looked through, but not kept yet."""

    title: str
    content: bytes
    suffix: str
    content_type: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """What staff say about a track."""

    title: str
    play_limit: int | None
    numbers: tuple[str, ...]


def check_track(name: str, content: bytes) -> CheckedTrack:
    """Return what is in an uploaded recording; nothing is stored.

    :raises TrackRejected: a subclass for each reason, with words that say what to do
    """
    facts = tracks.inspect(content, max_bytes=settings.TRACK_MAX_BYTES)
    return CheckedTrack(
        title=PurePath(name).stem[:TITLE_LENGTH] or "1",
        content=tracks.strip_tags(content),
        suffix=facts.suffix,
        content_type=facts.content_type,
        duration_ms=facts.duration_ms,
    )


def add_tracks(
    version: ExamVersion,
    checked: Sequence[CheckedTrack],
    *,
    play_limit: int | None,
    actor: StaffUser | None,
) -> list[Track]:
    """Add recordings to the draft behind those that it has: all of them, or none.

    :raises VersionFixed: if the version is no draft
    """
    stored: list[str] = []
    try:
        stored += [files.store(track.content, track.suffix) for track in checked]
        with transaction.atomic():
            draft = lock_draft(version)
            last = draft.tracks.aggregate(last=Max("position"))["last"] or 0
            rows = [
                Track(
                    version=draft,
                    position=position,
                    title=track.title,
                    file=name,
                    content_type=track.content_type,
                    size=len(track.content),
                    duration_ms=track.duration_ms,
                    play_limit=play_limit,
                )
                for position, (track, name) in enumerate(
                    zip(checked, stored, strict=True), start=last + 1
                )
            ]
            made = Track.objects.bulk_create(rows)
            audit.record(actor, "tracks added", draft, after={"tracks": len(made)})
    except BaseException:
        stored_files.discard(stored)
        raise
    return made


@transaction.atomic
def set_tracks(
    version: ExamVersion, wanted: dict[int, TrackSettings], actor: StaffUser | None
) -> None:
    """Give tracks of the draft their titles, limits and questions, by track id.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    questions = dict(Question.objects.filter(section__version=draft).values_list("number", "pk"))
    for track in draft.tracks.all():
        settings_of_track = wanted.get(track.pk)
        if settings_of_track is None:
            continue
        track.title = settings_of_track.title
        track.play_limit = settings_of_track.play_limit
        track.save(update_fields=["title", "play_limit"])
        track.questions.set(
            [questions[number] for number in settings_of_track.numbers if number in questions]
        )
    audit.record(actor, "tracks changed", draft, after={"tracks": len(wanted)})


def replace_track(
    version: ExamVersion, track_id: int, checked: CheckedTrack, actor: StaffUser | None
) -> None:
    """Put another recording in the place of one; title, limit and questions stay.

    :raises VersionFixed: if the version is no draft
    """
    stored = files.store(checked.content, checked.suffix)
    try:
        with transaction.atomic():
            draft = lock_draft(version)
            track = draft.tracks.get(pk=track_id)
            stored_files.drop([track.file])
            track.file, track.content_type = stored, checked.content_type
            track.size, track.duration_ms = len(checked.content), checked.duration_ms
            track.save(update_fields=["file", "content_type", "size", "duration_ms"])
            audit.record(actor, "track replaced", draft, before={"track": track.position})
    except BaseException:
        stored_files.discard([stored])
        raise


@transaction.atomic
def remove_track(version: ExamVersion, track_id: int, actor: StaffUser | None) -> None:
    """Take a track off the draft.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    track = draft.tracks.get(pk=track_id)
    stored_files.drop([track.file])
    track.delete()
    for position, row in enumerate(draft.tracks.order_by("position"), start=1):
        # Each moves to a place that the one before has left: no two ever share one.
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
    audit.record(actor, "track removed", draft, before={"track": track.title})
