"""Experiments with 1,000 runs and Runs with 10,000, in a browser: how long until they are seen, and found."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from playwright.sync_api import Page

from benchmarks.chromium import follow, new_tab, running_browser, wait_until_still
from benchmarks.load.dashboard import running_dashboard
from benchmarks.scale.stores import fill
from mnistcore.runs import RunStore

TIMES = 5


def page_figures() -> dict[str, Any]:
    """Milliseconds, the median of five after a first one: to a first view, and to what is searched for.

    A new tab has Streamlit itself to load, which takes as long with few runs: hence also from another page.
    """
    with running_dashboard() as dashboard, running_browser() as browser:
        store = RunStore(dashboard.store_url)
        fill(store, 10)
        tab, runs, page = partial(new_tab, browser), f"{dashboard.url}/runs", new_tab(browser)
        found = {"10 runs, new tab": _median(lambda: _view(tab(), runs))}
        experiment = fill(store, 990)
        address = f"{dashboard.url}/experiments?experiment={experiment}"
        found["experiment of 990 runs, new tab"] = _median(lambda: _view(tab(), address))
        found["experiment of 990 runs, from another page"] = _median(lambda: _visit(page, address))
        fill(store, 9_000)
        found["10,000 runs, new tab"] = _median(lambda: _view(tab(), runs))
        found["10,000 runs, from another page"] = _median(lambda: _visit(page, runs))
        _view(page, runs)
        page.wait_for_timeout(1000)  # what is typed while a page is loaded is lost
        units = iter(range(20, 20 + TIMES + 1))
        found["10,000 runs, search"] = _median(lambda: _search(page, f"units = {next(units)}"))
    return found


def _median(seconds: Callable[[], float]) -> int:
    seconds()
    return round(1000 * statistics.median(seconds() for _ in range(TIMES)))


def _view(page: Page, address: str) -> float:
    """Until the table is drawn, and the script has run to its end."""
    begun = time.perf_counter()
    page.goto(address)
    _wait_for_table(page)
    return time.perf_counter() - begun


def _visit(page: Page, address: str) -> float:
    """The same from the page of the lessons, as by a link: nothing is loaded anew."""
    page.goto(f"{address.rpartition('/')[0]}/lessons")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(1000)  # it is looked at
    begun = time.perf_counter()
    follow(page, address)
    _wait_for_table(page)
    return time.perf_counter() - begun


def _wait_for_table(page: Page) -> None:
    page.get_by_test_id("stDataFrame").first.locator("canvas").first.wait_for()
    wait_until_still(page)


def _search(page: Page, words: str) -> float:
    """Until the line above the table counts what was found."""
    everything = page.get_by_text(re.compile(r"^10,000 runs$"))
    everything.wait_for()
    field = page.get_by_role("searchbox", name="Find")
    field.fill(words)
    begun = time.perf_counter()
    field.press("Enter")
    page.get_by_text(re.compile(r"^[\d,]+ of 10,000 runs$")).wait_for()
    wait_until_still(page)
    elapsed = time.perf_counter() - begun
    field.fill("")
    field.press("Enter")
    everything.wait_for()
    return elapsed
