"""Histories epoch by epoch, against figures worked out by hand, and where they overfit."""

import pandas as pd
import pytest

from mnistcore.insight.histories import epoch_rows, lowest_validation

NOTHING = float("nan")


def test_losses_by_epoch_weigh_each_row_by_its_images() -> None:
    history = pd.DataFrame(
        {
            "epoch": [0.0, 0.75, 1.0, 1.5, 2.0, 2.0],
            "train_loss": [NOTHING, 2.0, 1.0, 0.8, 0.6, 0.1],
            "validation_accuracy": [0.1, NOTHING, 0.5, 0.6, NOTHING, 0.7],
            "test_loss": [NOTHING] * 5 + [0.2],
        }
    )
    rows = epoch_rows(history)
    assert list(rows["epoch"]) == [1, 2]
    assert list(rows["train_loss"]) == pytest.approx([1.75, 0.7])
    assert list(rows["validation_accuracy"]) == [0.5, 0.7]


def test_the_lowest_validation_loss_is_looked_for_after_the_start() -> None:
    losses = pd.DataFrame({"step": [0, 10, 20, 30], "epoch": [0.0, 1.0, 2.0, 3.0]})
    assert lowest_validation(losses.assign(validation_loss=[0.1, 0.5, 0.3, NOTHING])) == (2.0, 0.3)
    assert lowest_validation(losses.assign(validation_loss=[0.1, NOTHING, NOTHING, NOTHING])) is None
