"""What a worker does with an analysis: import the module of its kind, iterate it, and store what it yields."""

import importlib
import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from sqlalchemy import Engine, select
from threadpoolctl import threadpool_limits

from mnistcore.errors import ExplorerError, RunError, describe_error
from mnistcore.runs import analyses
from mnistcore.runs.database import reading
from mnistcore.runs.outages import StoreUnavailableError, patiently
from mnistcore.runs.store import RunStore
from mnistcore.runs.tables import AnalysisRow

REPORT_SECONDS = 0.2
HEARTBEAT_SECONDS = 1.0
MAX_RESULT = 4_000_000  # characters of JSON

log = logging.getLogger(__name__)


def execute_analysis(store_url: str, key: str, owner: str) -> None:
    """Work on an analysis until it ends or is cancelled; what a Dask worker is given to do."""
    store = RunStore(store_url)
    with closing(store), threadpool_limits(1):
        work(store, key, owner)


def work(store: RunStore, key: str, owner: str) -> None:
    """``execute_analysis`` in this process; every error ends up in the analysis' message."""
    with reading(store.database) as connection:
        row = connection.execute(
            select(AnalysisRow.kind, AnalysisRow.arguments).where(AnalysisRow.key == key)
        ).one_or_none()
    if row is None or not _report(store, owner, status="running", heartbeat_at=time.time()):
        return
    with _heartbeat(store.database, owner):
        try:
            _work_through(store, owner, row.kind, json.loads(row.arguments))
        except StoreUnavailableError:
            raise
        except ExplorerError as error:
            _report(store, owner, **_failed(str(error)))
        except MemoryError as error:
            reason = f"There was not enough memory ({describe_error(error)})"
            _report(store, owner, **_failed(f"{reason}: choose fewer images or a smaller network."))
        except Exception as error:
            log.exception("analysis %s failed", row.kind)
            reason = f"An unexpected error occurred ({describe_error(error)})"
            _report(store, owner, **_failed(f"{reason[:1900]}; see the log."))


def _work_through(store: RunStore, owner: str, kind: str, arguments: dict[str, Any]) -> None:
    """Iterate the analysis to its end, or until it is no longer ours."""
    share, result, reported = 0.0, {}, 0.0
    with closing(_module(kind).analyse(store, arguments)) as reports:
        for share, result in reports:
            if share < 1 and time.monotonic() - reported >= REPORT_SECONDS:
                reported = time.monotonic()
                values = {"progress": share, "result": _bounded(result), "heartbeat_at": time.time()}
                if not _report(store, owner, **values):
                    return
    _report(store, owner, progress=1.0, result=_bounded(result), status="finished", owner=None)


def _report(store: RunStore, submission: str, **values: Any) -> bool:
    """Store values of the analysis, as soon as the store answers; False if it is no longer ours."""
    return patiently(lambda: analyses.report(store.database, submission, **values), "an analysis")


def _failed(message: str) -> dict[str, Any]:
    return {"status": "failed", "message": message[:2000], "owner": None}


def _module(kind: str) -> Any:
    try:
        return importlib.import_module(f"{analyses.MODULES}.{kind}")
    except ModuleNotFoundError as error:
        raise RunError(f"there is no analysis {kind!r} (no module {error.name}): update MNIST Explorer") from error


def _bounded(result: dict[str, Any]) -> str:
    text = analyses.to_json(result)
    if len(text) > MAX_RESULT:
        raise RunError(f"a result takes at most {MAX_RESULT:,} characters, got {len(text):,}: analyse less at a time")
    return text


@contextmanager
def _heartbeat(database: Engine, owner: str) -> Iterator[None]:
    """While inside, tell the store every second that the analysis is alive, however long a report takes."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(HEARTBEAT_SECONDS):
            with suppress(StoreUnavailableError):  # the next report will say so
                analyses.report(database, owner, heartbeat_at=time.time())

    thread = threading.Thread(target=beat, name="analysis-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
