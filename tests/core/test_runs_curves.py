"""Training curves are means over equal numbers of images: worked by hand."""

import numpy as np
import pandas as pd
import pytest

from mnistcore.runs.curves import image_counts, trailing_means, training_curves, usual_count
from mnistcore.runs.history import thin
from mnistcore.runs.tables import METRICS

NONE = float("nan")


def history(epochs: list[float], losses: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"epoch": epochs, "train_loss": losses, "train_accuracy": losses})


def test_a_mean_over_the_last_images_takes_of_a_stretch_what_it_covers():
    values, counts = np.array([9.0, 4.0, 2.0, 1.0]), np.array([100.0, 100.0, 100.0, 20.0])
    # 100 images of 9; 100 of 4; 100 of 2; then 20 of 1 and the 80 newest of those of 2.
    assert trailing_means(values, counts, 100).tolist() == pytest.approx([9, 4, 2, 1.8])
    # Near the start over the newer half; then 100 of 2 and 50 of 4; 20 of 1, 100 of 2 and 30 of 4.
    assert trailing_means(values, counts, 150).tolist() == pytest.approx([9, 4, 400 / 150, (20 + 200 + 120) / 150])


def test_the_short_stretch_at_the_end_of_an_epoch_is_no_dip():
    epochs, losses = [0, 0.3, 0.6, 0.9, 0.99, 1.0, 1.3], [NONE, 0.5, 0.5, 0.5, 0.5, 0.1, 0.5]
    measured = training_curves(history(epochs, losses), 0)["train_loss"].tolist()
    assert measured[5] == 0.1
    assert measured[1:] == losses[1:]
    smooth = training_curves(history(epochs, losses), 2)["train_loss"]
    # Most stretches are 0.3 epochs long: the 0.01 of 0.1 are a thirtieth of such a one.
    assert smooth[5] == pytest.approx((0.01 * 0.1 + 0.29 * 0.5) / 0.3)
    assert smooth[6] == pytest.approx(0.5)
    assert np.isnan(smooth[0])


def test_more_percent_is_a_longer_stretch():
    epochs = [float(place) for place in range(11)]
    losses = [NONE, *range(1, 11)]
    curves = {percent: training_curves(history(epochs, losses), percent)["train_loss"][10] for percent in (10, 20, 50)}
    assert curves == pytest.approx({10: 10, 20: 9.5, 50: 8})


def test_the_last_figure_of_a_finished_run_is_no_part_of_the_curve():
    table = history([0, 1, 2], [NONE, 0.5, 0.1])
    for percent in (0, 2):
        assert np.isnan(training_curves(table, percent, is_finished=True)["train_loss"][2])
        assert training_curves(table, percent)["train_loss"][2] == pytest.approx(0.1)
    only = history([1], [0.3])
    assert training_curves(only, 2, is_finished=True)["train_loss"].tolist() == [0.3]
    assert training_curves(only.iloc[:0], 2)["train_loss"].empty


def test_images_are_counted_where_something_was_measured():
    counts = image_counts(np.array([0, 0.25, 0.5, 1.0]), np.array([NONE, 2.0, NONE, 1.0]))
    assert counts.tolist() == [0, 0.25, 0, 0.5]
    assert usual_count(counts) == 0.5
    assert usual_count(np.array([1.0, 1.0, 10.0])) == 10


@pytest.mark.parametrize("max_points", [3, 7, 40])
def test_thinning_loses_no_image(max_points: int):
    rng = np.random.default_rng(0)
    table = np.full((200, len(METRICS)), NONE)
    table[:, 0] = np.arange(200)
    epochs = np.cumsum(np.r_[0, rng.uniform(0.001, 0.1, 199)])
    table[:, METRICS.index("epoch")] = epochs
    loss = METRICS.index("train_loss")
    table[1:, loss] = rng.uniform(0, 3, 199)
    thinned = thin(table, max_points)
    images, kept = (image_counts(rows[:, METRICS.index("epoch")], rows[:, loss]) for rows in (table, thinned))
    assert len(thinned) <= max_points
    assert kept @ np.nan_to_num(thinned[:, loss]) == pytest.approx(images @ np.nan_to_num(table[:, loss]))
    assert thinned[-1] == pytest.approx(table[-1], nan_ok=True)  # it may gain figures yet, and is read again then
