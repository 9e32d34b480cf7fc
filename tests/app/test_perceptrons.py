"""The page of the ten perceptrons: what is seen while they learn, and what they claim about strange images."""

import re
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.training import RECIPES, recipe
from tests.app.drawings import draw, one
from tests.app.pages import open_page, texts
from tests.app.small_runs import analysed, trained_run
from ui.systems.perceptrons.companions import companions
from ui.systems.perceptrons.learning import error_data
from ui.systems.perceptrons.robustness import robustness_data, stress_arguments

opened = partial(open_page, "perceptrons")
CONVOLUTION = [{"kind": "conv2d", "filters": 2}, {"kind": "max_pool2d", "kernel": 4, "stride": 4}, {"kind": "flatten"}]


@pytest.fixture
def small_recipe(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The recipe for a data set of 300 images."""
    settings = {"validation_size": 100, "epochs": 2}
    known = recipe("perceptrons")
    monkeypatch.setitem(RECIPES, "perceptrons", replace(known, config=known.config.overridden(settings)))
    return RECIPES["perceptrons"].config.model_dump(mode="json")


def claims(page: AppTest) -> str:
    return next(block.proto.body for block in page.get("html") if 'class="claims"' in block.proto.body)


def test_while_it_learns_it_shows_its_batch_the_test_error_and_ten_weight_images(
    small_recipe: dict[str, object], store: RunStore
) -> None:
    trained_run(store, **small_recipe)
    page = opened()
    assert "classified before the network learned from it" in texts(page)
    assert "one for each digit, 0 to 9" in texts(page)
    assert "Test error over the first 1,000 steps" in texts(page)
    assert len(page.get("vega_lite_chart") or page.get("arrow_vega_lite_chart")) == 2


def test_all_networks_claim_something_about_anything(small_recipe: dict[str, object], store: RunStore) -> None:
    trained_run(store, **small_recipe)
    page = opened()
    assert claims(page).count("<td><div class") == 6  # six images, one network
    labels = [button.label for button in page.button]
    assert "Train an MLP" in labels
    assert "Train a CNN" in labels
    trained_run(store, layers=[{"units": 8}])
    trained_run(store, layers=CONVOLUTION)
    page.run()
    table = claims(page)
    assert re.findall(r"<th>(\w+)</th>", table) == ["Perceptrons", "MLP", "CNN"]
    assert table.count("<td><div class") == 18
    assert "moved right by 4 px" in table
    page.slider(key="useful_pixels").set_value(6)
    page.selectbox(key="useful_direction").set_value("up").run()
    assert "moved up by 6 px" in claims(page)
    assert "Train a CNN" not in [button.label for button in page.button]


def test_a_companion_is_trained_on_the_same_images_and_waited_for(
    small_recipe: dict[str, object], store: RunStore
) -> None:
    dataset = store.run(trained_run(store, **small_recipe)).dataset
    page = opened()
    page.button(key="train_CNN").click().run()
    assert not page.exception
    newest = store.runs()[0]
    assert (newest.recipe, newest.dataset, newest.status) == ("fast-99", dataset, "queued")
    assert "fast-99: waiting for a free worker" in texts(page)
    assert [one.run for one in companions(store, dataset)] == [None, None]


def test_every_network_reads_the_visitors_own_drawing(small_recipe: dict[str, object], store: RunStore) -> None:
    trained_run(store, **small_recipe)
    page = draw(opened(), one())
    assert not page.exception
    verdicts = [block for block in page.get("html") if "digit-verdict" in block.proto.body]
    assert len(verdicts) == 1


def test_accuracy_against_shift_and_rotation_is_measured_for_all_of_them(
    small_recipe: dict[str, object], store: RunStore
) -> None:
    run_id = trained_run(store, **small_recipe)
    page = opened()
    assert "Measure against rotation" in [button.label for button in page.button]
    run = store.run(run_id)
    assert run.fingerprint is not None
    arguments = stress_arguments("shift", {"Perceptrons": (run_id, run.step)}, run.dataset, run.fingerprint)
    result = analysed(store, "stress", arguments)
    page.run()
    assert not page.exception
    assert "Measure against shift" not in [button.label for button in page.button]
    data = robustness_data({"Perceptrons": (run_id, run.step)}, result)
    assert data["level"].tolist() == result["levels"]
    accuracy = data.set_index("level")["accuracy"]
    assert accuracy[0] == run.test_accuracy
    assert accuracy[8] < accuracy[0]


def test_the_error_is_what_is_not_right_where_it_was_measured() -> None:
    history = pd.DataFrame({"step": [0, 10, 20], "test_accuracy": [0.1, np.nan, 0.75]})
    assert error_data(history).to_dict("list") == {"step": [0, 20], "error": [0.9, 0.25]}
    assert error_data(history, last_step=10)["step"].tolist() == [0]
