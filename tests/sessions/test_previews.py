from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from placement_test.models import AuditEntry, KeyRevision, Result, StudentSession
from placement_test.sessions.services import sweep
from placement_test.sessions.tasks import remove_old_previews
from tests import builders, sitting
from tests.sitting import Browser, parts_of

if TYPE_CHECKING:
    import time_machine
    from django.test import Client

pytestmark = pytest.mark.django_db


def preview(client: Client) -> Browser:
    version = sitting.published()
    KeyRevision.objects.all().delete()
    client.force_login(builders.staff(role="teacher"))

    reply = client.post(reverse("staff-exam-preview", args=[version.exam_id]))

    session = StudentSession.objects.get()
    assert reply.headers["Location"] == reverse("sit-intro", args=[session.id])
    (cookie,) = [
        value
        for name, value in client.cookies.items()
        if name.startswith("pp-") and name.endswith(session.id.hex)
    ]
    return Browser(session, cookie.value)


def test_a_teacher_sits_an_exam_without_a_key_and_leaves_no_result(client: Client) -> None:
    browser = preview(client).start()
    browser.answer(parts_of(browser.session.version)[0].id, 1)

    assert browser.submit().status_code == 200

    assert not Result.objects.exists()
    assert AuditEntry.objects.filter(action="exam previewed").count() == 1


def test_an_overdue_preview_ends_without_a_result(
    noon: time_machine.Traveller, client: Client
) -> None:
    preview(client).start()
    noon.shift(dt.timedelta(hours=2))

    assert sweep() == 1

    assert not Result.objects.exists()


def test_previews_are_gone_after_a_day(noon: time_machine.Traveller, client: Client) -> None:
    browser = preview(client).start()
    browser.answer(parts_of(browser.session.version)[0].id, 1)
    sat = sitting.sitting(browser.session.version)
    noon.shift(dt.timedelta(days=1, seconds=1))

    remove_old_previews()

    assert list(StudentSession.objects.all()) == [sat.session]


def test_an_invigilator_may_not_preview(client: Client) -> None:
    version = sitting.published()
    client.force_login(builders.staff(role="invigilator"))

    assert client.post(reverse("staff-exam-preview", args=[version.exam_id])).status_code == 403
