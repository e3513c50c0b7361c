from __future__ import annotations

import dataclasses

import pytest
from django.contrib.auth import authenticate
from django.test import RequestFactory

from placement_test.academy.services import people
from placement_test.errors import LastManager
from placement_test.models import AuditEntry, StaffUser
from tests import builders
from tests.builders import Role

pytestmark = pytest.mark.django_db


def test_a_new_account_logs_in_with_the_password_that_is_shown_once() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    account = people.Account("ms-lee", "Ms Lee", Role.TEACHER, True, [builders.campus()])

    person, password = people.create_account(director, account)

    entry = AuditEntry.objects.get()
    assert authenticate(RequestFactory().post("/"), username="ms-lee", password=password) == person
    assert people.account_of(person) == account
    assert entry.after == account.facts()
    assert password not in str(entry.after)


@pytest.mark.parametrize(
    ("role", "is_active"), [(Role.TEACHER, True), (Role.DIRECTOR, False), (Role.INVIGILATOR, False)]
)
def test_somebody_stays_who_may_run_the_academy(role: str, is_active: bool) -> None:
    director = builders.staff(role=Role.DIRECTOR)
    builders.staff(role=Role.TEACHER)
    account = dataclasses.replace(people.account_of(director), role=role, is_active=is_active)

    with pytest.raises(LastManager):
        people.change_account(director, director, account)

    stored = StaffUser.objects.get(pk=director.pk)
    assert (stored.role, stored.is_active) == (Role.DIRECTOR, True)
    assert not AuditEntry.objects.exists()


def test_a_director_may_go_while_another_one_stays() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    builders.staff(role=Role.DIRECTOR, username="second")
    account = dataclasses.replace(people.account_of(director), is_active=False)

    people.change_account(director, director, account)

    assert not StaffUser.objects.get(pk=director.pk).is_active


def test_the_last_administrator_stays_even_beside_directors() -> None:
    administrator = builders.staff(role=Role.ADMINISTRATOR)
    builders.staff(role=Role.DIRECTOR)
    account = dataclasses.replace(people.account_of(administrator), role=Role.DIRECTOR)

    with pytest.raises(LastManager):
        people.change_account(administrator, administrator, account)


def test_only_administrators_enter_the_django_admin() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    person = builders.staff(role=Role.TEACHER)
    account = people.account_of(person)

    people.change_account(director, person, dataclasses.replace(account, role=Role.ADMINISTRATOR))
    promoted = StaffUser.objects.get(pk=person.pk)
    builders.staff(role=Role.ADMINISTRATOR)
    people.change_account(director, person, account)
    demoted = StaffUser.objects.get(pk=person.pk)

    assert (promoted.is_staff, promoted.is_superuser) == (True, True)
    assert (demoted.is_staff, demoted.is_superuser) == (False, False)


def test_a_reset_password_replaces_the_old_one() -> None:
    director = builders.staff(role=Role.DIRECTOR)
    person = builders.staff(role=Role.TEACHER)

    password = people.reset_password(director, person)

    stored = StaffUser.objects.get(pk=person.pk)
    assert stored.check_password(password)
    assert not stored.check_password(builders.PASSWORD)
    assert AuditEntry.objects.get().action == "password reset"
