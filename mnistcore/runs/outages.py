"""A database that does not answer: since when, what it says, and how the work on a run waits for it."""

import logging
import math
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError

from mnistcore.errors import ExplorerError

PATIENCE_SECONDS = 600.0  # how long the work on a run waits
RETRY_SECONDS = 0.5
FULL_BYTES = 100_000  # a disk with no more than that takes no transaction

T = TypeVar("T")
log = logging.getLogger(__name__)


class StoreUnavailableError(ExplorerError):
    """The database itself cannot be read or written: no fault of any run in it."""


@dataclass(frozen=True)
class Outage:
    """Since when (Unix seconds) a store has not answered, and what it or the system says, for the user."""

    since: float
    message: str


# Of this process, by address, and whether it was to be written to: those that last, and when the newest one ended.
_outages: dict[tuple[str, bool], Outage] = {}
_ended: dict[str, float] = {}


def describe(url: URL) -> str:
    """The file, or the address without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string()


def current_outage(engine: Engine) -> Outage | None:
    """Since when the store has not answered this process; None while it does."""
    found = (_outages.get((describe(engine.url), writes)) for writes in (False, True))
    return next(filter(None, found), None)


def answers_since(engine: Engine) -> float:
    """When the store's newest outage ended (Unix seconds): infinity while it lasts, 0 if there was none."""
    return math.inf if current_outage(engine) else _ended.get(describe(engine.url), 0.0)


@contextmanager
def noticed(engine: Engine, writes: bool) -> Iterator[None]:
    """Errors of the database come as StoreUnavailableError, and are remembered until it has answered again."""
    key, began = (describe(engine.url), writes), time.time()
    try:
        yield
    except (IntegrityError, ProgrammingError, DataError):
        raise
    except (DBAPIError, sqlite3.Error, OSError) as error:
        since = _outages[key].since if key in _outages else began
        _outages[key] = Outage(since, _words(engine.url, since, _first_line(error)))
        raise StoreUnavailableError(_outages[key].message) from error
    else:
        if _outages.pop(key, None) is not None:
            _ended[key[0]] = time.time()


_REMEDIES = {  # by what SQLite, PostgreSQL or the system says, or what is found where the file lies
    "database is locked": "end the other program that holds it locked",
    "disk is full": "free some space there",
    "read-only": "make the file and its folder writable",
    "not a database": "move the file away to start afresh, or set MNIST_EXPLORER_STORE to another",
    "malformed": "move the file away to start afresh, or set MNIST_EXPLORER_STORE to another",
    "refused": "start the database server again",
}


def _first_line(error: Exception) -> str:
    """What the database or the system says; libpq goes on with what is probably meant."""
    lines = str(getattr(error, "orig", None) or error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__


def _words(url: URL, since: float, cause: str) -> str:
    if url.get_backend_name() == "sqlite":
        state, found = "cannot be used", _find_cause(Path(str(url.database)).parent)
        cause = f"{cause}; {found}" if found else cause
    else:
        state = "does not answer"
    remedies = (remedy for words, remedy in _REMEDIES.items() if words in cause)
    remedy = next(remedies, "make it readable and writable, or set MNIST_EXPLORER_STORE to another")
    clock = time.strftime("%H:%M:%S", time.localtime(since))
    place = f"the run store {describe(url)} {state}, since {clock} ({cause})"
    return f"{place}: {remedy}. Nothing was deleted, and runs wait until then."


def _find_cause(folder: Path) -> str:
    """What keeps SQLite from writing there, if it is seen from outside: it often says no more than `disk I/O error`."""
    if not folder.is_dir():
        return ""
    if not os.access(folder, os.W_OK):
        return "its folder is read-only"
    if shutil.disk_usage(folder).free < FULL_BYTES:
        return "its disk is full"
    return ""


def patiently(action: Callable[[], T], what: str) -> T:
    """Do it; as long as the store does not answer, again and again for PATIENCE_SECONDS. ``what`` waits, for the log.

    The action may come to be done twice, where the store has done it but could not say so.
    """
    deadline, has_told = time.monotonic() + PATIENCE_SECONDS, False
    while True:
        try:
            result = action()
        except StoreUnavailableError as error:  # noqa: PERF203
            if time.monotonic() > deadline:
                raise
            if not has_told:
                log.warning("%s waits: %s", what, error)
            has_told = True
            time.sleep(RETRY_SECONDS)
        else:
            if has_told:
                log.warning("%s goes on: the run store answers again", what)
            return result
