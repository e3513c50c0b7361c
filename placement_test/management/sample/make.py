"""Make the sample academy's papers, tracks and ``exams.json`` from ``content/``.

Run as ``.venv/bin/python -m placement_test.management.sample.make``; the output is committed.
"""

from __future__ import annotations

import json
import logging
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placement_test.management.sample import look, manifest, scan, speech, typeset
from placement_test.management.sample.content import ascent, core, core_words, edge, mixed, pinnacle

if TYPE_CHECKING:
    from placement_test.management.sample.items import Exam
    from placement_test.management.sample.typeset import Place

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent
EXAMS = (core.EXAM, core_words.EXAM, ascent.EXAM, edge.EXAM, mixed.EXAM, pinnacle.EXAM)
PACKAGES = {"espeak-ng": "espeak-ng", "ffmpeg": "ffmpeg"}  # command: apt package


def missing_packages() -> list[str]:
    """Return the apt packages that this machine lacks."""
    lacking = [package for command, package in PACKAGES.items() if not shutil.which(command)]
    fonts = (look.FONT_FOLDER / file for file in look.FONT_FILES.values())
    return lacking if all(font.is_file() for font in fonts) else [*lacking, "fonts-nanum"]


def make(exam: Exam) -> dict[str, Any]:  # JSON
    """Make the exam's paper and tracks; return its entry in ``exams.json``."""
    paper = FOLDER / "papers" / f"{exam.slug}.pdf"
    places, turns = _scanned(exam, paper) if exam.scanner else _text(exam, paper)
    for track in exam.tracks:
        speech.record(track, FOLDER / "tracks")
    return manifest.exam_entry(exam, places, turns)


def _text(exam: Exam, paper: Path) -> tuple[dict[int, Place], list[int]]:
    places = typeset.set_paper(exam, paper)
    return places, [0] * scan.page_count(paper)


def _scanned(exam: Exam, paper: Path) -> tuple[dict[int, Place], list[int]]:
    with tempfile.TemporaryDirectory() as folder:
        booklet = Path(folder, "booklet.pdf")
        places = typeset.set_paper(exam, booklet)
        if exam.scanner == "single":
            return places, scan.scan_singly(booklet, paper)
        turns = scan.scan_two_up(booklet, paper)
    return {number: _on_sheet(place) for number, place in places.items()}, turns


def _on_sheet(place: Place) -> Place:
    sheet, half = divmod(place.page - 1, 2)
    return replace(place, page=sheet + 1, x=round((half + place.x) / 2, 4))


def main() -> int:
    """Make everything anew and check it; return the exit status."""
    if lacking := missing_packages():
        logger.error("missing: apt-get install %s", " ".join(lacking))
        return 1
    for name in ("papers", "tracks"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        (FOLDER / name).mkdir()
    look.register_fonts()
    exams = [make(exam) for exam in EXAMS]
    text = json.dumps(exams, ensure_ascii=False, indent=1)
    (FOLDER / "exams.json").write_text(f"{text}\n", encoding="utf-8")
    found = manifest.complaints(exams, FOLDER)
    for complaint in found:
        logger.error("%s", complaint)
    logger.info("%d exams made", len(exams))
    return 1 if found else 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main())
