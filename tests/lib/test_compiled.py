from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from placement_test.lib.compiled import Compiled
from placement_test.models import SessionToken, StudentSession
from tests import sitting

pytestmark = pytest.mark.django_db

JOINED = ("session__student", "session__version__exam", "session__event")


def made() -> Compiled[SessionToken]:
    return Compiled(
        lambda digest, session_id: SessionToken.objects.filter(
            digest=digest, session_id=session_id
        ).select_related(*JOINED)
    )


def test_gives_what_the_queryset_gives_each_time_for_other_values() -> None:
    compiled = made()
    for browser in (sitting.sitting(), sitting.sitting(), sitting.sitting()):
        token = SessionToken.objects.get(session=browser.session)

        found = compiled.first(token.digest, browser.session.id)

        assert found == token
        assert found is not None
        plain = StudentSession.objects.get(id=browser.session.id)
        for field in StudentSession._meta.concrete_fields:
            assert getattr(found.session, field.attname) == getattr(plain, field.attname)


def test_reads_what_is_joined_in_one_query() -> None:
    compiled, browser = made(), sitting.sitting()
    token = SessionToken.objects.get(session=browser.session)

    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            found = compiled.first(token.digest, browser.session.id)
            assert found is not None
            assert found.session.version.exam.title
            assert found.session.student is not None
            assert found.session.event is not None
        assert len(captured) == 1


def test_gives_none_where_there_is_none() -> None:
    compiled = made()

    assert compiled.first("", uuid.uuid4()) is None
    assert compiled.first("", uuid.uuid4()) is None


def test_values_in_another_order_than_the_statement_are_refused() -> None:
    compiled = Compiled(
        lambda session_id, digest: SessionToken.objects.filter(digest=digest, session_id=session_id)
    )

    with pytest.raises(ValueError, match="another order"):
        compiled.first(uuid.uuid4(), "")
