"""The dispatcher: one thread that hands runs and analyses to Dask workers, and forgets none when one of them dies."""

import atexit
import logging
import os
import threading
import time
from asyncio import TimeoutError as AsyncTimeoutError  # of Python 3.10, which is no OSError
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mnistcore.runs import analyses, lifecycle
from mnistcore.runs.analysis_queue import AnalysisQueue
from mnistcore.runs.cluster import SCHEDULER_VARIABLE, Cluster, ClusterError
from mnistcore.runs.database import probe
from mnistcore.runs.outages import StoreUnavailableError
from mnistcore.runs.racing import StartLine
from mnistcore.runs.records import STALE_SECONDS
from mnistcore.runs.run_queue import RunQueue
from mnistcore.runs.store import RunStore

TICK_SECONDS = 2.0
START_TICK_SECONDS = 0.2  # while a race is at its start
POLL_SECONDS = 0.02  # a worker without a run waits for this on average half as long
RECONNECT_SECONDS = 10.0
LOST_SECONDS = 6.0  # a heartbeat that stands still for so long while we watch has lost its worker
PURGE_SECONDS = 7 * 86_400.0

# What makes more runs, given the store and the number of workers: it returns those that it has queued, each with its
# submission.
Coordinate = Callable[[RunStore, int], Iterable[tuple[str, str]]]

log = logging.getLogger(__name__)


class Dispatcher:
    """Works off the runs of a store that are given to it, on ``workers`` local ones or the cluster that is named.

    It starts at once; ``is_ready`` says whether there are workers, ``error`` why there are none.
    """

    def __init__(self, store: RunStore, workers: int, auto_resume: bool, coordinate: Coordinate | None = None) -> None:
        self.store, self.workers, self.auto_resume, self._coordinate = store, workers, auto_resume, coordinate
        self.slots = workers  # how many runs can be worked on at once, when the cluster was asked last
        self.address = os.environ.get(SCHEDULER_VARIABLE) or None
        self.error: str | None = None
        self.is_ready = threading.Event()
        self._cluster: Cluster | None = None
        self._seen: dict[str, tuple[tuple[int, float], float]] = {}  # run id: its sign of life, and since when
        self._is_store_away = False
        self._told: str | None = None  # what the waiting runs were last told of ``error``
        self._start_line = StartLine()
        self._runs = RunQueue(store, workers)
        self._analyses = AnalysisQueue(store.database, store.url)
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def take(self, run_id: str, owner: str) -> None:
        """Hand a queued run to a worker, as this submission of it."""
        self._runs.take({run_id: owner})
        self._wake.set()

    def take_together(self, owners: Mapping[str, str]) -> None:
        """Hand queued runs, held at step 0, to a worker each, and let them go once all are ready: owner by run id."""
        self._start_line.add(list(owners))
        self.take_beside(owners)

    def take_beside(self, owners: Mapping[str, str]) -> None:
        """As ``take``, for several runs that are not to wait for each other's workers: owner by run id."""
        self._runs.take(owners, is_race=True)
        self._wake.set()

    def look_now(self) -> None:
        """Begin the next round at once."""
        self._wake.set()

    def take_analysis(self, kind: str, arguments: dict[str, Any]) -> str:
        """Start an analysis unless it is finished or under way; returns its key."""
        key, is_new = self._analyses.add(kind, arguments)
        if is_new:
            self._wake.set()
        return key

    def recover(self) -> list[str]:
        """Take over all runs whose heartbeat stopped long ago; returns their ids. Others follow by themselves."""
        limit = time.time() - STALE_SECONDS
        runs = [run for run in lifecycle.active_runs(self.store.database) if run.heartbeat_at < limit]
        return [run.id for run in runs if self._adopt(run)]

    def close(self) -> None:
        """Stop the workers; their runs count as interrupted, and go on from their checkpoints with the next engine."""
        atexit.unregister(self.close)
        self._closing.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        """The engine's own thread: the only one that talks to Dask."""
        self._guarded(self._begin)
        while not self._closing.is_set():
            self._wake.clear()
            self._guarded(self._tick)
            usual = START_TICK_SECONDS if self._start_line.is_waiting else TICK_SECONDS
            self._wait(RECONNECT_SECONDS if self._cluster is None else usual)
        self._guarded(self._shut_down)

    def _wait(self, seconds: float) -> None:
        """Until the next round is due, something is to be done, or a worker is free.

        It looks at the futures (no message is sent for that): their callbacks would need a thread of their own, which
        cannot be started any more while the interpreter shuts down.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._wake.wait(POLL_SECONDS):
            if self._analyses.is_any_done or self._runs.is_any_done:
                return

    def _guarded(self, action: Any) -> None:
        """Whatever goes wrong, the next round follows: a store that is locked for a while must not end the engine."""
        try:
            action()
        except StoreUnavailableError as error:
            if not self._is_store_away:
                log.warning("%s", error)
            self._is_store_away = True
            self._seen.clear()  # no heart can beat meanwhile
        except Exception:
            log.exception("a round of the engine failed; it continues")
        else:
            if self._is_store_away:
                log.warning("the run store answers again")
            self._is_store_away = False

    def _begin(self) -> None:
        self.store.purge_deleted(PURGE_SECONDS)
        analyses.purge(self.store.database)
        self.recover()

    def _tick(self) -> None:
        """One round: say that we live, collect what is done, take over what is lost, hand out what is queued."""
        if self.store.outage is not None:
            probe(self.store.database)
        self._hold()
        self._connect()
        held = self._runs.held
        if self._cluster is not None:
            self._runs.collect(self._cluster)
        self._analyses.collect(self._cluster)
        self._hand_out()  # before all that takes time: a worker may be free
        if self._coordinate is not None and self._cluster is not None and self.error is None:
            self.slots = self._runs.slots(self._cluster)
            for run_id, owner in self._coordinate(self.store, self.slots):
                self.take(run_id, owner)
        active = lifecycle.active_runs(self.store.database)
        owners = {run.owner for run in active}
        for run_id, owner in held.items():
            if owner not in owners and not self._runs.is_with_worker(owner):
                self._runs.let_go(run_id, owner)  # paused or stopped while it waited, or taken over
        self._look_for_lost(active)
        self._hand_out()
        self._start_line.look(self.store)

    def _hold(self) -> None:
        """Say that those which wait are not forgotten, and what they wait for if it is not just a worker."""
        told: dict[str, str | None] = {}
        if self.error is not None or self._told is not None:
            told["message"] = None if self.error is None else f"Waiting: {self.error}."
        lifecycle.hold(self.store.database, list(self._runs.held.values()), **told)
        self._told = self.error

    def _connect(self) -> None:
        """Have a cluster that can be given work, or an ``error`` that says why there is none."""
        try:
            if self._cluster is None or not self._cluster.alive:
                self.is_ready.clear()
                self._disconnect()
                self._cluster = Cluster(self.address, self.workers)
                # Only now: what is registered last is called first, and Dask's own way at exit takes 5 s.
                atexit.register(self.close)
            self._cluster.mend()
            problem = self._cluster.problem()
        except ClusterError as error:
            problem = str(error)
        except (OSError, AsyncTimeoutError) as error:
            problem = f"the Dask scheduler at {self.address} does not answer ({error or type(error).__name__})"
        if problem is not None and problem != self.error:
            log.warning("%s", problem)
        self.error = problem
        if problem is None:
            self.is_ready.set()
        else:
            self.is_ready.clear()

    def _disconnect(self) -> None:
        self._analyses.take_back()
        self._runs.take_back()
        if self._cluster is not None:
            self._cluster.close()
        self._cluster = None

    def _shut_down(self) -> None:
        self.is_ready.clear()
        self._disconnect()
        self._analyses.let_go()
        # Workers of a cluster elsewhere keep on with what they run; what is queued there is forgotten.
        statuses = ("queued", "running") if self.address is None else ("queued",)
        lifecycle.release(self.store.database, list(self._runs.held.values()), statuses)

    def _look_for_lost(self, active: list[lifecycle.ActiveRun]) -> None:
        """Find active runs whose heartbeat stands still; our own clock decides, other machines' may be wrong."""
        now = time.monotonic()
        self._seen = {run.id: self._seen[run.id] for run in active if run.id in self._seen}
        for run in active:
            sign = (run.attempt, run.heartbeat_at)
            if run.id not in self._seen or self._seen[run.id][0] != sign:
                self._seen[run.id] = (sign, now)
            if now - self._seen[run.id][1] < LOST_SECONDS and run.heartbeat_at > 0:
                continue
            if run.owner is not None and self._runs.is_with_worker(run.owner):
                # Dask runs it again on another worker; until one is free it waits.
                lifecycle.requeue(self.store.database, run.id, run.owner)
            else:
                self._adopt(run)

    def _adopt(self, run: lifecycle.ActiveRun) -> bool:
        owner = lifecycle.new_owner() if self.auto_resume else None
        adopted = lifecycle.adopt(self.store.database, run.id, run.attempt, run.heartbeat_at, owner)
        if adopted and owner is not None:
            log.info("run %s had lost its worker: it continues", run.id)
            self.take(run.id, owner)
        return adopted

    def _hand_out(self) -> None:
        """Give the workers that are free analyses first, then runs."""
        cluster = self._cluster if self.error is None else None
        self._analyses.tick(cluster, self._runs.free(cluster, len(self._analyses)))
        if cluster is not None:
            self._runs.hand_out(cluster, len(self._analyses))
