"""Accounts of staff."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from axes.utils import reset as forget_failed_logins  # type: ignore[import-untyped]
from django.db import transaction
from django.db.models import Q

from placement_test.errors import LastManager
from placement_test.lib import audit
from placement_test.models import StaffUser

if TYPE_CHECKING:
    from collections.abc import Collection

    from placement_test.models import Campus

Role = StaffUser.Role

# Letters and digits that are not taken for each other; 16 of 54 are 92 bits.
PASSWORD_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # noqa: S105
PASSWORD_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Account:
    """What is decided about one account; an administrator also enters Django's admin."""

    username: str
    display_name: str
    role: str
    is_active: bool
    campuses: Collection[Campus]

    def facts(self) -> dict[str, object]:
        """Return what the record of decisions keeps."""
        return {
            "username": self.username,
            "display_name": self.display_name,
            "role": self.role,
            "is_active": self.is_active,
            "campuses": sorted(campus.pk for campus in self.campuses),
        }


def account_of(person: StaffUser) -> Account:
    """Return what is decided about ``person`` now: 1 query."""
    return Account(
        username=person.username,
        display_name=person.display_name,
        role=Role.ADMINISTRATOR if person.is_superuser else person.role,
        is_active=person.is_active,
        campuses=list(person.campuses.all()),
    )


def create_account(actor: StaffUser, account: Account) -> tuple[StaffUser, str]:
    """Make an account; return it and its password, which is kept nowhere else."""
    password = fresh_password()
    person = StaffUser()
    _put(person, account)
    person.set_password(password)
    with transaction.atomic():
        person.save()
        person.campuses.set(account.campuses)
        audit.record(actor, "account created", person, after=account.facts())
    return person, password


def change_account(actor: StaffUser, person: StaffUser, account: Account) -> None:
    """Save what is decided about ``person``; who is not active any more is logged out.

    :raises LastManager: where nobody could run the academy or administer the installation after it
    """
    with transaction.atomic():
        # Two managers who demote each other in the same second would both see the other one.
        managers = list(
            StaffUser.objects.select_for_update()
            .filter(Q(is_superuser=True) | Q(role__in=[Role.DIRECTOR, Role.ADMINISTRATOR]))
            .filter(is_active=True)
        )
        stored = StaffUser.objects.get(pk=person.pk)
        _refuse_to_lose_the_last(managers, stored, account)
        before = account_of(stored).facts()
        _put(stored, account)
        stored.save()
        stored.campuses.set(account.campuses)
        audit.record(actor, "account changed", stored, before=before, after=account.facts())


def reset_password(actor: StaffUser, person: StaffUser) -> str:
    """Give ``person`` a new password and return it; log them out and lift a lock.

    It is kept nowhere else: show it once.
    """
    password = fresh_password()
    person.set_password(password)
    with transaction.atomic():
        person.save(update_fields=["password"])
        audit.record(actor, "password reset", person)
        forget_failed_logins(username=person.username)
    return password


def fresh_password() -> str:
    """Return a random password that can be read out and typed."""
    return "".join(secrets.choice(PASSWORD_LETTERS) for _ in range(PASSWORD_LENGTH))


def _put(person: StaffUser, account: Account) -> None:
    person.username = account.username
    person.display_name = account.display_name
    person.role = account.role
    person.is_active = account.is_active
    person.is_staff = person.is_superuser = account.role == Role.ADMINISTRATOR


def _refuse_to_lose_the_last(
    managers: list[StaffUser], stored: StaffUser, account: Account
) -> None:
    others = [manager for manager in managers if manager.pk != stored.pk]
    was_manager = len(others) < len(managers)
    manages = account.is_active and account.role in {Role.DIRECTOR, Role.ADMINISTRATOR}
    if was_manager and not manages and not others:
        raise LastManager
    was_administrator = was_manager and _is_administrator(stored)
    administers = account.is_active and account.role == Role.ADMINISTRATOR
    if was_administrator and not administers and not any(map(_is_administrator, others)):
        raise LastManager


def _is_administrator(person: StaffUser) -> bool:
    return person.is_superuser or person.role == Role.ADMINISTRATOR
