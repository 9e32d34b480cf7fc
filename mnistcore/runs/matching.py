"""Finds the run of a configuration: the same config, data and seed give the same weights, so one run is enough."""

from sqlalchemy import Engine, case, select

from mnistcore.runs.database import reading
from mnistcore.runs.outages import answers_since
from mnistcore.runs.records import Run, run_from_row
from mnistcore.runs.tables import RunRow
from mnistcore.training.config import TrainingConfig

WORTH = ("finished", "diverged", "running", "queued", "paused")  # the first one found; others have broken off


def run_of_config(database: Engine, config: TrainingConfig, dataset: str) -> Run | None:
    """The run with exactly these settings on this data set, one that has finished first; None where there is none."""
    rank = case({status: place for place, status in enumerate(WORTH)}, value=RunRow.status)
    statement = (
        select(RunRow.__table__)
        .where(RunRow.config == config.model_dump_json(), RunRow.dataset == dataset)
        .where(RunRow.deleted.is_(False), RunRow.status.in_(WORTH))
        .order_by(rank, RunRow.created_at.desc())
        .limit(1)
    )
    with reading(database) as connection:
        row = connection.execute(statement).one_or_none()
    return None if row is None else run_from_row(row, answers_since(database))
