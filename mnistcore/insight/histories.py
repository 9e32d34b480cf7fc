"""What a run's history says as a whole: its figures epoch by epoch, and where it begins to overfit."""

import numpy as np
import pandas as pd


def epoch_rows(history: pd.DataFrame) -> pd.DataFrame:
    """A run's history epoch by epoch: epoch, train_loss (mean over its images), validation_accuracy (the newest in it).

    ``history``: as the store gives it. Its last row is over the whole training part and belongs to no epoch; a row's
    training loss is the mean over the images since the row before.
    """
    rows = history.iloc[:-1] if len(history) and history["test_loss"].notna().iloc[-1] else history
    images = rows["epoch"].diff().fillna(rows["epoch"])
    learned = rows.assign(images=images, number=np.ceil(rows["epoch"] - 1e-9).astype(int))
    learned = learned[(learned["images"] > 0) & learned["train_loss"].notna()]
    sums = (learned["train_loss"] * learned["images"]).groupby(learned["number"]).sum()
    losses = sums / learned["images"].groupby(learned["number"]).sum()
    numbers = np.ceil(history["epoch"] - 1e-9).astype(int)
    accuracies = history["validation_accuracy"].groupby(numbers).last()
    table = pd.DataFrame({"train_loss": losses, "validation_accuracy": accuracies.reindex(losses.index)})
    return table.rename_axis("epoch").reset_index()


def lowest_validation(history: pd.DataFrame) -> tuple[float, float] | None:
    """(epoch, loss) where the validation loss of a history was lowest after the start; None before it was measured."""
    measured = history[(history["step"] > 0) & history["validation_loss"].notna()]
    if not len(measured):
        return None
    best = measured.loc[measured["validation_loss"].idxmin()]
    return float(best["epoch"]), float(best["validation_loss"])
