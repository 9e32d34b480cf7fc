"""Every change of a run's status, each one atomic UPDATE, so that two servers never both get the same run."""

import secrets
import time
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, insert, or_, select, update

from mnistcore.errors import RunError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.pacing import GO_ON, ONE_BATCH, ONE_EPOCH
from mnistcore.runs.records import ACTIVE, ENDED, STALE_SECONDS, WAITING
from mnistcore.runs.tables import CheckpointRow, CommandRow, RunRow


def new_owner() -> str:
    """A name for one submission of a run; its holder may work on the run, also after a worker died."""
    return secrets.token_hex(8)


def _is_stale() -> ColumnElement[bool]:
    return and_(RunRow.status.in_(ACTIVE), RunRow.heartbeat_at < time.time() - STALE_SECONDS)


def _change(connection: Connection, run_id: str, condition: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
    statement = update(RunRow).where(RunRow.id == run_id, RunRow.deleted.is_(False), condition).values(**values)
    return connection.execute(statement).rowcount == 1


def _raw_status(connection: Connection, run_id: str) -> str:
    row = connection.execute(select(RunRow.status, RunRow.deleted).where(RunRow.id == run_id)).one_or_none()
    if row is None:
        raise RunError(f"There is no run “{run_id}”: choose one from the list of runs.")
    if row.deleted:
        raise RunError("The run has been deleted: restore it first, on the Runs page.")
    return str(row.status)


_SO_FAR = {
    "queued": "is waiting for a worker",
    "running": "is training",
    "paused": "is paused",
    "interrupted": "was interrupted",
    "failed": "has failed",
    "finished": "has finished",
    "stopped": "was stopped",
    "diverged": "has diverged",
}
_REFUSED = {
    "pause": "only a run that is training or queued can be paused.",
    "stop": "there is nothing left to stop.",
    "set_learning_rate": "its learning rate cannot be changed any more.",
    "set_speed": "its speed cannot be changed any more.",
    ONE_BATCH: "there is no batch left.",
    ONE_EPOCH: "there is no epoch left.",
    GO_ON: "it cannot go on.",
}


def _queued(owner: str, message: str | None = None) -> dict[str, Any]:
    now = time.time()
    values = {"status": "queued", "owner": owner, "message": message, "queued_at": now, "heartbeat_at": now}
    return values | {"attempt": RunRow.attempt + 1, "ended_at": None}


def resume(database: Engine, run_id: str, owner: str) -> bool:
    """Queue a run that was paused, interrupted or failed, for ``owner``; withdraw a pause that is not yet done.

    False if it was running and only a pause had to be withdrawn. RunError if it is running anyway, or ended.
    """
    with writing(database) as connection:
        withdrawn = connection.execute(
            delete(CommandRow).where(CommandRow.run_id == run_id, CommandRow.kind.in_(("pause", "stop")))
        ).rowcount
        values = _queued(owner) | {"hold_at": None}
        if _change(connection, run_id, or_(RunRow.status.in_(WAITING), _is_stale()), values):
            return True
        status = _raw_status(connection, run_id)
        if status in ENDED:
            raise RunError(f"The run {_SO_FAR[status]} and cannot be resumed: start a new one with its settings.")
        if not withdrawn:
            raise RunError(f"The run {_SO_FAR[status]} already.")
        return False


def adopt(database: Engine, run_id: str, attempt: int, heartbeat_at: float, owner: str | None) -> bool:
    """Take over a run that has lost its worker, if it is still as seen; without ``owner``, mark it interrupted."""
    message = "Nothing was heard of its worker any more"
    if owner is None:
        values: dict[str, Any] = {"status": "interrupted", "owner": None, "attempt": RunRow.attempt + 1}
        values["message"] = f"{message}: resume it from its last checkpoint."
    else:
        values = _queued(owner, f"{message}: it continues from its last checkpoint.")
    seen = and_(RunRow.status.in_(ACTIVE), RunRow.attempt == attempt, RunRow.heartbeat_at == heartbeat_at)
    with writing(database) as connection:
        return _change(connection, run_id, seen, values)


def claim(database: Engine, run_id: str, owner: str | None) -> int | None:
    """Begin an execution: its attempt number, or None if the submission ``owner`` has been superseded.

    Without an owner (the command line) the run must be waiting, queued or abandoned; else RunError.
    """
    if owner is not None:
        allowed = and_(RunRow.owner == owner, RunRow.status.in_(ACTIVE))
    else:
        allowed = or_(RunRow.status.in_((*WAITING, "queued")), _is_stale())
    now = time.time()
    values = {"status": "running", "owner": owner or new_owner(), "attempt": RunRow.attempt + 1, "heartbeat_at": now}
    with writing(database) as connection:
        if not _change(connection, run_id, allowed, values | {"message": None, "ended_at": None}):
            status = _raw_status(connection, run_id)
            if owner is not None:
                return None
            raise RunError(f"The run {_SO_FAR[status]}: only one that waits or was interrupted can be worked on.")
        connection.execute(
            update(RunRow).where(RunRow.id == run_id, RunRow.started_at.is_(None)).values(started_at=now)
        )
        return int(connection.execute(select(RunRow.attempt).where(RunRow.id == run_id)).scalar_one())


def hold(database: Engine, owners: Collection[str], **values: str | None) -> None:
    """The heartbeat of queued runs, with other values: the server that holds these submissions is alive."""
    if owners:
        held = and_(RunRow.owner.in_(owners), RunRow.status == "queued")
        with writing(database) as connection:
            connection.execute(update(RunRow).where(held).values(heartbeat_at=time.time(), **values))


def release(database: Engine, owners: Collection[str], statuses: Collection[str] = ACTIVE) -> None:
    """The opposite of ``hold``: these submissions have no server any more, and may be adopted at once."""
    if owners:
        held = and_(RunRow.owner.in_(owners), RunRow.status.in_(statuses))
        with writing(database) as connection:
            connection.execute(update(RunRow).where(held).values(heartbeat_at=0.0))


LOST = "Its worker was lost: it continues from its last checkpoint as soon as a worker is free."


def requeue(database: Engine, run_id: str, owner: str, message: str = LOST) -> None:
    """Its worker was lost and another is not free yet: the run waits, for the same submission."""
    values = {"status": "queued", "message": message, "heartbeat_at": time.time()}
    with writing(database) as connection:
        _change(connection, run_id, and_(RunRow.owner == owner, RunRow.status.in_(ACTIVE)), values)


def checkpoint_steps(database: Engine, run_ids: Collection[str]) -> dict[str, int]:
    """The step from which each of these runs would go on: 0 for one without a checkpoint."""
    columns = (CheckpointRow.run_id, CheckpointRow.step)
    with reading(database) as connection:
        rows = connection.execute(select(*columns).where(CheckpointRow.run_id.in_(run_ids)))
        return dict.fromkeys(run_ids, 0) | {row.run_id: row.step for row in rows}


def fail(database: Engine, run_id: str, owner: str, message: str) -> None:
    """The submission cannot be worked on."""
    values = {"status": "failed", "message": message, "ended_at": time.time(), "owner": None}
    with writing(database) as connection:
        _change(connection, run_id, and_(RunRow.owner == owner, RunRow.status.in_(ACTIVE)), values)


def pause(database: Engine, run_id: str) -> None:
    """At once where no worker has the run, else left for its worker. RunError where its status does not allow it."""
    paused = {"status": "paused", "owner": None, "message": None, "attempt": RunRow.attempt + 1}
    with writing(database) as connection:
        if not _change(connection, run_id, or_(RunRow.status == "queued", _is_stale()), paused):
            _leave_command(connection, run_id, "pause", allowed=ACTIVE)


def stop(database: Engine, run_id: str, owner: str) -> bool:
    """End a run: left for its worker, or done at once where it has no checkpoint or has failed.

    True if no worker has it, and it is queued for ``owner``: a worker is to measure its test accuracy.
    RunError if it has ended already.
    """
    has_checkpoint = select(CheckpointRow.run_id).where(CheckpointRow.run_id == run_id).exists()
    is_idle = or_(RunRow.status.in_(("queued", "paused", "interrupted")), _is_stale())
    ended = {"status": "stopped", "owner": None, "attempt": RunRow.attempt + 1, "ended_at": time.time()}
    words = "Stopped: its test accuracy will be measured as soon as a worker is free."
    with writing(database) as connection:
        # Those that are to be trained can wait: this takes a worker a moment.
        if _change(connection, run_id, and_(is_idle, has_checkpoint), _queued(owner, words) | {"queued_at": 0.0}):
            _leave_command(connection, run_id, "stop", allowed=ACTIVE)
            return True
        is_bare = or_(RunRow.status == "failed", and_(is_idle, ~has_checkpoint))
        step = connection.execute(select(RunRow.step).where(RunRow.id == run_id)).scalar()
        words = f"Stopped at step {step:,}; its test accuracy was not measured." if step else "Stopped before it began."
        if not _change(connection, run_id, is_bare, ended | {"message": words}):
            _leave_command(connection, run_id, "stop", allowed=(*ACTIVE, *WAITING))
        return False


def set_learning_rate(database: Engine, run_id: str, value: float) -> None:
    """Left for the run's worker, or for the one that goes on with it. RunError if it has ended."""
    with writing(database) as connection:
        _leave_command(connection, run_id, "set_learning_rate", allowed=(*ACTIVE, *WAITING), value=value)


def set_speed(database: Engine, run_id: str, speed: float | None) -> None:
    """Steps a second from now on, None for as fast as it can. RunError if it has ended."""
    with writing(database) as connection:
        if not _change(connection, run_id, RunRow.status.in_((*ACTIVE, *WAITING)), {"speed": speed}):
            raise RunError(f"The run {_SO_FAR[_raw_status(connection, run_id)]}: {_REFUSED['set_speed']}")


def advance(database: Engine, run_id: str, how: str, owner: str) -> bool:
    """Have a run go on for ONE_BATCH or ONE_EPOCH and hold there, or GO_ON to its end: left for its worker.

    True if none had it, and it is queued for ``owner``. RunError if it has ended.
    """
    with writing(database) as connection:
        _leave_command(connection, run_id, how, allowed=(*ACTIVE, *WAITING))
        return _change(connection, run_id, or_(RunRow.status.in_(WAITING), _is_stale()), _queued(owner))


def _leave_command(
    connection: Connection, run_id: str, kind: str, allowed: Collection[str], value: float | None = None
) -> None:
    status = _raw_status(connection, run_id)
    if status not in allowed:
        raise RunError(f"The run {_SO_FAR[status]}: {_REFUSED[kind]}")
    connection.execute(insert(CommandRow).values(run_id=run_id, kind=kind, value=value))


class ActiveRun(NamedTuple):
    """What the engine watches of a run that is queued or running."""

    id: str
    status: str
    owner: str | None
    attempt: int
    heartbeat_at: float
    experiment: str | None


def active_runs(database: Engine) -> list[ActiveRun]:
    """All runs that are queued or running, first queued first."""
    columns = [getattr(RunRow, name) for name in ActiveRun._fields]
    statement = select(*columns).where(RunRow.status.in_(ACTIVE), RunRow.deleted.is_(False))
    with reading(database) as connection:
        return [ActiveRun(*row) for row in connection.execute(statement.order_by(RunRow.queued_at, RunRow.id))]
