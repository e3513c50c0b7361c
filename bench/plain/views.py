"""What a tutorial would do with a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from bench.plain.models import Answer, Question, Sitting
from placement_test.lib import clock

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest

NEXT_FLUSH_MS = 15_000


def alive(_request: HttpRequest) -> HttpResponse:
    """Reply."""
    return HttpResponse("ok")


def csrf(request: HttpRequest) -> JsonResponse:
    """Reply with a token."""
    return JsonResponse({"token": get_token(request)}, json_dumps_params={"separators": (",", ":")})


@require_POST
def answers(request: HttpRequest, sitting_id: UUID) -> JsonResponse:
    """Save the answers of a request one after the other."""
    batch = json.loads(request.body)
    sitting = get_object_or_404(Sitting.objects.select_related("exam"), id=sitting_id)
    if request.COOKIES.get("token") != sitting.token:
        return JsonResponse({"error": "token"}, status=401)
    if sitting.submitted or sitting.deadline < clock.now():
        return JsonResponse({"error": "over"}, status=409)
    for entry in batch["entries"]:
        question = get_object_or_404(Question, id=entry["part"], exam=sitting.exam)
        Answer.objects.update_or_create(
            sitting=sitting, question=question, defaults={"value": json.dumps(entry["value"])}
        )
    sitting.last_seen = clock.now()
    sitting.save()
    return JsonResponse(
        {
            "nonce": batch["nonce"],
            "session": str(sitting.id),
            "accepted": [{"seq": entry["seq"], "status": "applied"} for entry in batch["entries"]],
            "state": "open",
            "next_flush_ms": NEXT_FLUSH_MS,
        }
    )
