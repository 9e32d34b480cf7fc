"""A real dashboard on a free port, and a real Chromium that looks at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
REQUIRED = os.environ.get("MNIST_EXPLORER_REQUIRE") == "1"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its data folder, what it has printed."""

    url: str
    home: Path
    log: Path


def _missing(reason: str) -> None:
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def real_mnist() -> None:
    """The tests here are about real MNIST; without it they are skipped, or fail where it is required."""
    from mnistcore.data import find_mnist

    if find_mnist() is None:
        _missing("real MNIST not found: set MNIST_EXPLORER_DATA to the folder with its four files")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        _missing("no Chromium found: install chromium or google-chrome (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@contextmanager
def running_server(home: Path, **environment: str) -> Iterator[Server]:
    """Start the dashboard as `make app` does, on a free port with an own data folder; end it and its workers after."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "server.log"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    command += ["--server.port", str(port), "--server.fileWatcherType", "none"]
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "DASK_"))}
    variables |= {"MNIST_EXPLORER_HOME": str(home), **environment}
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    server = Server(f"http://localhost:{port}", home, log)
    try:
        _wait_until_healthy(server, process)
        yield server
    finally:
        _end(process)


def _wait_until_healthy(server: Server, process: subprocess.Popen[bytes], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1):
                return
        except OSError:  # noqa: PERF203 - it is a wait
            time.sleep(0.05)
    raise AssertionError(f"the server did not come up:\n{server.log.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        process.wait(timeout=5)


@pytest.fixture(scope="session")
def server(real_mnist: None, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The one server that most tests share; its runs pile up as a user's would."""
    with running_server(tmp_path_factory.mktemp("browser-home")) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a tab of its own; after the test no tab may have logged an error or shown an exception."""
    contexts, pages, problems = [], [], []

    def open_tab(url: str, width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        contexts.append(context)
        pages.append(page)
        page.goto(url)
        return page

    yield open_tab
    for page in pages:
        assert_no_exception(page)
    for context in contexts:
        context.close()
    assert problems == []


def assert_no_exception(page: Page) -> None:
    """Neither an exception box nor a traceback stands on the page."""
    assert page.get_by_test_id("stException").count() == 0, page.get_by_test_id("stException").first.inner_text()
    assert "Traceback" not in page.inner_text("body")


def wait_until_still(page: Page) -> None:
    """Wait until the script has run to its end and nothing is grey any more."""
    page.get_by_test_id("stApp").wait_for()
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate(
        """() => { const main = document.querySelector('[data-testid="stMain"]') || document.body;
                   return main.scrollWidth > main.clientWidth + 1 }"""
    )
