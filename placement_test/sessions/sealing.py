"""Receipts, the keys that check them, and the entries that they seal: files to keep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from placement_test.lib import audit
from placement_test.lib.access import Role, actor, requires
from placement_test.models import AnswerEvent, Receipt
from placement_test.results import access as staff_access
from placement_test.sessions import access, receipts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest

    from placement_test.models import StudentSession

KEYS_MAX_AGE_SECONDS = 3600


@require_safe
def receipt_keys(_request: HttpRequest) -> HttpResponse:
    """Reply with the public keys of receipts, for everybody: no query."""
    reply = JsonResponse({"keys": receipts.public_keys()})
    reply["Cache-Control"] = f"public, max-age={KEYS_MAX_AGE_SECONDS}"
    return reply


@never_cache
@require_safe
def own_receipt(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Hand the newest receipt to the browser that holds the session: 2 queries."""
    return _receipt(access.own_session(request, session_id))


@require_safe
@requires(Role.INVIGILATOR)
def receipt(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Hand the newest receipt to staff: 2 queries."""
    return _receipt(staff_access.session(actor(request), session_id))


@require_safe
@requires(Role.TEACHER)
def entries(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Hand every entry to staff, in the order of arrival, as ``verify_receipt.py`` reads it."""
    session = staff_access.session(actor(request), session_id)
    rows = AnswerEvent.objects.filter(session=session).order_by("id")
    content = {
        "session": str(session.pk),
        "entries": [
            {
                "epoch": row.epoch,
                "writer": row.writer.hex,
                "seq": row.seq,
                "kind": row.kind,
                "part": row.subject,
                "value": row.value,
                "status": row.status,
                "reason": row.reason,
                "received_at": row.received_at.isoformat(),
            }
            for row in rows
        ],
    }
    audit.record(actor(request), "entries exported", session)
    return _file(f"entries-{session.pk}.json", content)


def _receipt(session: StudentSession) -> HttpResponse:
    found = Receipt.objects.filter(session=session).order_by("-id").first()
    if found is None:
        raise Http404
    content = {
        "body": found.body,
        "signature": found.signature,
        "key_id": found.key_id,
        "check_code": found.check_code,
    }
    return _file(f"receipt-{found.check_code}.json", content)


def _file(name: str, content: Mapping[str, object]) -> HttpResponse:
    reply = HttpResponse(
        json.dumps(content, ensure_ascii=False, indent=1), content_type="application/json"
    )
    reply["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply
