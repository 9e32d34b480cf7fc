"""The page Step by step: every stage of every kind of layer, its empty state, and what a wrong label does."""

import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.insight import GradientCheck
from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.drawings import draw, one
from tests.app.pages import button, open_page
from tests.app.small_runs import easy_digits, trained_run
from ui.pictures.gradient_badge import badge_text, check_words, deviation_text
from ui.pictures.step_numbers import number_text, ten_numbers

opened = partial(open_page, "trace")
EVERY_KIND = [
    {"kind": "conv2d", "filters": 4},
    {"kind": "batch_norm", "activation": "relu"},
    {"kind": "max_pool2d", "kernel": 4, "stride": 4},
    {"kind": "conv2d", "filters": 3, "kernel": 3},
    {"kind": "average_pool2d"},
    {"kind": "dropout"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 6},
]


def texts(page: AppTest) -> str:
    html = [element.proto.body for element in page.get("html")]
    return " ".join([*(element.value for element in (*page.markdown, *page.caption, *page.subheader)), *html])


def test_without_runs_it_offers_to_train_one(own_home: Path) -> None:
    page = opened()
    assert not page.exception
    assert "Train a first network" in [found.label for found in page.button]


def test_a_run_that_has_not_begun_has_no_weights_to_follow(store: RunStore) -> None:
    dataset = easy_digits()
    config = parse_config({"layers": [], "validation_size": 100})
    page = opened(run=store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint))
    assert not page.exception
    assert "No weights to look at yet" in texts(page)


def test_a_run_with_smoothed_labels_shows_the_shares_and_the_loss_that_it_learns_by(store: RunStore) -> None:
    run_id = trained_run(store, label_smoothing=0.1)
    page = opened(run=run_id, **{"stage": "loss"})
    for _ in range(12):
        if "The label is smoothed" in texts(page):
            break
        button(page, "Next").click().run()
    assert "The label is smoothed, so that each digit has a share of it." in texts(page)
    assert "def smoothed_cross_entropy(" in page.expander[0].code[0].value


def test_without_its_data_set_a_drawn_digit_can_be_followed(store: RunStore) -> None:
    run_id = trained_run(store)
    store.delete_dataset(store.run(run_id).dataset)
    page = opened(run=run_id)
    assert not page.exception
    assert "Only drawn digits" in page.info[0].value


def test_every_stage_of_every_kind_of_layer_can_be_gone_through(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=EVERY_KIND, epochs=1))
    seen, functions = [], []
    for _ in range(2 * (len(EVERY_KIND) + 1) + 2):
        assert not page.exception
        seen.append(texts(page))
        textbook, trained = ([code.value for code in page.expander[number].code] for number in (-2, -1))
        assert all("out=" not in code for code in textbook)  # which allocates
        assert len(textbook) == len(trained) > 0
        assert all('"""' in code for code in textbook + trained)
        functions.append([code[4 : code.index("(")] for code in textbook])
        if not button(page, "Next").disabled:
            button(page, "Next").click().run()
    for words in (
        "(1, 28, 28) · (25, 4) + (4,) → (4, 24, 24)",
        "Delta is the gradient of the loss",
        "Only the largest value",
        "Before",
    ):
        assert any(words in text or words in text.replace("\n", " ") for text in seen), words
    assert "gradient agrees with central differences" in seen[0]
    assert functions[0] == ["conv2d", "relu"]
    assert functions[len(EVERY_KIND) + 1] == ["softmax_cross_entropy", "softmax_cross_entropy_gradient"]
    assert functions[-2:] == [["relu_derivative", "conv2d_backward"], ["adam"]]
    assert button(page, "Next").disabled
    assert not button(page, "Back").disabled


def test_a_wrong_label_is_taught_and_a_drawing_has_one(store: RunStore) -> None:
    page = opened(run=trained_run(store))
    stage = page.select_slider[-1]
    stage.set_value(3).run()
    assert "Prediction for the 0" in texts(page)
    next(box for box in page.selectbox if box.label == "Label to learn").set_value(6).run()
    assert "Prediction for the 6" in texts(page)
    page.segmented_control(key="choose_digit").set_value("draw").run()
    draw(page, one())
    assert not page.exception
    answer = next(box for box in page.selectbox if box.label == "Label to learn").value
    assert f"Prediction for the {answer}" in texts(page)


def test_the_learning_rate_shown_is_the_one_used_or_a_sentence_says_why_not(store: RunStore) -> None:
    run_id = trained_run(store, optimizer="sgd")
    page = opened(run=run_id)
    field = page.text_input(key=f"trace-rate-{run_id}")
    assert field.label == "Learning rate (SGD)"
    assert float(field.value) == store.run(run_id).config.learning_rate
    page.select_slider[-1].set_value(3).run()
    losses = []
    for text in ("0,001", "1e-3", "0.5"):
        page.text_input(key=f"trace-rate-{run_id}").set_value(text).run()
        losses.append(re.search(r"[\d.e-]+ → [\d.e-]+", texts(page))[0])
    assert losses[0] == losses[1] != losses[2]
    page.text_input(key=f"trace-rate-{run_id}").set_value("-1").run()
    assert not page.exception
    assert "Learning rate (SGD) must be above 0 and at most 100, not “-1”." in texts(page)
    assert "Prediction for the" not in texts(page)


def test_an_earlier_snapshot_can_be_followed(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id)
    page.select_slider[0].set_value(0).run()
    assert not page.exception
    assert "weights after step 0" in texts(page)


@pytest.mark.parametrize(
    ("value", "largest", "shown"),
    [(49.021, 56.6, "49.02"), (3209.4, 3209.4, "3209"), (-0.00312, 0.5, "−0.0031"), (-0.00001, 0.5, "0.0000")],
)
def test_numbers_have_the_decimals_that_their_column_needs(value: float, largest: float, shown: str) -> None:
    assert number_text(value, np.array([value, largest])) == shown


def test_the_table_marks_the_label_and_draws_bars_from_zero() -> None:
    table = ten_numbers({"Delta": np.linspace(-1, 3, 10), "Label": np.eye(10)[4]}, 4)
    assert '<tr class=label><th scope="row">4</th>' in table
    assert "left:0.0%;width:25.0%;background:#4a90cf" in table
    assert table.count("<i ") == 10


def test_the_badge_says_what_was_found() -> None:
    check = GradientCheck("agrees", 2.3e-7, 46, 3)
    assert "✓" in badge_text(check)
    assert check_words(check).startswith("largest deviation 0.00002 %, 46 parameters")
    assert "3 more lie at a kink" in check_words(check)
    assert "✗" in badge_text(GradientCheck("differs", 0.5, 46, 0))
    assert deviation_text(0.0) == "0 %"
    assert "nothing is left to learn" in check_words(GradientCheck("too small", 0.0, 0, 0))
