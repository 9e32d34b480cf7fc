"""Drawing with the mouse: every stroke is read, a dot is not, and strokes can be taken back; nothing is in the way."""

import pytest
from dashboard import canvas_of, draw
from playwright.sync_api import expect
from strokes import DOT, FOUR, ONE, SEVEN, THREE, ZERO

pytestmark = pytest.mark.browser


def test_digits_are_recognised_a_dot_is_none_and_strokes_are_taken_back(server, trained_run, open_page):
    page = open_page(f"{server.url}/draw?run={trained_run}")
    canvas = canvas_of(page)
    verdict = page.locator(".digit-verdict .digit")
    undo, clear = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Clear"))
    draw(page, canvas, DOT)
    expect(page.get_by_text("That is a dot so far")).to_be_visible()
    expect(verdict).to_have_count(0)
    for strokes, digit in ((ZERO, "0"), (THREE, "3"), (FOUR, "4")):
        clear.click()
        draw(page, canvas, strokes)  # at once: no stroke is lost
        expect(verdict).to_have_text(digit)
    undo.click()
    expect(verdict).not_to_have_text("4")


def test_what_counts_is_what_is_seen_however_quickly_strokes_undo_and_clear_follow(server, trained_run, open_page):
    page = open_page(f"{server.url}/draw?run={trained_run}")
    canvas = canvas_of(page)
    verdict = page.locator(".digit-verdict .digit")
    undo, clear = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Clear"))
    draw(page, canvas, [*ZERO, *FOUR])
    for button in (undo, undo, clear):
        button.click()
    draw(page, canvas, [*SEVEN, *ZERO])
    undo.click()  # while the last stroke is on its way: takes that one alone
    expect(verdict).to_have_text("7")
    draw(page, canvas, ONE)
    undo.press("Enter")
    clear.press("Enter")
    expect(clear).to_be_disabled()
    expect(verdict).to_have_count(0)


def test_the_canvas_is_on_the_first_screen_and_nothing_lies_over_it_or_over_its_neighbours(
    server, trained_run, open_page
):
    page = open_page(f"{server.url}/draw?run={trained_run}", width=1280, height=800)
    canvas = canvas_of(page)
    box = canvas.bounding_box()
    assert box is not None
    assert box["width"] == box["height"] >= 400
    assert box["y"] + box["height"] <= 800
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)  # the package's toolbar opened where the mouse was
    undo, clear = (page.get_by_role("button", name=name, exact=True) for name in ("Undo", "Clear"))
    picture = page.get_by_test_id("stButtonGroup").get_by_text("Picture")
    draw(page, canvas, [[(276, 4), (140, 140)]])  # from the corner where the toolbar lay
    expect(undo).to_be_enabled()
    draw(page, canvas, [[(40, 240), (140, 140)]])
    expect(page.get_by_role("button", name="Undo")).to_have_count(1)
    for button in (undo, clear, picture):
        button.click(trial=True)  # fails when something else would take the click
    verdict = page.locator(".digit-verdict")
    expect(verdict).to_be_visible()
    beside = page.get_by_test_id("stColumn").filter(has=verdict).first.bounding_box()
    assert beside is not None
    assert beside["x"] > box["x"] + box["width"]
    assert beside["y"] < box["y"] + box["height"]
    undo.focus()
    page.keyboard.press("Tab")  # the keyboard reaches both
    expect(clear).to_be_focused()
    page.keyboard.press("Enter")
    expect(verdict).to_have_count(0)
    expect(undo).to_be_disabled()
