import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.grading.options import MarkingOptions


@given(
    st.builds(
        MarkingOptions,
        case_sensitive=st.booleans(),
        ignore_accents=st.booleans(),
        ignore_spaces=st.booleans(),
        ignore_punctuation=st.booleans(),
        partial_credit=st.sampled_from(["none", "per_option"]),
    )
)
def test_options_come_back_as_they_were_stored(options: MarkingOptions) -> None:
    assert MarkingOptions.from_json(options.as_json()) == options


def test_what_is_left_out_has_its_default() -> None:
    assert MarkingOptions.from_json({"case_sensitive": True}) == MarkingOptions(case_sensitive=True)


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "case_sensitive",
        {"ignore_case": True},
        {1: True},
        {"case_sensitive": 1},
        {"case_sensitive": "true"},
        {"case_sensitive": None},
        {"partial_credit": "half"},
        {"partial_credit": True},
        {"partial_credit": ["none"]},
    ],
)
def test_refuses_what_is_not_known(stored: object) -> None:
    with pytest.raises(ValueError, match="marking option"):
        MarkingOptions.from_json(stored)
