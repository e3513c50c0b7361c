from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.sessions import rules


@given(st.binary(min_size=32, max_size=32))
def test_every_digest_gives_a_code_that_reads_back(digest: bytes) -> None:
    code = rules.symbols(digest)

    assert len(code) == rules.CODE_LENGTH
    assert rules.typed_code(rules.grouped(code).lower()) == code


def test_each_bit_of_the_first_sixty_counts() -> None:
    codes = {rules.symbols((1 << (255 - bit)).to_bytes(32)) for bit in range(64)}

    assert len(codes) == 60 + 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7k3m-9qxt-2abc", "7K3M9QXT2ABC"),
        ("  7K3M 9QXT 2ABC  ", "7K3M9QXT2ABC"),
        ("OoIiLl000000", "001111000000"),
        ("7K3M\u20139QXT\u20142ABC", "7K3M9QXT2ABC"),
        ("7K3M9QXT2AB", None),
        ("7K3M9QXT2ABCD", None),
        ("7K3M9QXT2ABU", None),
        ("\uff17\uff2b3M9QXT2ABC", "7K3M9QXT2ABC"),
        ("가나다라마바사아자차카타", None),
        ("", None),
    ],
)
def test_reads_what_people_type(typed: str, meant: str | None) -> None:
    assert rules.typed_code(typed) == meant


@pytest.mark.parametrize(
    ("wrong", "since_first", "since_last", "seconds"),
    [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (1, 1, 1, 0),
        (2, 5, 0.5, 2),
        (4, 20, 0, 8),
        (4, 600, 0, 0),
        (5, 20, 0, 580),
        (9, 599.5, 300, 1),
        (5, 600, 300, 0),
    ],
)
def test_the_wait_before_the_next_code(
    wrong: int, since_first: float, since_last: float, seconds: int
) -> None:
    waited = rules.wait_before_try(wrong, since_first=since_first, since_last=since_last)

    assert waited == seconds


@pytest.mark.parametrize(
    ("wrong", "since_first", "seconds"), [(19, 0, 0), (20, 0, 10), (20, 9.5, 1), (500, 10, 0)]
)
def test_everybody_waits_after_too_many_wrong_codes(
    wrong: int, since_first: float, seconds: int
) -> None:
    assert rules.wait_of_all(wrong, since_first=since_first) == seconds
