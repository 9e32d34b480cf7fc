"""The Certainty page: the sentence, the diagram, the temperature and what declining gains."""

import json
from functools import partial

import numpy as np
import pytest

from mnistcore.insight.calibration import answered, fit_temperature, measures, with_temperature
from mnistcore.runs import RunStore
from mnistcore.training.config import parse_config
from tests.app.pages import open_page, page_at, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.certainty.view import decline_points, lowest_shown, measure_table, said_and_right
from ui.frame.words import figure, percent
from ui.runs.evaluation import held_back_part, images_of_part

opened = partial(open_page, "certainty")


def test_without_runs_it_offers_to_train_one() -> None:
    assert "Train a first network" in [button.label for button in opened().button]


def test_it_says_what_its_certainty_is_worth(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id)
    assert "is right" in texts(page)
    assert "100 validation images of easy digits, held back from training" in texts(page)
    rows = json.loads(page.get("vega_lite_chart")[0].proto.spec)["layer"]
    assert len(rows) == 6
    images, labels = easy_digits().test_images, easy_digits().test_labels
    page.segmented_control(key="choose_part").set_value("test").run()
    mean = measures(store.load_weights(run_id).network.predict(images), labels)
    assert f"On average it says {percent(mean.certainty)}" in texts(page)


def test_the_temperature_is_that_of_the_validation_images_and_applied_on_request(store: RunStore) -> None:
    dataset = easy_digits()
    run_id = trained_run(store, dataset)
    page = opened(run=run_id)
    page.segmented_control(key="choose_part").set_value("test").run()
    network, run = store.load_weights(run_id).network, store.run(run_id)
    images, labels, held_back = images_of_part(run, dataset, "validation")
    assert len(held_back) == 100
    temperature = fit_temperature(network.predict(images), labels)
    assert f"Temperature {temperature:.2f}" in texts(page)
    assert "fitted on 100 validation images, never on test images" in texts(page)
    cooled = measures(with_temperature(network.predict(dataset.test_images), temperature), dataset.test_labels)
    assert page.dataframe[0].value["With temperature"]["Mean loss"] == figure(cooled.loss)
    before = texts(page)
    page.toggle(key="certainty_temperature").set_value(True).run()
    assert not page.exception
    assert f"On average it says {percent(cooled.certainty)}" in texts(page)
    assert texts(page) != before


def test_a_run_without_validation_images_has_no_temperature_on_its_own_data(store: RunStore) -> None:
    page = opened(run=trained_run(store, validation_size=0))
    assert not page.toggle
    assert "train with validation images" in texts(page)


def test_on_a_data_set_that_it_has_not_seen_its_training_images_serve(store: RunStore) -> None:
    other = store.add_dataset(easy_digits(seed=5))
    page = opened(run=trained_run(store, validation_size=0))
    next(box for box in page.selectbox if box.label == "Evaluated on").set_value(other).run()
    assert not page.exception
    assert "fitted on 300 training images of this data set, which it has never seen" in texts(page)


def test_what_a_run_may_have_learned_from_is_no_measure(store: RunStore) -> None:
    run, other = store.run(trained_run(store)), easy_digits(seed=5)
    assert held_back_part(run, run.dataset, easy_digits()) == "validation"
    assert held_back_part(run, run.dataset, other) is None  # its own data set, changed since
    assert held_back_part(run, "generated", other) == "unseen"
    config = parse_config({"layers": [], "validation_size": 0})
    drawn = store.run(store.create_run(config, dataset="mnist-drawn", fingerprint="0" * 64))
    assert held_back_part(drawn, "mnist", other) is None


def test_declining_more_images_leaves_better_answers(store: RunStore) -> None:
    page = opened(run=trained_run(store, epochs=1))
    page.select_slider(key="certainty_declined").set_value(0.3).run()
    assert not page.exception
    assert "of its answers are right" in texts(page)
    page.select_slider(key="certainty_declined").set_value(0.0).run()
    assert "If it answers every image" in texts(page)


def test_a_run_without_weights_has_a_friendly_page(store: RunStore) -> None:
    dataset = easy_digits()
    config = parse_config({"layers": [], "validation_size": 100})
    page = page_at(
        "certainty",
        run=store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint),
    ).run()
    assert not page.exception
    assert "No weights to look at yet" in texts(page)


def test_a_network_with_sigmoid_outputs_is_judged_too(store: RunStore) -> None:
    run_id = trained_run(store, loss="sigmoid_squared_error")
    page = opened(run=run_id)
    images, labels, _ = images_of_part(store.run(run_id), easy_digits(), "validation")
    assert said_and_right(store.load_weights(run_id).network.predict(images), labels) in texts(page)


@pytest.mark.parametrize(
    ("certainty", "correct", "words"),
    [
        ([0.9, 0.9, 0.9, 0.9], [True, True, True, False], "it is right 75 times in 100** (3 / 4)"),
        ([1.0, 0.99], [True, True], "It never says about 90 %"),
        ([0.99, 0.99], [True, False], "too sure"),
        ([0.3, 0.3], [True, True], "too modest"),
        ([0.6, 0.6], [True, True], "as sure as it may be"),  # two images do not tell it from 100 %
    ],
)
def test_the_sentence(certainty: list[float], correct: list[bool], words: str) -> None:
    probabilities = np.repeat((1 - np.array(certainty))[:, None] / 9, 10, axis=1)
    probabilities[:, 0] = certainty
    assert words in said_and_right(probabilities, np.where(correct, 0, 1))


def test_the_chart_of_declining_has_few_points_and_the_chosen_one() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(10, 0.3), 5000)
    labels = np.where(rng.random(5000) < 0.7, probabilities.argmax(axis=1), 0)
    points = decline_points(answered(probabilities, labels), 4321)
    assert len(points) <= 301
    assert points.loc[points["is_chosen"], "count"].tolist() == [4322]
    assert points["declined"].iloc[-1] == 0
    assert 0 < lowest_shown(points) < 1


def test_the_figures_stand_side_by_side() -> None:
    probabilities, labels = np.eye(10)[:4] * 0.5 + 0.05, np.arange(4)
    table = measure_table({"As it is": measures(probabilities, labels)})
    assert table.loc["Accuracy", "As it is"] == "100.00 %"
    assert table.loc["Mean certainty", "As it is"] == "55.00 %"
