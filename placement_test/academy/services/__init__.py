"""What the academy's staff decide, and what registration asks of the academy."""

from placement_test.academy.services.events import event_for_code

__all__ = ["event_for_code"]
