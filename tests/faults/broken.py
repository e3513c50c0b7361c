"""Servers with one guard switched off, for the controls that a checker must catch."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from django.http import JsonResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

# Longer than the pause between two kills is never; shorter than it often.
DELAY_SECONDS = 0.3


class AcknowledgeBeforeCommit:
    """Say "applied" at once and save a little later: what a queue behind the reply would do."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.endswith("/answers/"):
            return self.respond(request)
        batch = json.loads(request.body)
        threading.Thread(target=self._later, args=[request], daemon=True).start()
        return JsonResponse(
            {
                "nonce": batch["nonce"],
                "accepted": [
                    {"seq": entry["seq"], "status": "applied"} for entry in batch["entries"]
                ],
            }
        )

    def _later(self, request: HttpRequest) -> None:
        time.sleep(DELAY_SECONDS)
        self.respond(request)
