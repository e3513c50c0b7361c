from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import compare
from tests.bench.measured import measured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_both_servers_take_the_same_load(server_folder: Path) -> None:
    found = measured(
        "compare",
        server_folder,
        "--steps=10",
        "--rounds=1",
        "--seconds=3",
        "--warm-up=1",
        "--interval=1",
    )

    product, plain, ratio = found["rows"]
    assert [row["server"] for row in found["rows"]] == ["product", "plain", "times"]
    for row in (product, plain):
        assert (row["saves"], row["errors"], row["unacknowledged"]) == (30, 0, 0)
    assert ratio["app_cpu_ms"] > 0


def test_a_ratio_is_that_of_the_medians() -> None:
    turns = [
        {"database": "sqlite", "sessions": 1, "server": server, "p50_ms": ms}
        | dict.fromkeys(set(compare.COMPARED) - {"p50_ms"})
        for server, ms in (
            ("product", 1.0), ("plain", 4.0), ("plain", 6.0), ("product", 3.0),
        )
    ]  # fmt: skip

    assert compare.times(turns) == {
        "database": "sqlite",
        "sessions": 1,
        "server": "times",
        "p50_ms": 2.5,
    }
