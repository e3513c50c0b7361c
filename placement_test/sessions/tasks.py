"""Periodic work on sessions."""

from __future__ import annotations

import datetime as dt
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from django.conf import settings

from placement_test.lib import clock
from placement_test.models import StudentSession
from placement_test.saving.rules import GRACE
from placement_test.sessions import services

if TYPE_CHECKING:
    from collections.abc import Callable

# A teacher may come back to a preview on the same working day.
PREVIEW_KEPT = dt.timedelta(days=1)


# A server that needs longer to say "ok" is not one that browsers reach.
PROBE_SECONDS = 2


class Presence:
    """For how long the server has answered without a break, as far as this process has looked."""

    def __init__(self, probe: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._probe = probe
        self._clock = clock
        self._since: float | None = None

    def seconds(self) -> float:
        """Probe the server; return how long it has answered each time, 0 when it does not."""
        now = self._clock()
        if not self._probe():
            self._since = None
            return 0
        if self._since is None:
            self._since = now
        return now - self._since


def answers() -> bool:
    """Return whether the server at ``SERVER_URL`` answers, with whatever status."""
    try:
        with urllib.request.urlopen(  # noqa: S310 - an address from our own settings
            f"{settings.SERVER_URL}/livez", timeout=PROBE_SECONDS
        ):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


_presence = Presence(answers, time.monotonic)


def remove_old_previews() -> int:
    """Remove what staff entered while trying exams more than a day ago; return how many rows."""
    old = StudentSession.objects.filter(
        preview_by__isnull=False, registered_at__lt=clock.now() - PREVIEW_KEPT
    )
    return old.delete()[0]


def sweep_overdue() -> int:
    """End overdue sessions, but not before browsers had the grace time to reach the server.

    After an outage the students' last entries come in first; only then is it over for them.
    """
    if _presence.seconds() < GRACE.total_seconds():
        return 0
    return services.sweep()
