"""Where a student starts, and what the director decides about curriculum and rules."""

from placement_test.curriculum.services.placing import current_rule_set, load_matrix, start_for

__all__ = ["current_rule_set", "load_matrix", "start_for"]
