from __future__ import annotations

import pytest
from django.db import transaction

from placement_test.lib import cache


@pytest.mark.django_db(transaction=True)
def test_a_slow_reader_cannot_put_back_what_was_forgotten_meanwhile() -> None:
    def slow_load() -> str:
        cache.forget("exam:1")
        return "old"

    cache.remember("exam:1", 60, slow_load)

    assert cache.find("exam:1") is None


@pytest.mark.django_db(transaction=True)
def test_forgets_with_the_commit_and_keeps_when_it_is_rolled_back() -> None:
    cache.keep("exam:1", "content", 60)
    with transaction.atomic():
        cache.forget("exam:1")
        transaction.set_rollback(True)
    kept = cache.find("exam:1")

    cache.forget("exam:1")

    assert (kept, cache.find("exam:1")) == ("content", None)
