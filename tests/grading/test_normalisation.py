import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from placement_test.grading.normalisation import is_blank, normalise
from placement_test.grading.options import MarkingOptions

PLAIN = MarkingOptions()
options = st.builds(
    MarkingOptions,
    case_sensitive=st.booleans(),
    ignore_accents=st.booleans(),
    ignore_spaces=st.booleans(),
    ignore_punctuation=st.booleans(),
)
texts = st.one_of(
    st.text(),
    # signs meet each other here, which they hardly do among all characters
    st.text(
        alphabet="aB1 9.,:;-/%$()?!'\"\u00b4¨ü²⁻½…ㅡㆍ\u2013\u2019\u201c\u0301\u0338\u200b\u3000",
        max_size=12,
    ),
)
words = st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)


@given(texts, options)
@example('a"\u0308', MarkingOptions(ignore_accents=True, ignore_punctuation=True))
@example("a¨", MarkingOptions(ignore_accents=True, ignore_spaces=True))
def test_normalising_twice_changes_nothing_more(text: str, options: MarkingOptions) -> None:
    once = normalise(text, options)

    assert normalise(once, options) == once


@given(texts, options)
def test_only_a_blank_text_becomes_empty(text: str, options: MarkingOptions) -> None:
    assert (normalise(text, options) == "") == is_blank(text)


@given(words)
def test_case_never_matters_unless_asked_for(text: str) -> None:
    assert normalise(text.upper(), PLAIN) == normalise(text.lower(), PLAIN)


@given(words, options)
def test_full_width_forms_equal_half_width_ones(text: str, options: MarkingOptions) -> None:
    full_width = "".join(chr(ord(character) + 0xFEE0) for character in text)

    assert normalise(full_width, options) == normalise(text, options)


@given(
    words,
    st.sampled_from("\u2018\u2019`\u00b4\u2032\u02bc\uff07"),
    st.sampled_from("\u201c\u201d\u201e\u00ab\u00bb\uff02"),
    options,
)
def test_quotes_of_every_shape_are_equal(
    text: str, single: str, double: str, options: MarkingOptions
) -> None:
    curly = text.replace("'", single).replace('"', double)

    assert normalise(curly, options) == normalise(text, options)


@given(words, st.sampled_from("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63"), options)
def test_dashes_of_every_length_are_equal(text: str, dash: str, options: MarkingOptions) -> None:
    assert normalise(text.replace("-", dash), options) == normalise(text, options)


@given(st.text(alphabet=st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3)), options)
def test_hangul_is_equal_however_it_is_composed(text: str, options: MarkingOptions) -> None:
    decomposed = unicodedata.normalize("NFD", text)

    assert normalise(decomposed, options) == text


@given(st.lists(words), st.lists(st.sampled_from(" \t\n\u00a0\u3000"), min_size=1), options)
def test_the_kind_and_number_of_spaces_never_matter(
    pieces: list[str], spaces: list[str], options: MarkingOptions
) -> None:
    assert normalise("".join(spaces).join(pieces), options) == normalise(" ".join(pieces), options)


@given(texts)
def test_spaces_never_matter_where_they_are_ignored(text: str) -> None:
    options = MarkingOptions(ignore_spaces=True)
    spaced = text.replace("a", " a ")

    assert " " not in normalise(spaced, options)
    assert normalise(spaced, options) == normalise(text.replace("a", "a "), options)


@pytest.mark.parametrize("piece", [" ", "- ", "\u00b4", "²", "a \u0301", "(", "\u200b"])
def test_the_longest_answer_takes_no_time_to_speak_of(piece: str) -> None:
    longest = (piece * 20_000)[:20_000]
    options = MarkingOptions(ignore_accents=True, ignore_punctuation=True)

    started = time.process_time()
    normalise(longest, options)

    assert time.process_time() - started < 1
