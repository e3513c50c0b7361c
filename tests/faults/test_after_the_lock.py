"""What a request read before it waited for the session's lock must not decide anything."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from django.db import connections, transaction

from tests import sitting
from tests.sitting import parts_of

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Reply

    from tests.sitting import Browser

pytestmark = pytest.mark.django_db(transaction=True)

# Long enough for a request to come to the lock; where it has not, the test passes all the same.
TO_THE_LOCK_SECONDS = 1.0


def submit_elsewhere(browser: Browser) -> Reply:
    try:
        return browser.submit()
    finally:
        connections.close_all()


def test_a_submission_counts_the_entries_that_were_committed_while_it_waited() -> None:
    browser = sitting.sitting()
    part = parts_of(browser.session.version)[0].id

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            browser.answer(part, 1)
            submitted = pool.submit(submit_elsewhere, browser)
            threading.Event().wait(TO_THE_LOCK_SECONDS)
        reply = submitted.result()

    assert reply.status_code == 200, reply.content
