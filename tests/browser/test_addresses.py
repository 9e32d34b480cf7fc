"""Every page by its own address on a server that has just started, and every page on a phone."""

import pytest
from dashboard import assert_navigation, running_server, scrolls_sideways, visit, wait_until_still
from playwright.sync_api import expect

from ui.page import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def cold_server(browser, tmp_path):
    """A server that nobody has visited yet."""
    with running_server(tmp_path) as running:
        yield running


# That every page has its door is tested without a browser, and the first start at the address of Home elsewhere here.
def test_a_cold_deep_link_shows_its_page(cold_server, open_page):
    """The first address that a server is asked for: its page shows at once, with the whole navigation above it."""
    page = open_page(f"{cold_server.url}/weights")
    page.get_by_role("heading", level=1).wait_for()
    wait_until_still(page)
    assert_navigation(page)
    assert page.url.split("?")[0] == f"{cold_server.url}/weights"
    assert page.get_by_role("dialog").count() == 0
    assert page.get_by_role("heading", level=1).inner_text() == PAGES["weights"].title


def test_no_page_scrolls_sideways_on_a_phone(server, trained_run, open_page):
    page = open_page(f"{server.url}/train", width=390, height=844)
    heading = page.get_by_role("heading", level=1)
    for address in PAGES:
        before = heading.inner_text()
        visit(page, "" if address == "home" else address)
        expect(heading).not_to_have_text(before)
        wait_until_still(page)
        assert not scrolls_sideways(page), f"/{address} scrolls sideways at 390 px"
