"""A paper and a recording for a published version, so that the runner has all of its parts."""

from __future__ import annotations

import io

from PIL import Image

from placement_test.lib import files
from placement_test.models import ExamVersion, PaperPage, Question, Track
from tests import recordings

WIDTHS = (450, 900)


def give_paper(version: ExamVersion, *, pages: int = 2) -> None:
    """Give ``version`` blank pages: the first question stands on the first, others on the last."""
    for position in range(1, pages + 1):
        images = []
        for width in WIDTHS:
            content = io.BytesIO()
            Image.new("RGB", (width, width * 4 // 3), "white").save(content, "WEBP")
            file = files.store(content.getvalue(), ".webp")
            images.append({"width": width, "height": width * 4 // 3, "file": file, "bytes": 1})
        words = b'[{"text":"Read","x":0.1,"y":0.1,"width":0.1,"height":0.02}]'
        PaperPage.objects.create(
            version=version,
            position=position,
            source_page=position,
            images=images,
            words_file=files.store(words, ".json"),
        )
    questions = Question.objects.filter(section__version=version)
    questions.update(page=pages, y=0.5)
    first = questions.order_by("position")[0]
    Question.objects.filter(pk=first.pk).update(page=1, y=0.1)


def give_track(version: ExamVersion, *, plays: int | None = 2, ms: int = 4000) -> Track:
    """Give ``version`` a silent recording for its first two questions."""
    content = recordings.wav(ms)
    track = Track.objects.create(
        version=version,
        position=1,
        title="Track 1",
        file=files.store(content, ".wav"),
        content_type="audio/wav",
        size=len(content),
        duration_ms=ms,
        play_limit=plays,
    )
    track.questions.set(Question.objects.filter(section__version=version).order_by("position")[:2])
    return track
