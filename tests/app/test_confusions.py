"""The Confusions page: the matrix, the images behind a cell, the choice of images to judge by."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import streamlit as st

from mnistcore.data import split_indices
from mnistcore.nn.views import predict_views
from mnistcore.runs import RunStore
from mnistcore.training.config import parse_config
from tests.app.fragments import counted_queries, run_fragment
from tests.app.pages import page_at, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.confusions.cell import (
    CHART,
    PAIRS,
    PREDICTED,
    TRUE,
    take_click,
    take_pair,
)
from ui.confusions.matrix import clicked_cell, matrix_cells, matrix_chart
from ui.runs.evaluation import Answers, available_parts, images_of_part
from ui.runs.examples import example_captions

opened = partial(page_at, "confusions")


@contextmanager
def patched_state(state: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What Streamlit's session state is to a callback."""
    with patch.object(st, "session_state", state):
        yield state


def test_without_runs_it_offers_to_train_one() -> None:
    page = opened().run()
    assert not page.exception
    assert "Train a first network" in [button.label for button in page.button]


def test_accuracy_comes_with_its_count_and_interval(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id).run()
    assert not page.exception
    run = store.run(run_id)
    right = round((run.validation_accuracy or 0) * 100)
    assert f"**Validation accuracy {right:.2f} %** · {right} / 100 · 95 % interval " in texts(page)
    assert "100 validation images of easy digits, held back from training" in texts(page)


def test_nine_views_of_each_image_change_the_answers_and_what_is_said_of_them(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id).run()
    toggle = next(each for each in page.toggle if each.label == "Nine views")
    toggle.set_value(True).run()
    assert not page.exception
    network, digits = store.load_weights(run_id).network, easy_digits()
    held_back = split_indices(digits.train_labels, 100, None, store.run(run_id).config.seed).validation
    found = predict_views(network, digits.train_images[held_back]).argmax(axis=1)
    right = int((found == digits.train_labels[held_back]).sum())
    assert f"**Validation accuracy {right:.2f} %** · {right} / 100 · 95 % interval " in texts(page)
    assert "mean of nine views of each image" in texts(page)


def test_the_test_images_on_request(store: RunStore) -> None:
    page = opened(run=trained_run(store)).run()
    page.segmented_control[0].set_value("test").run()
    assert not page.exception
    assert "**Test accuracy " in texts(page)
    assert "for the final evaluation" in texts(page)


def test_a_run_without_validation_images_is_judged_by_the_test_images(store: RunStore) -> None:
    page = opened(run=trained_run(store, validation_size=0)).run()
    assert not page.exception
    assert "**Test accuracy " in texts(page)
    assert "has no validation images" in texts(page)


def test_choosing_a_cell_by_keyboard_shows_its_images(store: RunStore) -> None:
    dataset = easy_digits()
    run_id = trained_run(store, dataset)
    page = opened(run=run_id).run()
    page.selectbox(key=TRUE).set_value(7)
    page.selectbox(key=PREDICTED).set_value(7).run()
    images, labels, _ = images_of_part(store.run(run_id), dataset, "validation")
    recognised = int((store.load_weights(run_id).network.predict(images).argmax(axis=1)[labels == 7] == 7).sum())
    assert not page.exception
    assert f"7 recognised as 7: {recognised} of {recognised}, most confident first" in texts(page)
    assert len(page.get("image")) == recognised


def test_a_cell_chosen_asks_the_store_nothing_and_redraws_no_more_than_the_answers(store: RunStore) -> None:
    page = opened(run=trained_run(store)).run()
    page.selectbox(key=TRUE).set_value(7)
    page.selectbox(key=PREDICTED).set_value(7)
    with counted_queries() as queries:
        run_fragment(page)
    assert not page.exception
    assert "7 recognised as 7" in texts(page)
    assert queries == []


def test_a_ranked_pair_moves_the_cell(store: RunStore) -> None:
    page = opened(run=trained_run(store, epochs=1)).run()
    pairs = page.dataframe[0].value
    assert list(pairs.columns) == ["true", "predicted", "count", "share"]
    first, second = (tuple(pairs.loc[row, ["true", "predicted"]].astype(int)) for row in (0, 1))
    assert (page.selectbox(key=TRUE).value, page.selectbox(key=PREDICTED).value) == first
    with patched_state({PAIRS: {"selection": {"rows": [1]}}}) as state:
        take_pair(pairs)()
    assert (state[TRUE], state[PREDICTED]) == second


def test_a_click_on_the_matrix_moves_the_cell_and_an_empty_one_does_not() -> None:
    with patched_state({CHART: {"selection": {"cell": [{"true": 4, "predicted": 9}]}}}) as state:
        take_click()
        assert (state[TRUE], state[PREDICTED]) == (4, 9)
        state[CHART] = {"selection": {"cell": []}}
        take_click()
        assert (state[TRUE], state[PREDICTED]) == (4, 9)


def test_judged_by_another_data_set_it_says_so(store: RunStore) -> None:
    other = store.add_dataset(easy_digits(seed=5))
    page = opened(run=trained_run(store)).run()
    judged = next(box for box in page.selectbox if box.label == "Evaluated on")
    judged.set_value(other).run()
    assert not page.exception
    assert "**Test accuracy " in texts(page)


@pytest.mark.usefixtures("few_generated_digits")
def test_a_data_set_deleted_in_another_tab_gives_way_to_no_other(store: RunStore) -> None:
    other = store.add_dataset(easy_digits(seed=5))
    page = opened(run=trained_run(store)).run()
    evaluated = next(box for box in page.selectbox if box.label == "Evaluated on")
    assert evaluated.options[0].endswith("(its own data)")
    evaluated.set_value(other).run()
    store.delete_dataset(other)
    page.toggle[0].set_value(True).run()
    assert not page.exception
    assert "has been deleted. Choose a data set." in page.warning[0].value
    assert not page.metric
    next(box for box in page.selectbox if box.label == "Evaluated on").set_value("generated").run()
    assert "**Test accuracy " in texts(page)


def test_a_run_whose_own_data_set_is_gone_says_so(store: RunStore) -> None:
    run_id = trained_run(store)
    store.delete_dataset(store.run(run_id).dataset)
    page = opened(run=run_id).run()
    assert not page.exception
    assert "The requested data set is not on this machine. Choose a data set." in page.warning[0].value
    assert next(box for box in page.selectbox if box.label == "Evaluated on").value is None


def test_a_run_without_weights_has_a_friendly_page(store: RunStore) -> None:
    dataset = easy_digits()
    config = parse_config({"layers": [], "validation_size": 100})
    run_id = store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint)
    page = opened(run=run_id).run()
    assert not page.exception
    assert "No weights to look at yet" in texts(page)


def test_an_unknown_run_is_named(store: RunStore) -> None:
    trained_run(store)
    page = opened(run="0123456789ab").run()
    assert not page.exception
    assert "0123456789ab" in page.warning[0].value


def test_validation_images_are_those_that_training_held_back(store: RunStore) -> None:
    dataset = easy_digits()
    run = store.run(trained_run(store, dataset, seed=3))
    images, labels, positions = images_of_part(run, dataset, "validation")
    assert (positions == split_indices(dataset.train_labels, 100, None, 3).validation).all()
    assert (images == dataset.train_images[positions]).all()
    assert (labels == dataset.train_labels[positions]).all()
    assert available_parts(run, dataset) == ["validation", "test"]
    assert available_parts(run, easy_digits(seed=1)) == ["test"]


def test_errors_are_coloured_on_a_scale_of_their_own() -> None:
    matrix = np.diag(np.full(10, 1000))
    matrix[4, 9], matrix[2, 7] = 16, 4
    cells = matrix_cells(matrix, share=False, hide_diagonal=False).set_index(["true", "predicted"])
    assert cells.loc[(4, 9), "strength"] == pytest.approx(1.0)
    assert cells.loc[(2, 7), "strength"] == pytest.approx(0.5)
    assert cells.loc[(4, 9), "text"] == "16"
    assert cells.loc[(0, 1), "text"] == ""
    assert cells.loc[(3, 3), "text"] == "1,000"
    hidden = matrix_cells(matrix, share=True, hide_diagonal=True).set_index(["true", "predicted"])
    assert hidden.loc[(3, 3), "text"] == ""
    assert hidden.loc[(3, 3), "strength"] == 0
    assert hidden.loc[(4, 9), "text"] == "1.6 %"


def test_a_matrix_without_any_mistake_has_a_chart() -> None:
    cells = matrix_cells(np.diag(np.full(10, 3)), share=False, hide_diagonal=False)
    assert not cells["strength"].isna().any()
    assert matrix_chart(cells, (0, 0), dark=False).to_dict()["layer"]


def test_a_click_is_read_and_an_empty_one_ignored() -> None:
    assert clicked_cell({"selection": {"cell": [{"true": 4, "predicted": 9}]}}) == (4, 9)
    assert clicked_cell({"selection": {"cell": []}}) is None
    assert clicked_cell(None) is None


def test_captions_never_claim_certainty() -> None:
    answers = Answers(
        "test",
        5,
        np.zeros((2, 28, 28), np.uint8),
        np.array([3, 3], np.uint8),
        np.array([17, 40]),
        np.eye(10, dtype=np.float32)[[3, 5]],
    )
    assert example_captions(answers, np.array([0, 1])) == [
        "✓ 3 → 3  \n> 99.9 % · #17",
        "✗ 3 → 5  \n> 99.9 % · #40",
    ]
