"""Make the README's moving picture from the running product: a network trains, its weights form, it reads a digit.

    python -m docs.moving_picture

Starts a dashboard with an empty data folder and real MNIST, uses it in a Chromium by the mouse, and writes what is seen
there to docs/images/tour.webp. On another machine the network is the same, and the moments of the pictures differ.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from benchmarks.load.dashboard import running_dashboard

TARGET = Path(__file__).parent / "images" / "tour.webp"
WINDOW: ViewportSize = {"width": 1000, "height": 780}  # pixels of the page
WIDTH = 800  # pixels in the README
QUALITY, MOST_BYTES = 72, 3_000_000
STILL, QUICK = 1_600, 190  # milliseconds that a picture is seen: one to read, and one of many
MOST_LIVE, MOST_FILM = 22, 24  # pictures of a training and of a film
# Points on a square of 280: a 4 of two strokes.
FOUR = ([(105, 50), (95, 90), (82, 150), (120, 152), (200, 148)], [(172, 70), (170, 150), (166, 238)])
BROWSERS = ("chromium", "google-chrome")
# The pointer is not in a screenshot: a dot that follows it.
POINTER = """() => { const dot = document.body.appendChild(document.createElement("div"));
  dot.style.cssText = "position:fixed;z-index:1000000;width:16px;height:16px;margin:-8px;border-radius:50%;" +
    "pointer-events:none;background:#e0662fcc;box-shadow:0 0 0 2px #fff;left:-50px";
  addEventListener("pointermove", e => { dot.style.left = e.clientX + "px"; dot.style.top = e.clientY + "px"; }, true);
}"""

Frame = tuple[Image.Image, int]  # a picture of the page, and for how many milliseconds it is seen


def main() -> None:
    """Use the product, and write what was seen."""
    with running_dashboard() as dashboard, sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path)
        page = browser.new_page(viewport=WINDOW, color_scheme="light")
        page.set_default_timeout(120_000)
        frames = list(tour(page, dashboard.url))
        browser.close()
    seconds = sum(shown for _, shown in frames) / 1000
    print(f"{TARGET.name}: {len(frames)} pictures, {seconds:.1f} s, {write(frames):,} bytes")


def tour(page: Page, url: str) -> Iterator[Frame]:
    """From the first page to the first digit that the network reads."""
    page.goto(url)
    still(page)
    page.evaluate(POINTER)
    yield seen(page, STILL)
    yield from clicks(page, "Train a first network")
    yield from training(page)
    run_id = re.findall(r"run=([0-9a-f]{12})", page.url)[0]
    yield from weights_forming(page, run_id)
    yield from drawing(page, run_id)


def training(page: Page) -> Iterator[Frame]:
    """The curves move until the test accuracy is there."""
    page.get_by_text(re.compile(r"step [1-9][\d,]* of")).wait_for()
    frames = [seen(page, QUICK)]
    while not page.get_by_text("Test accuracy").count():
        page.wait_for_timeout(100)
        frames.append(seen(page, QUICK))
    still(page)
    yield from thinned(frames, MOST_LIVE)
    yield seen(page, STILL)


def weights_forming(page: Page, run_id: str) -> Iterator[Frame]:
    """The snapshots of the run as a film, from noise to ten digits."""
    visit(page, f"weights?run={run_id}")
    page.get_by_text("Evidence for each digit").wait_for()
    moment = page.get_by_text(re.compile("^After step"))
    end = moment.inner_text()  # the film stands at its end
    page.get_by_role("slider").press("Home")
    page.get_by_text("After step 0").wait_for()
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 260)")  # the film, and all ten digits
    still(page)
    frames = []
    yield from clicks(page, "Play")
    while moment.inner_text() != end:
        frames.append(seen(page, QUICK))
        page.wait_for_timeout(100)
    still(page)
    yield from thinned(frames, MOST_FILM)
    yield seen(page, STILL)


def drawing(page: Page, run_id: str) -> Iterator[Frame]:
    """A digit drawn stroke by stroke; after each stroke the network's answer."""
    visit(page, f"draw?run={run_id}")
    canvas = page.locator(".drawing canvas.upper-canvas")
    canvas.wait_for()
    still(page)
    yield seen(page, STILL // 2)
    box = canvas.bounding_box()
    assert box is not None
    for stroke in FOUR:
        places = [(box["x"] + box["width"] * x / 280, box["y"] + box["height"] * y / 280) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=8)
            yield seen(page, QUICK)
        page.mouse.up()
        page.wait_for_timeout(1500)  # the stroke is on its way to the server
        still(page)
        yield seen(page, STILL // 2)
    yield seen(page, STILL)


def visit(page: Page, address: str) -> None:
    """To another page of the dashboard without loading it anew."""
    page.evaluate(
        "to => { history.pushState(null, '', to); dispatchEvent(new PopStateEvent('popstate')) }", f"/{address}"
    )


def clicks(page: Page, name: str) -> Iterator[Frame]:
    """The pointer goes to a button, and presses it."""
    button = page.get_by_role("button", name=name)
    button.hover()
    yield seen(page, 3 * QUICK)
    button.click()


def still(page: Page) -> None:
    """Wait until the script has run to its end, and what it has sent is drawn."""
    page.wait_for_timeout(500)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_timeout(500)


def seen(page: Page, milliseconds: int) -> Frame:
    """The page as it is now, as wide as in the README."""
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        height = round(WIDTH * picture.height / picture.width)
        return picture.convert("RGB").resize((WIDTH, height), Image.Resampling.LANCZOS), milliseconds


def thinned(frames: list[Frame], most: int) -> list[Frame]:
    """At most so many of the pictures, evenly spread, the last among them."""
    count = min(most, len(frames))
    return [frames[(number + 1) * len(frames) // count - 1] for number in range(count)]


def write(frames: list[Frame]) -> int:
    """Write the file, and return its bytes; RuntimeError if they are too many for a README."""
    (first, *rest), durations = [picture for picture, _ in frames], [milliseconds for _, milliseconds in frames]
    target = io.BytesIO()
    first.save(target, "WEBP", save_all=True, append_images=rest, duration=durations, loop=0, quality=QUALITY, method=4)
    if len(target.getvalue()) > MOST_BYTES:
        raise RuntimeError(f"{len(target.getvalue()):,} bytes are more than {MOST_BYTES:,}: lower QUALITY")
    return TARGET.write_bytes(target.getvalue())


if __name__ == "__main__":
    main()
