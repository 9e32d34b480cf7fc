"""The page of the linear online network: its steps are those of training, and everything on it follows from them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import mnistcore.data
import mnistcore.runs
from mnistcore.data import Dataset
from mnistcore.insight import trace_step
from mnistcore.training import TrainingConfig, TrainingState, evaluate, recipe, train
from tests.app.pages import button, page_at
from tests.app.small_runs import easy_digits
from ui.systems.linear import course as linear_run
from ui.systems.linear.curves import CHANGES, comparison_html, curve_of
from ui.systems.linear.published import ACCURACIES, IMAGES
from ui.systems.linear.step import share_words


@pytest.fixture(autouse=True)
def small_course(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Checkpoints every 100 images of a small data set, and nothing kept from one test for another."""
    monkeypatch.setattr(linear_run, "KEPT_EVERY", 100)
    monkeypatch.setattr(linear_run, "HUNDRED", 50)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return replace(easy_digits(train=320, test=100), name="generated")


@pytest.fixture
def config() -> TrainingConfig:
    """The recipe at a rate that suits the small data set's many bright pixels."""
    return recipe("linear-online").config.overridden({"learning_rate": 0.004})


def trained(config: TrainingConfig, dataset: Dataset, steps: int) -> TrainingState:
    state = TrainingState.begin(config.overridden({"max_steps": steps}), dataset)
    list(train(state))
    return state


@pytest.mark.parametrize("step", [1, 49, 50, 100, 173, 320])
def test_every_step_is_bit_for_bit_that_of_training(config: TrainingConfig, digits: Dataset, step: int) -> None:
    found = linear_run.network_at(config, digits, step).parameters
    np.testing.assert_array_equal(found, trained(config, digits, step).network.parameters)


def test_an_image_moves_the_weights_as_its_trace_says(config: TrainingConfig, digits: Dataset) -> None:
    before, after = (linear_run.network_at(config, digits, step) for step in (120, 121))
    image, label = digits.train_images[120], int(digits.train_labels[120])
    trace = trace_step(before, image, label, config.optimizer, config.learning_rate)
    np.testing.assert_allclose(trace.layers[0].updated["W"].ravel(), after.parameters, rtol=1e-5, atol=1e-6)


def test_accuracies_are_those_of_an_evaluation(config: TrainingConfig, digits: Dataset) -> None:
    course = linear_run.course(config, digits)
    assert course.marks.tolist() == [0, 10, 20, 50, 100, 200, 300, 320]
    for mark, accuracy in zip(course.marks, course.by_weights.accuracy, strict=True):
        network = linear_run.network_at(config, digits, int(mark))
        assert accuracy == pytest.approx(evaluate(network, digits.test_images, digits.test_labels).accuracy)
    within = linear_run.accuracy_within(config, digits, 60)
    assert len(within) == 51
    assert within[-1] == course.by_weights.accuracy[list(course.marks).index(100)]


def test_each_change_is_trained_for_real(config: TrainingConfig, digits: Dataset) -> None:
    for change in CHANGES:
        marks, accuracy = curve_of(change, config, digits)
        if not change.is_mean:
            state = trained(config.overridden(change.settings), digits, 320)
            assert accuracy[-1] == pytest.approx(
                evaluate(state.network, digits.test_images, digits.test_labels).accuracy
            )
        assert marks[-1] == 320
        assert accuracy[-1] > accuracy[0]


def test_published_figures_agree_with_themselves() -> None:
    for image in IMAGES.values():
        np.testing.assert_allclose(image.prediction - np.eye(10)[image.label], image.delta, atol=0.011)
        np.testing.assert_allclose(image.delta**2, image.error, rtol=0.02, atol=0.02)
    assert list(ACCURACIES.values()) == [0.1256, 0.1835, 0.3129, 0.5694, 0.5709, 0.6719, 0.5761, 0.6901, 0.6928]


def test_the_table_leaves_counts_open_that_a_small_data_set_has_not(config: TrainingConfig, digits: Dataset) -> None:
    table = comparison_html(linear_run.course(config, digits))
    assert "<td>60,000</td><td>69.28 %</td><td>–</td>" in table


@pytest.mark.parametrize(("share", "words"), [(0.5, "50 %"), (1.2, "overshoots"), (2.1, "larger than before")])
def test_the_share_of_the_error_is_put_in_words(share: float, words: str) -> None:
    assert words in share_words(share)


@pytest.fixture
def page(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(mnistcore.data, "default_dataset_name", lambda: "generated")
    monkeypatch.setattr(mnistcore.runs.RunStore, "open_dataset", lambda store, name: digits)
    return page_at("linear-online")


def texts(page: AppTest) -> str:
    html = [element.proto.body for element in page.get("html")]
    return " ".join([*(element.value for element in (*page.markdown, *page.caption)), *html])


def test_it_can_be_stepped_jumped_and_played(own_home: Path, page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "1 of 320" in texts(page)
    assert "generated digits, not MNIST" in texts(page)
    assert "gradient agrees with central differences" in texts(page)
    button(page, "Forward").click().run()
    assert "2 of 320" in texts(page)
    button(page, "101st").click().run()
    assert "101 of 320" in texts(page)
    assert page.query_params["image"] == "101"
    page.text_input[0].set_value("1e2").run()
    assert "100 of 320" in texts(page)
    page.text_input[0].set_value("321").run()
    assert "must be at least 1 and at most 320, not “321”. Still shown: 100." in texts(page)
    assert "100 of 320" in texts(page)
    button(page, "Forward").click().run()
    assert "101 of 320" in texts(page)
    button(page, "Play").click().run()
    button(page, "Pause").click().run()
    page.run()
    assert "102 of 320" in texts(page)
    next(box for box in page.selectbox if box.label == "Steps of").set_value(100).run()
    button(page, "Play").click().run()
    assert page.session_state["linear-playing"]
    for _ in range(4):
        page.run()
    assert not page.exception
    assert "320 of 320" in texts(page)
    assert button(page, "Play")
    button(page, "Back").click().run()
    assert "220 of 320" in texts(page)


def test_every_change_can_be_laid_beside_the_original(own_home: Path, page: AppTest) -> None:
    page.query_params["image"] = "77"
    page.run()
    assert "77 of 320" in texts(page)
    assert not page.exception
    assert not page.error
    page.segmented_control(key="choose_view").set_value("changes").run()
    page.button_group(key="linear-changes").set_value([change.title for change in CHANGES]).run()
    assert not page.exception
    for change in CHANGES:
        assert f"**{change.title}.**" in texts(page)
