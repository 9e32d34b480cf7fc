"""The builder in a real browser: quick clicks, Back and Forward, and what is typed."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import wait_until_still
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

APART = 40  # milliseconds between the clicks of somebody in a hurry


@pytest.fixture
def builder(server, open_page) -> Callable[..., Page]:
    def opened(**config: object) -> Page:
        page = open_page(f"{server.url}/train?config={json.dumps(config)}" if config else f"{server.url}/train")
        expect(page.get_by_role("button", name="Train this network")).to_be_visible()
        wait_until_still(page)
        return page

    return opened


def field(page: Page, label: str) -> Locator:
    """The newest field of this name: while another draft takes its place, the page holds both for a moment."""
    return page.get_by_label(label, exact=True).last


def enter(page: Page, label: str, text: str) -> None:
    field(page, label).fill(text)
    field(page, label).press("Enter")


def config_in(url: str) -> dict[str, Any]:
    return json.loads(parse_qs(urlsplit(url).query).get("config", ["{}"])[0])


def test_two_quick_clicks_remove_one_layer_and_a_third_on_its_neighbour_another(builder):
    page = builder(layers=[{"units": 10}, {"units": 20}, {"units": 30}])
    remove = page.get_by_role("button", name="✕")
    remove.first.click(click_count=2, delay=APART / 2)
    expect(remove).to_have_count(2)
    page.evaluate(
        """pause => { const of = key => document.querySelector(`[class*="st-key-${key}_"] button`);
                      const [cross, copy] = [of("remove"), of("repeat")];
                      cross.click(); setTimeout(() => copy.click(), pause) }""",
        APART,
    )
    expect(field(page, "Units")).to_have_value("30")
    wait_until_still(page)
    expect(page.get_by_role("button", name="Train this network")).to_be_enabled()


def test_eight_quick_clicks_add_eight_layers(builder):
    page = builder()  # one layer; with the first click it is a recipe no more
    dense = page.get_by_role("button", name="Dense", exact=True)
    box = dense.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # it stays there as layers come
    for _ in range(8):
        page.mouse.down()
        page.mouse.up()
        page.wait_for_timeout(APART)
    expect(page.get_by_role("button", name="✕")).to_have_count(9)
    page.wait_for_url(lambda url: len(config_in(url).get("layers", [])) == 9)


def test_back_and_forward_go_through_what_was_changed_one_by_one(builder):
    page = builder()
    for epochs in ("6", "7"):
        enter(page, "Epochs", epochs)
        page.wait_for_url(lambda url, epochs=epochs: config_in(url) == {"epochs": int(epochs)})
    for step, epochs in ((page.go_back, "6"), (page.go_back, "5"), (page.go_forward, "6"), (page.go_forward, "7")):
        step(wait_until="commit")
        expect(field(page, "Epochs")).to_have_value(epochs)
        assert config_in(page.url) == ({} if epochs == "5" else {"epochs": int(epochs)})
    wait_until_still(page)


def test_what_is_typed_is_what_is_trained_or_the_button_is_off(builder):
    page = builder()
    start = page.get_by_role("button", name="Train this network")
    for label, text in (("Learning rate", "0"), ("Batch size", "6 4"), ("Units", "0,5")):
        before = field(page, label).input_value()
        enter(page, label, text)
        expect(start).to_be_disabled()
        expect(page.get_by_role("alert")).to_contain_text(label)
        expect(field(page, label)).to_have_value(text)
        enter(page, label, before)
        expect(start).to_be_enabled()
    for label, text in (("Learning rate", "0,01"), ("Units", "1e3")):
        enter(page, label, text)
    page.wait_for_url(lambda url: config_in(url).get("learning_rate") == 0.01 and "1000" in url)
