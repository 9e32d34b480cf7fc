"""A newcomer's way from the first start to a drawn digit recognised, on real MNIST and on a machine without network."""

import re

import pytest
from dashboard import canvas_of, draw, running_server, wait_until_still
from playwright.sync_api import Page, expect
from strokes import SEVEN, THREE

from mnistcore.runs import RunStore
from ui.frame.page import PAGES

pytestmark = pytest.mark.browser


def train_first_network(page: Page) -> str:
    """From the Home page to the end of the first training; returns the run's id. A double click is one click."""
    page.get_by_role("button", name="Train a first network").dblclick()
    page.wait_for_url(re.compile(r"/train\?.*run=[0-9a-f]{12}"))
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()
    expect(page.get_by_text("Test accuracy")).to_be_visible(timeout=120_000)
    return re.search(r"run=([0-9a-f]{12})", page.url)[1]


def go(page: Page, title: str) -> None:
    """To another page by the navigation at the top."""
    section = next(entry.section for entry in PAGES.values() if entry.title == title)
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    page.get_by_role("menuitem", name=title, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    wait_until_still(page)
    assert marked_entries(page) == [section]


def marked_entries(page: Page) -> list[str]:
    """The entries of the navigation that are marked as the place where one is."""
    return (
        page.get_by_test_id("stTopNav")
        .locator("p")
        .evaluate_all("entries => entries.filter(p => getComputedStyle(p).boxShadow !== 'none').map(p => p.innerText)")
    )


def draw_and_read(page: Page) -> None:
    """On the Draw page: a three and a seven drawn with the mouse are recognised."""
    canvas, verdict = canvas_of(page), page.locator(".digit-verdict .digit")
    for strokes, digit in ((THREE, "3"), (SEVEN, "7")):
        draw(page, canvas, strokes)
        expect(verdict).to_have_text(digit)
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(verdict).to_have_count(0)


def test_from_the_first_start_to_a_drawn_digit(server, open_page):
    store = RunStore(server.store_url)
    page = open_page(server.url)
    wait_until_still(page)
    before = {run.id for run in store.runs()}
    run_id = train_first_network(page)
    assert {run.id for run in store.runs()} - before == {run_id}
    run = store.run(run_id)
    assert (run.status, run.dataset) == ("finished", "mnist")
    assert run.test_accuracy > 0.97
    expect(page.get_by_text(f"{run.test_accuracy * 10_000:,.0f} / 10,000")).to_be_visible()

    go(page, "Weights")
    expect(page.get_by_text("Evidence for each digit")).to_be_visible()
    assert page.get_by_test_id("stImage").locator("img").count() >= 10

    go(page, "Confusions")
    expect(page.get_by_text("95 % interval")).to_be_visible()
    matrix = page.get_by_test_id("stVegaLiteChart").first
    expect(matrix).to_be_visible()

    go(page, "Draw")
    draw_and_read(page)

    go(page, "Runs")
    assert page.get_by_test_id("stDataFrame").first.is_visible()


@pytest.fixture
def offline_server(browser, tmp_path):
    """A server on a machine that has no MNIST (and, as all servers here, no network)."""
    with running_server(tmp_path, MNIST_EXPLORER_DATA="") as running:
        yield running


def test_without_network_and_without_mnist(offline_server, open_page):
    """The embedded default: digits that the program draws itself teach a network that reads a drawn one."""
    page = open_page(offline_server.url)
    run = RunStore(offline_server.store_url).run(train_first_network(page))
    assert (run.status, run.dataset) == ("finished", "generated")
    go(page, "Draw")
    draw_and_read(page)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A server for each page, since only the first address that it is asked for is a cold one: one here."""
    if "address" in metafunc.fixturenames:
        addresses = [address for address in PAGES if address != "home"]
        metafunc.parametrize("address", addresses if metafunc.config.getoption("--every-control") else ["runs"])


def test_a_cold_deep_link_shows_its_page_under_the_navigation(offline_server, open_page, address):
    """The first address that a server is asked for; all pages with `make monkey`."""
    page = open_page(f"{offline_server.url}/{address}")
    expect(page.get_by_role("heading", level=1)).to_have_text([PAGES[address].title])
    wait_until_still(page)
    expect(page.get_by_test_id("stTopNavLink")).to_have_text(["MNIST Explorer"])
    sections = ["Data and training", "Explore a network", "Five systems"]
    expect(page.get_by_test_id("stTopNavSection")).to_have_text(sections)
    assert page.url.split("?")[0] == f"{offline_server.url}/{address}"
    assert page.get_by_role("dialog").count() == 0
