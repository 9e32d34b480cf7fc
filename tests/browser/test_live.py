"""A run in progress: charts that move in place, a reload, a second tab."""

import re
from collections.abc import Callable, Iterator

import pytest
from dashboard import Server
from playwright.sync_api import Locator, Page, expect

from mnistcore.runs import RunStore
from mnistcore.runs.lifecycle import new_owner, stop
from tests.waiting import wait_for

pytestmark = pytest.mark.browser

LONG = '{"batch_size":16,"epochs":2000}'  # small batches: one process, and a core is left for the browser
OFFLINE = 12_000  # milliseconds: long enough for the browser to have given up its connection more than once
POSITION = re.compile(r"^Epoch [\d.]+ of 2,000 · step ([\d,]+) of")


@pytest.fixture(scope="module")
def training(server: Server, open_shared_page: Callable[..., Page]) -> Iterator[Page]:
    """A tab in which a run of many epochs has begun to train; the last test stops it."""
    store = RunStore(server.store_url)
    try:
        page = open_shared_page(f"{server.url}/train?config={LONG}")
        page.get_by_role("button", name="Train this network").click()
        page.wait_for_url(re.compile(r"[?&]run=[0-9a-f]{12}"))
        expect(position(page)).to_be_visible()
        yield page
    finally:
        stop_all(store)


def stop_all(store: RunStore) -> None:
    """Stop whatever is in progress and wait for it, so that the next test has a free worker."""
    for run in store.runs():
        if run.is_active:  # a paused one takes no worker
            stop(store.database, run.id, new_owner())
    wait_for(lambda: not any(run.is_active for run in store.runs()))


def position(page: Page) -> Locator:
    """The line that says how far the run is."""
    return page.get_by_text(POSITION)


def step_of(page: Page) -> int:
    """The step that the live view shows."""
    found = POSITION.search(position(page).inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def wait_for_steps(page: Page, count: int) -> None:
    """Wait until the live view has shown `count` further steps."""
    for _ in range(count):
        step = step_of(page)
        expect(position(page)).not_to_contain_text(f"step {step:,} of")


def test_live_charts_update_in_place(training):
    charts = training.get_by_test_id("stVegaLiteChart").locator("svg.marks")
    expect(charts).to_have_count(3)  # accuracy, loss, and the next network's planned learning rate
    wait_for_steps(training, 1)
    drawn = charts.evaluate_all("nodes => nodes.map((node, i) => { node.tag = i; return node.innerHTML })")
    wait_for_steps(training, 8)
    now = charts.evaluate_all("nodes => nodes.map(node => [node.tag, node.innerHTML])")
    assert [tag for tag, _ in now] == [0, 1, 2], "a chart was replaced by a new one"
    accuracy, loss, _ = (before != after for before, (_, after) in zip(drawn, now, strict=True))
    assert (accuracy, loss) == (True, True), "a chart stands still"
    for axis in charts.locator(".role-axis:has(.role-axis-label)").all():
        marks = axis.locator(".role-axis-label text").all_text_contents()
        assert len(marks) == len(set(marks)), f"marks of an axis read alike: {marks}"


def test_the_learning_rate_changes_while_it_trains(training):
    training.get_by_label("Learning rate").first.fill("0.00042")
    training.get_by_role("button", name="Set", exact=True).click()
    expect(training.get_by_text("0.00042", exact=True)).to_be_visible()


def test_a_reload_in_mid_run_loses_nothing(training):
    marks = training.get_by_test_id("stVegaLiteChart").locator("svg.marks .mark-symbol path")
    expect(marks).not_to_have_count(0)
    address, step, points = training.url, step_of(training), marks.count()
    training.reload()
    expect(position(training)).to_be_visible()
    assert training.url == address
    assert step_of(training) >= step
    wait_for_steps(training, 2)
    assert marks.count() >= points


def test_offline_the_page_says_so_and_catches_up_by_itself(training):
    line = training.locator("#no-connection")
    expect(line).to_have_count(0)
    try:
        training.context.set_offline(True)
        expect(line).to_have_text(re.compile(r"^No connection to the server since \d\d:\d\d:\d\d\. "))
        expect(line).to_be_in_viewport()
        training.wait_for_timeout(OFFLINE)
        expect(line).to_be_in_viewport()
    finally:
        training.context.set_offline(False)
    expect(line).to_have_count(0)
    wait_for_steps(training, 2)


def test_charts_batch_and_weight_images_are_on_the_first_screen(training, open_page):
    page = open_page(training.url, width=1280, height=800)
    halves = page.get_by_alt_text("Weight images of the first layer")
    expect(halves).to_have_count(2)
    charts = page.get_by_test_id("stVegaLiteChart").locator("svg.marks")
    for part in (charts.nth(0), charts.nth(1), halves.nth(0), halves.nth(1)):
        expect(part).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("classified before the network learned from it")).to_be_in_viewport()


def test_a_second_tab_sees_and_steers_the_same_run(training, open_page):
    other = open_page(training.url)
    expect(position(other)).to_be_visible()
    training.get_by_role("button", name="Pause", exact=True).click()
    resume = other.get_by_role("button", name="Resume", exact=True)
    expect(resume).to_be_visible()
    expect(training.get_by_role("button", name="Resume", exact=True)).to_be_visible()
    resume.click()
    expect(position(training)).to_be_visible()
    other.get_by_role("button", name="Stop", exact=True).click()
    for page in (training, other):
        expect(page.get_by_text(re.compile(r"Stopped at step [\d,]+ of"))).to_be_visible()
        expect(page.get_by_text(re.compile(r"[\d,]+ / 10,000 images"))).to_be_visible()
