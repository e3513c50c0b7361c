"""A dead laptop, and the same screen at another device by the code."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from placement_test.models import StudentSession
from placement_test.sessions import resume_codes
from tests import sitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def code() -> str:
    browser = sitting.sitting()
    browser.answer(sitting.parts_of(browser.session.version)[0].id, 1)
    return resume_codes.shown(StudentSession.objects.get(id=browser.session.id))


def test_the_keys_alone_bring_the_test_back_in_seconds(page: Page, code: str) -> None:
    began = time.monotonic()
    page.goto("/")
    page.get_by_role("link", name="코드로 이어하기").click()
    for symbol in code.replace("-", ""):
        page.locator(f"[data-key='{symbol}']").click()
    expect(page.locator("#id_code")).to_have_value(code)
    expect(page.locator("[data-keypad-count]")).to_have_text("12자 중 12자")
    page.locator("main form button.button--primary").click()

    page.wait_for_url(re.compile(r"/sit/[0-9a-f-]+/test/"))
    expect(page.locator("#cover")).to_be_hidden(timeout=15_000)

    assert time.monotonic() - began < 20
    checked = page.locator(".question").first.locator("input").nth(1)
    expect(checked).to_be_checked()


def test_without_javascript_the_form_does_the_same(
    open_context: Callable[..., BrowserContext], code: str
) -> None:
    page = open_context(scripts=False).new_page()
    page.goto("/resume/")
    expect(page.locator("[data-keypad]")).to_be_hidden()
    page.locator("#id_code").fill(code.lower().replace("-", " "))
    page.locator("main form button.button--primary").click()

    page.wait_for_url(re.compile(r"/sit/[0-9a-f-]+/test/"))


@pytest.mark.provokes("422")
def test_a_wrong_code_is_said_beside_the_field(page: Page) -> None:
    page.goto("/resume/")
    page.locator("#id_code").fill("0000 0000 0000")
    page.locator("main form button.button--primary").click()

    expect(page.locator("#id_code_error")).to_contain_text("맞는 시험이 없어요")
    expect(page.locator("#id_code")).to_have_value("0000 0000 0000")


def test_arrows_go_from_key_to_key_and_the_last_symbol_can_be_taken_back(page: Page) -> None:
    page.goto("/resume/")
    keys = page.locator("[data-key]")
    keys.first.focus()

    for key in ("ArrowRight", "Enter", "ArrowLeft", "Space", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#id_code")).to_have_value("100")
    page.locator("[data-key='']").click()

    expect(page.locator("#id_code")).to_have_value("10")
    assert page.locator("[data-key][tabindex='0']").count() == 1


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_every_key_is_as_large_as_a_thumb(
    open_context: Callable[..., BrowserContext], width: int
) -> None:
    page = open_context(width=width).new_page()
    page.goto("/resume/")

    sizes = page.locator("[data-key]").evaluate_all(
        "keys => keys.map((key) => key.getBoundingClientRect())"
        ".map(({ width, height }) => Math.min(width, height))"
    )

    assert len(sizes) == 33
    assert min(sizes) >= 44
    assert page.evaluate("document.documentElement.scrollWidth") <= width
