"""Everything that changes a session."""

from placement_test.sessions.services.ending import end_if_overdue, give_time, sweep
from placement_test.sessions.services.registering import (
    Registered,
    Registration,
    change_level,
    preview,
    register,
)
from placement_test.sessions.services.sitting import begin, claim, remaining_ms, save, state
from placement_test.sessions.services.submitting import submit

__all__ = [
    "Registered",
    "Registration",
    "begin",
    "change_level",
    "claim",
    "end_if_overdue",
    "give_time",
    "preview",
    "register",
    "remaining_ms",
    "save",
    "state",
    "submit",
    "sweep",
]
