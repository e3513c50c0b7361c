"""What pages had been told when the power went, and what was there when it was back.

Pages hold what they were told and give it again to a server that lost it, so that nothing is
missing at the end of a day: whether an acknowledgement was true shows only before they can.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import TYPE_CHECKING

from tests.proof.history import Outage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.proof.history import Key
    from tests.proof.processes.sitter import Sitter


class Outages:
    """The power cuts of a day in which these students sit."""

    def __init__(self, sitters: Sequence[Sitter]) -> None:
        self._sitters = sitters
        self._told: dict[str, frozenset[Key]] = {}
        self._known_at_restore: dict[int, int] = {}
        self.of: defaultdict[str, list[Outage]] = defaultdict(list)
        """By session."""

    def begin(self) -> None:
        """Keep what each page has been told; called in the instant in which the power goes."""
        self._told = {sitter.seat.session: self._told_to(sitter) for sitter in self._sitters}

    def end(self) -> None:
        """Look what is there, before any page can reach the server; reads the database."""
        from placement_test.models import AnswerEvent

        there: defaultdict[str, set[Key]] = defaultdict(set)
        events = AnswerEvent.objects.filter(session_id__in=map(uuid.UUID, self._told))
        for of, writer, seq in events.values_list("session_id", "writer", "seq"):
            there[of.hex].add((writer.hex, seq))
        for session, told in self._told.items():
            self.of[session].append(Outage(told, frozenset(there[session])))

    def forget(self) -> None:
        """Ask for nothing that was told so far: the server was restored to what it had before."""
        self._known_at_restore = {
            id(profile): len(profile.acknowledged)
            for sitter in self._sitters
            for profile in sitter.profiles
        }

    def _told_to(self, sitter: Sitter) -> frozenset[Key]:
        return frozenset(
            each.entry.key
            for profile in sitter.profiles
            for each in profile.acknowledged[self._known_at_restore.get(id(profile), 0) :]
        )
