from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench.measured import measured

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_begin_and_all_end_while_others_save(server_folder: Path) -> None:
    found = measured(
        "rush",
        server_folder,
        "--parts=starts,ends",
        "--students=10",
        "--others=5",
        "--interval=1",
        "--start-seconds=2",
        "--watched-seconds=3",
        "--warm-up=2",
    )

    begun, ended = found["rows"]
    assert (begun["undone"], begun["errors"]) == (0, 0)
    assert begun["whole"]["max_ms"] > 300
    assert begun["calls"].keys() == {"page", "begin", "answers"}
    assert (ended["undone"], ended["errors"], ended["lost"]) == (0, 0, 0)
    assert ended["all_done_s"] > 0
    assert ended["saves"]["max_ms"] > 0
