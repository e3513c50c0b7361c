# ruff: noqa: RUF001 - full-width forms and dashes of every kind are what teachers paste
import time
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_test.exams.rules.key_line import (
    KeyEntry,
    KeyLine,
    KeyProblem,
    PartShape,
    QuestionShape,
    parse_key_line,
)
from placement_test.exams.rules.key_line_writing import format_key_line
from placement_test.exams.rules.labels import LABEL_STYLES, option_label

CHOICE = PartShape("choice", 5)
CHOICES = PartShape("choices", 5)
SHORT = PartShape("short")
LONG = PartShape("long")


def questions(first: int, *parts: tuple[PartShape, ...]) -> list[QuestionShape]:
    return [QuestionShape(str(number), shape) for number, shape in enumerate(parts, start=first)]


CHOICE_ONLY = questions(1, *[(CHOICE,)] * 10)
FROM_16 = questions(16, *[(CHOICE,)] * 30)
# 1-10 choice, 11 short, 12-15 choice, 16 several, 17 two blanks, 18 long, 19 choice and blank
MIXED = [
    *CHOICE_ONLY,
    *questions(
        11,
        (SHORT,),
        *[(CHOICE,)] * 4,
        (CHOICES,),
        (SHORT, SHORT),
        (LONG,),
        (CHOICE, SHORT),
    ),
]
TEN_OPTIONS = questions(1, *[(PartShape("choice", 10),)] * 3)
LABELLED = [
    QuestionShape("1", (CHOICE,)),
    QuestionShape("1-2", (CHOICE,)),
    QuestionShape("46a", (CHOICE,)),
    QuestionShape("46b", (SHORT,)),
    QuestionShape("서술형1", (SHORT, SHORT)),
    QuestionShape("Q7", (CHOICE,)),
]


def written(line: KeyLine, shapes: Sequence[QuestionShape] = MIXED) -> str:
    several = {shape.number for shape in shapes if len(shape.parts) > 1}
    return " ".join(
        entry.number
        + (f".{entry.part_index + 1}" if entry.number in several else "")
        + "="
        + (
            "".join("ABCDEFGHIJ"[index] for index in sorted(entry.correct))
            or "|".join(entry.accepted)
        )
        for entry in line.entries
    )


TEN = "1=B 2=A 3=C 4=D 5=A 6=B 7=B 8=C 9=A 10=D"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \n;; \t;\n", ""),
        (
            "1-10: BACDA BBCAD; 11: colour|color; 12: 3; 13-15: ①③⑤; 16: B,D; 17.1: a; 17.2: b",
            f"{TEN} 11=colour|color 12=C 13=A 14=C 15=E 16=BD 17.1=a 17.2=b",
        ),
        # ranges
        ("1-10 BACDA BBCAD", TEN),
        ("1~10: BACDABBCAD", TEN),
        ("1 – 10 : B A C D A B B C A D", TEN),
        ("1-10) B,A,C,D,A,B,B,C,A,D", TEN),
        ("1번-10번: bacda bbcad", TEN),
        ("1-10: BACDA\nBBCAD", TEN),
        ("1-10:\nBACDA\n\nBBCAD\n", TEN),
        ("1-5: BACDA\n6-10: BBCAD", TEN),
        ("1-5 BACDA 6-10 BBCAD", TEN),
        ("[1-5] BACDA [6-10] BBCAD", TEN),
        ("1-5: ②①③④① ; 6~10: 22314", TEN),
        ("1-5: 2 1 3 4 1; 6-10: 2, 2, 3, 1, 4", TEN),
        ("1-5: (B)(A)(C)(D)(A)\n6-10: (B) (B) (C) (A) (D)", TEN),
        ("1－10：ＢＡＣＤＡ　ＢＢＣＡＤ", TEN),
        ("1-10: ⓑⓐⓒⓓⓐ ❷❷❸❶❹", TEN),
        ("정답: 1-10 BACDA BBCAD", TEN),
        ("15-16: A BD", "15=A 16=BD"),
        ("16-18: BD, red, blue", "16=BD 17.1=red 17.2=blue"),
        ("14-15: A|B C", "14=AB 15=C"),
        # one after another
        ("1. B 2. A 3. C", "1=B 2=A 3=C"),
        ("1.B 2.A 3.C", "1=B 2=A 3=C"),
        ("1.B2.A3.C", "1=B 2=A 3=C"),
        ("1. 2 2. 1 3. 3", "1=B 2=A 3=C"),
        ("1.2 2.1 3.3", "1=B 2=A 3=C"),
        ("1: 2. 2: 1. 3: 3.", "1=B 2=A 3=C"),
        ("1) ③ 2) ①", "1=C 2=A"),
        ("1)③2)①", "1=C 2=A"),
        ("(1) B (2) A", "1=B 2=A"),
        ("1B 2A 3C", "1=B 2=A 3=C"),
        ("1 B 2 A 3 C", "1=B 2=A 3=C"),
        ("1:B,2:A,3:C", "1=B 2=A 3=C"),
        ("1=B 2=A 3=C", "1=B 2=A 3=C"),
        ("1→B 2→A", "1=B 2=A"),
        ("1번 ② 2번 ①", "1=B 2=A"),
        ("Q1. B Q2. A", "1=B 2=A"),
        ("문1) ② 문2) ①", "1=B 2=A"),
        ("No. 1: B\nNo. 2: A", "1=B 2=A"),
        ("1. (B) 2. (A)", "1=B 2=A"),
        ("01: B; 02: A", "1=B 2=A"),
        ("10. B 11. colour 12. C", "10=B 11=colour 12=C"),
        ("11: colour, 12: B", "11=colour 12=B"),
        # columns and tables
        ("1\tB\n2\tA\n3\tC", "1=B 2=A 3=C"),
        ("1\t2\n2\t1\n3\t3\n", "1=B 2=A 3=C"),
        ("1 2\n2 1\n3 3", "1=B 2=A 3=C"),
        ("1\tB\t6\tB\n2\tA\t7\tB", "1=B 2=A 6=B 7=B"),
        ("번호\t정답\n1\t②\n2\t①", "1=B 2=A"),
        ("\ufeff1. B\r\n2. A\r\n", "1=B 2=A"),
        ("1 2 3 4 5\n2 1 3 4 1", "1=B 2=A 3=C 4=D 5=A"),
        ("번호\t1\t2\t3\n정답\t②\t①\t③", "1=B 2=A 3=C"),
        ("11\tcolour\n12\tC", "11=colour 12=C"),
        ("12:\nB\n13:\nC", "12=B 13=C"),
        # one answer
        ("1: b", "1=B"),
        ("1: ②", "1=B"),
        ("1: ２", "1=B"),
        ("1: (B)", "1=B"),
        ("1: 2번", "1=B"),
        ("1: B|D", "1=BD"),
        ("1: B, D", "1=BD"),
        ("1: B or D", "1=BD"),
        ("1: ② 또는 ④", "1=BD"),
        ("16: BD", "16=BD"),
        ("16: D B", "16=BD"),
        ("16: 2 4", "16=BD"),
        ("16: ②, ④", "16=BD"),
        ("16: B", "16=B"),
        # answers in words
        ("11: 3.5", "11=3.5"),
        ("11: 10-2", "11=10-2"),
        ("11: at 12:30", "11=at 12:30"),
        ("11: I have 3. 4", "11=I have 3. 4"),
        ("11: red, blue", "11=red, blue"),
        ("11: ice cream | gelato ", "11=ice cream|gelato"),
        ("11: colour||color|colour|", "11=colour|color"),
        ('11: "a;b"|c; 12: B', "11=a;b|c 12=B"),
        ('11: "say ""yes"""; 12: B', '11=say "yes" 12=B'),
        ('11: 5"; 12: B', '11=5" 12=B'),
        ("11: 사과｜배", "11=사과|배"),
        ("11: ｃｏｌｏｕｒ", "11=ｃｏｌｏｕｒ"),
        ("11: well—known", "11=well—known"),
        # parts
        ("17.1: red\n17.2: blue", "17.1=red 17.2=blue"),
        ("17.1 red\n17.2 blue", "17.1=red 17.2=blue"),
        ("17.1: red 17.2: blue", "17.1=red 17.2=blue"),
        ("17-1: red; 17-2: blue", "17.1=red 17.2=blue"),
        ("17(1): red; 17(2): blue", "17.1=red 17.2=blue"),
        ("17a: red; 17b: blue", "17.1=red 17.2=blue"),
        ("17. (1) red (2) blue|navy", "17.1=red 17.2=blue|navy"),
        ("17.2: blue", "17.2=blue"),
        ("19.1: B; 19.2: dog", "19.1=B 19.2=dog"),
        ("19: (1) B (2) dog", "19.1=B 19.2=dog"),
    ],
)
def test_reads(text: str, expected: str) -> None:
    line = parse_key_line(text, MIXED)

    assert (written(line), line.problems) == (expected, ())


@pytest.mark.parametrize(
    ("text", "shapes", "expected"),
    [
        ("BACDA BBCAD", CHOICE_ONLY, TEN),
        ("bacdabbcad", CHOICE_ONLY, TEN),
        ("②①③④① ②②③①④", CHOICE_ONLY, TEN),
        ("2 1 3 4 1 2 2 3 1 4", CHOICE_ONLY, TEN),
        ("21341 22314", CHOICE_ONLY, TEN),
        ("2,1,3,4,1,2,2,3,1,4", CHOICE_ONLY, TEN),
        ("B\nA\nC\nD\nA\nB\nB\nC\nA\nD", CHOICE_ONLY, TEN),
        ("정답: BACDA BBCAD", CHOICE_ONLY, TEN),
        ("Answer key\nBACDA\nBBCAD", CHOICE_ONLY, TEN),
        ("BACDA BBCAD ABCD B A", MIXED, f"{TEN} 12=A 13=B 14=C 15=D 16=B 19.1=A"),
        ("16-20: BACDA", FROM_16, "16=B 17=A 18=C 19=D 20=A"),
        ("1: J; 2: 10; 3: ⑩", TEN_OPTIONS, "1=J 2=J 3=J"),
        ("1-3: 10 1 9", TEN_OPTIONS, "1=J 2=A 3=I"),
        ("1-2: B; 46a: C; 46b: cat", LABELLED, "1-2=B 46a=C 46b=cat"),
        ("46a) C\n46b) cat", LABELLED, "46a=C 46b=cat"),
        ("46a\tC\n46b\tcat", LABELLED, "46a=C 46b=cat"),
        ("서술형1.1: 하나; 서술형1.2: 둘", LABELLED, "서술형1.1=하나 서술형1.2=둘"),
        ("Q7: C", LABELLED, "Q7=C"),
    ],
)
def test_reads_for_the_exam_at_hand(text: str, shapes: list[QuestionShape], expected: str) -> None:
    line = parse_key_line(text, shapes)

    assert (written(line, shapes), line.problems) == (expected, ())


@pytest.mark.parametrize(
    ("text", "entries", "problems"),
    [
        ("99: B", "", [KeyProblem("unknown_question", "99", "99:", 0)]),
        ("1. B 99. C", "1=B", [KeyProblem("unknown_question", "99", "99.", 5)]),
        ("10-1: ABC", "", [KeyProblem("unreadable", "10", "10-1:", 0)]),
        (
            "30-40: ABC",
            "",
            [
                KeyProblem("unknown_question", "30", "30-40:", 0),
                KeyProblem("unknown_question", "40", "30-40:", 0),
            ],
        ),
        ("1: F", "", [KeyProblem("option_out_of_range", "1", "F", 3)]),
        ("1: 6", "", [KeyProblem("option_out_of_range", "1", "6", 3)]),
        ("1: ⑩", "", [KeyProblem("option_out_of_range", "1", "⑩", 3)]),
        ("16: B,F", "", [KeyProblem("option_out_of_range", "16", "F", 6)]),
        ("1: 0", "", [KeyProblem("unreadable", "1", "0", 3)]),
        ("1: ?", "", [KeyProblem("unreadable", "1", "?", 3)]),
        ("1-3: B?C", "1=B 3=C", [KeyProblem("unreadable", "2", "?", 6)]),
        ("1-3: BXC", "1=B 3=C", [KeyProblem("option_out_of_range", "2", "X", 6)]),
        ("1-3: BA", "1=B 2=A", [KeyProblem("too_few", "3", "1-3: BA", 0)]),
        ("1-3: BACD", "1=B 2=A 3=C", [KeyProblem("too_many", "3", "D", 8)]),
        ("1: BD", "", [KeyProblem("too_many", "1", "BD", 3)]),
        ("1: B D", "", [KeyProblem("too_many", "1", "B D", 3)]),
        ("1:", "", [KeyProblem("too_few", "1", "", 2)]),
        ("16: ", "", [KeyProblem("too_few", "16", "", 4)]),
        ("11: |", "", [KeyProblem("too_few", "11", "|", 4)]),
        ('11: ""', "", [KeyProblem("too_few", "11", '""', 4)]),
        ("1: B; 1: C", "1=B", [KeyProblem("duplicate", "1", "C", 9)]),
        ("1-3: BAC; 3: C", "1=B 2=A 3=C", [KeyProblem("duplicate", "3", "C", 13)]),
        ("1: colour", "", [KeyProblem("kind_mismatch", "1", "colour", 3)]),
        ("1: 사과", "", [KeyProblem("kind_mismatch", "1", "사과", 3)]),
        ('1: "B"', "", [KeyProblem("kind_mismatch", "1", '"B"', 3)]),
        ("18: hello", "", [KeyProblem("kind_mismatch", "18", "hello", 4)]),
        ("17: red", "", [KeyProblem("part_missing", "17", "17: red", 0)]),
        ("17.3: x", "", [KeyProblem("unknown_part", "17.3", "17.3:", 0)]),
        (
            "17: (1) red (3) x",
            "17.1=red",
            [KeyProblem("unknown_part", "17.3", "(3)", 12)],
        ),
        ("hello world", "", [KeyProblem("unreadable", "", "hello world", 0)]),
        ("11: colour\nBACDA", "11=colour", [KeyProblem("unreadable", "", "BACDA", 11)]),
        ("16-17: BD red", "", [KeyProblem("too_few", "16", "16-17: BD red", 0)]),
        ("ABCDABCDABC", None, [KeyProblem("too_few", "13", "ABCDABCDABC", 0)]),
    ],
)
def test_says_what_it_cannot_take_over(
    text: str, entries: str | None, problems: list[KeyProblem]
) -> None:
    line = parse_key_line(text, MIXED)

    assert line.problems == tuple(problems)
    assert entries is None or written(line) == entries


def test_keeps_the_variants_of_one_blank_apart_from_several_blanks() -> None:
    line = parse_key_line("17.1: red|crimson; 17.2: blue", MIXED)

    assert line == KeyLine(
        (
            KeyEntry("17", 0, accepted=("red", "crimson")),
            KeyEntry("17", 1, accepted=("blue",)),
        ),
        (),
    )


def test_a_paste_for_no_questions_says_so() -> None:
    assert parse_key_line("BACDA", []).problems == (KeyProblem("unreadable", "", "BACDA", 0),)


noise = st.one_of(
    st.text(max_size=5_000),
    st.text(st.sampled_from('0123456789ABJKx-~.:;,|/()[]"=번①⑩ \t\n문Q'), max_size=200),
)


@given(noise, st.sampled_from([[], CHOICE_ONLY, FROM_16, MIXED, LABELLED]))
def test_no_text_raises_and_every_entry_fits_its_part(
    text: str, shapes: list[QuestionShape]
) -> None:
    parts = {
        (shape.number, index): part for shape in shapes for index, part in enumerate(shape.parts)
    }

    line = parse_key_line(text, shapes)

    for entry in line.entries:
        part = parts[entry.number, entry.part_index]
        assert all(0 <= index < part.option_count for index in entry.correct)
        assert bool(entry.correct) == (part.kind in {"choice", "choices"})
        assert bool(entry.accepted) == (part.kind == "short")
    assert all(0 <= problem.position <= len(text) for problem in line.problems)


kinds = st.sampled_from([CHOICE, CHOICE, CHOICE, CHOICES, SHORT, LONG, PartShape("choice", 10)])
variants = st.one_of(
    st.text(max_size=12), st.text(st.sampled_from('a1 .:;|,"()=-12번①'), max_size=8)
)


@st.composite
def keyed_exams(draw: st.DrawFn) -> tuple[list[QuestionShape], tuple[KeyEntry, ...]]:
    shapes = draw(st.lists(st.lists(kinds, min_size=1, max_size=3).map(tuple), max_size=12))
    exam = questions(draw(st.sampled_from([1, 8, 16, 98])), *shapes)
    entries = []
    for shape in exam:
        for index, part in enumerate(shape.parts):
            if part.kind == "long" or draw(st.integers(0, 5)) == 0:
                continue
            if part.kind == "short":
                texts = draw(st.lists(variants, min_size=1, max_size=3, unique=True))
                accepted = tuple(dict.fromkeys(" ".join(text.split()) for text in texts))
                accepted = tuple(filter(None, accepted))
                entry = KeyEntry(shape.number, index, accepted=accepted)
            else:
                options = st.integers(0, part.option_count - 1)
                correct = draw(st.frozensets(options, min_size=1, max_size=3))
                entry = KeyEntry(shape.number, index, correct=correct)
            if entry.correct or entry.accepted:
                entries.append(entry)
    return exam, tuple(entries)


@given(keyed_exams())
def test_a_key_that_is_written_reads_as_the_same_key(
    keyed: tuple[list[QuestionShape], tuple[KeyEntry, ...]],
) -> None:
    exam, entries = keyed

    assert parse_key_line(format_key_line(entries, exam), exam) == KeyLine(entries, ())


@given(noise)
def test_what_was_read_is_written_and_reads_the_same_again(text: str) -> None:
    entries = parse_key_line(text, MIXED).entries

    assert parse_key_line(format_key_line(entries, MIXED), MIXED) == KeyLine(entries, ())


def test_writes_a_key_as_papers_print_it() -> None:
    text = (
        "1-10: BACDA BBCAD; 11: colour|color; 12-15: CACE; 16: B,D; 17.1: red; 17.2: blue|navy; "
        '19.1: A,B; 19.2: "a;b"'
    )

    assert format_key_line(parse_key_line(text, MIXED).entries, MIXED) == text


@pytest.mark.parametrize(
    "piece",
    ["1", "1-45: ", '"', '"x', ':"', "1.", "A ", " ", "1 ", "\t", "(", "11: 12. ", "1 2 3\n"],
)
def test_a_long_paste_takes_time_in_proportion(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        started = time.process_time()
        parse_key_line(text, MIXED)
        return time.process_time() - started

    assert seconds(20_000) < 1


@pytest.mark.parametrize(
    ("style", "first", "last"),
    [
        ("letters", "A", "J"),
        ("bracketed", "(A)", "(J)"),
        ("circled", "①", "⑩"),
        ("digits", "1", "10"),
    ],
)
def test_labels_options_as_the_paper_prints_them(style: str, first: str, last: str) -> None:
    assert (option_label(style, 0), option_label(style, 9)) == (first, last)


def test_refuses_a_label_that_no_paper_has() -> None:
    for style, index in [("roman", 0), ("letters", 10), ("letters", -1)]:
        with pytest.raises(ValueError, match="no label"):
            option_label(style, index)


@pytest.mark.parametrize("style", LABEL_STYLES)
def test_a_label_reads_as_the_option_it_stands_for(style: str) -> None:
    for index in range(10):
        line = parse_key_line(f"1: {option_label(style, index)}", TEN_OPTIONS)

        assert line == KeyLine((KeyEntry("1", 0, frozenset({index})),), ())
