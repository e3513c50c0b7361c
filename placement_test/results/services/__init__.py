"""Marking, placing, re-marking and overruling."""

from placement_test.results.services.late import decide_late
from placement_test.results.services.marking_by_hand import mark_by_hand
from placement_test.results.services.overruling import overrule, withdraw

__all__ = ["decide_late", "mark_by_hand", "overrule", "withdraw"]
