"""One dashboard and one Chromium for all browser tests; a test opens tabs in it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from dashboard import STREAMLIT_PROBES, Server, assert_no_exception, running_server
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, expect, sync_playwright

from mnistcore.data import find_mnist
from mnistcore.runs import RunStore, execute_run
from mnistcore.training import recipe

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _missing(reason: str) -> None:
    if os.environ.get("MNIST_EXPLORER_REQUIRE") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


# The machine may be busy with other tests: how long is too long is not what these tests are about.
PATIENCE = 30_000
_open = ExitStack()  # the browser


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> BrowserContext:
    """A browser with a profile, as people have it: it keeps what it has compiled, which a private window does not."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        _missing("no Chromium found: install chromium or google-chrome (Debian: apt-get install chromium)")
    expect.set_options(timeout=PATIENCE)
    playwright = _open.enter_context(sync_playwright())
    context = playwright.chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=executable, args=CHROMIUM_FLAGS, reduced_motion="reduce"
    )
    _open.callback(context.close)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """After the last browser test: Playwright's event loop would run on below tests that have one of their own."""
    if nextitem is None or not nextitem.path.is_relative_to(Path(__file__).parent):
        _open.close()


@pytest.fixture(scope="session")
def free_tabs(browser: BrowserContext) -> list[Page]:
    """Empty tabs, to be used again: until it shows a page a new one computes for 2.4 s, one of these for 1.4 s."""
    return list(browser.pages)


@pytest.fixture(scope="session")
def server(browser: BrowserContext, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The dashboard that most tests share, with real MNIST; its runs pile up as a user's would."""
    if find_mnist() is None:
        _missing("real MNIST not found: set MNIST_EXPLORER_DATA to the folder with its four files")
    with running_server(tmp_path_factory.mktemp("dashboard")) as running:
        yield running


@contextmanager
def tabs(browser: BrowserContext, free_tabs: list[Page]) -> Iterator[Callable[..., Page]]:
    """Open an address in a tab of its own; in the end no tab may have logged an error or show an exception."""
    pages: list[Page] = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(STREAMLIT_PROBES):
            problems.append(f"{message.text} ({message.location['url']})")

    def note_error(error: Error) -> None:
        problems.append(str(error))

    def open_tab(url: str, width: int = 1280, height: int = 900) -> Page:
        page = free_tabs.pop() if free_tabs else browser.new_page()
        pages.append(page)
        page.bring_to_front()  # behind another tab a page is drawn once a second, and the mouse waits for it
        page.set_viewport_size({"width": width, "height": height})
        page.on("console", note)
        page.on("pageerror", note_error)
        page.goto(url)
        return page

    try:
        yield open_tab
        for page in pages:
            assert_no_exception(page)
    finally:
        for page in pages:
            page.remove_listener("console", note)
            page.remove_listener("pageerror", note_error)
            page.evaluate("sessionStorage.clear()")
            page.goto("about:blank")
        free_tabs += pages
    assert problems == []


@pytest.fixture
def open_page(browser: BrowserContext, free_tabs: list[Page]) -> Iterator[Callable[..., Page]]:
    """Opens an address in a tab of the test's own."""
    with tabs(browser, free_tabs) as open_tab:
        yield open_tab


@pytest.fixture(scope="module")
def open_shared_page(browser: BrowserContext, free_tabs: list[Page]) -> Iterator[Callable[..., Page]]:
    """Opens an address in a tab that all tests of a module share."""
    with tabs(browser, free_tabs) as open_tab:
        yield open_tab


@pytest.fixture(scope="session")
def trained_run(server: Server) -> str:
    """A finished run in the server's store, as the command line would have left it: for pages that need one."""
    store = RunStore(server.store_url)
    config = recipe("first-network").config.overridden({"epochs": 1, "train_size": 20_000})
    run_id = store.create_run(config, dataset="mnist", recipe="first-network", name="trained before")
    assert execute_run(server.store_url, run_id) == "finished"
    return run_id
