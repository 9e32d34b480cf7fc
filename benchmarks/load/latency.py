"""What a hand waits for, in a real browser on this machine, and what it costs a run to be watched."""

import re
import statistics
import time

from playwright.sync_api import Browser, Page

from benchmarks.chromium import TIMEOUT, follow, new_tab, running_browser, wait_until_still
from benchmarks.load.dashboard import Dashboard, running_dashboard
from benchmarks.load.scenarios import Figures
from mnistcore.runs import RunStore

STROKES = 15
FIRSTS = 3  # servers that are started anew
PAGES = ("train", "weights", "confusions", "draw", "runs", "map", "lessons", "certainty")
WATCHED = '{"layers":[{"units":128}],"batch_size":64,"optimizer":"sgd","learning_rate":0.1,"epochs":100}'  # row B
TURNS = 3

# A line of a chart that has moved on: two points at least.
CURVE = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"] .mark-line path')]
    .some(path => (path.getAttribute('d') || '').includes('L'))"""


def latency() -> Figures:
    """Milliseconds, medians: a stroke's prediction, another page, and the first curve on a server that has just begun;
    and by how much a run slows down when a browser on the same machine shows it."""
    with running_browser() as browser:
        first = [_first_curve(browser) for _ in range(FIRSTS)]
        with running_dashboard() as dashboard:
            page = new_tab(browser)
            strokes = _strokes(page, dashboard)
            pages = _pages(page, dashboard)
            page.close()
            watching = _watching(browser, dashboard)
    return {
        "stroke_ms": statistics.median(strokes),
        "slowest_stroke_ms": max(strokes),
        "page_ms": statistics.median(pages.values()),
        **{f"page_{name}_ms": value for name, value in pages.items()},
        "first_curve_ms": statistics.median(first),
        **watching,
    }


def _first_curve(browser: Browser) -> float:
    """From the click on "Train a first network" to a curve that has begun to move."""
    with running_dashboard() as dashboard:
        page = new_tab(browser)
        page.goto(dashboard.url)
        button = page.get_by_role("button", name="Train a first network")
        button.wait_for()
        wait_until_still(page)
        begun = time.perf_counter()
        button.click()
        page.wait_for_function(CURVE, timeout=TIMEOUT, polling="raf")
        elapsed = time.perf_counter() - begun
        page.close()
    return 1000 * elapsed


def _strokes(page: Page, dashboard: Dashboard) -> list[float]:
    """From the end of a stroke, a one or a seven, to what it is read as."""
    page.goto(f"{dashboard.url}/draw")
    canvas = page.locator(".drawing canvas.upper-canvas")
    canvas.wait_for()
    wait_until_still(page)
    page.wait_for_timeout(2000)
    verdict, clear = page.locator(".digit-verdict .digit"), page.get_by_role("button", name="Clear", exact=True)
    found = []
    for turn in range(STROKES + 1):
        box = canvas.bounding_box()
        assert box is not None
        side = box["width"]
        points = [(0.5, 0.2), (0.5, 0.5), (0.5, 0.8)] if turn % 2 else [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
        page.mouse.move(box["x"] + points[0][0] * side, box["y"] + points[0][1] * side)
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(box["x"] + x * side, box["y"] + y * side, steps=8)
        begun = time.perf_counter()
        page.mouse.up()
        verdict.wait_for()
        found.append(1000 * (time.perf_counter() - begun))
        wait_until_still(page)
        clear.click()
        verdict.wait_for(state="detached")
        page.wait_for_timeout(500)
    return found[1:]


def _pages(page: Page, dashboard: Dashboard) -> dict[str, float]:
    """From one page to the next, to its heading and the end of its script: medians of three rounds, after a first."""
    page.goto(f"{dashboard.url}/lessons")
    wait_until_still(page)
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    for turn in range(4):
        for name in PAGES:
            page.wait_for_timeout(1000)  # it is looked at
            before = page.get_by_role("heading", level=1).first.inner_text()
            begun = time.perf_counter()
            follow(page, f"{dashboard.url}/{name}")
            page.wait_for_function(
                "before => (document.querySelector('h1')?.innerText ?? before) !== before", arg=before, polling="raf"
            )
            wait_until_still(page)
            if turn:
                found[name].append(1000 * (time.perf_counter() - begun))
    return {name: statistics.median(values) for name, values in found.items()}


def _watching(browser: Browser, dashboard: Dashboard) -> Figures:
    """Seconds that a run trains for with its page open and with the tab elsewhere, in turn."""
    store = RunStore(dashboard.store_url)
    watched: list[float] = []
    alone: list[float] = []
    for _ in range(TURNS):
        for seconds, is_watched in ((alone, False), (watched, True)):
            page = new_tab(browser)
            page.goto(f"{dashboard.url}/train?config={WATCHED}")
            page.get_by_role("button", name="Train this network").click()
            page.wait_for_url(re.compile(r"[?&]run=[0-9a-f]{12}"))
            run_id = re.findall(r"[?&]run=([0-9a-f]{12})", page.url)[0]
            if not is_watched:
                page.close()
            deadline = time.monotonic() + TIMEOUT / 1000
            while (run := store.run(run_id)).status in ("queued", "running") and time.monotonic() < deadline:
                time.sleep(0.5)
            seconds.append(run.seconds)
            if is_watched:
                page.close()
    store.close()
    loss = statistics.median(watched) / statistics.median(alone) - 1
    return {"alone_s": statistics.median(alone), "watched_s": statistics.median(watched), "slower_watched": loss}
