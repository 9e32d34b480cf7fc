"""What a page is about is on the first screen at 1280 × 800, and on a phone nothing is torn apart."""

import pytest
from dashboard import visit, wait_until_still
from playwright.sync_api import Locator, expect

from ui.frame.page import PAGES

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 1280, 800


def bottom(part: Locator) -> float:
    """Where a visible part of the page ends, in pixels from the window's upper edge."""
    expect(part).to_be_visible()
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_network_its_settings_and_the_start_are_on_the_first_screen(server, open_page):
    page = open_page(f"{server.url}/train", width=WIDTH, height=HEIGHT)
    start = page.get_by_role("button", name="Train this network")
    expect(start).to_be_enabled()
    wait_until_still(page)
    for part in (start, page.get_by_text("Total:"), page.get_by_test_id("stExpander").last):
        assert bottom(part) <= HEIGHT, part


def test_the_whole_confusion_matrix_is_on_the_first_screen(server, trained_run, open_page):
    page = open_page(f"{server.url}/confusions?run={trained_run}", width=WIDTH, height=HEIGHT)
    assert bottom(page.get_by_test_id("stVegaLiteChart").first.locator("svg.marks")) <= HEIGHT
    expect(page.get_by_text("95 % interval")).to_be_visible()


def test_stacked_columns_stand_as_close_as_everything_else(server, trained_run, open_page):
    page = open_page(f"{server.url}/confusions?run={trained_run}", width=390, height=844)
    chart = page.get_by_test_id("stVegaLiteChart").first
    expect(chart.locator("svg.marks")).to_be_visible()  # drawn, and so as high as it will be
    below = page.get_by_test_id("stSelectbox").filter(has_text="True digit")
    expect(below).to_be_visible()
    wait_until_still(page)
    box = below.bounding_box()
    assert box is not None
    assert 0 <= box["y"] - bottom(chart) < 40


def test_a_system_shows_its_claim_its_verdict_and_where_its_exhibit_begins(server, open_page):
    systems = [page for page in PAGES.values() if page.section == "Five systems"]
    page = open_page(f"{server.url}/{systems[0].address}", width=WIDTH, height=HEIGHT)
    for system in systems:
        visit(page, system.address)
        expect(page.get_by_role("heading", level=1)).to_have_text(system.title)
        wait_until_still(page)
        assert bottom(page.locator("table.figures")) < HEIGHT, system.address
        assert bottom(page.get_by_text("Reproduced").first) < HEIGHT, system.address
        settings = page.get_by_test_id("stExpander").first
        assert bottom(settings) < HEIGHT - 80, system.address  # the exhibit follows them
