from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string


class Registration(forms.Form):
    name = forms.CharField(help_text="As on the school's register.")
    grade = forms.ChoiceField(choices=[("5", "Grade 5")], widget=forms.RadioSelect)
    paper = forms.FileField(required=False)


def words(html: str) -> str:
    return re.sub(r"\s+", " ", html)


def render(name: str) -> str:
    form = Registration({"name": "", "grade": "5"})
    return words(render_to_string("components/field.html", {"field": form[name]}))


def test_ties_hint_and_error_to_the_control() -> None:
    html = render("name")

    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert '<p class="field__hint" id="id_name_helptext">' in html
    assert '<p class="field__error" id="id_name_error">' in html
    assert 'aria-invalid="true"' in html


def test_groups_radio_buttons_under_a_legend() -> None:
    html = render("grade")

    assert (
        '<fieldset class="field field--wide" id="id_grade"> <legend class="field__label">' in html
    )
    assert '<label class="choice" for="id_grade_0">' in html


def test_offers_files_a_place_to_drop() -> None:
    assert "data-file-drop" in render("paper")


def test_lists_every_error_with_a_link_to_its_field() -> None:
    form = Registration({"name": ""})

    html = render_to_string("components/form_errors.html", {"form": form})

    assert re.findall(r'href="#(\w+)"', html) == ["id_name", "id_grade"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("staff-exams", ' aria-current="page"'),
        ("staff-exam", ' aria-current="true"'),
        ("staff-exam-key", ' aria-current="true"'),
        ("staff-examples", ""),
        ("staff-events", ""),
    ],
)
def test_marks_the_link_of_the_page_and_of_its_section(shown: str, expected: str) -> None:
    request = SimpleNamespace(resolver_match=SimpleNamespace(view_name=shown))
    template = Template('{% load navigation %}{% aria_current "staff-exams" "staff-exam" %}')

    assert template.render(Context({"request": request})) == expected


def test_marks_nothing_on_a_page_without_an_address() -> None:
    template = Template('{% load navigation %}{% aria_current "staff-exams" %}')

    assert template.render(Context({})) == ""
