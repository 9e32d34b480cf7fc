"""Drawing with the mouse: every stroke is read, a dot is not, and strokes can be taken back."""

import pytest
from dashboard import canvas_of, draw
from playwright.sync_api import expect
from strokes import DOT, FOUR, ONE, SEVEN, THREE, ZERO

pytestmark = pytest.mark.browser


def test_digits_are_recognised_a_dot_is_none_and_strokes_are_taken_back(server, trained_run, open_page):
    page = open_page(f"{server.url}/draw?run={trained_run}")
    canvas = canvas_of(page)
    verdict = page.locator(".digit-verdict .digit")
    undo, clear = (page.get_by_test_id("stButton").filter(has_text=label) for label in ("Undo", "Clear"))
    draw(page, canvas, DOT)
    expect(page.get_by_text("That is a dot so far")).to_be_visible()
    expect(verdict).to_have_count(0)
    for strokes, digit in ((ZERO, "0"), (ONE, "1"), (THREE, "3"), (SEVEN, "7"), (FOUR, "4")):
        clear.click()
        expect(verdict).to_have_count(0)
        draw(page, canvas, strokes)
        expect(verdict).to_have_text(digit)
    undo.click()
    expect(verdict).not_to_have_text("4")
