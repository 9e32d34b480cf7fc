"""Drawing with a finger on a phone: from every corner, without scrolling, with the answer on the same screen."""

from collections.abc import Iterator

import numpy as np
import pytest
from dashboard import canvas_of, visit, wait_until_still
from playwright.sync_api import BrowserContext, CDPSession, Page, expect
from strokes import DRAWN_ON, SEVEN, ZERO, Strokes, passed

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844
INSET = 6  # pixels from the canvas's edges
SCROLLED = "() => [document.querySelector('[data-testid=\"stMain\"]').scrollTop, window.scrollY]"


@pytest.fixture(scope="module")
def touch_screen(browser: BrowserContext) -> Iterator[Page]:
    """The tab of a phone. All tests share it, so that Streamlit's scripts are loaded and compiled once."""
    assert browser.browser is not None
    context = browser.browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def phone(touch_screen: Page, server, trained_run) -> Page:
    """The Draw page on a touch screen, in a session of its own."""
    touch_screen.goto(f"{server.url}/draw?run={trained_run}")
    return touch_screen


def swipe(finger: CDPSession, points: list[tuple[float, float]]) -> None:
    """Put a finger down on the first point, move it over the others and lift it."""
    for i, (x, y) in enumerate(points):
        kind = "touchMove" if i else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def draw_by_finger(page: Page, strokes: Strokes) -> None:
    """Draw strokes as a finger does."""
    box = canvas_of(page).bounding_box()
    assert box is not None
    finger = page.context.new_cdp_session(page)
    for stroke in strokes:
        corners = np.array(passed(stroke)) * box["width"] / DRAWN_ON + (box["x"], box["y"])
        swipe(finger, [(float(x), float(y)) for x, y in corners])


def ink_at(page: Page, across: float, down: float) -> int:
    """How bright the canvas is at a place, given as shares of its width and height: 0 to 255; once it is painted."""
    return page.locator(".drawing canvas.dc-canvas.lower-canvas").evaluate(
        """async (c, [x, y]) => {
            await new Promise(requestAnimationFrame);
            return c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data[0];
        }""",
        [across, down],
    )


def test_a_finger_draws_from_every_corner_and_the_page_stands_still(phone):
    canvas = canvas_of(phone)
    finger = phone.context.new_cdp_session(phone)
    box = canvas.bounding_box()
    assert box is not None
    side, near = box["width"], INSET
    far = side - near
    middle = (box["x"] + side / 2, box["y"] + side / 2)
    before = phone.evaluate(SCROLLED)
    for x, y in ((near, near), (far, near), (near, far), (far, far), (side / 2, near), (far - 20, 20)):
        start = (box["x"] + x, box["y"] + y)
        way = [
            (start[0] + i / 8 * (middle[0] - start[0]), start[1] + i / 8 * (middle[1] - start[1])) for i in (0, 3, 6)
        ]
        swipe(finger, way)
        assert ink_at(phone, x / side, y / side) > 200, f"no stroke from ({x:.0f}, {y:.0f})"
        assert phone.evaluate(SCROLLED) == before
    undo = phone.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_enabled()


def test_drawing_and_answer_are_on_one_screen(phone):
    draw_by_finger(phone, SEVEN)
    expect(phone.locator(".digit-verdict .digit")).to_have_text("7")
    wait_until_still(phone)
    for shown in (canvas_of(phone), phone.locator(".digit-verdict"), phone.locator(".digit-bars")):
        place = shown.bounding_box()
        assert place is not None
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= HEIGHT
    assert phone.evaluate(SCROLLED) == [0, 0]


def test_a_drawing_is_there_again_after_another_page(phone, trained_run):
    draw_by_finger(phone, SEVEN)
    verdict = phone.locator(".digit-verdict .digit")
    expect(verdict).to_have_text("7")
    heading = phone.get_by_role("heading", level=1)
    for address, title in (("runs", "Runs"), (f"trace?run={trained_run}&digit=draw", "Step by step")):
        visit(phone, address)
        expect(heading).to_have_text(title)
        wait_until_still(phone)
    expect(verdict).to_have_text("7")  # the same drawing is followed there
    visit(phone, f"draw?run={trained_run}")
    expect(heading).to_have_text("Draw")
    expect(verdict).to_have_text("7")
    canvas_of(phone)
    assert ink_at(phone, 80 / DRAWN_ON, 70 / DRAWN_ON) > 200
    phone.get_by_role("button", name="Undo", exact=True).tap()
    expect(verdict).to_have_count(0)
    draw_by_finger(phone, ZERO)
    phone.get_by_role("button", name="Clear", exact=True).tap()
    draw_by_finger(phone, SEVEN)
    expect(verdict).to_have_text("7")
