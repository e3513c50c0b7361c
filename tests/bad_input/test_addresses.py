from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from placement_test.models import StaffUser
from tests import builders, sitting
from tests.bad_input import tables
from tests.bad_input.form_pages import staff
from tests.bad_input.kept import kept
from tests.builders import Role
from tests.security.addresses import Address, addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.django_db

CASES = tables.rows("queries")
# Beyond every column's range, and so many digits that Python refuses to count them.
TOO_LARGE = ["9223372036854775808", "99999999999999999999999999", "9" * 5000]


@pytest.mark.parametrize("case", CASES)
def test_an_address_that_makes_no_sense_still_has_its_page(case: str) -> None:
    row = CASES[case]
    client = staff(Role.DIRECTOR)
    version = builders.published_exam()
    part = sitting.parts_of(version)[0]
    url = row["address"].replace("DIGITS", "9" * 5000).replace("WORDS", "x" * 3000)
    before = kept()

    reply = client.get(url.replace("PART", str(part.pk)).replace("EXAM", str(version.exam_id)))

    assert reply.status_code == int(row["status"])
    assert kept() == before


def numbered() -> Iterable[Address]:
    return [address for address in addresses() if address.numbers]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", numbered(), ids=lambda address: address.name)
def test_a_number_that_no_row_can_have_is_not_found(address: Address, method: str) -> None:
    builders.academy()
    session = sitting.sitting()
    client = session.client
    client.force_login(StaffUser.objects.create(username="director", role=Role.DIRECTOR))
    urls = [address.url(numbers=number, uuids=str(session.session.pk)) for number in TOO_LARGE]

    replies = [getattr(client, method)(url).status_code for url in urls]

    assert set(replies) <= {404, 405}


def test_an_address_with_a_null_or_no_utf8_is_not_found() -> None:
    builders.academy()
    client = Client()

    replies = [
        client.get(url).status_code for url in ("/%00", "/staff/%ff/", "/sit/%00/", "/..%2f")
    ]

    assert replies == [404, 404, 404, 404]
