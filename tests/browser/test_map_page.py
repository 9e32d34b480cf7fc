"""The map under the mouse and from the keyboard: a thumbnail at the pointer, a line around points, their images."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

INKED = """tip => {
  const canvas = tip.querySelector("canvas"), pixels = canvas.getContext("2d").getImageData(0, 0, 28, 28).data;
  return new Set(pixels.filter((_, place) => place % 4 === 0)).size;
}"""


def test_a_pointer_a_line_and_the_keyboard_find_images(server, trained_run, open_page):
    page = open_page(f"{server.url}/map?run={trained_run}")
    plane, tip = page.locator(".plane > canvas"), page.locator(".tip")
    expect(page.locator(".legend span")).to_have_count(10)
    box = plane.bounding_box()
    assert box is not None
    plane.focus()
    page.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("read as")
    assert tip.evaluate(INKED) > 5  # grey levels of a digit
    page.keyboard.press("Enter")
    expect(page.get_by_text("24 images around the one that you pointed at")).to_be_visible()
    corners = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.15)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()
    expect(page.get_by_text("inside your line")).to_be_visible()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Draw a line around some points")).to_be_visible()
