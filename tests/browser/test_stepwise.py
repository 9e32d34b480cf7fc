"""Time in the user's hand, by the mouse: every click is one batch, and the speed is obeyed at once."""

import re

import pytest
from playwright.sync_api import expect
from test_live import stop_all

from mnistcore.runs import RunStore
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

SMALL = '{"layers":[],"batch_size":16,"epochs":2000,"validation_size":500}'


def test_batches_by_click_then_ten_a_second_then_as_fast_as_it_can(server, open_page):
    store = RunStore(server.store_url)
    page = open_page(f"{server.url}/train?config={SMALL}&speed=stepwise")
    try:
        page.get_by_role("button", name="Train this network").click()
        page.wait_for_url(re.compile(r"[?&]run=[0-9a-f]{12}"))
        run_id = page.url.partition("run=")[2]
        expect(page.get_by_text("step 0 of")).to_contain_text("held here")
        one = page.get_by_role("button", name="One batch")
        expect(one).to_have_count(1)  # a page that is drawn again may show a button twice for a moment
        for _ in range(7):
            one.click()  # faster than the page is drawn again
        expect(page.get_by_text("step 7 of")).to_contain_text("held here")
        expect(page.get_by_text("The batch of step 7,")).to_be_visible()
        expect(page.get_by_text("after step 7:")).to_be_visible()
        speed = page.get_by_role("combobox", name="Speed").first
        speed.click()
        page.get_by_role("option", name="10 steps a second").click()
        wait_for(lambda: store.run(run_id).speed == 10)  # else it goes on before the page has passed that on
        go_on = page.get_by_role("button", name="Go on", exact=True)
        expect(go_on).to_have_count(1)
        go_on.click()
        wait_for(lambda: store.run(run_id).step >= 20)
        steps = store.history(run_id)["step"].tolist()
        assert steps == list(range(steps[-1] + 1))
        speed.click()
        page.get_by_role("option", name="As fast as it can").click()
        wait_for(lambda: store.run(run_id).step > 1000)
    finally:
        stop_all(store)
