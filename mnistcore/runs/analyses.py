"""Analyses: long computations that a page asks for, worked on by a worker, kept with their result under a key.

The kind of an analysis is the name of a module in ``mnistcore.analyses``, which the worker imports by that name. Its
``analyse(store, arguments)`` yields the share that is done, 0 to 1, and the result so far; what it yields last is the
result. All of it is JSON.
"""

import hashlib
import json
import re
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from mnistcore.errors import RunError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.records import ACTIVE, STALE_SECONDS
from mnistcore.runs.tables import AnalysisRow

MODULES = "mnistcore.analyses"
MAX_ARGUMENTS = 20_000  # characters of JSON
KEPT = 200  # results


@dataclass(frozen=True)
class Analysis:
    """An analysis as the store knows it: queued, running, finished, failed or cancelled.

    ``progress`` is the share done; ``result`` is there from the first report on, and whole once it is finished.
    """

    key: str
    kind: str
    arguments: dict[str, Any]
    status: str
    progress: float
    result: dict[str, Any] | None
    message: str | None
    created_at: datetime

    @property
    def is_active(self) -> bool:
        """Whether a worker has it, or will have it as soon as one is free."""
        return self.status in ACTIVE


def analysis_key(kind: str, arguments: dict[str, Any]) -> str:
    """What names an analysis: the same for the same kind and arguments. RunError for what cannot be one."""
    if not re.fullmatch(r"[a-z][a-z_]{0,39}", kind):
        raise RunError(f"there is no analysis {kind[:60]!r}: it is the name of a module of {MODULES}")
    text = to_json(arguments)
    if len(text) > MAX_ARGUMENTS:
        raise RunError(f"the arguments of an analysis take at most {MAX_ARGUMENTS:,} characters, got {len(text):,}")
    return hashlib.sha256(f"{kind} {text}".encode()).hexdigest()


def find(database: Engine, kind: str, arguments: dict[str, Any]) -> Analysis | None:
    """The analysis, or None if it was never requested, or has lost its worker."""
    with reading(database) as connection:
        row = connection.execute(
            select(AnalysisRow.__table__).where(AnalysisRow.key == analysis_key(kind, arguments))
        ).one_or_none()
    if row is None or (row.status in ACTIVE and row.heartbeat_at < time.time() - STALE_SECONDS):
        return None
    plain = {name: getattr(row, name) for name in ("key", "kind", "status", "progress", "message")}
    result = None if row.result is None else json.loads(row.result)
    created = datetime.fromtimestamp(row.created_at, timezone.utc)
    return Analysis(**plain, arguments=json.loads(row.arguments), result=result, created_at=created)


def queue(database: Engine, kind: str, arguments: dict[str, Any]) -> tuple[str, str | None]:
    """Store an analysis as queued: its key, and the owner who may work on it; None if it is under way or finished."""
    try:
        return _queue(database, kind, arguments)
    except IntegrityError:  # another server has just stored it
        return _queue(database, kind, arguments)


def _queue(database: Engine, kind: str, arguments: dict[str, Any]) -> tuple[str, str | None]:
    key, now, owner = analysis_key(kind, arguments), time.time(), secrets.token_hex(8)
    values: dict[str, Any] = {"status": "queued", "owner": owner, "progress": 0.0, "result": None, "message": None}
    values |= {"created_at": now, "heartbeat_at": now}
    with writing(database) as connection:
        row = connection.execute(
            select(AnalysisRow.status, AnalysisRow.heartbeat_at).where(AnalysisRow.key == key)
        ).one_or_none()
        if row is None:
            connection.execute(insert(AnalysisRow).values(key=key, kind=kind, arguments=to_json(arguments), **values))
        elif row.status == "finished" or (row.status in ACTIVE and row.heartbeat_at >= now - STALE_SECONDS):
            return key, None
        else:
            connection.execute(update(AnalysisRow).where(AnalysisRow.key == key).values(**values))
    return key, owner


def cancel(database: Engine, key: str) -> None:
    """End an analysis that is queued or running; its worker notices with its next report."""
    values = {"status": "cancelled", "owner": None}
    with writing(database) as connection:
        connection.execute(
            update(AnalysisRow).where(AnalysisRow.key == key, AnalysisRow.status.in_(ACTIVE)).values(**values)
        )


def forget(database: Engine, key: str) -> None:
    """Remove an analysis, so that it can be made again."""
    with writing(database) as connection:
        connection.execute(delete(AnalysisRow).where(AnalysisRow.key == key))


def purge(database: Engine) -> None:
    """Remove all but the newest results of analyses that are not in progress."""
    is_idle = AnalysisRow.status.not_in(ACTIVE) | (AnalysisRow.heartbeat_at < time.time() - STALE_SECONDS)
    with writing(database) as connection:
        newest = select(AnalysisRow.key).order_by(AnalysisRow.created_at.desc()).limit(KEPT)
        keys = list(connection.execute(newest).scalars())
        connection.execute(delete(AnalysisRow).where(AnalysisRow.key.not_in(keys), is_idle))


def hold(database: Engine, owners: Collection[str], heartbeat_at: float | None = None) -> None:
    """The heartbeat of analyses that wait for a worker; 0 releases all, so that they can be requested again."""
    held = and_(AnalysisRow.owner.in_(owners), AnalysisRow.status == "queued")
    if heartbeat_at is not None:
        held = AnalysisRow.owner.in_(owners)
    if owners:
        _change(database, held, heartbeat_at=time.time() if heartbeat_at is None else heartbeat_at)


def fail(database: Engine, owner: str, message: str) -> None:
    """The submission cannot be worked on."""
    report(database, owner, status="failed", message=message, owner=None)


def report(database: Engine, submission: str, **values: Any) -> bool:
    """Store values of the analysis that a submission may work on; False if it may no longer."""
    return _change(database, _is_held_by(submission), **values)


def to_json(value: dict[str, Any]) -> str:
    """Always the same text for the same value; nan and infinity are not JSON."""
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))


def _is_held_by(owner: str) -> ColumnElement[bool]:
    return and_(AnalysisRow.owner == owner, or_(AnalysisRow.status == "queued", AnalysisRow.status == "running"))


def _change(database: Engine, condition: ColumnElement[bool], **values: Any) -> bool:
    with writing(database) as connection:
        return connection.execute(update(AnalysisRow).where(condition).values(**values)).rowcount >= 1
