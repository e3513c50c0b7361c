from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from placement_test.models import AuditEntry, Campus
from tests import builders
from tests.builders import Role

pytestmark = pytest.mark.django_db

TABLES = [
    f"admin:placement_test_{model._meta.model_name}_changelist"
    for model in admin.site._registry
    if model._meta.app_label == "placement_test"
]


@pytest.fixture
def administrator() -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(builders.staff(role=Role.ADMINISTRATOR))
    return client


@pytest.mark.parametrize("name", TABLES)
def test_an_administrator_looks_at_every_table(name: str, administrator: Client) -> None:
    builders.rule_set()
    builders.student()
    builders.event()

    assert administrator.get(reverse(name)).status_code == 200


def test_only_administrators_enter() -> None:
    client = Client()
    url = reverse("admin:index")

    anonymous = client.get(url, follow=True)
    client.force_login(builders.staff(role=Role.DIRECTOR))
    director = client.get(reverse("admin:placement_test_student_changelist"))

    assert anonymous.redirect_chain[-1][0].startswith(reverse("staff-login"))
    assert director.status_code == 302


def test_what_is_only_appended_is_never_changed(administrator: Client) -> None:
    text = builders.consent_text()
    url = reverse("admin:placement_test_consenttext_change", args=[text.pk])

    looked = administrator.get(url)
    changed = administrator.post(url, {"korean": "x", "english": "y"})
    deleted = administrator.post(
        reverse("admin:placement_test_consenttext_delete", args=[text.pk]), {"post": "yes"}
    )
    added = administrator.get(reverse("admin:placement_test_consenttext_add"))

    codes = [reply.status_code for reply in (looked, changed, deleted, added)]
    assert codes == [200, 403, 403, 403]


def test_a_repair_is_recorded(administrator: Client) -> None:
    campus = builders.campus()

    administrator.post(
        reverse("admin:placement_test_campus_change", args=[campus.pk]),
        {"name": "Mokdong 2", "is_active": "on"},
    )

    entry = AuditEntry.objects.get()
    assert Campus.objects.get().name == "Mokdong 2"
    assert (entry.action, entry.object_type, entry.object_id) == (
        "changed in the admin",
        "campus",
        str(campus.pk),
    )


def test_no_phone_number_is_shown(administrator: Client) -> None:
    student = builders.student()

    page = administrator.get(reverse("admin:placement_test_student_change", args=[student.pk]))

    assert student.phone not in page.content.decode()
    assert student.phone_index not in page.content.decode()
