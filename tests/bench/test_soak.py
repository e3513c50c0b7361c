from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from bench import _memory, soak
from tests.bench.measured import measured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_short_soak_says_what_grew_failed_and_was_found(server_folder: Path) -> None:
    found = measured(
        "soak",
        server_folder,
        "--minutes=0.25",
        "--sessions=10",
        "--interval=2",
        "--days=0.2",
        "--looks=0.5",
        "--drain=0",
    )

    (row,) = found["rows"]
    assert (row["errors"], row["error_percent"], row["lost"]) == (0, 0, 0)
    assert row["memory_mb"] > 10
    assert row["looked_up"]["exam-reply hit"] > 0
    assert 0 < row["exam_hit_percent"] <= 100
    assert {"staff", "page", "begin", "answers"} <= row["calls"].keys()


def test_the_process_that_grew_fastest_after_the_warm_up_counts() -> None:
    growing = [(float(second), 100 + second / 3600) for second in range(0, 100, 5)]
    settling = [(float(second), 100.0 if second > 50 else 50.0) for second in range(0, 100, 5)]

    found = _memory.growth({1: growing, 2: settling, 3: [(99.0, 80.0)]}, since=51)

    assert found == {
        "slope_mb_h": 1.0,
        "memory_mb": round(growing[-1][1], 1),
        "slopes_mb_h": [1.0, 0.0],
        "processes": 3,
    }


def test_hits_are_counted_by_kind() -> None:
    found = Counter({("exam", "hit"): 1, ("exam", "miss"): 1, ("session", "hit"): 2})

    assert soak.hit_percent(found, ("exam",)) == 50
    assert soak.hit_percent(found) == 75
    assert soak.hit_percent(found, ("login",)) is None
