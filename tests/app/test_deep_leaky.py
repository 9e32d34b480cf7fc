"""The page of the deep network: the overfitting point, what helps, batch sizes, vanishing gradients."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.insight.histories import lowest_validation
from mnistcore.runs import RunStore
from mnistcore.runs.job import execute_run
from mnistcore.training import RECIPES, parse_config
from tests.app.pages import open_page, texts
from tests.app.small_runs import analysed, trained_run
from ui.systems.deep.batches import batch_arguments, batch_rows, batch_words
from ui.systems.deep.comparison import COLUMNS, comparison, in_words, verdict
from ui.systems.deep.overfitting import MARK, marked_spec
from ui.systems.deep.scales import times_words
from ui.systems.deep.variations import SHOWN, variations
from ui.systems.newest import newest_runs


def opened(view: str = "remedies") -> AppTest:
    return open_page("deep-leaky", view=view)


@pytest.fixture
def run_id(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run of the recipe, which is small for as long as the test lasts."""
    layers = [{"units": 12}, {"units": 12}, {"units": 12, "activation": "leaky_relu"}]
    changes = {"layers": layers, "batch_size": 50, "validation_size": 100, "learning_rate": 0.01}
    small = parse_config(RECIPES["deep-leaky"].config.model_dump(mode="json") | changes)
    monkeypatch.setitem(RECIPES, "deep-leaky", replace(RECIPES["deep-leaky"], config=small))
    return trained_run(store, **small.model_dump(mode="json"))


def test_without_a_run_it_offers_to_train_one() -> None:
    page = opened("remedies")
    assert not page.exception
    assert "Reproduce" in [button.label for button in page.button]


def test_the_equations_stand_beside_their_code(run_id: str) -> None:
    page = opened("equations")
    assert not page.exception
    assert "def leaky_relu_derivative" in " ".join(element.value for element in page.code)


def test_the_overfitting_point_is_where_the_validation_loss_was_lowest(store: RunStore, run_id: str) -> None:
    rule = marked_spec(None)["layer"][0]
    assert rule["mark"]["type"] == "rule"
    assert MARK in rule["transform"][0]["filter"]
    found = lowest_validation(store.history(run_id))
    assert found is not None
    assert f"lowest after **{found[0]:.1f} epochs**, at {found[1]:.4f}" in texts(opened())


def test_what_is_missing_is_trained_on_a_click(store: RunStore, run_id: str) -> None:
    dataset = store.run(run_id).dataset
    page = opened()
    page.segmented_control(key="deep_epochs").set_value(10).run()
    button = page.button(key="deep_train")
    assert button.label == "Train the missing ones (5)"
    assert "Dropout, Weight decay, Early stopping, Augmentation, Several at once: about" in texts(page)
    button.click().run()
    assert not page.exception
    waiting = {run.name: run for run in store.runs() if run.status == "queued"}
    assert len(waiting) == 5
    assert {run.dataset for run in waiting.values()} == {dataset}
    execute_run(store.url, waiting["deep-leaky, dropout, 10 epochs"].id)
    page.run()
    assert not page.exception
    assert "overfits least" in texts(page)
    assert list(next(found.value for found in page.dataframe if "Epochs" in found.value)["Epochs"])[:3] == [
        "10",
        "10",
        "waiting for a free worker",
    ]


def test_only_runs_of_the_same_settings_and_data_that_went_well_count(store: RunStore, run_id: str) -> None:
    run = store.run(run_id)
    wanted = variations(10)
    assert variations(30)["Several at once"] == RECIPES["deep-leaky-regularised"].config
    assert newest_runs([run], wanted, run.dataset, SHOWN) == {"Unchanged": run}
    assert newest_runs([run], wanted, "mnist", SHOWN) == {}
    assert newest_runs([replace(run, status="stopped")], wanted, run.dataset, SHOWN) == {}


def test_the_verdict_tells_the_smallest_gap_from_the_lowest_loss(store: RunStore, run_id: str) -> None:
    run, history = store.run(run_id), store.history(run_id)
    runs = {
        "one": replace(run, train_loss=0.01, validation_loss=0.10),
        "two": replace(run, train_loss=0.20, validation_loss=0.22),
        "late": replace(run, status="running", train_loss=0.3, validation_loss=0.3),
    }
    table = comparison(runs, dict.fromkeys(runs, history))
    words = verdict(table)
    assert words is not None
    assert words.startswith("**two** overfits least: its validation loss is 0.0200 above")
    assert "**one** has the lowest validation loss, 0.1000" in words
    assert verdict(table.iloc[[0, 2]]) is None
    shown = in_words(table)
    assert list(shown.columns) == list(COLUMNS.values())
    assert list(shown["Gap between the losses"]) == ["0.0900", "0.0200", "–"]


def test_batch_sizes_are_compared_with_the_published_figure() -> None:
    row = {"steps": 1, "images_per_second": 1.0, "share": 1.0, "validation_accuracy": 0.9}
    result = {"rows": [row | {"batch_size": 500, "epoch_seconds": 0.5}]}
    assert batch_words(batch_rows(result)) is None
    result["rows"].append(row | {"batch_size": 1, "epoch_seconds": 20.0, "share": 0.2, "validation_accuracy": None})
    rows = batch_rows(result)
    assert list(rows["batch_size"]) == [1, 500]
    assert list(rows["measured"]) == ["20.0 % of an epoch, extrapolated", "whole epoch"]
    assert "took 0.5 s instead of 20 s: **97.5 % less**" in (batch_words(rows) or "")


def test_what_was_measured_of_batch_sizes_is_shown(store: RunStore, run_id: str) -> None:
    run = store.run(run_id)
    assert "Measure" in [button.label for button in opened("batches").button]
    analysed(store, "batch_sizes", batch_arguments(run.config, run.dataset, whole=False))
    page = opened("batches")
    assert not page.exception
    table = next(found.value for found in page.dataframe if "batch_size" in found.value)
    assert list(table["batch_size"]) == [1, 5, 20, 100]  # no larger ones out of 200 training images
    assert set(table["measured"]) == {"whole epoch"}


def test_gradients_are_compared_for_each_activation_and_start(run_id: str) -> None:
    page = opened("gradients")
    table = next(found.value for found in page.dataframe if "Glorot" in found.value)
    assert list(table.index) == ["sigmoid", "ReLU", "leaky ReLU"]
    assert list(table.columns) == ["Glorot", "He", "Normal, 0.01"]
    assert [times_words(factor) for factor in (4.2, 8712, 2.96e7, 1.2e10)] == [
        "4 ×",
        "8,700 ×",
        "30 million ×",
        "12 billion ×",
    ]
