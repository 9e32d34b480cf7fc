"""Every kind of chart and gallery is saved as a picture by the mouse, and the picture shows what the page shows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dashboard import Server, wait_until_still
from PIL import Image
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

SHADES = (np.array([178, 24, 43]), np.array([33, 102, 172]))  # both ends of a weight image's scale


def saved(page: Page, press: Callable[[], None], folder: Path) -> np.ndarray:
    """The pixels (height, width, 3) of the PNG that the browser saves."""
    with page.expect_download() as started:
        press()
    assert started.value.suggested_filename.endswith(".png")
    path = folder / "saved.png"
    started.value.save_as(path)
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture.convert("RGB")).astype(int)


def saved_gallery(page: Page, part: Locator, folder: Path) -> np.ndarray:
    button = page.get_by_role("button", name="Save as PNG")
    for _ in range(10):  # a part that moves away under the pointer is pointed at again, as a person does
        part.scroll_into_view_if_needed()
        part.hover()
        page.wait_for_timeout(300)
        if button.is_visible():
            break
        page.mouse.move(0, 0)
    return saved(page, button.click, folder)


def share_near(pixels: np.ndarray, color: np.ndarray) -> float:
    return float((np.abs(pixels - color).max(axis=2) < 60).mean())


def test_a_gallery_of_weights_and_a_vega_chart(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/weights?run={trained_run}")
    image = page.get_by_test_id("stImage").first
    expect(image).to_be_visible()
    wait_until_still(page)
    pixels = saved_gallery(page, image, tmp_path)
    box = page.locator(".st-key-digit-gallery").bounding_box()
    assert box is not None
    assert pixels.shape[:2] == pytest.approx((2 * box["height"], 2 * box["width"]), abs=3)
    assert min(share_near(pixels, color) for color in SHADES) > 0.01
    last = image.bounding_box()
    assert last is not None
    below = pixels[int(2 * last["width"]) + 4 : int(2 * last["height"]), : int(2 * last["width"])]
    assert np.ptp(below, axis=(0, 1)).max() > 60  # the digit that is written below the first image
    chart = page.get_by_test_id("stVegaLiteChart").first
    chart.scroll_into_view_if_needed()
    chart.hover()
    pixels = saved(page, page.get_by_role("button", name="Download as PNG").first.click, tmp_path)
    assert share_near(pixels, np.array([74, 144, 207])) > 0.01  # bars of negative weights


def test_tiles_by_the_keyboard_and_in_the_dark(server: Server, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/data")
    tiles = page.locator(".digit-tiles").first
    expect(tiles).to_be_visible()
    wait_until_still(page)
    light = saved_gallery(page, tiles, tmp_path)
    page.emulate_media(color_scheme="dark")
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", "rgb(21, 22, 26)")
    wait_until_still(page)
    page.locator("h1").hover()
    expect(page.get_by_role("button", name="Save as PNG")).to_have_count(0)
    tiles.focus()
    dark = saved(page, lambda: page.keyboard.press("s"), tmp_path)
    assert light.shape == dark.shape
    np.testing.assert_array_equal(light[-1, -1], (253, 253, 251))  # the page's own ground
    np.testing.assert_array_equal(dark[-1, -1], (21, 22, 26))
    page.emulate_media(color_scheme="light")


def test_the_map_and_the_health_of_layers(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/map?run={trained_run}")
    expect(page.locator(".legend span")).to_have_count(10)
    pixels = saved_gallery(page, page.locator(".plane > canvas"), tmp_path)
    assert share_near(pixels, np.array([59, 98, 216])) > 0.001  # zeros, among the points and in the legend
    page = open_page(f"{server.url}/train?run={trained_run}")
    page.get_by_text("Health of the layers").click()
    pixels = saved_gallery(page, page.locator('[data-testid="stHtml"] img[src^="data:image/svg"]').first, tmp_path)
    assert pixels.std() > 5


def test_a_plotly_chart(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/runs")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    wait_until_still(page)
    table.click(position={"x": 18, "y": 52})  # the tick of the first run, drawn on a canvas
    chart = page.get_by_test_id("stPlotlyChart")
    chart.hover()
    pixels = saved(page, page.locator('.modebar-btn[data-title*="png" i]').click, tmp_path)
    assert share_near(pixels, np.array([0, 114, 178])) > 0.0005
