"""Experiments in the run store: made, found, paused, resumed, changed and stopped."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, select, update

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments.config import ExperimentConfig, parse_experiment
from mnistcore.experiments.halving import SHARES, Member
from mnistcore.runs import RunStore
from mnistcore.runs.chosen_steps import pause_step
from mnistcore.runs.database import reading, writing
from mnistcore.runs.store import new_run_id
from mnistcore.runs.tables import ExperimentRow, MetricRow, RunRow

RUNNING, PAUSED, FINISHED, STOPPED = "running", "paused", "finished", "stopped"


@dataclass(frozen=True)
class Experiment:
    """An experiment as the store knows it; ``seconds`` is how long it has been running, pauses left out."""

    id: str
    name: str
    config: ExperimentConfig
    status: str
    message: str | None
    created_at: datetime
    ended_at: datetime | None
    seconds: float

    @property
    def is_over(self) -> bool:
        """Whether it makes no more runs unless it is extended."""
        return self.status in (FINISHED, STOPPED)


def create_experiment(store: RunStore, config: ExperimentConfig, name: str | None = None) -> str:
    """Store an experiment that begins at once, and return its id; RunError for a name that cannot be one, or where the
    weights that its runs start from are missing."""
    config = config.model_copy(update={"base": store.pinned(config.base)})
    now = time.time()
    values: dict[str, Any] = {"id": new_run_id(), "name": _checked_name(name or describe(config)), "status": RUNNING}
    values |= {"config": config.model_dump_json(), "created_at": now, "running_since": now, "seconds": 0.0}
    with writing(store.database) as connection:
        connection.execute(insert(ExperimentRow).values(**values))
    return str(values["id"])


def describe(config: ExperimentConfig) -> str:
    """A name for an experiment: what varies in it."""
    return " × ".join(name.replace("_", " ").replace(".kind", "") for name in config.vary)[:200]


def experiments(store: RunStore) -> list[Experiment]:
    """All experiments, newest first."""
    statement = select(ExperimentRow.__table__).where(ExperimentRow.deleted.is_(False))
    with reading(store.database) as connection:
        rows = connection.execute(statement.order_by(ExperimentRow.created_at.desc(), ExperimentRow.id))
        return [experiment_from_row(row) for row in rows]


def experiment(store: RunStore, experiment_id: str) -> Experiment:
    """One experiment; RunError for one that is unknown."""
    with reading(store.database) as connection:
        return experiment_from_row(_row(connection, experiment_id))


def change_status(store: RunStore, experiment_id: str, status: str, message: str | None = None) -> None:
    """Begin, pause or end it; its clock counts only while it is running. RunError where that is not possible."""
    with writing(store.database) as connection:
        row = _row(connection, experiment_id)
        if row.status == status or (row.status == STOPPED and status == PAUSED):
            raise RunError(f"The experiment “{row.name}” is {row.status} already.")
        set_status(connection, row, status, message)


def set_status(connection: Connection, row: Row[Any], status: str, message: str | None = None) -> None:
    """Within a transaction: give the experiment of this row another status."""
    now = time.time()
    ran = now - row.running_since if row.running_since is not None else 0.0
    values: dict[str, Any] = {"status": status, "message": message, "seconds": row.seconds + ran}
    values["running_since"] = now if status == RUNNING else None
    values["ended_at"] = now if status in (FINISHED, STOPPED) else None
    connection.execute(update(ExperimentRow).where(ExperimentRow.id == row.id).values(**values))


def change_config(store: RunStore, experiment_id: str, config: ExperimentConfig) -> None:
    """Give it more runs or minutes, a narrower or wider range: from the next run on. It begins again if it was over.

    ConfigError if what it has in common, or what varies, would change: the runs that there are could not be compared.
    """
    with writing(store.database) as connection:
        row = _row(connection, experiment_id)
        before = parse_stored(row.config)
        check_change(before, config)
        statement = update(ExperimentRow).where(ExperimentRow.id == row.id)
        connection.execute(statement.values(config=config.model_dump_json()))
        if row.status in (FINISHED, STOPPED):
            set_status(connection, row, RUNNING)


def check_change(before: ExperimentConfig, after: ExperimentConfig) -> None:
    """ConfigError unless an experiment may go on with this config."""
    for name in ("base", "dataset", "sampler", "seeds"):
        if getattr(before, name) != getattr(after, name):
            raise ConfigError(f"{name}: it stays as it is for the whole experiment; start another one to change it")
    if list(before.vary) != list(after.vary):
        raise ConfigError(f"vary: {', '.join(before.vary)} vary in this experiment; start another one for others")
    if before.sampler == "grid" and before.vary != after.vary:
        raise ConfigError("vary: a grid's values stay as they are; start another experiment for others")


def members(store: RunStore, experiment_id: str) -> list[Member]:
    """The runs of an experiment, in the order of combinations and repeats."""
    with reading(store.database) as connection:
        return load_members(connection, experiment_id)


def load_members(connection: Connection, experiment_id: str) -> list[Member]:
    """Within a transaction: the runs of an experiment."""
    columns = (RunRow.id, RunRow.combination, RunRow.repeat, RunRow.varied, RunRow.status, RunRow.pauses_at)
    statement = select(*columns, RunRow.total_steps, RunRow.deleted).where(RunRow.experiment == experiment_id)
    rows = connection.execute(statement.order_by(RunRow.combination, RunRow.repeat)).all()
    best = _best(connection, experiment_id)
    at_pauses = _at_pauses(connection, experiment_id, rows)
    return [
        Member(
            run_id=row.id,
            combination=row.combination,
            repeat=row.repeat,
            values=json.loads(row.varied),
            status="stopped" if row.deleted else row.status,
            pauses_at=row.pauses_at,
            accuracy=best.get(row.id, (None, None))[0],
            best_step=best.get(row.id, (None, None))[1],
            at_shares=at_pauses.get(row.id, {}),
        )
        for row in rows
    ]


def _best(connection: Connection, experiment_id: str) -> dict[str, tuple[float, int]]:
    """The best validation accuracy of each member, and the first step at which it was measured."""
    measured = MetricRow.validation_accuracy
    of_members = select(RunRow.id).where(RunRow.experiment == experiment_id)
    best = select(MetricRow.run_id, func.max(measured).label("best")).where(MetricRow.run_id.in_(of_members))
    found = best.group_by(MetricRow.run_id).subquery()
    is_best = and_(MetricRow.run_id == found.c.run_id, measured == found.c.best)
    statement = select(found.c.run_id, found.c.best, func.min(MetricRow.step)).join(MetricRow, is_best)
    rows = connection.execute(statement.group_by(found.c.run_id, found.c.best))
    return {run_id: (accuracy, step) for run_id, accuracy, step in rows}


def _at_pauses(connection: Connection, experiment_id: str, rows: Sequence[Any]) -> dict[str, dict[float, float]]:
    """What each member had reached at the shares of its steps at which members pause, as far as it has come there."""
    steps = {(row.id, pause_step(row.total_steps, share)): share for row in rows if row.total_steps for share in SHARES}
    statement = (
        select(MetricRow.run_id, MetricRow.step, MetricRow.validation_accuracy)
        .join(RunRow, RunRow.id == MetricRow.run_id)
        .where(RunRow.experiment == experiment_id, MetricRow.step.in_({step for _, step in steps}))
    )
    found: dict[str, dict[float, float]] = {}
    for run_id, step, accuracy in connection.execute(statement) if any(row.pauses_at for row in rows) else ():
        if (run_id, step) in steps and accuracy is not None:
            found.setdefault(run_id, {})[steps[run_id, step]] = accuracy
    return found


def experiment_from_row(row: Row[Any]) -> Experiment:
    """A row of the table of experiments."""
    ran = time.time() - row.running_since if row.running_since is not None else 0.0
    created = datetime.fromtimestamp(row.created_at, timezone.utc)
    ended = None if row.ended_at is None else datetime.fromtimestamp(row.ended_at, timezone.utc)
    config = parse_stored(row.config)
    return Experiment(row.id, row.name, config, row.status, row.message, created, ended, row.seconds + ran)


def _row(connection: Connection, experiment_id: str) -> Row[Any]:
    unknown = f"There is no experiment “{str(experiment_id)[:60]}”: choose one from the list of experiments."
    if not re.fullmatch(r"[0-9a-f]{12}", str(experiment_id)):
        raise RunError(unknown)
    statement = select(ExperimentRow.__table__).where(ExperimentRow.id == experiment_id)
    row = connection.execute(statement.with_for_update()).one_or_none()
    if row is None or row.deleted:
        raise RunError(unknown)
    return row


@lru_cache(64)
def parse_stored(config: str) -> ExperimentConfig:
    """An experiment's config is read at every round: it is parsed once."""
    return parse_experiment(json.loads(config))


def _checked_name(name: str) -> str:
    cleaned = " ".join(name.split())
    if not 1 <= len(cleaned) <= 200 or not cleaned.isprintable():
        raise RunError(f"An experiment's name has 1 to 200 printable characters, got {len(cleaned)}: change it.")
    return cleaned
