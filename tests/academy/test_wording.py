from __future__ import annotations

import re
from pathlib import Path

import placement_test
from placement_test.academy.wording import ACTIONS

RECORDED = re.compile(r'(?:audit\.record|decisions\.(?:made|changed))\(\s*[\w.()]+,\s*"([a-z -]+)"')


def test_every_recorded_action_is_named_for_translators() -> None:
    product = Path(str(placement_test.__file__)).parent

    recorded = {
        action for file in product.rglob("*.py") for action in RECORDED.findall(file.read_text())
    }

    assert "event created" in recorded
    assert recorded - ACTIONS == set()
