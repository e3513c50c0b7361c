"""``seats make N`` registers students of a new exam and prints what their browsers get; ``seats
stored`` prints which entries the database has: {session: {writer: [seq, ...]}}.

For tests of installations whose settings are not the test's own.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from typing import Any

import django


def make(count: int) -> list[dict[str, Any]]:
    """Return the seats."""
    from placement_test.sessions.access import cookie_name
    from tests import builders, sitting
    from tests.browser.exam_papers import give_paper, give_track

    builders.academy()
    version = sitting.published(choices=20)
    give_paper(version)
    track = give_track(version)
    page = version.pages.order_by("position")[0]
    parts = [part.pk for part in sitting.parts_of(version)]
    seats = []
    for _ in range(count):
        made = sitting.registered(version)
        seats.append(
            {
                "session": str(made.session.id),
                "cookie": f"{cookie_name(made.session.id)}={made.token}",
                "parts": parts,
                "page": f"/sit/{made.session.id}/pages/{page.pk}/450.webp",
                "track": f"/sit/{made.session.id}/tracks/{track.pk}",
            }
        )
    return seats


def stored() -> dict[str, dict[str, list[int]]]:
    """Return the entries."""
    from placement_test.models import AnswerEvent

    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    events = AnswerEvent.objects.order_by("seq").values_list("session_id", "writer", "seq")
    for session, writer, seq in events:
        found[str(session)][writer.hex].append(seq)
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "primepath.settings")
    django.setup()
    print(json.dumps(make(int(sys.argv[2])) if sys.argv[1] == "make" else stored()))  # noqa: T201
