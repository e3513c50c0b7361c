"""The audit trail."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.shortcuts import render

from placement_test.academy import queries
from placement_test.academy.forms.audit import AuditFilters
from placement_test.academy.wording import action_words, object_words
from placement_test.lib import audit_chain, pages
from placement_test.lib.access import Role, actor, requires

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from placement_test.models import AuditEntry


class Difference(NamedTuple):
    """One fact before and after a decision."""

    name: str
    before: object
    after: object


@requires(Role.DIRECTOR)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """List recorded decisions, newest first: 4 queries beside login.

    Says whether their chain is whole: the newest are checked each time, all once a day.
    """
    filters = AuditFilters(request.GET)
    given = filters.given()
    found = queries.audit_entries(
        action=given["action"] or "",
        actor=given["actor"],
        from_date=given["from_date"],
        to_date=given["to_date"],
    )
    end, number = queries.chain_end_and_number(actor(request), found)
    page = pages.page(request, found, number=number)
    newest = audit_chain.newest(end)
    context = {
        "chain": end,
        "broken_at": end.broken_at or newest.broken_at,
        "page_obj": page,
        "shown": [
            (
                entry,
                action_words(entry.action),
                object_words(entry.object_type),
                _differences(entry),
            )
            for entry in page
        ],
        "filters": filters,
        "querystring": pages.querystring(request),
    }
    return render(request, "staff/academy/audit.html", context)


def _differences(entry: AuditEntry) -> list[Difference]:
    before, after = entry.before or {}, entry.after or {}
    return [
        Difference(name, before.get(name), after.get(name)) for name in sorted({*before, *after})
    ]
