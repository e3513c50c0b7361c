"""Say a grade as readers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from placement_test.lib.grades import grade_name

if TYPE_CHECKING:
    from collections.abc import Iterable

register = template.Library()


@register.filter
def grade(value: int) -> str:
    """Return a grade in the active language: ``{{ session.grade|grade }}``."""
    return grade_name(value)


@register.filter
def grades(values: Iterable[int]) -> list[str]:
    """Return grades in the active language: ``{{ gaps.grades|grades|join:", " }}``."""
    return [grade_name(value) for value in values]
