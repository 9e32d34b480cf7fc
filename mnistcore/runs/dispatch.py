"""The dispatcher: one thread that hands runs and analyses to Dask workers, and forgets none when one of them dies."""

import atexit
import logging
import os
import threading
import time
from typing import Any

from mnistcore.runs import analyses, lifecycle
from mnistcore.runs.analysis_queue import AnalysisQueue
from mnistcore.runs.cluster import RETRIES, SCHEDULER_VARIABLE, Cluster, ClusterError
from mnistcore.runs.database import StoreUnavailableError
from mnistcore.runs.records import STALE_SECONDS
from mnistcore.runs.store import RunStore

TICK_SECONDS = 2.0
POLL_SECONDS = 0.1
RECONNECT_SECONDS = 10.0
LOST_SECONDS = 6.0  # a heartbeat that stands still for so long while we watch has lost its worker
PURGE_SECONDS = 7 * 86_400.0

log = logging.getLogger(__name__)


class Dispatcher:
    """Works off the runs of a store that are given to it, on ``workers`` local ones or the cluster that is named.

    It starts at once; ``is_ready`` says whether there are workers, ``error`` why there are none.
    """

    def __init__(self, store: RunStore, workers: int, auto_resume: bool) -> None:
        self.store, self.workers, self.auto_resume = store, workers, auto_resume
        self.address = os.environ.get(SCHEDULER_VARIABLE) or None
        self.error: str | None = None
        self.is_ready = threading.Event()
        self._cluster: Cluster | None = None
        self._owners: dict[str, str] = {}  # run id: the submission that we hold
        self._futures: dict[str, tuple[str, Any]] = {}  # submission: its run and future, until that is collected
        self._seen: dict[str, tuple[tuple[int, float], float]] = {}  # run id: its sign of life, and since when
        self._analyses = AnalysisQueue(store.database, store.url)
        self._lock = threading.Lock()
        self._wake, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def take(self, run_id: str, owner: str) -> None:
        """Hand a queued run to a worker, as this submission of it."""
        with self._lock:
            self._owners[run_id] = owner
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

    def _held(self) -> dict[str, str]:
        with self._lock:
            return dict(self._owners)

    def _run(self) -> None:
        """The engine's own thread: the only one that talks to Dask."""
        self._guarded(self._begin)
        while not self._closing.is_set():
            self._wake.clear()
            self._guarded(self._tick)
            self._wait(TICK_SECONDS if self.error is None else RECONNECT_SECONDS)
        self._guarded(self._shut_down)

    def _wait(self, seconds: float) -> None:
        """Until the next round is due, something is to be done, or a worker is free.

        It looks at the futures (no message is sent for that): their callbacks would need a thread of their own, which
        cannot be started any more while the interpreter shuts down.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self._wake.wait(POLL_SECONDS):
            if self._analyses.is_any_done or any(future.done() for _, future in self._futures.values()):
                return

    def _guarded(self, action: Any) -> None:
        """Whatever goes wrong, the next round follows: a store that is locked for a while must not end the engine."""
        try:
            action()
        except StoreUnavailableError as error:
            log.warning("%s", error)
        except Exception:
            log.exception("a round of the engine failed; it continues")

    def _begin(self) -> None:
        self.store.purge_deleted(PURGE_SECONDS)
        analyses.purge(self.store.database)
        self.recover()

    def _tick(self) -> None:
        """One round: say that we live, collect what is done, take over what is lost, hand out what is queued."""
        lifecycle.hold(self.store.database, list(self._held().values()))
        self._connect()
        held = self._held()
        self._collect()
        self._analyses.collect()
        active = lifecycle.active_runs(self.store.database)
        owners = {run.owner for run in active}
        for run_id, owner in held.items():
            if owner not in owners and owner not in self._futures:
                self._let_go(run_id, owner)  # paused or stopped while it waited, or taken over
        self._look_for_lost(active)
        self._analyses.tick(self._cluster, self._free())
        self._hand_out(active)

    def _connect(self) -> None:
        if self._cluster is not None and self._cluster.alive:
            self._cluster.mend()
            return
        self.is_ready.clear()
        self._disconnect()
        try:
            self._cluster = Cluster(self.address, self.workers)
        except ClusterError as error:
            self.error = str(error)
            log.warning("%s", error)
        else:
            self.error = None
            self.is_ready.set()
            # Only now: what is registered last is called first, and Dask's own way at exit takes 5 s.
            atexit.register(self.close)

    def _free(self) -> int:
        """How many workers have nothing to do."""
        return 0 if self._cluster is None else self._cluster.slots() - len(self._futures) - len(self._analyses)

    def _disconnect(self) -> None:
        self._analyses.take_back()
        self._futures.clear()
        if self._cluster is not None:
            self._cluster.close()
        self._cluster = None

    def _shut_down(self) -> None:
        self.is_ready.clear()
        self._disconnect()
        self._analyses.let_go()
        # Workers of a cluster elsewhere keep on with what they run; what is queued there is forgotten.
        statuses = ("queued", "running") if self.address is None else ("queued",)
        lifecycle.release(self.store.database, list(self._held().values()), statuses)

    def _collect(self) -> None:
        """Let go of what is done, also of submissions that others have taken the place of: they held a worker."""
        for owner, (run_id, future) in list(self._futures.items()):
            if future.done():
                del self._futures[owner]
                if future.status not in ("cancelled", "lost"):  # else the scheduler was restarted: hand it out again
                    self._conclude(run_id, owner, future)

    def _conclude(self, run_id: str, owner: str, future: Any) -> None:
        """The submission is over; one that Dask gave up has failed."""
        if future.status == "error":
            log.error("run %s: %s", run_id, future.exception())
            reason = f"Its worker ended {RETRIES + 1} times ({type(future.exception()).__name__})"
            remedy = "choose a smaller network or batch, or resume from the checkpoint."
            lifecycle.fail(self.store.database, run_id, owner, f"{reason}: {remedy}")
        self._let_go(run_id, owner)

    def _let_go(self, run_id: str, owner: str) -> None:
        with self._lock:
            if self._owners.get(run_id) == owner:
                del self._owners[run_id]

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
            if run.owner is not None and run.owner in self._futures:
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

    def _hand_out(self, active: list[lifecycle.ActiveRun]) -> None:
        """Submit the runs that waited longest, no more than there are workers.

        Dask would give a third run to one of two busy workers at once, and there it waits for that one: measured, it
        began after 8 s though the other worker had begun five later runs by then.
        """
        held = self._held()
        waiting = [run for run in active if run.status == "queued" and held.get(run.id) == run.owner]
        waiting = [run for run in waiting if run.owner not in self._futures]
        if self._cluster is None or not waiting:
            return
        for run in waiting[: max(0, self._free())]:
            owner = str(run.owner)
            self._futures[owner] = (run.id, self._cluster.submit(self.store.url, run.id, owner))
