"""Every page on a phone."""

import pytest
from dashboard import scrolls_sideways, visit, wait_until_still
from playwright.sync_api import expect

from ui.frame.page import PAGES

pytestmark = pytest.mark.browser


def test_the_products_name_leads_home_on_a_phone_too(server, open_page):
    page = open_page(f"{server.url}/data", width=390, height=844)
    expect(page.get_by_role("heading", level=1)).to_have_text("Data")
    page.get_by_test_id("stPageLink").filter(has_text="MNIST Explorer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("MNIST Explorer")
    assert page.url.rstrip("/") == server.url


def test_no_page_scrolls_sideways_on_a_phone(server, trained_run, open_page):
    page = open_page(f"{server.url}/train", width=390, height=844)
    heading = page.get_by_role("heading", level=1)
    for address in PAGES:
        before = heading.inner_text()
        visit(page, "" if address == "home" else address)
        expect(heading).not_to_have_text(before)
        wait_until_still(page)
        assert not scrolls_sideways(page), f"/{address} scrolls sideways at 390 px"


def test_an_address_below_a_page_leads_to_it_and_an_unknown_one_says_so(server, open_page):
    page = open_page(f"{server.url}/pages/runs?sort=name")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    assert page.url == f"{server.url}/runs?sort=name"
    wait_until_still(page)
    answer = page.request.get(f"{server.url}/nothing/here", headers={"Accept": "text/html"})  # a tab would log the 404
    assert answer.status == 404
    assert "There is no such page" in answer.text()
