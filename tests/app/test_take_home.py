"""Take it home: what a page offers for a run, and what it says where there is nothing to give."""

import pytest
from safetensors.numpy import load
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.take_home import FORMS
from mnistcore.training import parse_config
from tests.app.pages import open_page, page_at, texts
from tests.app.small_runs import trained_run
from ui.runs.take_home import PACKED, size_words
from ui.runs.ticks import TICKED


def with_menu_open(page: AppTest, run_id: str) -> AppTest:
    page.session_state[f"take_home_{run_id}"] = True
    return page.run()


def test_after_a_training_its_network_can_be_taken_home(store: RunStore) -> None:
    run_id = trained_run(store)
    page = page_at("train", run=run_id).run()
    assert not page.exception
    assert page.session_state[f"take_home_{run_id}"] is False
    assert PACKED not in page.session_state  # nothing is made for a menu that is closed
    page = with_menu_open(page, run_id)
    assert not page.exception
    assert page.selectbox(key=f"take_home_form_{run_id}").options == [form.title for form in FORMS.values()]
    page.selectbox(key=f"take_home_form_{run_id}").set_value("safetensors").run()
    (_, taken) = page.session_state[PACKED]
    assert set(load(taken.content)) == {"output.W", "output.b"}
    assert f"The weights after step {taken.step:,}." in texts(page)
    labels = [found.proto.label for found in page.get("download_button")]
    assert f"Download ({size_words(len(taken.content))})" in labels


def test_a_run_without_weights_says_so(store: RunStore) -> None:
    run_id = store.create_run(parse_config({}), "mnist", name="*still* waiting")
    page = page_at("runs")
    page.session_state[TICKED] = {run_id}
    page = with_menu_open(page, run_id)
    assert not page.exception
    assert "has no weights yet" in page.info[0].value
    assert r"\*still\* waiting" in page.info[0].value


def test_a_run_in_progress_offers_nothing_in_its_live_view(store: RunStore) -> None:
    run_id = store.create_run(parse_config({}), "mnist")
    page = open_page("train", run=run_id)
    assert f"take_home_{run_id}" not in page.session_state


@pytest.mark.parametrize(("count", "words"), [(812, "812 bytes"), (438_400, "438 KB"), (999_499, "999 KB"),
                                              (999_500, "1.0 MB"), (40_000_000, "40.0 MB")])  # fmt: skip
def test_sizes_in_words(count: int, words: str) -> None:
    assert size_words(count) == words
