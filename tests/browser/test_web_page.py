"""A network taken home as a web page answers in a real Chromium, opened from a file, as the program itself does."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Request, expect
from strokes import FOUR, THREE, Strokes, passed

from mnistcore import pretrained
from mnistcore.drawing import prepare
from mnistcore.exports.facts import Facts
from mnistcore.exports.web_page import web_page
from mnistcore.nn import Network
from mnistcore.runs.archive import unpack_run
from tests.core.test_drawn_digits import changed, drawings
from tests.core.various_networks import NETWORKS, random_images, random_network

pytestmark = pytest.mark.browser

DRAWINGS, SIDE, DRAWN_ON = 200, 420, 280
MOST_MILLISECONDS = 30
HOSTILE = 'A name with </title><script>document.title = "hurt"</script> & "quotes"'
# What the page makes of some strokes: its ink as a PNG, the images, the probabilities and the words.
ANSWER = """strokes => {
    const found = answer(inkOf(strokes));
    return {...found, digits: found.digits.map(d => [...d]), ink: byId("paper").toDataURL()};
}"""
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def shipped() -> Network:
    return unpack_run(pretrained.ARCHIVE.read_bytes()).network


@pytest.fixture
def asked(browser: BrowserContext) -> Iterator[list[str]]:
    """The addresses that the browser asks for."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    browser.on("request", note)
    yield addresses
    browser.remove_listener("request", note)


@pytest.fixture
def open_network(open_page, tmp_path: Path, asked: list[str]) -> Open:
    """Opens a network's page from a file, the only address that is asked for."""

    def open_file(network: Network, **size: int) -> Page:
        path = tmp_path / "digits.html"
        path.write_bytes(web_page(network, Facts(HOSTILE, "0" * 12, 100, "MNIST")))
        page = open_page(path.as_uri(), **size)
        assert asked == [path.as_uri()]
        asked.clear()
        return page

    return open_file


def hands() -> list[list[list[list[float]]]]:
    """Digits as people have drawn them, and by other hands, on the page's canvas; some side by side or with a speck."""
    rng, known = np.random.default_rng(3), drawings()
    found = []
    for number in range(DRAWINGS):
        strokes = [stroke / DRAWN_ON * SIDE for stroke in changed(known[number % len(known)][2], rng)]
        if number % 10 == 0:
            other = [stroke / DRAWN_ON * SIDE for stroke in known[(number + 7) % len(known)][2]]
            strokes = [stroke * (0.5, 0.8) for stroke in strokes] + [stroke * (0.5, 0.8) + (210, 0) for stroke in other]
        if number % 10 == 5:
            strokes.append(np.array([[400.0, 400.0]]))
        found.append([stroke.tolist() for stroke in strokes])
    return found


def test_its_answers_to_200_drawings_are_the_programs(shipped: Network, open_network: Open, asked: list[str]):
    page = open_network(shipped)
    answers = [page.evaluate(ANSWER, strokes) for strokes in hands()]
    several = 0
    for found in answers:
        png = base64.b64decode(found["ink"].partition(",")[2])
        expected = prepare(np.asarray(Image.open(io.BytesIO(png)).convert("L")))
        assert found["hint"] == (expected.hint or "")
        images = np.stack([digit.image for digit in expected.digits])
        several += len(images) > 1
        assert np.abs(np.array(found["digits"], float).reshape(images.shape) - images).max() <= 2
        np.testing.assert_allclose(found["probabilities"], shipped.predict(images), atol=0.001)
    assert several > 5
    assert processor_milliseconds(page, hands()[:20]) < MOST_MILLISECONDS
    assert asked == []


def processor_milliseconds(page: Page, drawn: list[Any]) -> float:
    """What an answer takes on average, in the processor's time: other programs run beside this test."""
    meter = page.context.new_cdp_session(page)
    meter.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = meter.send("Performance.getMetrics")["metrics"]
        return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")

    before = spent()
    page.evaluate("drawings => drawings.forEach(strokes => answer(inkOf(strokes)))", drawn)
    return 1000 * (spent() - before) / len(drawn)


def test_what_is_no_digit_is_told_as_the_program_tells_it(shipped: Network, open_network: Open):
    page = open_network(shipped)
    full = [[[x, 0.0], [x, 420.0]] for x in range(0, 421, 20)]
    wide = [[[30.0, 200.0], [390.0, 215.0]]]
    tiny = [[[200.0, 200.0], [209.0, 203.0], [202.0, 214.0]]]
    for strokes in ([], [[[200.0, 200.0]]], full, wide, tiny):
        found = page.evaluate(ANSWER, strokes)
        png = base64.b64decode(found["ink"].partition(",")[2])
        expected = prepare(np.asarray(Image.open(io.BytesIO(png)).convert("L")))
        assert found["hint"] == (expected.hint or "")
        assert len(found["digits"]) == (0 if expected.is_empty else 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_layer_and_loss(name: str, open_network: Open):
    network, images = random_network(name), random_images(20)
    page = open_network(network)
    rows = images.reshape(20, 784).tolist()
    found = page.evaluate("images => images.map(image => predict(layers, page.loss, image))", rows)
    np.testing.assert_allclose(found, network.predict(images), atol=1e-5)
    units = next(layer.shapes["W"][1] for layer in network.layers if "W" in layer.shapes)
    expect(page.locator("#gallery figure")).to_have_count(units)


def stroke_by_mouse(page: Page, strokes: Strokes) -> None:
    box = page.locator("#paper").bounding_box()
    assert box is not None
    scale = box["width"] / DRAWN_ON
    for stroke in strokes:
        (x, y), *rest = [(box["x"] + scale * x, box["y"] + scale * y) for x, y in passed(stroke)]
        page.mouse.move(x, y)
        page.mouse.down()
        for place in rest:
            page.mouse.move(*place)
        page.mouse.up()


def test_drawn_by_mouse_undone_and_cleared_by_keyboard(shipped: Network, open_network: Open, asked: list[str]):
    page = open_network(shipped)
    assert HOSTILE in page.inner_text("h1")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    stroke_by_mouse(page, FOUR)
    expect(page.locator("#digit")).to_have_text("4")
    expect(page.locator("#bars .best .share")).to_have_text("> 99.9 %")
    page.keyboard.press("z")
    expect(page.locator("#digit")).not_to_have_text("4")
    page.keyboard.press("c")
    expect(page.locator("#digit")).to_have_text("–")
    expect(page.get_by_text("Draw a digit here")).to_be_visible()
    stroke_by_mouse(page, THREE)
    expect(page.locator("#digit")).to_have_text("3")
    page.get_by_role("button", name="Clear").press("Enter")
    expect(page.locator("#digit")).to_have_text("–")
    assert asked == []


def test_the_answer_comes_while_the_pen_moves_on_a_phone_and_in_the_dark(shipped: Network, open_network: Open):
    page = open_network(shipped, width=390, height=844)
    picture = "document.querySelector('#gallery canvas').toDataURL()"
    light = page.evaluate(picture)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => {picture} !== light", arg=light)
    touch = page.context.new_cdp_session(page)
    box = page.locator("#paper").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 30

    def send(kind: str, *points: tuple[float, float]) -> None:
        held = [{"x": x, "y": y} for x, y in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": held})

    send("touchStart", (x, y))
    for step in range(1, 20):
        send("touchMove", (x, y + step * 10))
    expect(page.locator("#digit")).to_have_text("1")  # the finger is still down
    send("touchEnd")
    assert page.evaluate("scrollY") == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#bars").bounding_box()["y"] < 844 - 100
    page.emulate_media(color_scheme="light")


def test_its_policy_lets_nothing_out(shipped: Network, browser: BrowserContext, tmp_path: Path):
    """Neither a request nor a script that is not its own, even where one should get in."""
    path = tmp_path / "digits.html"
    content = web_page(shipped, Facts("x", "0" * 12, 1, "MNIST"))
    assert len(content) < 1_500_000
    path.write_bytes(content.replace(b"</main>", b"<script>document.title = 'hurt'</script></main>"))
    page = browser.new_page()
    try:
        page.goto(path.as_uri())
        assert page.title() == "x"
        broken = page.evaluate(
            "() => new Promise(done => addEventListener('securitypolicyviolation', "
            "event => done(event.effectiveDirective), { once: true }) || fetch('http://localhost:9/').catch(() => 0))"
        )
        assert broken == "connect-src"
    finally:
        page.close()
