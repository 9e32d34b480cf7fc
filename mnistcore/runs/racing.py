"""The start of a race: each of its runs is held at step 0 until all of them have a worker, then all are let go."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress

from mnistcore.errors import RunError
from mnistcore.runs import lifecycle
from mnistcore.runs.pacing import GO_ON
from mnistcore.runs.records import Run
from mnistcore.runs.store import RunStore

MOST = 4  # runs in a race
START_SECONDS = 30.0  # from the first that is ready, after which the others are waited for no longer


class StartLine:
    """Runs that are to begin together; the dispatcher looks at them often while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._races: dict[tuple[str, ...], float | None] = {}  # run ids: when the first of them was ready

    @property
    def is_waiting(self) -> bool:
        """Whether any run is still held for another one."""
        with self._lock:
            return bool(self._races)

    def add(self, run_ids: Sequence[str]) -> None:
        """Let these go once each is ready at step 0, or has ended."""
        with self._lock:
            self._races[tuple(run_ids)] = None

    def look(self, store: RunStore) -> None:
        """Let those go that need not wait any longer."""
        with self._lock:
            races = dict(self._races)
        for run_ids, since in races.items():
            runs = list(_found(store, run_ids))
            ready = [_is_ready(run) for run in runs]
            if any(ready) and since is None:
                since = time.monotonic()
            is_late = since is not None and time.monotonic() - since >= START_SECONDS
            if all(ready) or is_late:
                _let_go(store, runs)
            with self._lock:
                self._races[run_ids] = since
                if all(ready) or is_late:
                    del self._races[run_ids]


def _found(store: RunStore, run_ids: Sequence[str]) -> Iterator[Run]:
    for run_id in run_ids:
        with suppress(RunError):  # it was removed for good
            yield store.run(run_id)


def _is_ready(run: Run) -> bool:
    """Whether it stands at the line with its data and weights, or has left it."""
    return not run.is_active or run.step > 0 or (run.is_held and run.total_steps is not None)


def _let_go(store: RunStore, runs: Sequence[Run]) -> None:
    for run in runs:
        if run.is_active:
            with suppress(RunError):  # it ended just now
                lifecycle.advance(store.database, run.id, GO_ON, lifecycle.new_owner())
