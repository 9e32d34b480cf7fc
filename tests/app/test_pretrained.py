"""A fresh machine: no run of one's own and no MNIST, only the network that ships with the program."""

import pytest
from streamlit.testing.v1 import AppTest

import mnistcore.pretrained
from mnistcore.pretrained import NAME, import_pretrained  # before conftest.py puts another in its place
from mnistcore.runs import RunStore
from mnistcore.runs.records import FILM_IDS, SHIPPED_ID
from tests.app.drawings import draw, one
from tests.app.pages import app_at, open_page, texts
from ui.frame.page import PAGES


@pytest.fixture(autouse=True)
def fresh_machine(store: RunStore, few_generated_digits: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnistcore.pretrained, "import_pretrained", import_pretrained)


def opened(address: str = "home") -> AppTest:
    return app_at(address).run()


def test_every_page_does_without_mnist() -> None:
    app = opened()
    for address in [address for address in PAGES if address != "home"]:
        app.switch_page(PAGES[address].file).run()
        assert (address, list(app.exception), list(app.error)) == (address, [], [])
        assert app.title[0].value == PAGES[address].title


def test_draw_reads_with_it(store: RunStore) -> None:
    page = draw(opened("draw"), one())
    assert not page.exception
    assert any(option.startswith(NAME) for box in page.selectbox for option in box.options)
    assert any('role="status"' in element.proto.body for element in page.get("html"))
    assert [run.id for run in store.runs()] == [SHIPPED_ID, *reversed(FILM_IDS)]


def test_confusions_judges_it_by_generated_digits(store: RunStore) -> None:
    page = opened("confusions")
    assert not page.error
    assert page.selectbox(key=f"evaluated-{SHIPPED_ID}").value == "generated"


def test_home_still_offers_the_first_training(store: RunStore) -> None:
    home = opened()
    assert home.button(key="train_first").label == "Train a first network"
    for run_id in (SHIPPED_ID, *FILM_IDS):
        store.delete(run_id)
    assert not opened().exception
    assert store.runs() == []


def test_why_accounts_for_what_it_answers_to_generated_digits(store: RunStore) -> None:
    page = opened("why")
    assert not page.error
    assert any("These are generated digits" in caption.value for caption in page.caption)
    assert any('<table class="account">' in element.proto.body for element in page.get("html"))


@pytest.mark.parametrize("address", ["weights", "confusions", "trace", "why", "map"])
def test_the_film_plays_on_a_fresh_machine(address: str, store: RunStore) -> None:
    opened()
    page = open_page(address, run=FILM_IDS[1])
    assert not page.error
    (slider,) = (found for found in page.select_slider if str(found.key).startswith("film-"))
    steps = store.snapshot_steps(FILM_IDS[1])
    assert len(steps) == len(slider.options) > 30
    slider.set_value(steps[4]).run()
    assert not page.exception
    assert page.query_params["step"] == str(steps[4])
    assert "Only the last weights of this network ship" in texts(open_page(address, run=SHIPPED_ID))
