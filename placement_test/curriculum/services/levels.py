"""Programs, sub-programs and levels, and the one order of difficulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Max

from placement_test.curriculum import queries
from placement_test.errors import LevelInUse
from placement_test.lib import audit, decisions
from placement_test.models import Level, Program, SubProgram

if TYPE_CHECKING:
    from placement_test.models import StaffUser

PROGRAM_FACTS = ("name", "position", "first_grade", "last_grade")
SUB_PROGRAM_FACTS = ("name", "program", "position")
LEVEL_FACTS = ("sub_program", "number", "tier", "is_active")
# Tiers are unique, so a block that moves is first lifted out of the way; a small integer ends at
# 32,767 and no academy has 10,000 levels.
OUT_OF_THE_WAY = 10_000


def create_program(actor: StaffUser, program: Program) -> None:
    """Make a program, last in the order."""
    last = Program.objects.aggregate(last=Max("position"))["last"] or 0
    program.position = last + 1
    decisions.made(actor, "program created", program, fields=PROGRAM_FACTS)


def change_program(actor: StaffUser, program: Program) -> None:
    """Save what differs in ``program``."""
    decisions.changed(actor, "program changed", program, fields=PROGRAM_FACTS)


def create_sub_program(actor: StaffUser, sub_program: SubProgram) -> None:
    """Make a sub-program, last in its program."""
    rows = SubProgram.objects.filter(program=sub_program.program)
    sub_program.position = (rows.aggregate(last=Max("position"))["last"] or 0) + 1
    decisions.made(actor, "sub-program created", sub_program, fields=SUB_PROGRAM_FACTS)


def change_sub_program(actor: StaffUser, sub_program: SubProgram) -> None:
    """Save what differs in ``sub_program``."""
    decisions.changed(actor, "sub-program changed", sub_program, fields=SUB_PROGRAM_FACTS)


def create_level(actor: StaffUser, sub_program: SubProgram, number: int) -> Level:
    """Make a level right above the others of its sub-program; harder ones move up by one tier."""
    with transaction.atomic():
        tier = _tier_above(sub_program)
        _shift(tier, None, by=1)
        level = Level(sub_program=sub_program, number=number, tier=tier)
        decisions.made(actor, "level created", level, fields=LEVEL_FACTS)
    queries.forget_ladder()
    return level


def renumber_level(actor: StaffUser, level: Level, number: int) -> None:
    """Give ``level`` another number inside its sub-program."""
    level.number = number
    decisions.changed(actor, "level changed", level, fields=LEVEL_FACTS)


def move_level(actor: StaffUser, level: Level, to_tier: int) -> None:
    """Put ``level`` at ``to_tier``; those between move by one to make room: at most 7 queries.

    A tier beyond the ends means the end.
    """
    with transaction.atomic():
        # All of them, so that two people who move levels do it one after the other.
        last = max(Level.objects.select_for_update().values_list("tier", flat=True))
        from_tier = Level.objects.values_list("tier", flat=True).get(pk=level.pk)
        aim = min(max(to_tier, 1), last)
        if aim == from_tier:
            return
        Level.objects.filter(pk=level.pk).update(tier=2 * OUT_OF_THE_WAY)
        if aim < from_tier:
            _shift(aim, from_tier, by=1)
        else:
            _shift(from_tier + 1, aim + 1, by=-1)
        Level.objects.filter(pk=level.pk).update(tier=aim)
        level.tier = aim
        audit.record(actor, "level moved", level, before={"tier": from_tier}, after={"tier": aim})
    queries.forget_ladder()


def set_level_in_use(actor: StaffUser, level: Level, *, in_use: bool) -> None:
    """Take ``level`` into or out of use; sessions and results keep it either way.

    :raises LevelInUse: where the current rules let students start there
    """
    if not in_use and (count := queries.rules_starting_at(level)):
        raise LevelInUse(rules=count)
    level.is_active = in_use
    decisions.changed(actor, "level changed", level, fields=LEVEL_FACTS)
    queries.forget_ladder()


def _tier_above(sub_program: SubProgram) -> int:
    """Return the tier after the levels of ``sub_program``, or after those of what is before it."""
    own = Level.objects.filter(sub_program=sub_program)
    earlier = Level.objects.filter(
        sub_program__program=sub_program.program, sub_program__position__lt=sub_program.position
    )
    lower = Level.objects.filter(sub_program__program__position__lt=sub_program.program.position)
    for rows in (own, earlier, lower):
        if (top := rows.aggregate(top=Max("tier"))["top"]) is not None:
            return int(top) + 1
    return 1


def _shift(first: int, end: int | None, *, by: int) -> None:
    """Move the tiers from ``first`` to before ``end`` by ``by``: 2 queries."""
    rows = Level.objects.filter(tier__gte=first, tier__lt=end or OUT_OF_THE_WAY)
    rows.update(tier=F("tier") + OUT_OF_THE_WAY)
    lifted = Level.objects.filter(tier__gte=OUT_OF_THE_WAY, tier__lt=2 * OUT_OF_THE_WAY)
    lifted.update(tier=F("tier") - OUT_OF_THE_WAY + by)
