"""The paper of a version: a clean copy of the PDF, and its pages as pictures."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import F

from placement_test.exams.services import stored_files
from placement_test.exams.services.locking import lock_draft
from placement_test.lib import audit, files, papers
from placement_test.models import ExamVersion, PaperPage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placement_test.models import StaffUser

logger = logging.getLogger(__name__)

ASIDE = 10_000
TURN = 90
WHOLE_TURN = 360
NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class CheckedPaper:
    """A paper that was looked through and cleaned, but not kept yet."""

    name: str
    content: bytes
    pages: int


def check_paper(name: str, content: bytes) -> CheckedPaper:
    """Return the clean copy of an uploaded paper; nothing is stored.

    :raises PaperRejected: a subclass for each reason, with words that say what to do
    """
    facts = papers.inspect(
        content, max_bytes=settings.PAPER_MAX_BYTES, max_pages=settings.PAPER_MAX_PAGES
    )
    return CheckedPaper(
        name=PurePath(name).name[-NAME_LENGTH:],
        content=papers.clean(content),
        pages=len(facts.pages),
    )


def replace_paper(version: ExamVersion, paper: CheckedPaper, actor: StaffUser | None) -> None:
    """Make ``paper`` the draft's paper, with all its pages; they are not drawn yet.

    :raises VersionFixed: if the version is no draft
    """
    stored = files.store(paper.content, ".pdf")
    try:
        with transaction.atomic():
            draft = lock_draft(version)
            _write_paper(draft, paper, stored)
            audit.record(actor, "paper replaced", draft, after={"pages": paper.pages})
    except BaseException:
        stored_files.discard([stored])
        raise


def _write_paper(draft: ExamVersion, paper: CheckedPaper, stored: str) -> None:
    pages = list(draft.pages.all())
    stored_files.drop(name for page in pages for name in stored_files.names_of_page(page))
    if draft.paper_file:
        stored_files.drop([draft.paper_file])
    draft.pages.all().delete()
    ExamVersion.objects.filter(pk=draft.pk).update(paper_file=stored, paper_name=paper.name)
    PaperPage.objects.bulk_create(
        PaperPage(version=draft, position=number, source_page=number)
        for number in range(1, paper.pages + 1)
    )


def render_paper(version_id: int) -> int:
    """Draw the pages of a version that have no picture yet; return how many were drawn.

    May be run again after a failure: pages that are done stay.

    :raises PaperRejected: if a page cannot be drawn
    """
    version = ExamVersion.objects.get(pk=version_id)
    waiting = [page for page in version.pages.order_by("position") if not page.images]
    if not waiting:
        return 0
    content = files.path_of(version.paper_file).read_bytes()
    for page in waiting:
        _draw(page, content)
    logger.info("paper drawn", extra={"version": version_id, "pages": len(waiting)})
    return len(waiting)


def _draw(page: PaperPage, content: bytes) -> None:
    drawn = papers.render(content, page.source_page - 1, rotation=page.rotation)
    images: list[dict[str, object]] = []
    names: list[str] = []
    for image in drawn.images:
        names.append(files.store(image.content, ".webp"))
        images.append(
            {
                "width": image.width,
                "height": image.height,
                "file": names[-1],
                "bytes": len(image.content),
            }
        )
    words_file = ""
    if drawn.words:
        words = json.dumps([asdict(word) for word in drawn.words], ensure_ascii=False)
        words_file = files.store(words.encode(), ".json")
        names.append(words_file)
    # Turned, removed or drawn by another task meanwhile: these pictures are nobody's.
    kept = PaperPage.objects.filter(pk=page.pk, rotation=page.rotation, images=[]).update(
        images=images, words_file=words_file
    )
    if not kept:
        stored_files.discard(names)


@transaction.atomic
def turn_pages(
    version: ExamVersion, page_ids: Sequence[int], degrees: int, actor: StaffUser | None
) -> None:
    """Turn pages of the draft clockwise by ``degrees`` more; they wait to be drawn again.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    for page in draft.pages.filter(pk__in=page_ids):
        stored_files.drop(stored_files.names_of_page(page))
        page.rotation = (page.rotation + degrees) % WHOLE_TURN
        page.images, page.words_file = [], ""
        page.save(update_fields=["rotation", "images", "words_file"])
    audit.record(actor, "pages turned", draft, after={"pages": len(page_ids), "by": degrees})


@transaction.atomic
def remove_page(version: ExamVersion, page_id: int, actor: StaffUser | None) -> None:
    """Take a page off the draft; the paper's file stays whole.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    page = draft.pages.filter(pk=page_id).first()
    if page is None:
        return
    stored_files.drop(stored_files.names_of_page(page))
    page.delete()
    _number(draft, list(draft.pages.order_by("position")))
    audit.record(actor, "page removed", draft, before={"page": page.position})


@transaction.atomic
def move_page(version: ExamVersion, page_id: int, by: int, actor: StaffUser | None) -> None:
    """Move a page of the draft forward (``by`` 1) or back (-1) by that many places.

    :raises VersionFixed: if the version is no draft
    """
    draft = lock_draft(version)
    pages = list(draft.pages.order_by("position"))
    at = next((index for index, page in enumerate(pages) if page.pk == page_id), None)
    if at is None:
        return
    page = pages.pop(at)
    pages.insert(max(0, min(len(pages), at + by)), page)
    _number(draft, pages)
    audit.record(actor, "page moved", draft, before={"page": at + 1})


def _number(draft: ExamVersion, pages: list[PaperPage]) -> None:
    # Positions are unique: all step aside before the first takes its place.
    draft.pages.update(position=F("position") + ASIDE)
    for position, page in enumerate(pages, start=1):
        page.position = position
    PaperPage.objects.bulk_update(pages, ["position"])
