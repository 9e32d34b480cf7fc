"""One's own digits by the mouse: a drawing is corrected, stands among My drawings, and a network learns from it."""

import re

import pytest
from dashboard import canvas_of, draw, wait_until_still
from playwright.sync_api import expect
from strokes import FOUR

from mnistcore.runs import RunStore
from mnistcore.runs.drawings import drawings

pytestmark = pytest.mark.browser


def test_a_corrected_drawing_is_kept_and_a_network_goes_on_from_its_weights(server, trained_run, open_page):
    store = RunStore(server.store_url)
    before = {one.id for one in drawings(store)}
    page = open_page(f"{server.url}/draw?run={trained_run}")
    draw(page, canvas_of(page), FOUR)
    expect(page.locator(".digit-verdict .digit")).to_be_visible()
    choices = page.get_by_test_id("stButtonGroup").filter(has_text="No, it was a")
    choices.get_by_role("radio", name="9", exact=True).click()
    expect(page.get_by_text("Kept as a 9.")).to_be_visible()
    (kept,) = (one for one in drawings(store) if one.id not in before)
    assert kept.label == 9
    assert len(kept.strokes) == len(FOUR)
    assert kept.image.any()

    page.get_by_role("link", name=re.compile(r"^Learn from my drawings")).click()
    expect(page.get_by_role("heading", name="My drawings", level=1)).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    wait_until_still(page)
    page.get_by_text("None", exact=True).click()  # of MNIST's images: the drawing alone, to be quick
    page.get_by_role("button", name="Learn from my drawings").click()
    expect(page.get_by_text("Drawings that it learned from")).to_be_visible(timeout=120_000)
    run = store.runs(1)[0]
    assert run.name.endswith("after my drawings")
    assert run.config.start_from is not None
    assert run.config.start_from.run == trained_run
    assert run.status == "finished"
    assert store.load_weights(run.id).network.predict(kept.image[None])[0].argmax() == 9
