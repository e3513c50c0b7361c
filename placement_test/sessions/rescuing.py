"""Staff bring in emergency files: the page, and the call that it makes for each file."""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any

import msgspec
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from placement_test.errors import (
    BadRequest,
    PlacementError,
    RescueSessionUnknown,
    RescueTooLarge,
    TicketUnreadable,
)
from placement_test.lib import clock
from placement_test.lib.access import Role, actor, requires
from placement_test.models import AnswerEvent, StudentSession
from placement_test.results import access
from placement_test.sessions import replies, rescue_files, services

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from placement_test.models import StaffUser

# A room's worth; each is saved before the next one is read.
MOST_FILES = 60


@require_POST
@requires(Role.INVIGILATOR)
def rescue(request: HttpRequest) -> HttpResponse:
    """Bring in one emergency file; the reply counts its entries by status."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > rescue_files.MOST_BYTES + 10_000:
        raise RescueTooLarge
    file = request.FILES.get("file")
    if file is None:
        raise BadRequest
    session_id, rescued = _bring_in(file, actor(request))
    reply = replies.Rescued(session_id, lines=_lines(rescued), **rescued.as_reply())
    return HttpResponse(msgspec.json.encode(reply), content_type="application/json")


@requires(Role.INVIGILATOR)
def rescue_page(request: HttpRequest) -> HttpResponse:
    """Take emergency files and report on each; without JavaScript all of them at once."""
    reports: list[dict[str, Any]] = []
    files = request.FILES.getlist("file") if request.method == "POST" else []
    for file in files[:MOST_FILES]:
        report: dict[str, Any] = {"name": file.name}
        try:
            session_id, rescued = _bring_in(file, actor(request))
            report |= {"session": session_id, "lines": _lines(rescued)}
        except PlacementError as error:
            report["error"] = error.words()
        reports.append(report)
    is_empty = request.method == "POST" and not files
    context = {"reports": reports, "is_empty": is_empty}
    return render(request, "staff/sessions/rescue.html", context, status=422 if is_empty else 200)


def _bring_in(file: UploadedFile, user: StaffUser) -> tuple[str, services.Rescued]:
    arrived = clock.now()
    if (file.size or 0) > rescue_files.MOST_BYTES:
        raise RescueTooLarge
    outer = rescue_files.envelope(file.read())
    reachable = access.sessions(user)
    session = reachable.filter(id=uuid.UUID(outer.session)).first()
    if session is not None and session.state != StudentSession.State.REGISTERED:
        kept = rescue_files.kept(outer)
    else:
        kept, session = _made_again(outer, session, reachable, user)
    return outer.session, services.bring_in(session, kept, actor=user, arrived=arrived)


def _made_again(
    outer: rescue_files.Envelope,
    session: StudentSession | None,
    reachable: QuerySet[StudentSession],
    user: StaffUser,
) -> tuple[rescue_files.Kept, StudentSession]:
    """Read a file whose session this server lost, or knows only from before its start."""
    if session is None and StudentSession.objects.filter(id=outer.session).exists():
        raise RescueSessionUnknown
    try:
        kept = rescue_files.kept(outer)
    except PlacementError as error:
        if session is None:
            raise RescueSessionUnknown from error
        raise
    if kept.ticket is not None:
        # One that is older than any that is taken: what is here has to do.
        with contextlib.suppress(TicketUnreadable):
            session = services.restore_from_file(
                uuid.UUID(outer.session), kept.ticket, reachable=reachable, actor=user
            )
    if session is None:
        raise RescueSessionUnknown
    return kept, session


def _lines(rescued: services.Rescued) -> list[str]:
    """Return the report on one file in words."""
    words: dict[str, Any] = dict(AnswerEvent.Status.choices)
    words |= {"duplicate": _("was here already"), "conflict": _("differs from what is here")}
    count = rescued.entries
    lines = [ngettext("%(count)s entry", "%(count)s entries", count) % {"count": count}]
    lines += [f"{words.get(status, status)}: {n}" for status, n in rescued.accepted.items()]
    if rescued.check_code:
        lines.append(_("Handed in, check code %(code)s") % {"code": rescued.check_code})
    elif rescued.submission:
        lines.append(_("Not handed in: %(why)s") % {"why": rescued.words})
    return lines
