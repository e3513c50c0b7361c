"""What marking and the pages of results read: each says how many queries it takes."""

from placement_test.results.queries.marking import (
    answers,
    answers_of,
    current_key,
    hand_marks,
    key_of,
    locked,
    markable,
)

__all__ = [
    "answers",
    "answers_of",
    "current_key",
    "hand_marks",
    "key_of",
    "locked",
    "markable",
]
