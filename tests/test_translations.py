from __future__ import annotations

import datetime as dt
import gettext
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format

from tests.catalogue import Message, messages, placeholders

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = settings.LOCALE_PATHS[0] / "ko" / "LC_MESSAGES" / "django.po"
SOURCES = ("placement_test", "primepath", "templates")
HANGUL = re.compile("[가-힣]")
# What is filled in may end in a vowel or a consonant: the sentence has to be turned instead.
DOUBLE_PARTICLES = re.compile(r"[을를이가은는와과]\([을를이가은는와과]\)|\([이으을를]\)[가-힣]")

# Read by pupils from the first grade on, who know 문제 and 선생님.
FOR_STUDENTS = ("templates/student/", "placement_test/sessions/forms.py")
HARD_WORDS = re.compile(
    "문항|석차|응시|세션|서버|배정|게시|개정|재채점|답란|영역|음원|감독|계정|인증|만료|유효|토큰|데이터|동기화|네트워크|"
    "오프라인|클라이언트|해당|상기|귀하|기재|열람|습니다|습니까|십시오|입니다"
)

# Only developers see these, where DEBUG is on.
STYLE_GUIDES = {"styleguide.html", "styleguide_runner.html"}
TEMPLATES = [
    path.relative_to(ROOT / "templates").as_posix()
    for path in sorted((ROOT / "templates").rglob("*.html"))
    if path.name not in STYLE_GUIDES
]
# A language is offered under its own name.
NAMES = {"PrimePath", "English"}
READ_ATTRIBUTES = {"aria-label", "aria-description", "title", "placeholder", "alt"}
UNREAD_ELEMENTS = {"script", "style", "code"}
TRANSLATED = re.compile(r"{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)
TEMPLATE_CODE = re.compile(
    r"{%\s*comment\b.*?{%\s*endcomment\s*%}"
    # Classes, not words.
    r"|{%\s*block\s+body_class\b.*?{%\s*endblock\b.*?%}"
    # Filled in by a script: {message}.
    r"|{%.*?%}|{{.*?}}|{#.*?#}|{\w+}",
    re.DOTALL,
)
ENGLISH_WORD = re.compile(r"[A-Za-z]{2,}")


@pytest.fixture(scope="module")
def catalogue() -> list[Message]:
    return messages(CATALOGUE)


class ReadText(HTMLParser):
    """What a page says: its text and the attributes that are read out."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.element = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.element = tag
        for name, value in attrs:
            if name in READ_ATTRIBUTES:
                self.words += ENGLISH_WORD.findall(value or "")

    def handle_endtag(self, tag: str) -> None:
        del tag
        self.element = ""

    def handle_data(self, data: str) -> None:
        if self.element not in UNREAD_ELEMENTS:
            self.words += ENGLISH_WORD.findall(data)


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None and os.environ.get("CI"):
        pytest.fail(f"{name} is missing: install gettext")
    if path is None:
        pytest.skip(f"NOT CHECKED: {name} is missing, install gettext")
    return path


def texts_in_source(folder: Path) -> list[Message]:
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("*.pyc"))
    (folder / "locale").mkdir()
    environment = {
        name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
    }
    subprocess.run(
        [
            sys.executable,
            "-m",
            "django",
            "makemessages",
            "--locale=ko",
            "--no-wrap",
            "--verbosity=0",
        ],
        cwd=folder,
        env=environment,
        check=True,
    )
    return messages(folder / "locale" / "ko" / "LC_MESSAGES" / "django.po")


def test_every_message_is_translated_for_certain(catalogue: list[Message]) -> None:
    untranslated = [each.key for each in catalogue if not all(each.translations)]
    doubtful = [each.key for each in catalogue if "fuzzy" in each.flags]

    assert len(catalogue) > 1000
    assert (untranslated, doubtful) == ([], [])


def test_a_translation_fills_in_and_marks_up_what_the_english_does(
    catalogue: list[Message],
) -> None:
    differing = [
        each.key
        for each in catalogue
        for korean in each.translations
        if placeholders(korean) != placeholders(each.english)
    ]

    assert differing == []


def test_the_compiled_catalogue_holds_the_same_words(catalogue: list[Message]) -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    differing = []
    for each in catalogue:
        context, english = each.key
        korean = compiled.pgettext(context, english) if context else compiled.gettext(english)
        if "msgid_plural" in each.texts:
            korean = compiled.ngettext(english, each.english, 2)
        if [korean] != each.translations:
            differing.append(each.key)

    assert differing == []


def test_no_word_of_django_stands_before_ours(catalogue: list[Message]) -> None:
    with translation.override("ko"):
        differing = [
            each.key
            for each in catalogue
            if each.key[0] is None
            and "msgid_plural" not in each.texts
            and translation.gettext(each.english) != each.translations[0]
        ]

    assert differing == []


def test_gettext_finds_nothing_wrong_with_the_catalogue() -> None:
    checked = subprocess.run(
        [tool("msgfmt"), "--check", "--output-file=/dev/null", str(CATALOGUE)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.timeout(120)
def test_no_text_of_the_source_is_missing_in_the_catalogue(
    catalogue: list[Message], tmp_path: Path
) -> None:
    tool("xgettext")

    used = {each.key for each in texts_in_source(tmp_path)}

    assert used - {each.key for each in catalogue} == set()


def test_sources_are_written_in_english(catalogue: list[Message]) -> None:
    assert [each.key for each in catalogue if HANGUL.search(each.english)] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_says_nothing_that_is_not_translated(name: str) -> None:
    source = (ROOT / "templates" / name).read_text(encoding="utf-8")

    literal = ReadText(TEMPLATE_CODE.sub("", TRANSLATED.sub("", source))).words

    assert set(literal) <= NAMES


def test_pupils_read_plain_words(catalogue: list[Message]) -> None:
    read = [each for each in catalogue if any(p.startswith(FOR_STUDENTS) for p in each.places)]
    hard = [each.translations for each in read if HARD_WORDS.search(each.translations[0])]

    assert len(read) > 150
    assert hard == []


def test_no_translation_leaves_the_choice_of_a_particle_to_the_reader(
    catalogue: list[Message],
) -> None:
    assert [
        text for each in catalogue for text in each.translations if DOUBLE_PARTICLES.search(text)
    ] == []


def test_korean_dates_are_written_as_people_write_them() -> None:
    moment = dt.datetime(2026, 3, 7, 18, 5, tzinfo=dt.UTC)

    with translation.override("ko"):
        written = [
            date_format(moment, form)
            for form in ("DATETIME_FORMAT", "SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT")
        ]

    assert written == ["2026년 3월 7일 오후 6:05", "2026-03-07", "2026-03-07 18:05"]
