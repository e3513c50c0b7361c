"""Stored files that versions share by name: removed with the last row that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from placement_test.lib import files
from placement_test.models import ExamVersion, PaperPage, Track

if TYPE_CHECKING:
    from collections.abc import Iterable


def names_of_page(page: PaperPage) -> list[str]:
    """Return the files that a page names."""
    names = [str(image["file"]) for image in page.images]
    return [*names, page.words_file] if page.words_file else names


def names_of_version(version: ExamVersion) -> list[str]:
    """Return the files that a version names: 2 queries."""
    names = [name for page in version.pages.all() for name in names_of_page(page)]
    names += version.tracks.values_list("file", flat=True)
    return [*names, version.paper_file] if version.paper_file else names


def drop(names: Iterable[str]) -> None:
    """Remove those of ``names`` that no row names any more, once the transaction is committed."""
    wanted = set(names)
    if wanted:
        transaction.on_commit(lambda: _remove_unnamed(wanted))


def discard(names: Iterable[str]) -> None:
    """Remove files at once that no row has ever named."""
    for name in names:
        files.remove(name)


def _remove_unnamed(names: set[str]) -> None:
    left = names - set(
        ExamVersion.objects.filter(paper_file__in=names).values_list("paper_file", flat=True)
    )
    left -= set(Track.objects.filter(file__in=left).values_list("file", flat=True))
    # Images are a JSON list; pages are few enough to be read through.
    for name in left:
        pages = PaperPage.objects.annotate(as_text=Cast("images", TextField()))
        if not pages.filter(Q(words_file=name) | Q(as_text__contains=name)).exists():
            files.remove(name)
