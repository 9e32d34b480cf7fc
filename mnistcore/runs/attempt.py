"""One execution of a run: everything it writes is fenced, so that a superseded one cannot write any more."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple, TypeVar

import numpy as np
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from mnistcore.runs.database import reading, writing
from mnistcore.runs.outages import StoreUnavailableError, patiently
from mnistcore.runs.records import Batch
from mnistcore.runs.tables import (
    METRICS,
    BatchRow,
    CheckpointRow,
    CommandRow,
    HealthRow,
    MetricRow,
    RunRow,
    SnapshotRow,
    WeightsRow,
)

HEARTBEAT_SECONDS = 1.0
FLOAT16_MAX = 65504.0


class SupersededError(Exception):
    """Another execution of the same run has begun, or a user ended it: this one must stop silently."""


@dataclass(frozen=True)
class Assignment:
    """What there is to do: the run's settings and where it was left, ``state`` None for a fresh one."""

    config: str
    dataset: str
    fingerprint: str | None
    pauses_at: float | None
    shards: int | None
    is_member: bool  # of an experiment
    state: bytes | None


class Orders(NamedTuple):
    """What users want of the run: commands as (id, kind, value), oldest first, its speed, and where to hold."""

    commands: list[tuple[int, str, float | None]]
    speed: float | None
    hold_at: int | None


@dataclass
class Changes:
    """What is to be stored together: history rows by step, the run's newest values, and what else came up."""

    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    batch: Batch | None = None
    snapshots: dict[int, bytes] = field(default_factory=dict)
    health: dict[int, str] = field(default_factory=dict)
    weights: tuple[int, bytes] | None = None
    checkpoint: tuple[int, bytes] | None = None
    commands_done: list[int] = field(default_factory=list)
    is_over: bool = False  # drop the checkpoint and whatever commands are left


def float16_bytes(parameters: np.ndarray) -> bytes:
    """Flat float32 parameters as a snapshot; values beyond the range of float16 become its largest."""
    return np.clip(parameters, -FLOAT16_MAX, FLOAT16_MAX).astype("<f2").tobytes()


T = TypeVar("T")


def _patient(method: Callable[..., T]) -> Callable[..., T]:
    """Have a method of Attempt wait while the store does not answer; what it stores may be stored twice."""

    @wraps(method)
    def wait(self: "Attempt", *arguments: Any) -> T:
        return patiently(lambda: method(self, *arguments), f"run {self.run_id}")

    return wait


class Attempt:
    """The writer of execution ``number`` of a run; every method raises SupersededError once there is a newer one.

    While the store does not answer, they wait.
    """

    def __init__(self, database: Engine, run_id: str, number: int) -> None:
        self._database, self.run_id, self.number = database, run_id, number
        self._beaten = time.monotonic()

    @_patient
    def assignment(self) -> Assignment:
        """The run's settings and its newest checkpoint."""
        is_member = RunRow.experiment.is_not(None)
        columns = (RunRow.config, RunRow.dataset, RunRow.fingerprint, RunRow.pauses_at, RunRow.shards, is_member)
        with reading(self._database) as connection:
            row = connection.execute(select(*columns).where(RunRow.id == self.run_id)).one()
            state = connection.execute(select(CheckpointRow.state).where(CheckpointRow.run_id == self.run_id)).scalar()
        return Assignment(*row, state)

    @_patient
    def rewind(self, step: int, values: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
        """Remove what an earlier execution wrote after its checkpoint at ``step``, and note the run's ``values``.

        Returns the history row of that step (or {}), and how many snapshots there are.
        """
        with writing(self._database) as connection:
            self._fence(connection, values)
            for table in (MetricRow, SnapshotRow, HealthRow, WeightsRow):
                connection.execute(delete(table).where(table.run_id == self.run_id, table.step > step))
            columns = [getattr(MetricRow, name) for name in METRICS]
            found = select(*columns).where(MetricRow.run_id == self.run_id, MetricRow.step == step)
            row = connection.execute(found).mappings().one_or_none()
            count = select(func.count()).select_from(SnapshotRow).where(SnapshotRow.run_id == self.run_id)
            return dict(row or {}), int(connection.execute(count).scalar_one())

    @_patient
    def orders(self) -> Orders:
        """What users want of it now."""
        columns = (CommandRow.id, CommandRow.kind, CommandRow.value)
        statement = select(*columns).where(CommandRow.run_id == self.run_id).order_by(CommandRow.id)
        pace = select(RunRow.speed, RunRow.hold_at).where(RunRow.id == self.run_id)
        with reading(self._database) as connection:
            commands = [(row.id, row.kind, row.value) for row in connection.execute(statement)]
            return Orders(commands, *connection.execute(pace).one())

    @_patient
    def record(self, changes: Changes) -> None:
        """Store all of it in one transaction, heartbeat included."""
        with writing(self._database) as connection:
            self._fence(connection, changes.values)
            self._write_rows(connection, changes)
            if changes.weights is not None:
                step, parameters = changes.weights
                self._replace(connection, WeightsRow, {"step": step, "parameters": parameters})
            if changes.checkpoint is not None:
                step, state = changes.checkpoint
                self._replace(connection, CheckpointRow, {"step": step, "state": state})
            if changes.commands_done:
                connection.execute(delete(CommandRow).where(CommandRow.id.in_(changes.commands_done)))
            if changes.is_over:
                connection.execute(delete(CheckpointRow).where(CheckpointRow.run_id == self.run_id))
                connection.execute(delete(CommandRow).where(CommandRow.run_id == self.run_id))

    def _write_rows(self, connection: Connection, changes: Changes) -> None:
        tables = ((MetricRow, changes.rows), (SnapshotRow, changes.snapshots), (HealthRow, changes.health))
        for table, steps in tables:
            if steps:
                # A step that is there already is replaced: only the newest can be, so this finds at most one row.
                connection.execute(delete(table).where(table.run_id == self.run_id, table.step >= min(steps)))
        if changes.rows:
            connection.execute(insert(MetricRow), [{"run_id": self.run_id, **row} for row in changes.rows.values()])
        for step, parameters in changes.snapshots.items():
            connection.execute(insert(SnapshotRow).values(run_id=self.run_id, step=step, parameters=parameters))
        for step, layers in changes.health.items():
            connection.execute(insert(HealthRow).values(run_id=self.run_id, step=step, layers=layers))
        if changes.batch is not None:
            batch = changes.batch
            values = {"step": batch.step, "indices": batch.indices.astype("<i4").tobytes()}
            values["labels"] = batch.labels.astype(np.uint8).tobytes()
            values["predictions"] = batch.predictions.astype(np.uint8).tobytes()
            self._replace(connection, BatchRow, values)

    def _replace(self, connection: Connection, table: Any, values: dict[str, Any]) -> None:
        if connection.execute(update(table).where(table.run_id == self.run_id).values(**values)).rowcount == 0:
            connection.execute(insert(table).values(run_id=self.run_id, **values))

    def _fence(self, connection: Connection, values: Mapping[str, Any]) -> None:
        """Note the heartbeat, and raise SupersededError (so that nothing is stored) if the run has moved on."""
        newest = update(RunRow).where(RunRow.id == self.run_id, RunRow.attempt == self.number)
        values = {"status": "running", "heartbeat_at": time.time(), **values}
        if connection.execute(newest.values(**values)).rowcount == 0:
            raise SupersededError(f"execution {self.number} of run {self.run_id}")
        self._beaten = time.monotonic()

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """While inside, tell the store every second that the run is being worked on, however long a step takes."""
        done = threading.Event()
        thread = threading.Thread(target=self._beat, args=(done,), name=f"heartbeat-{self.run_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _beat(self, done: threading.Event) -> None:
        alive = update(RunRow).where(RunRow.id == self.run_id, RunRow.attempt == self.number)
        alive = alive.where(RunRow.status.in_(("running", "queued")))
        while not done.wait(HEARTBEAT_SECONDS):
            if time.monotonic() - self._beaten < HEARTBEAT_SECONDS:
                continue
            try:
                with writing(self._database) as connection:
                    connection.execute(alive.values(heartbeat_at=time.time(), status="running"))
            except StoreUnavailableError:
                continue  # the next write of the run itself will say so
