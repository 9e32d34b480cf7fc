"""The Runs page in a real browser: what the table keeps, the window that renames, names as people type them."""

import re
from collections.abc import Callable, Iterator

import pytest
from dashboard import scrolls_sideways, visit, wait_until_still
from playwright.sync_api import Locator, Page, expect

from mnistcore.runs import RunStore

pytestmark = pytest.mark.browser

NAME = "*a* [b](c) :smile: $x$ # `d` -- www.e.org :red[f] " + "g" * 140
ROW = 35  # pixels


@pytest.fixture
def add_run(server, trained_run) -> Iterator[Callable[[str], str]]:
    """Puts one more finished run of this name into the store, as another tab would; all of them go in the end."""
    store = RunStore(server.store_url)
    packed = store.export_run(trained_run)
    added = []

    def add(name: str) -> str:
        run_id = store.import_run(packed)
        store.rename(run_id, name)
        added.append(run_id)
        return run_id

    yield add
    for run_id in added:
        store.delete(run_id)


def wait_for_table(page: Page) -> None:
    """Until the table can be clicked; its canvas holds what it draws as a plain table too, for screen readers."""
    page.locator("canvas td").first.wait_for(state="attached")
    wait_until_still(page)


def click_in_table(page: Page, x: float, row: int) -> None:
    """Click into the table, its head is row 0."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + x, box["y"] + ROW * (row + 0.5))


def legend(page: Page) -> Locator:
    """The names above the chart."""
    return page.get_by_test_id("stHtml").filter(has=page.locator("span > span"))


def test_ticks_and_order_stay_when_a_run_comes(server, open_page, add_run):
    add_run("ticked")
    page = open_page(f"{server.url}/runs")
    wait_for_table(page)
    click_in_table(page, 18, 1)
    expect(legend(page)).to_have_text("ticked")
    click_in_table(page, 100, 0)
    expect(page.locator("canvas th").first).to_have_text("↑ Run")
    add_run("a newer one")
    page.get_by_test_id("stButtonGroup").get_by_text("Loss", exact=True).click()
    expect(page.locator("canvas td", has_text="a newer one")).to_be_attached()
    wait_until_still(page)
    expect(legend(page)).to_have_text("ticked")
    expect(page.locator("canvas th").first).to_have_text("↑ Run")


def test_the_rename_window_closes_and_a_name_is_no_markup(server, open_page, add_run):
    run_id = add_run("before")
    page = open_page(f"{server.url}/runs", width=390, height=844)
    wait_for_table(page)
    click_in_table(page, 18, 1)
    page.get_by_role("button", name="Rename").click()
    window = page.get_by_role("dialog")
    window.get_by_label("New name").fill(NAME)
    window.get_by_role("button", name="Rename").click()
    expect(window).to_have_count(0)
    expect(legend(page)).to_contain_text(NAME[:40])
    assert not scrolls_sideways(page)
    page.get_by_role("button", name="Delete").click()
    said = page.get_by_text("Deleted “")
    assert said.inner_text().replace("\u2060", "") == f"Deleted “{NAME[:59]}…”."
    page.get_by_role("button", name="Undo").click()
    expect(legend(page)).to_contain_text(NAME[:40])
    visit(page, f"train?run={run_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    heading = page.get_by_role("heading", level=3).filter(has_text=NAME[-100:])
    heading.wait_for()
    assert heading.inner_text().replace("\u2060", "") == NAME
    assert heading.locator("a, em, code, img, svg, .katex, [style]").count() == 0
    assert not scrolls_sideways(page)


def test_a_click_on_the_label_of_before_finds_its_run(server, open_page, add_run):
    first, second = add_run("one name"), add_run("another")
    page = open_page(f"{server.url}/weights?run={second}")
    box = page.get_by_role("combobox", name="Run")
    expect(box).to_have_value(re.compile("^another"))
    wait_until_still(page)
    box.click()
    option = page.get_by_role("option").filter(has_text="one name")
    option.wait_for()
    RunStore(server.store_url).rename(first, "renamed meanwhile")
    option.click()
    expect(box).to_have_value(re.compile("^renamed meanwhile"))
    page.wait_for_url(f"**run={first}*")
