"""Every page by its own address on a server that has just started, and every page on a phone."""

import pytest
from dashboard import ADDRESSES, running_server, scrolls_sideways, wait_until_still

from ui.page import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def cold_server(browser, tmp_path):
    """A server that nobody has visited yet."""
    with running_server(tmp_path) as running:
        yield running


# One of each section: that every page has its door is tested without a browser.
@pytest.mark.parametrize("address", ["", "train", "weights", "from-scratch"])
def test_a_cold_deep_link_shows_its_page(cold_server, open_page, address):
    """The first address that a server is asked for: its page shows at once, with the whole navigation above it."""
    page = open_page(f"{cold_server.url}/{address}")
    page.get_by_role("heading", level=1).wait_for()
    wait_until_still(page)
    assert page.get_by_test_id("stTopNavLink").all_inner_texts() == ["Home"]
    assert page.get_by_test_id("stTopNavSection").all_inner_texts() == ["Make", "Look", "Five systems"]
    assert page.url.split("?")[0] == f"{cold_server.url}/{address}"
    assert page.get_by_role("dialog").count() == 0
    if address:
        assert page.get_by_role("heading", level=1).inner_text() == PAGES[address].title


def test_no_page_scrolls_sideways_on_a_phone(server, trained_run, open_page):
    page = open_page(server.url, width=390, height=844)
    for address in ADDRESSES:
        page.goto(f"{server.url}/{address}")
        page.get_by_role("heading", level=1).wait_for()
        wait_until_still(page)
        assert not scrolls_sideways(page), f"/{address} scrolls sideways at 390 px"
