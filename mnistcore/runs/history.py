"""A run's history as a table, thinned out so that a chart of a long run stays quick."""

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Engine, select

from mnistcore.runs.curves import TRAINING, image_counts
from mnistcore.runs.database import reading
from mnistcore.runs.tables import METRICS, MetricRow

if TYPE_CHECKING:
    import pandas as pd


def load_history(database: Engine, run_id: str, after_step: int, max_points: int | None) -> "pd.DataFrame":
    """The rows after ``after_step``, at most ``max_points`` of them; columns METRICS, NaN where not measured."""
    import pandas as pd  # not at the top: workers need no pandas, and it takes 40 MB

    columns = [getattr(MetricRow, name) for name in METRICS]
    statement = select(*columns).where(MetricRow.run_id == run_id, MetricRow.step > after_step)
    with reading(database) as connection:
        rows = connection.execute(statement.order_by(MetricRow.step)).all()
    table = np.array([tuple(row) for row in rows], np.float64).reshape(-1, len(METRICS))
    if max_points is not None:
        table = thin(table, max_points)
    frame = pd.DataFrame(table, columns=list(METRICS))
    return frame.astype({"step": np.int64})


def thin(table: np.ndarray, max_points: int) -> np.ndarray:
    """At most ``max_points`` (at least 3) rows of (n, len(METRICS)): the first, the last two, evaluated ones first.

    In every stretch the rows with the lowest and the highest validation loss are kept. Training figures become means
    over all images since the row before, so that none is lost; the last row stays as it is: it may gain figures yet.
    """
    n = len(table)
    if n <= max(3, max_points):
        return table
    inner = np.arange(1, n - 2)
    validation_loss = table[:, METRICS.index("validation_loss")]
    is_evaluated = ~np.isnan(validation_loss[inner])
    room = max(3, max_points) - 3
    evaluated = _extremes(inner[is_evaluated], validation_loss, max(room // 2, room - int((~is_evaluated).sum())))
    others = inner[~is_evaluated]
    spread = np.linspace(0, len(others) - 1, min(len(others), room - len(evaluated))).round().astype(np.int64)
    kept = np.sort(np.concatenate([[0, n - 2, n - 1], evaluated, others[spread]]))
    thinned = table[kept]
    for name in TRAINING:
        values = table[:, METRICS.index(name)]
        thinned[:, METRICS.index(name)] = _means_up_to(kept, values, table[:, METRICS.index("epoch")])
    return thinned


def _means_up_to(rows: np.ndarray, values: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """For each of ``rows``, the mean of ``values`` over the images since the one before; nan where there are none."""
    counts = image_counts(epochs, values)
    sums = np.cumsum(np.where(counts > 0, values, 0.0) * counts)[rows]
    images = np.diff(np.cumsum(counts)[rows], prepend=0.0)
    return np.divide(np.diff(sums, prepend=0.0), images, out=values[rows], where=images > 0)


def _extremes(rows: np.ndarray, values: np.ndarray, limit: int) -> np.ndarray:
    """At most ``limit`` of ``rows``: the lowest and the highest value in each of limit / 2 equal stretches."""
    if len(rows) <= limit:
        return rows
    kept: set[int] = set()
    for stretch in np.array_split(rows, limit // 2) if limit >= 2 else []:
        found = values[stretch]
        kept.add(int(stretch[np.where(np.isnan(found), np.inf, found).argmin()]))
        kept.add(int(stretch[np.where(np.isnan(found), -np.inf, found).argmax()]))
    return np.array(sorted(kept), np.int64)
