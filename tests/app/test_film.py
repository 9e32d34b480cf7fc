"""The film of a run: its moment is in the address and goes from page to page; pages look at the network as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from tests.app.drawings import draw, one
from tests.app.pages import page_at, texts
from tests.app.small_runs import trained_run
from ui.draw.learning import reading_data, reading_spec
from ui.runs.film import film_curve, moment_words


def moment(page: AppTest) -> int:
    return page.select_slider[0].value


@pytest.mark.parametrize("address", ["weights", "confusions", "trace"])
def test_the_address_sets_the_moment_and_a_move_the_address(store: RunStore, address: str) -> None:
    run_id = trained_run(store)
    steps = store.snapshot_steps(run_id)
    page = page_at(address, run=run_id, step=str(steps[2])).run()
    assert not page.exception
    assert moment(page) == steps[2]
    page.select_slider[0].set_value(steps[4]).run()
    assert page.query_params["step"] == str(steps[4])
    page.select_slider[0].set_value(steps[-1]).run()
    assert "step" not in page.query_params  # the newest stays the newest


@pytest.mark.parametrize(("asked", "place"), [("zzz", -1), ("-3", -1), ("9999999", -1), ("9" * 40, -1), ("0", 0)])
def test_an_unknown_moment_is_the_nearest_or_the_newest(store: RunStore, asked: str, place: int) -> None:
    run_id = trained_run(store)
    page = page_at("confusions", run=run_id, step=asked).run()
    assert not page.exception
    assert moment(page) == store.snapshot_steps(run_id)[place]


def test_confusions_are_those_of_the_moment(store: RunStore) -> None:
    run_id = trained_run(store)
    first = store.snapshot_steps(run_id)[0]
    page = page_at("confusions", run=run_id, step=str(first)).run()
    early = next(text for text in page.markdown if "accuracy" in text.value).value
    assert f"After step {first:,}." in texts(page)
    page.select_slider[0].set_value(store.snapshot_steps(run_id)[-1]).run()
    assert next(text for text in page.markdown if "accuracy" in text.value).value != early


def test_a_drawing_is_read_at_every_snapshot(store: RunStore) -> None:
    run_id = trained_run(store)
    first = store.snapshot_steps(run_id)[0]
    page = draw(page_at("draw", run=run_id, step=str(first)), one())
    assert not page.exception
    assert f"weights after step {first:,}" in texts(page)
    assert "The ten probabilities for this digit at each snapshot" in texts(page)
    page.toggle[0].set_value(False).run()
    assert f"weights after step {store.run(run_id).step:,}" in texts(page)


def test_the_readings_as_a_chart() -> None:
    readings = np.array([[0.1] * 10, [0.91] + [0.01] * 9])
    table = reading_data((0, 30), readings)
    assert table["probability"].to_numpy().reshape(2, 10).tolist() == readings.tolist()
    assert set(table["step"]) == {0, 30}
    spec = reading_spec(readings, 30)
    assert spec["layer"][2]["transform"][0]["filter"]["oneOf"] == [0]
    nothing = reading_spec(np.full((2, 10), np.nan), 0)  # weights that are too large for a number
    assert nothing["layer"][2]["transform"][0]["filter"]["oneOf"] == []


def test_the_curve_and_the_words_of_a_moment() -> None:
    history = pd.DataFrame({"step": [0, 10, 20], "epoch": [0.0, 0.5, 1.0], "train_accuracy": [0.1, 0.5, 0.6]})
    history["validation_accuracy"] = [0.1, np.nan, 0.7]
    assert moment_words(history, 10) == "After step 10 · epoch 0.50 · validation accuracy 10.0 % at step 0"
    assert film_curve(history, (0, 10, 20), 1).startswith('<img src="data:image/svg+xml;base64,')
    assert film_curve(history.iloc[:1], (0, 10), 0) == ""  # one figure is no curve
