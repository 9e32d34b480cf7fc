"""The digit on paper under the mouse, a finger's kind of pointer and the keyboard: the answer follows every stroke."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

INK = """canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, 28, 28).data;
  return pixels.filter((_, place) => place % 4 === 0).reduce((sum, value) => sum + 255 - value, 0);
}"""
CHANGED = re.compile(r"With \d+ pixels? changed, the lead of \d over \d is ")


def stroke(page: Page, canvas: Locator, ends: list[tuple[float, float]]) -> None:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ends]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def test_eraser_pen_undo_and_keyboard(server, trained_run, open_page) -> None:
    page = open_page(f"{server.url}/why?run={trained_run}&digit=test&image=0&view=hand")
    canvas = page.locator(".paper canvas")
    expect(page.get_by_text("Erase a part of the digit, or draw on it")).to_be_visible()
    before = canvas.evaluate(INK)
    stroke(page, canvas, [(0.2, 0.35), (0.8, 0.35)])
    expect(page.get_by_text(CHANGED)).to_be_visible()
    erased = canvas.evaluate(INK)
    assert erased < before
    page.locator(".paper").get_by_role("button", name="Pen").click()
    stroke(page, canvas, [(0.1, 0.9), (0.5, 0.9)])
    assert canvas.evaluate(INK) > erased
    undo = page.locator(".paper").get_by_role("button", name="Undo")
    undo.click()
    assert canvas.evaluate(INK) == erased
    undo.click()
    expect(page.get_by_text("Erase a part of the digit, or draw on it")).to_be_visible()
    assert canvas.evaluate(INK) == before
    canvas.focus()
    for _ in range(13):
        page.keyboard.press("ArrowUp")  # to the margin, where there is no ink
    page.keyboard.press("Space")
    expect(page.get_by_text(CHANGED)).to_be_visible()
    assert canvas.evaluate(INK) > before  # the pen is still in use
    page.locator(".paper").get_by_role("button", name="As it was").click()
    expect(page.get_by_text("Erase a part of the digit, or draw on it")).to_be_visible()
