"""The dispatcher: one thread that hands runs and analyses to Dask workers, and forgets none when one of them dies."""

import atexit
import logging
import os
import threading
import time
from asyncio import TimeoutError as AsyncTimeoutError  # of Python 3.10, which is no OSError
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from mnistcore.runs import analyses, lifecycle
from mnistcore.runs.analysis_queue import AnalysisQueue
from mnistcore.runs.cluster import SCHEDULER_VARIABLE, Cluster, ClusterError
from mnistcore.runs.database import probe
from mnistcore.runs.outages import StoreUnavailableError
from mnistcore.runs.racing import MOST, StartLine
from mnistcore.runs.records import STALE_SECONDS
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


class Submission(NamedTuple):
    """What a worker was given to do: a run, from its checkpoint at ``step``."""

    run_id: str
    step: int
    future: Any
    worker: str | None = None  # the one that it was meant for


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
        self._owners: dict[str, str] = {}  # run id: the submission that we hold
        self._futures: dict[str, Submission] = {}  # by owner, until they are collected
        self._seen: dict[str, tuple[tuple[int, float], float]] = {}  # run id: its sign of life, and since when
        self._is_store_away = False
        self._told: str | None = None  # what the waiting runs were last told of ``error``
        self._beside: set[str] = set()  # submissions that local workers are added for: runs of a race
        self._start_line = StartLine()
        self._delayed: dict[str, float] = {}  # submission: not to be handed out before then
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

    def take_together(self, owners: Mapping[str, str]) -> None:
        """Hand queued runs, held at step 0, to a worker each, and let them go once all are ready: owner by run id."""
        self._start_line.add(list(owners))
        self.take_beside(owners)

    def take_beside(self, owners: Mapping[str, str]) -> None:
        """As ``take``, for several runs that are not to wait for each other's workers: owner by run id."""
        with self._lock:
            self._owners.update(owners)
            self._beside.update(owners.values())
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

    def _held(self) -> dict[str, str]:
        with self._lock:
            return dict(self._owners)

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
            if self._analyses.is_any_done or any(each.future.done() for each in self._futures.values()):
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
        held = self._held()
        self._collect()
        self._analyses.collect(self._cluster)
        self._hand_out()  # before all that takes time: a worker may be free
        if self._coordinate is not None and self._cluster is not None and self.error is None:
            self.slots = self._usual_slots(self._cluster)
            for run_id, owner in self._coordinate(self.store, self.slots):
                self.take(run_id, owner)
        active = lifecycle.active_runs(self.store.database)
        owners = {run.owner for run in active}
        for run_id, owner in held.items():
            if owner not in owners and owner not in self._futures:
                self._let_go(run_id, owner)  # paused or stopped while it waited, or taken over
        self._look_for_lost(active)
        self._hand_out()
        self._start_line.look(self.store)

    def _hold(self) -> None:
        """Say that those which wait are not forgotten, and what they wait for if it is not just a worker."""
        told: dict[str, str | None] = {}
        if self.error is not None or self._told is not None:
            told["message"] = None if self.error is None else f"Waiting: {self.error}."
        lifecycle.hold(self.store.database, list(self._held().values()), **told)
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

    def _free(self, slots: Callable[[Cluster], int]) -> int:
        """How many of so many workers have nothing to do."""
        if self._cluster is None or self.error is not None:
            return 0
        return max(0, slots(self._cluster) - len(self._futures) - len(self._analyses))

    def _usual_slots(self, cluster: Cluster) -> int:
        """How many runs can be worked on at once: workers that were added for a race are for no others."""
        return min(cluster.slots(), self.workers) if cluster.is_local else cluster.slots()

    def _make_room(self, waiting: int) -> None:
        """Add local workers for so many runs of races, no more than one race needs; they end when nothing works."""
        assert self._cluster is not None
        busy = len(self._futures) + len(self._analyses)
        self._cluster.resize(max(self.workers, min(busy + waiting, self.workers + MOST)), is_idle=not busy)

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
        for owner, submission in list(self._futures.items()):
            if submission.future.done():
                # "cancelled" and "lost": the scheduler was restarted, so it is handed out again.
                if submission.future.status == "error":
                    self._conclude(submission, owner, submission.future.exception())
                elif submission.future.status == "finished":
                    self._let_go(submission.run_id, owner)
                del self._futures[owner]

    def _conclude(self, submission: Submission, owner: str, error: BaseException) -> None:
        """Dask has given it up: that is the run's end only if it got no further, or for a fault of its own."""
        from distributed import KilledWorker

        assert self._cluster is not None
        database, run_id = self.store.database, submission.run_id
        log.warning("run %s: %s", run_id, error)
        if isinstance(error, StoreUnavailableError):
            self._delayed[owner] = time.monotonic() + RECONNECT_SECONDS
            return lifecycle.requeue(database, run_id, owner, f"Waiting: its worker says that {error}")
        if isinstance(error, KilledWorker):
            is_cut_short = lifecycle.checkpoint_steps(database, [run_id])[run_id] > submission.step
        else:
            is_cut_short = self._cluster.problem(anew=True) is not None
        if is_cut_short:
            return lifecycle.requeue(database, run_id, owner)
        reason, is_memory = self._cluster.reason(error)
        remedy = "Choose a smaller network or batch, or resume" if is_memory else "See the worker's log, or resume"
        lifecycle.fail(database, run_id, owner, f"{reason}. {remedy} it from its last checkpoint.")
        return self._let_go(run_id, owner)

    def _let_go(self, run_id: str, owner: str) -> None:
        with self._lock:
            if self._owners.get(run_id) == owner:
                del self._owners[run_id]
            self._beside.discard(owner)
        self._delayed.pop(owner, None)

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

    def _hand_out(self) -> None:
        """Submit analyses, then the runs that waited longest, no more than there are workers.

        Dask would give a third run to one of two busy workers at once, and there it waits for that one: measured, it
        began after 8 s though the other worker had begun five later runs by then.
        """
        self._analyses.tick(self._cluster, self._free(self._usual_slots))
        held = self._held()
        active = in_turn(lifecycle.active_runs(self.store.database))
        waiting = [run for run in active if run.status == "queued" and held.get(run.id) == run.owner]
        now = time.monotonic()
        waiting = [
            run for run in waiting if run.owner not in self._futures and self._delayed.get(str(run.owner), 0) <= now
        ]
        if self._cluster is None:
            return
        racers = [run for run in waiting if run.owner in self._beside]
        others = [run for run in waiting if run.owner not in self._beside]
        self._make_room(len(racers))
        idle = self._idle_workers() if racers else []
        chosen = racers[: self._free(Cluster.slots) if idle is None else len(idle)]
        chosen += others[: max(0, self._free(self._usual_slots) - len(racers))]
        if not chosen:
            return
        steps = lifecycle.checkpoint_steps(self.store.database, [run.id for run in chosen])
        for run in chosen:
            owner = str(run.owner)
            worker = idle.pop() if idle and run in racers else None
            future = self._cluster.submit(self.store.url, run.id, owner, worker)
            self._futures[owner] = Submission(run.id, steps[run.id], future, worker)

    def _idle_workers(self) -> list[str] | None:
        """The local workers that a run of a race can be given at once; None where Dask chooses among those elsewhere.

        Given two runs while one of two workers still loaded its data, Dask gave both to the other one.
        """
        assert self._cluster is not None
        if not self._cluster.is_local:
            return None
        taken = {submission.worker for submission in self._futures.values()}
        return [worker for worker in self._cluster.idle_workers() if worker not in taken] if self.error is None else []


def in_turn(active: Sequence[lifecycle.ActiveRun]) -> list[lifecycle.ActiveRun]:
    """The runs in the order in which they get a worker: those that somebody started first, then the members of
    experiments, of that experiment which has the fewest at work."""
    at_work = Counter(run.experiment for run in active if run.status == "running")
    queues: dict[str, deque[tuple[int, lifecycle.ActiveRun]]] = {}
    for place, run in enumerate(active):
        if run.experiment is not None and run.status == "queued":
            queues.setdefault(run.experiment, deque()).append((place, run))
    ordered = [run for run in active if run.experiment is None]
    ordered += [run for run in active if run.experiment is not None and run.status != "queued"]
    heap = [(at_work[experiment], queue[0][0], experiment) for experiment, queue in queues.items()]
    heapify(heap)
    while heap:  # of those with the fewest at work the one whose run has waited longest
        count, _, experiment = heappop(heap)
        queue = queues[experiment]
        ordered.append(queue.popleft()[1])
        if queue:
            heappush(heap, (count + 1, queue[0][0], experiment))
    return ordered
