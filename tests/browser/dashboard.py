"""A real dashboard in a process of its own, and what the tests ask of its pages."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page
from strokes import DRAWN_ON, Strokes, passed

ROOT = Path(__file__).parents[2]
# A test fetches nothing: downloads go to a port where nobody answers.
NO_NETWORK = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "localhost"}
# Streamlit looks for its server below a page's address first, and the browser logs that it is not there.
STREAMLIT_PROBES = ("/_stcore/health", "/_stcore/host-config")


@dataclass(frozen=True)
class Server:
    """A running dashboard: its address, its data folder, what it has printed."""

    url: str
    home: Path
    log: Path

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.home / 'runs.db'}"


@contextmanager
def running_server(home: Path, **environment: str) -> Iterator[Server]:
    """Start the dashboard as `make app` does, on a free port with an own data folder; end it and its workers after."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.headless", "true", "--server.port", str(port)]
    variables = os.environ | NO_NETWORK | {"MNIST_EXPLORER_HOME": str(home), **environment}
    server = Server(f"http://localhost:{port}", home, home / "server.log")
    with server.log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until_healthy(server, process)
        yield server
    finally:
        end_process(process)


def _wait_until_healthy(server: Server, process: "subprocess.Popen[bytes]", seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server did not come up:\n{server.log.read_text()}")


def end_process(process: "subprocess.Popen[bytes]") -> None:
    """End a server with all that it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=5)


def wait_until_still(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def assert_no_exception(page: Page) -> None:
    """Neither an exception box nor a traceback stands on the page."""
    boxes = page.get_by_test_id("stException")
    assert boxes.count() == 0, boxes.first.inner_text()
    assert "Traceback" not in page.inner_text("body")


def visit(page: Page, address: str) -> None:
    """To another page of the dashboard that the tab shows, as by the browser's back button: nothing is loaded anew."""
    page.evaluate(
        "address => { history.pushState(null, '', address); dispatchEvent(new PopStateEvent('popstate')) }",
        f"/{address}",
    )


def scrolls_sideways(page: Page) -> bool:
    """Whether the page is wider than the window."""
    return page.evaluate(
        """() => { const main = document.querySelector('[data-testid="stMain"]') || document.body;
                   return main.scrollWidth > main.clientWidth + 1 }"""
    )


def canvas_of(page: Page) -> Locator:
    """The drawing canvas, once it can be drawn on."""
    canvas = page.locator(".drawing canvas.upper-canvas")
    canvas.wait_for()
    wait_until_still(page)
    return canvas


def draw(page: Page, canvas: Locator, strokes: Strokes) -> None:
    """Draw strokes with the mouse, each a list of points on a square of DRAWN_ON that is as large as the canvas."""
    box = canvas.bounding_box()
    assert box is not None
    scale = box["width"] / DRAWN_ON
    for stroke in strokes:
        (x, y), *rest = [(box["x"] + scale * x, box["y"] + scale * y) for x, y in passed(stroke)]
        page.mouse.move(x, y)
        page.mouse.down()
        for to_x, to_y in rest:
            page.mouse.move(to_x, to_y)
        page.mouse.up()
