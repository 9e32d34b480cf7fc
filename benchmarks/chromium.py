"""A real browser, as benchmarks use it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = "chromium", "google-chrome"
TIMEOUT = 120_000  # milliseconds that anything may take before it counts as broken


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Chromium; SystemExit if there is none."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        raise SystemExit("this needs a browser: install chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()


def new_tab(browser: Browser) -> Page:
    """A tab of a laptop's size."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(TIMEOUT)
    return page


def follow(page: Page, address: str) -> None:
    """Go to another page as by a link: what is loaded stays."""
    page.evaluate(
        "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')) }", address
    )


def wait_until_still(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
