"""A class in real browsers: a phone joins and draws by finger, the teacher sees it, and the server may be restarted."""

from pathlib import Path

import numpy as np
import pytest
from class_server import running_class
from dashboard import scrolls_sideways
from playwright.sync_api import BrowserContext, Page, expect
from strokes import DRAWN_ON, SEVEN, Strokes, passed

from mnistcore.classroom.room import join_code
from mnistcore.runs import RunStore

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 390, 844


def draw_by_finger(phone: Page, strokes: Strokes) -> None:
    box = phone.locator("#draw canvas").bounding_box()
    assert box is not None
    finger = phone.context.new_cdp_session(phone)
    for stroke in strokes:
        for i, (x, y) in enumerate(np.array(passed(stroke)) * box["width"] / DRAWN_ON + (box["x"], box["y"])):
            kind = "touchMove" if i else "touchStart"
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": float(x), "y": float(y)}]})
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    finger.detach()


def send(phone: Page) -> None:
    """Draw a seven and send it."""
    draw_by_finger(phone, SEVEN)
    assert phone.evaluate("window.scrollY") == 0
    button = phone.get_by_role("button", name="Send")
    expect(button).to_be_enabled()
    assert button.bounding_box()["y"] < HEIGHT - 60
    button.tap()


def test_a_class_draws_the_teacher_sees_it_and_a_restart_loses_nothing(browser: BrowserContext, tmp_path: Path):
    assert browser.browser is not None
    context = browser.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, has_touch=True, is_mobile=True)
    teacher, phone = browser.browser.new_page(viewport={"width": 1280, "height": 800}), context.new_page()
    problems: list[str] = []
    phone.on("pageerror", lambda error: problems.append(str(error)))
    try:
        with running_class(tmp_path) as (server, key):
            teacher.goto(f"{server.url}/class?key={key}")
            teacher.get_by_test_id("stButtonGroup").nth(1).get_by_text("7", exact=True).click()
            phone.goto(f"{server.url}/join?code={join_code(RunStore(server.store_url))}")
            phone.get_by_label("Your name").fill("Ada <b>")
            phone.get_by_role("button", name="Join").tap()
            expect(phone.get_by_role("heading", level=1).locator("visible=true")).to_have_text("Draw a 7")
            send(phone)
            expect(phone.locator("#told")).to_have_text("✓ Sent: your first one.")
            tile = teacher.locator(".board figure")
            expect(tile).to_have_count(1)
            expect(tile).to_contain_text("Ada <b>")
            expect(tile).to_contain_text("✓ 7")
            assert key not in teacher.url
            assert not scrolls_sideways(teacher)
            draw_by_finger(phone, SEVEN)  # on the canvas when the server goes
        expect(phone.locator("#line")).to_contain_text("No connection")
        with running_class(tmp_path, port=int(server.url.rpartition(":")[2])) as (_, key_again):
            assert key_again == key
            expect(phone.locator("#line")).to_have_text("")
            phone.get_by_role("button", name="Send").tap()
            expect(phone.locator("#told")).to_contain_text("✓ Sent: 2")
            expect(tile).to_have_count(2)
            tile.first.hover()
            tile.first.get_by_role("button", name="Hide").click()
            expect(tile).to_have_count(1)
            teacher.get_by_text("Show hidden ones").click()
            expect(tile).to_have_count(2)
            tile.first.get_by_role("button", name="Delete").click()
            expect(tile).to_have_count(1)
            expect(teacher.get_by_text("1 drawing: 1 / 1 read")).to_be_visible()
            assert key not in server.log.read_text().partition("opens everything")[2]
    finally:
        context.close()
        teacher.close()
    assert problems == []
