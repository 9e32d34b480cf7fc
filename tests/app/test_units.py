"""The page Units: all units, one, and the network without some, for every kind of network, with all in its address."""

from functools import partial
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.pages import app_at, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.runs.why_link import pixels_text

opened = partial(open_page, "units")
CONVOLUTION = [
    {"kind": "conv2d", "filters": 4},
    {"kind": "max_pool2d", "kernel": 4, "stride": 4},
    {"kind": "batch_norm", "activation": "relu"},
    {"kind": "flatten"},
    {"units": 6},
]
NETWORKS = {"linear": [], "dense": [{"units": 12}, {"units": 7, "activation": "tanh"}], "convolution": CONVOLUTION}
LAYERS = {"linear": ["10 digits"], "dense": ["12 units", "7 units", "10 digits"]}
LAYERS["convolution"] = ["4 filters", "6 units", "10 digits"]


LEARNS = {"epochs": 4, "learning_rate": 0.002}  # and no unit dies


def asked(page: AppTest) -> dict[str, str]:
    """The address's query parameters."""
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}


def by_label(elements: object, start: str) -> object:
    return next(found for found in elements if found.label.startswith(start))  # type: ignore[attr-defined]


def outcome(page: AppTest) -> list[str]:
    """Accuracy as it is and changed."""
    return [metric.value for metric in page.metric]


def test_without_runs_it_offers_to_train_one() -> None:
    assert [found.label for found in opened().button] == ["Train a first network"]


def test_a_run_without_weights_says_so(store: RunStore) -> None:
    config = parse_config({"layers": []})
    assert "No weights to look at yet" in texts(opened(run=store.create_run(config, dataset="generated")))


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_view_of_every_layer_of_every_kind_of_network(store: RunStore, kind: str) -> None:
    run_id = trained_run(store, layers=NETWORKS[kind], epochs=1)
    page = opened(run=run_id)
    options = by_label(page.selectbox, "Layer").options  # type: ignore[attr-defined]
    assert [title.rpartition(" · ")[2] for title in options] == LAYERS[kind]
    for title, (count, what) in zip(options, (words.split() for words in LAYERS[kind]), strict=True):
        by_label(page.selectbox, "Layer").set_value(title).run()  # type: ignore[attr-defined]
        page.segmented_control(key="choose_view").set_value("all").run()
        assert f"Of {count} {what}" in texts(page)
        assert "100 validation images" in texts(page)
        assert len(page.dataframe[0].value) == int(count)
        page.segmented_control(key="choose_view").set_value("unit").run()
        assert not page.exception
        assert f"{what[:-1].capitalize()} {0 if what == 'digits' else 1} is " in texts(page)
        assert "images that drive it most" in texts(page)
        page.segmented_control(key="choose_view").set_value("without").run()
        assert not page.exception
        assert "no answer is different" in texts(page)


def test_the_numbers_of_a_unit_are_those_of_the_network(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 12}], validation_size=0, **LEARNS)
    digits, network = easy_digits(), store.load_weights(run_id).network
    outputs = network.activations(digits.test_images)[0]
    page = opened(run=run_id)
    table = page.dataframe[0].value
    np.testing.assert_allclose(table["active"], 100 * (outputs > 0).mean(axis=0))
    np.testing.assert_allclose(table["mean"], outputs.mean(axis=0), rtol=1e-5)
    means = np.stack([outputs[digits.test_labels == digit].mean(axis=0) for digit in range(10)])
    is_dead = np.ptp(outputs, axis=0) == 0  # of such a unit no digit is the strongest
    np.testing.assert_array_equal(table["most"], np.where(is_dead, np.nan, means.argmax(axis=0)))
    assert list(table["is"] == "dead") == list(is_dead)
    strongest = np.argsort(-outputs[:, 4], kind="stable")[:10]
    app = app_at("units", run=run_id, view="unit", unit="5").run()
    assert not app.exception
    links = [link.proto.query_string for link in app.get("page_link") if link.proto.label == "Why?"]
    assert [parse_qs(link)["pixels"][0] for link in links] == [pixels_text(digits.test_images[i]) for i in strongest]


def test_units_switched_off_are_in_the_address_and_change_the_answers_as_the_network_says(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 8}], validation_size=0, **LEARNS)
    digits, network = easy_digits(), store.load_weights(run_id).network
    before = network.logits(digits.test_images).argmax(axis=1)
    costly = np.argsort(-network.activations(digits.test_images)[0].mean(axis=0))[:3]
    network.views(1, network.parameters)["W"][costly] = 0
    after = network.logits(digits.test_images).argmax(axis=1)
    rights = [f"{(answers == digits.test_labels).mean():.2%}".replace("%", " %") for answers in (before, after)]
    page = opened(run=run_id, view="without")
    assert rights[0] != rights[1]
    assert outcome(page) == [rights[0], rights[0]]
    page.multiselect[0].set_value([str(unit) for unit in costly]).run()
    assert outcome(page) == rights
    assert asked(page)["off"] == ",".join(str(unit + 1) for unit in sorted(costly))
    assert f"**{(before != after).sum()}** answers are different" in texts(page)
    again = opened(**asked(page))
    assert outcome(again) == rights
    assert texts(again) == texts(page)
    again.toggle(key="units-by-mean").set_value(True).run()
    assert asked(again)["by"] == "mean"
    again.multiselect[0].set_value([]).run()
    assert "off" not in asked(again)
    again.toggle(key="units-costs").set_value(True).run()
    assert "switched off alone" in texts(again)


def test_an_edited_weight_and_a_multiplied_unit_are_the_networks(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 8}], validation_size=0, **LEARNS)
    digits, network = easy_digits(), store.load_weights(run_id).network
    W = network.views(1, network.parameters)["W"]
    W[2] *= 3
    W[2, 4] = 5 * 3
    right = (network.logits(digits.test_images).argmax(axis=1) == digits.test_labels).mean()
    page = opened(run=run_id, view="without", unit="3", times="3", to="4", weight="5")
    assert outcome(page)[1] == f"{right:.2%}".replace("%", " %")
    by_label(page.slider, "Multiply").set_value(1.0).run()  # type: ignore[attr-defined]
    assert "times" not in asked(page)
    assert asked(page)["weight"] == "5"


def test_dead_and_twin_units_are_named(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 6}], initialization="zeros", epochs=1)
    page = opened(run=run_id)
    assert "**6 are dead** (1, 2, 3, 4, 5, 6)" in texts(page)


def test_what_is_not_there_is_named(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 6}], epochs=1)
    page = opened(run=run_id, view="unit", unit="7")
    assert "There is no unit 7: they go from 1 to 6." in page.warning[0].value
    page = opened(run=run_id, view="without", off="9,x,2,-1", times="many", weight="1e99", layer="8")
    assert "There is no layer 8 with weights." in page.warning[0].value
    assert page.multiselect[0].value == ["1"]


def test_a_moment_of_the_film(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 6}])
    step = store.snapshot_steps(run_id)[1]
    page = opened(run=run_id, step=str(step))
    assert f"After step {step:,}." in texts(page)


def test_a_diverged_run_says_so(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 6}], learning_rate=100, optimizer="sgd", loss="linear_squared_error")
    assert store.run(run_id).status == "diverged"
    page = opened(run=run_id)
    assert "diverged" in page.warning[0].value
    assert "Of 6 units" in texts(page) or "choose weights of an earlier step" in page.error[0].value
