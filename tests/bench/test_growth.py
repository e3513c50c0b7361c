from __future__ import annotations

import pytest
from django.db import connection

from bench.cost import growth


@pytest.mark.django_db(transaction=True)
def test_what_sessions_leave_behind_is_counted_in_bytes() -> None:
    (row,) = growth.measure(sessions=8, questions=12)

    # 12 answers, 3 of them changed, two a save.
    assert (row["entries_a_session"], row["saves_a_session"]) == (15, 8)
    assert 1000 < row["bytes_a_session"] < 100_000
    by_table = [row[name] for name in ("bytes_an_entry", "bytes_an_answer", "log_bytes_a_save")]
    if connection.vendor == "postgresql":
        assert min(by_table) > 0
    else:
        assert by_table == [None, None, None]
