"""What became of a request, in the words of rights.csv."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from django.db import transaction
from django.test import Client
from django.urls import reverse

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

    from tests.security.academy_with_two_campuses import World
    from tests.security.addresses import Address


# Not this machine, from which /metrics may be read.
ELSEWHERE = "203.0.113.9"
# The page had its say: what was sent lacks something, or the system is not well (503, health).
REACHED = {400, 409, 422, 503}


def outcome(world: World, actor: str, address: Address, method: str) -> str:
    """Send a request as an actor, undo what it did, and say what became of it."""
    reply = reply_to(world, actor, world.url(address), method, world.body(address.name))
    return said(reply)


def reply_to(world: World, actor: str, url: str, method: str, body: str = "") -> Reply:
    """Send a request as an actor and undo what it did, in the database and in the browser."""
    client = Client(REMOTE_ADDR=ELSEWHERE)
    client.cookies = copy.deepcopy(world.clients[actor].cookies)
    with transaction.atomic():
        reply = client.get(url) if method == "GET" else _post(client, url, body)
        if reply.streaming:
            reply.getvalue()  # to the end, where the file is closed
        transaction.set_rollback(True)
    return reply


def _post(client: Client, url: str, body: str) -> Reply:
    if url.startswith("/api/"):
        return client.post(url, body, content_type="application/json")
    return client.post(url, {"step": "easier"})


def said(reply: Reply) -> str:
    """Return the outcome of a reply."""
    if reply.status_code == 302:
        return "login" if reply["Location"].startswith(reverse("staff-login")) else "in"
    if reply.status_code in REACHED or reply.status_code < 400:
        return "in"
    return str(reply.status_code)
