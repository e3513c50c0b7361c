from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation

import placement_test
from placement_test.academy.wording import ACTIONS, object_words
from placement_test.models import ExamVersion, StudentSession

RECORDED = re.compile(r'(?:audit\.record|decisions\.(?:made|changed))\(\s*[\w.()]+,\s*"([a-z -]+)"')


def test_every_recorded_action_is_named_for_translators() -> None:
    product = Path(str(placement_test.__file__)).parent

    recorded = {
        action for file in product.rglob("*.py") for action in RECORDED.findall(file.read_text())
    }

    assert "event created" in recorded
    assert recorded - ACTIONS == set()


def test_what_was_decided_about_is_said_in_the_readers_language() -> None:
    types = [str(model._meta.model_name) for model in (ExamVersion, StudentSession)]

    with translation.override("ko"):
        words = [object_words(object_type) for object_type in (*types, "unheardof")]

    assert words == ["시험 버전", "응시", "unheardof"]
