"""The learning-rate finder of the builder: measured in a worker, its suggestion taken with one click."""

import json

import pytest

from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.pages import button, open_page, texts
from tests.app.small_runs import analysed, easy_digits
from ui.train.rate_finder import finder_arguments

pytestmark = pytest.mark.usefixtures("without_mnist")

SETTINGS = {"layers": [], "batch_size": 20, "validation_size": 100, "loss": "linear_squared_error"}
SMALL = {**SETTINGS, "optimizer": {"kind": "sgd"}}


def test_one_click_takes_the_suggested_rate(store: RunStore) -> None:
    dataset = store.add_dataset(easy_digits())
    config = parse_config(SMALL)
    address = json.dumps(config.differences())
    page = open_page("train", config=address)
    page.selectbox(key=next(each.key for each in page.selectbox if each.label == "Data set")).set_value(dataset).run()
    assert button(page, "Measure") is not None
    suggestion = analysed(store, "learning_rate_finder", finder_arguments(config, dataset))["suggestion"]
    page.run()
    assert f"Suggested: **{suggestion:g}**" in texts(page)
    button(page, f"Use {suggestion:g}").click().run()
    assert not page.exception
    field = next(each for each in page.text_input if each.label == "Learning rate")
    assert float(field.value) == suggestion
    assert button(page, f"Use {suggestion:g}").disabled


def test_the_rate_in_the_field_makes_no_other_measurement_of_it() -> None:
    config = parse_config(SMALL)
    changed = config.overridden({"learning_rate": 0.5, "epochs": 9, "schedule.kind": "one_cycle"})
    assert finder_arguments(config, "mnist") == finder_arguments(changed, "mnist")
    assert finder_arguments(config, "mnist") != finder_arguments(config.overridden({"batch_size": 32}), "mnist")
