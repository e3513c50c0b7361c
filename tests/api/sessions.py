"""Sessions in every state, which stay so however often they are called."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from placement_test.lib import clock
from placement_test.models import PaperPage, StaffUser, StudentSession
from placement_test.saving import limits
from placement_test.sessions import resume_codes
from placement_test.sessions.access import cookie_name
from tests import builders, sitting
from tests.browser.exam_papers import WIDTHS, give_paper, give_track
from tests.results.finished import logged_in
from tests.sessions.test_rescue import file_of
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    from schemathesis import Case

STATES = (
    "registered",
    "open",
    "paused",
    "submitted",
    "expired",
    "overdue",
    "superseded",
    "at its limit",
    "another browser's",
    "unknown",
)

COOKIE = settings.SESSION_COOKIE_NAME


@dataclass
class Prepared:
    """A session, what its browser knows, and the columns that keep it in its state."""

    browser: Browser
    session: uuid.UUID
    cookies: dict[str, str]
    ticket: str
    code: str
    files: dict[str, Any]
    """Parameters of the addresses of its exam's files."""
    columns: dict[str, Any] = field(default_factory=dict)

    def put_back(self) -> None:
        """Undo what a call has made of the session."""
        if "limit_calls" in self.columns:
            self.columns["limit_window"] = limits.window(clock.now())
        StudentSession.objects.filter(id=self.session).update(**self.columns)

    def fill_in(self, call: str, case: Case[Any]) -> None:
        """Put into the body what only a browser that holds the session knows."""
        body: Any = case.body
        if call == "api-restore":
            body["ticket"] = self.ticket
        elif call == "api-resume":
            body |= {"code": self.code}
        elif call == "api-answers":
            body |= {"writer": self.browser.writer, "epoch": self.browser.epoch or 1}
            part = parts_of(self.browser.session.version)[0].id
            for entry in body.get("entries", []):
                entry["part"] = part
        elif call == "api-submit":
            body |= self.browser.submission()
        elif call == "api-rescue":
            part = parts_of(self.browser.session.version)[0].id
            file: Any = {"file": file_of(self.browser, self.browser.entry(part, 1, seq=1))}
            case.body = file


def prepared() -> dict[str, Prepared]:
    """Return a session in each state."""
    version = sitting.published(choices=2, shorts=1, longs=1)
    give_paper(version, pages=1)
    track = give_track(version)
    page = PaperPage.objects.get(version=version)
    files = {"page_id": page.pk, "width": WIDTHS[0], "track_id": track.pk}
    staff = logged_in(builders.staff(role=StaffUser.Role.DIRECTOR))
    login = {COOKIE: staff.cookies[COOKIE].value}
    return {state: _prepared(state, version, login, files) for state in STATES}


def _prepared(state: str, version: Any, login: dict[str, str], files: dict[str, Any]) -> Prepared:
    made = sitting.registered(version, name=f"Min-ji {state}")
    browser = Browser(made.session, made.token)
    ticket = browser.ticket()
    if state != "registered":
        browser.start()
        ticket = browser.ticket()
        browser.answer(parts_of(version)[0].id, 1)
    if state == "submitted":
        assert browser.submit().status_code == 200
    row = StudentSession.objects.get(id=made.session.id)
    names = ("state", "started_at", "deadline_at", "ended_at", "paused_at")
    columns: dict[str, Any] = {name: getattr(row, name) for name in names}
    columns |= {"limit_calls": 0}
    code = resume_codes.shown(row)
    long_ago = clock.now() - dt.timedelta(hours=1)
    if state == "paused":
        columns["paused_at"] = clock.now()
    if state in {"expired", "overdue"}:
        columns["deadline_at"] = long_ago
    if state == "expired":
        columns |= {"state": "expired", "ended_at": long_ago}
    if state == "at its limit":
        columns["limit_calls"] = limits.MOST_CALLS
    if state == "superseded":
        row.tokens.update(superseded_at=clock.now())
    session = uuid.UUID(int=0) if state == "unknown" else made.session.id
    token = {} if state == "another browser's" else {cookie_name(session): made.token}
    return Prepared(browser, session, login | token, ticket, code, files, columns)
