"""A run's history as a table, thinned out so that a chart of a long run stays quick."""

from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Engine, select

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
        table = table[thin(table, max(2, max_points))]
    frame = pd.DataFrame(table, columns=list(METRICS))
    return frame.astype({"step": np.int64})


def thin(table: np.ndarray, max_points: int) -> np.ndarray:
    """Which rows of (n, len(METRICS)) to keep: sorted indices, at most ``max_points`` (≥ 2).

    The first and the last row are kept, evaluated rows before others, and in every stretch the rows with the
    lowest and the highest loss, so that neither a spike nor a dip vanishes.
    """
    n = len(table)
    if n <= max_points:
        return np.arange(n)
    ends = np.array([0, n - 1])
    inner = np.arange(1, n - 1)
    validation_loss = table[:, METRICS.index("validation_loss")]
    is_evaluated = ~np.isnan(validation_loss[inner])
    room = max_points - 2
    evaluated = _extremes(inner[is_evaluated], validation_loss, max(room // 2, room - int((~is_evaluated).sum())))
    train_loss = table[:, METRICS.index("train_loss")]
    others = _extremes(inner[~is_evaluated], train_loss, room - len(evaluated))
    return np.sort(np.concatenate([ends, evaluated, others]))


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
