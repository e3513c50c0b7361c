"""The curriculum and its rules belong to the whole academy: whoever has the role may see all."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from placement_test.curriculum import queries
from placement_test.models import Level, Program, RuleSet, SubProgram


def program(program_id: int) -> Program:
    """Return one program: 1 query."""
    return get_object_or_404(Program, pk=program_id)


def sub_program(sub_program_id: int) -> SubProgram:
    """Return one sub-program with its program: 1 query."""
    return get_object_or_404(SubProgram.objects.select_related("program"), pk=sub_program_id)


def level(level_id: int) -> Level:
    """Return one level with its names: 1 query."""
    return get_object_or_404(queries.levels(), pk=level_id)


def rule_set(number: int) -> RuleSet:
    """Return one rule set with who made it: 1 query."""
    return get_object_or_404(RuleSet.objects.select_related("made_by"), number=number)
