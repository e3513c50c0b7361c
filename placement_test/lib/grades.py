"""A grade as readers say it: 7 in English, 중1 in Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Korean counts the years anew in middle and in high school: each grade has words of its own.
GRADE_NAMES: dict[int, _StrPromise] = {
    1: pgettext_lazy("grade", "1"),
    2: pgettext_lazy("grade", "2"),
    3: pgettext_lazy("grade", "3"),
    4: pgettext_lazy("grade", "4"),
    5: pgettext_lazy("grade", "5"),
    6: pgettext_lazy("grade", "6"),
    7: pgettext_lazy("grade", "7"),
    8: pgettext_lazy("grade", "8"),
    9: pgettext_lazy("grade", "9"),
    10: pgettext_lazy("grade", "10"),
    11: pgettext_lazy("grade", "11"),
    12: pgettext_lazy("grade", "12"),
}


def grade_name(grade: int) -> str:
    """Return a grade of 1 to 12 in the active language."""
    return str(GRADE_NAMES[grade])
