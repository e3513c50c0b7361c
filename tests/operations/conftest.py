from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from placement_test.monitoring import health
from placement_test.monitoring.flushing import flusher, recorder

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _nothing_counted() -> Iterator[None]:
    recorder.take()
    flusher.reset()
    health.forget()
    yield
    recorder.take()
    flusher.reset()
    health.forget()
