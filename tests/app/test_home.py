"""The Home page: the first network with one click, where the data are, recent runs and recipes."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.data import mnist_download
from mnistcore.data.mnist import MNIST_FILES
from mnistcore.runs import RunStore
from mnistcore.training import RECIPES
from tests.app.pages import app_at, texts
from tests.app.small_runs import trained_run
from ui.frame.page import PAGES

pytestmark = pytest.mark.usefixtures("without_mnist")


def opened() -> AppTest:
    return app_at().run()


def links(page: AppTest) -> list[tuple[str, str, str]]:
    return [(link.proto.label, link.proto.page, link.proto.query_string) for link in page.get("page_link")]


def test_one_click_trains_the_first_network_and_shows_it_live(store: RunStore) -> None:
    page = opened()
    assert page.title[0].value == "MNIST Explorer"
    next(button for button in page.button if button.label == "Train a first network").click().run()
    assert not page.exception
    (run,) = store.runs()
    assert (run.recipe, run.status, run.dataset) == ("first-network", "queued", "generated")
    assert page.title[0].value == "Train"
    assert run.id in page.query_params["run"]
    assert "first-network" in [element.value for element in page.subheader]


def test_the_first_page_opens_no_data_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the first page must not wait for a data set")

    import mnistcore.data.catalog as catalog

    monkeypatch.setattr(catalog, "generated_dataset", refuse)
    monkeypatch.setattr(catalog, "load_mnist", refuse)
    assert not opened().exception


def test_without_mnist_it_offers_the_download_and_says_that_digits_are_at_hand() -> None:
    page = opened()
    assert "Generated digits are always available" in texts(page)
    assert "Download MNIST (11 MB)" in [button.label for button in page.button]


def test_a_failed_download_says_why_and_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_EXPLORER_MIRRORS", "http://127.0.0.1:9/")  # nobody listens there
    page = opened()
    mnist_download().start()
    mnist_download().wait(30)
    page.run()
    assert "MNIST could not be downloaded" in texts(page)
    assert "127.0.0.1:9 could not be reached" in texts(page)
    assert not page.error  # without a network nothing is wrong: it trains all the same
    assert "Try again" in [button.label for button in page.button]
    assert "Train a first network" in [button.label for button in page.button]


def test_with_mnist_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in MNIST_FILES:
        (tmp_path / file.name).touch()  # they are looked for, not opened
    monkeypatch.setenv("MNIST_EXPLORER_DATA", str(tmp_path))
    page = opened()
    assert "MNIST is on this machine" in texts(page)
    assert "Download MNIST (11 MB)" not in [button.label for button in page.button]


def test_recent_runs_lead_to_their_live_view(store: RunStore) -> None:
    assert "Recent runs" not in texts(opened())
    run_id = trained_run(store, name="my own")
    page = opened()
    assert "Recent runs" in texts(page)
    (link,) = [link for link in links(page) if link[0] == "my own"]
    assert f"run={run_id}" in link[2]


def test_every_system_has_its_way_into_train_and_what_was_claimed_for_it() -> None:
    page = opened()
    published = [recipe for recipe in RECIPES.values() if recipe.published]
    own = [recipe for recipe in RECIPES.values() if not recipe.published and recipe.name != "first-network"]
    assert len(published) == 5
    assert own
    for recipe in published + own:
        assert recipe.title in texts(page)
        assert recipe.published in texts(page)
    assert texts(page).count("Published: ") == 5
    ways = [query for label, _, query in links(page) if label == "Open in Train"]
    assert all(recipe.name in query for recipe, query in zip(published + own, ways, strict=True))
    pages = [address for label, address, _ in links(page) if label == "Reproduce it"]
    assert pages == [recipe.name for recipe in published if recipe.name in PAGES]
