"""Everything that changes a session."""

from placement_test.sessions.services.adjusting import (
    Decision,
    Group,
    end_now,
    give_time,
    go_on,
    one,
    open_again,
    pause,
)
from placement_test.sessions.services.ending import end_if_overdue, sweep
from placement_test.sessions.services.registering import (
    Registered,
    Registration,
    change_level,
    preview,
    register,
)
from placement_test.sessions.services.rescuing import Rescued, bring_in
from placement_test.sessions.services.restoring import restore, restore_from_file
from placement_test.sessions.services.resuming import (
    Resumed,
    renew_code,
    resume,
    show_code,
    transfer,
)
from placement_test.sessions.services.sitting import (
    STATE_READS,
    begin,
    begun_state,
    claim,
    remaining_ms,
    save,
    state,
)
from placement_test.sessions.services.submitting import submit

__all__ = [
    "STATE_READS",
    "Decision",
    "Group",
    "Registered",
    "Registration",
    "Rescued",
    "Resumed",
    "begin",
    "begun_state",
    "bring_in",
    "change_level",
    "claim",
    "end_if_overdue",
    "end_now",
    "give_time",
    "go_on",
    "one",
    "open_again",
    "pause",
    "preview",
    "register",
    "remaining_ms",
    "renew_code",
    "restore",
    "restore_from_file",
    "resume",
    "save",
    "show_code",
    "state",
    "submit",
    "sweep",
    "transfer",
]
