"""The curriculum and its rules belong to the whole academy: whoever has the role may see all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404

from placement_test.curriculum import queries
from placement_test.models import Level, Program, RuleSet, SubProgram

if TYPE_CHECKING:
    from placement_test.curriculum.rules import Matrix


def program(program_id: int) -> Program:
    """Return one program: 1 query."""
    return get_object_or_404(Program, pk=program_id)


def sub_program(sub_program_id: int) -> SubProgram:
    """Return one sub-program with its program: 1 query."""
    return get_object_or_404(SubProgram.objects.select_related("program"), pk=sub_program_id)


def level(level_id: int) -> Level:
    """Return one level with its names: 1 query."""
    return get_object_or_404(queries.levels(), pk=level_id)


def rule_set(number: int) -> tuple[RuleSet, Matrix]:
    """Return one rule set, with who made it, and its rules: 1 query."""
    for found in queries.with_matrices(RuleSet.objects.filter(number=number)):
        return found
    raise Http404
