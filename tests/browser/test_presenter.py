"""The presenter view: one thing at a time, as large as the screen, on whichever page, until it is left."""

import re

import pytest
from dashboard import visit, wait_until_still
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

PRESENTING = re.compile(r"[?&]present=1(&|$)")
# Of the drawn chart that is shown: the shares of the window that it takes, and the height of its smallest text.
CHART = """() => { const svg = [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg.marks')]
  .find(one => one.getBoundingClientRect().width);
  if (!svg) return {}; const box = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll('text')].filter(one => one.textContent)
    .map(one => one.getBoundingClientRect().height);
  return {width: box.width / innerWidth, height: box.height / innerHeight, right: box.right / innerWidth,
          bottom: box.bottom / innerHeight, text: Math.min(...texts) / innerHeight} }"""


def assert_chart_fills_the_screen(page: Page) -> None:
    """Once it is laid out and drawn anew: the bar is below it, and its smallest line is 3 cm on a screen 1.5 m high."""
    page.wait_for_function(
        f"""() => {{ const chart = ({CHART})();
          return chart.width > 0.75 && chart.right <= 1 && chart.height > 0.55 && chart.bottom < 0.96
            && chart.text > 0.02 }}"""
    )


def test_every_page_keeps_presenting_until_it_is_left(server, trained_run, open_page):
    page = open_page(f"{server.url}/confusions?run={trained_run}", width=1280, height=800)
    expect(page.get_by_text("95 % interval")).to_be_visible()
    wait_until_still(page)
    page.keyboard.press("p")
    expect(page).to_have_url(PRESENTING)
    assert f"run={trained_run}" in page.url
    expect(page.get_by_test_id("stHeader")).to_be_hidden()
    expect(page.get_by_test_id("stSelectbox").first).to_be_hidden()
    assert_chart_fills_the_screen(page)

    # It still works: a click into the chart chooses a square, and the images behind it are the next thing.
    page.locator('[data-testid="stVegaLiteChart"] svg.marks [aria-label*="Images: "]').first.click()
    wait_until_still(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("most confident first").first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_hidden()
    expect(page).to_have_url(re.compile(r"thing=\d"))
    page.keyboard.press("c")
    expect(page.get_by_test_id("stSelectbox").first).to_be_visible()

    visit(page, "data")
    expect(page.locator("#presenter-bar .place")).to_contain_text("Data")
    expect(page).to_have_url(PRESENTING)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stHeader")).to_be_visible()
    expect(page).not_to_have_url(PRESENTING)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_link_opens_it_and_a_large_screen_is_filled_too(server, trained_run, open_page):
    page = open_page(f"{server.url}/train?run={trained_run}&present=1", width=1920, height=1080)
    expect(page.locator("#presenter-bar")).to_be_visible()
    assert_chart_fills_the_screen(page)
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_test_id("stTopNav")).to_be_visible()
    field = page.get_by_label("Learning rate").first
    field.scroll_into_view_if_needed()
    field.press("p")  # writing is not presenting
    expect(page.locator("#presenter-bar")).to_be_hidden()


def test_on_a_phone_it_is_as_wide_as_the_window(server, open_page):
    page = open_page(f"{server.url}/data?present=1", width=390, height=844)
    expect(page.locator("#presenter-bar")).to_be_visible()
    page.wait_for_function("() => document.querySelector('[data-testid=\"stMain\"]').scrollWidth <= innerWidth + 1")
    expect(page.get_by_role("button", name="Next")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Leave")).to_be_in_viewport(ratio=1)


def test_the_arrows_lead_through_a_lesson(server, open_page):
    page = open_page(f"{server.url}/weights?lesson=one-neuron&at=1&present=1", width=1280, height=800)
    lesson = page.locator(".st-key-lesson")
    expect(page.locator("#presenter-bar")).to_be_visible()
    page.keyboard.press("ArrowRight")  # the lesson's buttons need not be there yet
    expect(lesson.get_by_text("Ten neurons, nothing else")).to_be_visible()
    wait_until_still(page)
    page.keyboard.press("ArrowRight")
    expect(lesson.get_by_text("In the middle, and it is blue")).to_be_visible()
    expect(page).to_have_url(PRESENTING)
    assert "at=3" in page.url
    letters = lesson.get_by_text("In the middle, and it is blue").bounding_box()
    gallery = page.locator('[data-testid="stImage"]:visible').first.bounding_box()
    assert letters is not None
    assert gallery is not None
    assert gallery["x"] >= 0.36 * 1280, "the page is beside the lesson, not below it"
    assert letters["x"] + letters["width"] <= 0.36 * 1280
    # At the first place that has no answer the lesson begins at its top again.
    page.keyboard.press("ArrowRight")
    expect(lesson.get_by_role("heading", name="The corners")).to_be_in_viewport()
