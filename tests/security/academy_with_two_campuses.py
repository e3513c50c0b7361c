"""One of everything that an address may name, all of it of the campus Mokdong."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.test import Client

from placement_test.lib import clock
from placement_test.models import (
    BrowserError,
    ConsentText,
    KeyRevision,
    Level,
    Program,
    RuleSet,
    StaffUser,
    StudentSession,
    SubProgram,
)
from tests import builders, sitting
from tests.builders import Role
from tests.security import exam_with_canaries

if TYPE_CHECKING:
    from tests.security.addresses import Address

ACTORS = (
    "anonymous",
    "student",
    "invigilator",
    "teacher",
    "outsider",
    "director",
    "administrator",
)


@dataclass(frozen=True, slots=True)
class World:
    """The rows by the name of the parameter that names them, and a browser for each actor."""

    rows: dict[str, Any]
    clients: dict[str, Client]
    browser: sitting.Browser

    def url(self, address: Address) -> str:
        """Return the address of these rows."""
        url = f"/{address.route}"
        for kind, name in address.parameters:
            url = url.replace(f"<{kind}:{name}>", str(self.rows[name]))
        return url

    def body(self, name: str) -> str:
        """Return what a page sends to one of the calls, as JSON."""
        part = exam_with_canaries.parts(self.browser.session.version)["1.1"].pk
        bodies = {
            "api-claim": {"writer": self.browser.writer, "seen_epoch": 0},
            "api-answers": self.browser.batch(self.browser.entry(part, 1, seq=1)),
            "api-submit": self.browser.submission(),
            "api-restore": {"ticket": self.browser.ticket()},
        }
        return json.dumps(bodies.get(name, {}))


def world() -> World:
    """Make the academy with a session that is over."""
    builders.academy()
    mokdong, bundang = builders.campus(), builders.campus(name="Bundang")
    roles = {name: builders.staff(role=name) for name in ACTORS if name in set(Role)}
    roles["outsider"] = builders.staff(username="outsider", campuses=[bundang])
    builders.rule_set()
    ConsentText.objects.all().delete()
    builders.consent_text()
    version = exam_with_canaries.exam(roles["teacher"])
    browser = sitting.sitting(version, event=builders.event())
    browser.answer(exam_with_canaries.parts(version)["15.1"].pk, "My holidays")
    assert browser.submit().status_code == 200
    version.exam.campuses.set([mokdong])
    page, session = version.pages.get(), StudentSession.objects.get()
    rows = {
        "event_id": session.event_id,
        "language": "ko",
        "session_id": session.pk,
        "exam_id": version.exam_id,
        "version_id": version.pk,
        "question_id": exam_with_canaries.parts(version)["1.1"].question_id,
        "part_id": exam_with_canaries.parts(version)["15.1"].pk,
        "page_id": page.pk,
        "width": page.images[0]["width"],
        "track_id": version.tracks.get().pk,
        "revision_id": KeyRevision.objects.filter(version=version).latest("number").pk,
        "school_id": builders.school().pk,
        "campus_id": mokdong.pk,
        "person_id": roles["teacher"].pk,
        "student_id": session.student_id,
        "other_id": builders.student().pk,
        "number": RuleSet.objects.get().number,
        "level_id": Level.objects.all()[0].pk,
        "program_id": Program.objects.all()[0].pk,
        "sub_program_id": SubProgram.objects.all()[0].pk,
        "error_id": BrowserError.objects.create(
            fingerprint="0" * 64, count=1, first_seen_at=clock.now(), last_seen_at=clock.now()
        ).pk,
    }
    clients = {name: _browser(user) for name, user in roles.items()}
    return World(rows, clients | {"anonymous": Client(), "student": browser.client}, browser)


def _browser(user: StaffUser) -> Client:
    client = Client()
    client.force_login(user)
    return client
