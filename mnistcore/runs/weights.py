"""The weights of runs, each with their step.

A run has snapshots of some steps (float16), and one set of weights in full precision: the newest that were stored or,
of a finished run, those that it has kept.
"""

import time
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine, func, select

from mnistcore.nn import Network
from mnistcore.runs.database import reading
from mnistcore.runs.records import ACTIVE, STALE_SECONDS
from mnistcore.runs.tables import RunRow, SnapshotRow, WeightsRow


class Weights(NamedTuple):
    """A network, and the step after which the run had these weights."""

    network: Network
    step: int


def weight_steps(database: Engine, run_id: str) -> list[int]:
    """The steps whose weights stay, ascending: the snapshots and, unless the run is in progress, its newest or kept."""
    of_run = WeightsRow.run_id == run_id
    idle = RunRow.status.not_in(ACTIVE) | (RunRow.heartbeat_at < time.time() - STALE_SECONDS)
    with reading(database) as connection:
        steps = set(connection.execute(select(SnapshotRow.step).where(SnapshotRow.run_id == run_id)).scalars())
        steps.update(connection.execute(select(WeightsRow.step).join(RunRow).where(of_run, idle)).scalars())
    return sorted(steps)


def newest_step(database: Engine, run_id: str) -> int | None:
    """The step of the newest or kept weights; None while there are none."""
    with reading(database) as connection:
        return _newest_step(connection, run_id)


def _newest_step(connection: Connection, run_id: str) -> int | None:
    row = connection.execute(
        select(WeightsRow.step, RunRow.status).join(RunRow).where(WeightsRow.run_id == run_id)
    ).one_or_none()
    if row is not None and row.status == "finished":
        return int(row.step)  # later snapshots may be of weights that were given up for better ones
    newest = connection.execute(select(func.max(SnapshotRow.step)).where(SnapshotRow.run_id == run_id)).scalar()
    return max((step for step in (newest, row and row.step) if step is not None), default=None)


def load_parameters(database: Engine, run_id: str, step: int | None) -> tuple[np.ndarray, int] | None:
    """All parameters (p,) float32 after ``step``, else the newest or kept ones, with their step; None if not stored.

    Both are read in one transaction: in between, a run may go on.
    """
    with reading(database) as connection:
        step = _newest_step(connection, run_id) if step is None else int(step)
        for table, kind in ((WeightsRow, "<f4"), (SnapshotRow, "<f2")):
            found = select(table.parameters).where(table.run_id == run_id, table.step == step)
            data = connection.execute(found).scalar()
            if data is not None and step is not None:
                return np.frombuffer(data, kind).astype(np.float32), step
    return None
