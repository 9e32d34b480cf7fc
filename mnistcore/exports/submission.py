"""A network's answers as the table that competitions ask for: ``ImageId,Label``, a line an image."""

import csv
import io
from collections.abc import Sequence

import numpy as np

COLUMNS = ("ImageId", "Label")


def submission_csv(names: Sequence[str], predictions: np.ndarray) -> bytes:
    """The CSV (UTF-8) of digits ``predictions`` (n,) for images called ``names`` (n,)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(zip(names, np.asarray(predictions).tolist(), strict=True))
    return text.getvalue().encode()
