"""What a page is about is on the first screen at 1280 × 800, and on a phone nothing is torn apart."""

import pytest
from dashboard import wait_until_still
from playwright.sync_api import Locator, expect

from ui.frame.page import PAGES

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 1280, 800
LONG = '{"batch_size":16,"epochs":2000}'  # small batches: one process, and a core is left for the browser


def bottom(part: Locator) -> float:
    """Where a visible part of the page ends, in pixels from the window's upper edge."""
    expect(part).to_be_visible()
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_whole_confusion_matrix_is_on_the_first_screen(server, trained_run, open_page):
    page = open_page(f"{server.url}/confusions?run={trained_run}", width=WIDTH, height=HEIGHT)
    assert bottom(page.get_by_test_id("stVegaLiteChart").first) <= HEIGHT
    expect(page.get_by_text("95 % interval")).to_be_visible()


def test_stacked_columns_stand_as_close_as_everything_else(server, trained_run, open_page):
    page = open_page(f"{server.url}/confusions?run={trained_run}", width=390, height=844)
    chart = page.get_by_test_id("stVegaLiteChart").first
    below = page.get_by_test_id("stSelectbox").filter(has_text="True digit")
    expect(below).to_be_visible()
    wait_until_still(page)
    box = below.bounding_box()
    assert box is not None
    assert 0 <= box["y"] - bottom(chart) < 40


def test_a_live_run_shows_its_charts_its_batch_and_ten_weight_images(server, open_page):
    page = open_page(f"{server.url}/train?config={LONG}", width=WIDTH, height=HEIGHT)
    try:
        page.get_by_role("button", name="Train this network").click()
        weights = page.get_by_alt_text("Weight images of the first layer")
        expect(weights).to_have_count(2)
        assert max(bottom(half) for half in weights.all()) <= HEIGHT
        assert bottom(page.get_by_test_id("stVegaLiteChart").nth(1)) <= HEIGHT
        expect(page.get_by_text("as the network classified it before it learned from it")).to_be_in_viewport()
    finally:
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.get_by_text("Stopped at step")).to_be_visible()


@pytest.mark.parametrize("address", [page.address for page in PAGES.values() if page.section == "Five systems"])
def test_a_system_shows_its_claim_its_verdict_and_where_its_exhibit_begins(server, open_page, address):
    page = open_page(f"{server.url}/{address}", width=WIDTH, height=HEIGHT)
    assert bottom(page.locator("table.figures")) < HEIGHT
    assert bottom(page.get_by_text("Reproduced").first) < HEIGHT
    assert bottom(page.get_by_test_id("stExpander").first) < HEIGHT - 80  # the settings; the exhibit follows them
