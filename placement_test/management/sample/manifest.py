"""Say in JSON what the sample exams are, and check that it holds."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from placement_test.management.sample.items import levels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from placement_test.management.sample.items import Exam, Part, Question
    from placement_test.management.sample.typeset import Place

Entry = dict[str, Any]  # JSON

ALL_LEVELS = {
    *levels("CORE", "Phonics Sigma Elite Pro", 3),
    *levels("ASCENT", "Nova Drive Flex Pro", 3),
    *levels("EDGE", "Spark Rise Pursuit Pro", 3),
    *levels("PINNACLE", "Vision Endeavor Success Pro", 2),
}
FULL_SCORE = Decimal(100)
COMMON_POSITION_SHARE = 0.4  # beyond this a guesser who always ticks one option would gain


def exam_entry(exam: Exam, places: Mapping[int, Place], turns: Iterable[int]) -> Entry:
    """Return the exam's entry in ``exams.json``.

    ``turns`` says for each page by how many degrees to the right a person has to turn it, beyond
    its own ``/Rotate``.
    """
    return {
        "slug": exam.slug,
        "title": exam.title,
        "paper": f"{exam.slug}.pdf",
        "label_style": exam.label_style,
        "default_option_count": exam.option_count,
        "allotted_minutes": exam.minutes,
        "levels": list(exam.levels),
        "cuts": [{"from_percent": percent, "step": step} for percent, step in exam.cuts],
        "pages": [
            {"page": page, "extra_rotation": turn} for page, turn in enumerate(turns, start=1)
        ],
        "sections": [
            {
                "title": section.title,
                "skill": section.skill,
                "questions": [
                    _question(question, places[question.number]) for question in section.questions()
                ],
            }
            for section in exam.sections
        ],
        "tracks": [
            {
                "file": track.file,
                "title": track.title,
                "play_limit": track.play_limit,
                "questions": [str(number) for number in track.numbers],
            }
            for track in exam.tracks
        ],
    }


def _question(question: Question, place: Place) -> Entry:
    return {
        "number": str(question.number),
        "kind": question.kind,
        "page": place.page,
        "x": place.x,
        "y": place.y,
        "parts": [_part(part) for part in question.parts],
    }


def _part(part: Part) -> Entry:
    entry: Entry = {"kind": part.kind, "points": part.points}
    if part.label:
        entry["label"] = part.label
    if part.options:
        entry["option_count"] = len(part.options)
        entry["key"] = {"correct": list(part.correct)}
    else:
        entry["key"] = {"accepted": list(part.accepted)} if part.accepted else {}
    if part.marking:
        entry["options"] = dict(part.marking)
    return entry


def complaints(exams: list[Entry], folder: Path) -> list[str]:
    """Return what is wrong with the exams and their files; an empty list is well."""
    served = {level for exam in exams for level in exam["levels"]}
    found = [f"no exam serves {level}" for level in sorted(ALL_LEVELS - served)]
    found += [f"{level} is not a level" for level in sorted(served - ALL_LEVELS)]
    for exam in exams:
        wrong = [*_wrong_files(exam, folder), *_wrong_parts(exam), *_wrong_balance(exam)]
        found += [f"{exam['slug']}: {complaint}" for complaint in wrong]
    return found


def _questions(exam: Entry) -> list[Entry]:
    return [question for section in exam["sections"] for question in section["questions"]]


def _wrong_files(exam: Entry, folder: Path) -> list[str]:
    wanted = [f"papers/{exam['paper']}", *(f"tracks/{track['file']}" for track in exam["tracks"])]
    numbers = {question["number"] for question in _questions(exam)}
    stray = [
        track["file"] for track in exam["tracks"] if not numbers.issuperset(track["questions"])
    ]
    return [
        *(f"{name} is missing" for name in wanted if not (folder / name).is_file()),
        *(f"{file} serves a question that is not there" for file in stray),
    ]


def _wrong_parts(exam: Entry) -> list[str]:
    return [
        f"question {question['number']} has a bad key: {part}"
        for question in _questions(exam)
        for part in question["parts"]
        if not _is_sound(part)
    ]


def _is_sound(part: Entry) -> bool:
    key = part["key"]
    if part["kind"] == "long":
        return not key
    if part["kind"] == "short":
        return bool(key["accepted"]) and all(key["accepted"])
    correct: list[int] = key["correct"]
    count = len(correct) == 1 if part["kind"] == "choice" else len(correct) > 1
    return count and all(0 <= at < part["option_count"] for at in correct)


def _wrong_balance(exam: Entry) -> list[str]:
    questions = _questions(exam)
    numbers = [int(question["number"]) for question in questions]
    parts = [part for question in questions for part in question["parts"]]
    total = sum((Decimal(part["points"]) for part in parts), Decimal(0))
    right = [part["key"]["correct"][0] for part in parts if part["kind"] == "choice"]
    most = max(right.count(position) for position in right)
    steps = [cut["from_percent"] for cut in exam["cuts"]]
    return [
        *(
            ["its numbers have holes"]
            if numbers != list(range(numbers[0], numbers[-1] + 1))
            else []
        ),
        *([f"its points make {total}"] if total != FULL_SCORE else []),
        *(["one position is right too often"] if most > len(right) * COMMON_POSITION_SHARE else []),
        *(["its cuts are out of order"] if steps[0] != 0 or steps != sorted(set(steps)) else []),
    ]
