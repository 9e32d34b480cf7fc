"""The page of the network from scratch: numbers in the equations at any iteration, and other learning rates."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore import plain
from mnistcore.insight.textbook import plain_inputs, plain_layers
from mnistcore.plain import softmax_cross_entropy, softmax_cross_entropy_gradient
from mnistcore.runs import RunStore
from mnistcore.training import RECIPES, recipe
from tests.app.pages import open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.systems.newest import newest_runs
from ui.systems.scratch.rates import SHOWN, curve_table, rate_configs


@pytest.fixture
def small_recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The recipe with a small network and 30 iterations."""
    settings = {"layers": [{"units": 8}], "epochs": 30}
    known = recipe("from-scratch")
    monkeypatch.setitem(RECIPES, "from-scratch", replace(known, config=known.config.overridden(settings)))
    return RECIPES["from-scratch"].config.model_dump(mode="json")


def opened(view: str = "equations") -> AppTest:
    return open_page("from-scratch", view=view)


def test_without_a_run_the_equations_are_there_and_the_page_says_how_to_get_their_numbers() -> None:
    page = opened()
    assert "Reproduce it first" in texts(page)
    assert len(page.latex) == 8
    assert len(page.code) == 2 * 8  # each as in a textbook and as trained
    assert "| array | shape |" not in texts(page)


def test_the_numbers_are_those_of_the_chosen_iteration(small_recipe: dict[str, object], store: RunStore) -> None:
    run_id = trained_run(store, **small_recipe)
    steps = store.snapshot_steps(run_id)
    page = opened()
    words = texts(page)
    assert "| $X$ | 300 × 784 | 0 … " in words
    assert "| $\\mathrm{d}W_1$ | 784 × 8 |" in words
    assert "| $\\Delta b_2$ | 10 |" in words
    (slider,) = page.select_slider
    assert slider.value == steps[-1]
    slider.set_value(steps[0]).run()
    assert not page.exception
    assert texts(page) != words
    network, dataset = store.load_weights(run_id, steps[0]).network, easy_digits()
    layers, x = plain_layers(network), plain_inputs(network, dataset.train_images)
    passes = plain.forward(layers, x)
    returns = plain.backward(layers, passes, softmax_cross_entropy_gradient(passes[-1].y, dataset.train_labels))
    after, _ = plain.update(layers, returns, recipe("from-scratch").config.learning_rate)
    losses = [
        softmax_cross_entropy(plain.forward(each, x)[-1].y, dataset.train_labels).mean() for each in (layers, after)
    ]
    assert f"goes from {losses[0]:.5f} to **{losses[1]:.5f}**" in texts(page)
    page = opened("answers")
    assert "The first 20 test images" in texts(page)
    assert not page.latex


def test_one_click_trains_the_rates_that_are_missing(small_recipe: dict[str, object], store: RunStore) -> None:
    dataset = store.run(trained_run(store, **small_recipe)).dataset
    page = opened("rates")
    button = page.button(key="scratch_train_rates")
    assert button.label == "Train the other three"
    button.click().run()
    assert not page.exception
    found = newest_runs(store.runs(), rate_configs("from-scratch"), dataset, SHOWN)
    assert [run.config.learning_rate for run in found.values()] == [0.001, 0.01, 0.1, 0.5]
    assert [run.status for run in found.values()] == ["finished", "queued", "queued", "queued"]
    assert "scratch_train_rates" not in [button.key for button in page.button]
    assert "waiting for a free worker" in texts(page)


def test_runs_are_found_again_by_their_config_and_data_set(small_recipe: dict[str, object], store: RunStore) -> None:
    other = trained_run(store, **small_recipe | {"learning_rate": 0.1})
    trained_run(store, dataset=easy_digits(seed=1), **small_recipe)
    found = newest_runs(store.runs(), rate_configs("from-scratch"), store.run(other).dataset, SHOWN)
    assert {label: run.id for label, run in found.items()} == {"learning rate 0.1": other}
    assert list(rate_configs("from-scratch"))[2] == "learning rate 0.1"
    table = curve_table(found, {label: store.history(run.id) for label, run in found.items()})
    assert set(table["measure"]) == {"accuracy", "loss"}
    assert table["value"].notna().all()
