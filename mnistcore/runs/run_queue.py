"""The runs that an engine has taken on: which of them wait, and which are with a worker."""

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from mnistcore.runs import lifecycle
from mnistcore.runs.cluster import Cluster
from mnistcore.runs.outages import StoreUnavailableError
from mnistcore.runs.racing import MOST
from mnistcore.runs.store import RunStore

RETRY_SECONDS = 10.0  # until a run is handed out again whose worker did not reach the store

log = logging.getLogger(__name__)


class Submission(NamedTuple):
    """What a worker was given to do: a run, from its checkpoint at ``step``."""

    run_id: str
    step: int
    future: Any
    worker: str | None = None  # the one that it was meant for


class RunQueue:
    """Those that wait longest come first; ``take`` may be called from any thread, all else from the engine's own.

    ``workers``: how many runs a cluster on this machine works on at once, besides those of races.
    """

    def __init__(self, store: RunStore, workers: int) -> None:
        self._store, self._workers = store, workers
        self._owners: dict[str, str] = {}  # run id: the submission that we hold
        self._futures: dict[str, Submission] = {}  # by owner, until they are collected
        self._beside: set[str] = set()  # submissions that local workers are added for: runs of a race
        self._delayed: dict[str, float] = {}  # submission: not to be handed out before then
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many workers are taken."""
        return len(self._futures)

    def take(self, owners: Mapping[str, str], is_race: bool = False) -> None:
        """Take on queued runs, each as this submission of it: owner by run id. Those of a race do not wait for workers
        that others need."""
        with self._lock:
            self._owners.update(owners)
            self._beside.update(owners.values() if is_race else ())

    @property
    def held(self) -> dict[str, str]:
        """Those that wait or are worked on: owner by run id."""
        with self._lock:
            return dict(self._owners)

    @property
    def is_any_done(self) -> bool:
        """Whether a worker is through with one."""
        return any(each.future.done() for each in self._futures.values())

    def is_with_worker(self, owner: str | None) -> bool:
        """Whether this submission was given to a worker and has not come back."""
        return owner in self._futures

    def slots(self, cluster: Cluster) -> int:
        """How many runs can be worked on at once: workers that were added for a race are for no others."""
        return min(cluster.slots(), self._workers) if cluster.is_local else cluster.slots()

    def free(self, cluster: Cluster | None, others: int) -> int:
        """How many workers have nothing to do, while ``others`` do something else than a run."""
        return 0 if cluster is None else max(0, self.slots(cluster) - len(self) - others)

    def hand_out(self, cluster: Cluster, others: int) -> None:
        """Submit the runs that waited longest, no more than there are workers.

        Dask would give a third run to one of two busy workers at once, and there it waits for that one: measured, it
        began after 8 s though the other worker had begun five later runs by then.
        """
        waiting = self._waiting()
        racers = [run for run in waiting if run.owner in self._beside]
        rest = [run for run in waiting if run.owner not in self._beside]
        busy = len(self) + others
        # Local workers besides, no more than one race needs; they end when nothing works.
        cluster.resize(max(self._workers, min(busy + len(racers), self._workers + MOST)), is_idle=not busy)
        idle = self._idle_workers(cluster) if racers else []
        chosen = racers[: max(0, cluster.slots() - busy) if idle is None else len(idle)]
        chosen += rest[: max(0, self.free(cluster, others) - len(racers))]
        if not chosen:
            return
        steps = lifecycle.checkpoint_steps(self._store.database, [run.id for run in chosen])
        for run in chosen:
            owner = str(run.owner)
            worker = idle.pop() if idle and run in racers else None
            future = cluster.submit(self._store.url, run.id, owner, worker)
            self._futures[owner] = Submission(run.id, steps[run.id], future, worker)

    def _waiting(self) -> list[lifecycle.ActiveRun]:
        """The runs that can be handed out, in turn."""
        held, now = self.held, time.monotonic()
        return [
            run
            for run in in_turn(lifecycle.active_runs(self._store.database))
            if run.status == "queued"
            and held.get(run.id) == run.owner
            and run.owner not in self._futures
            and self._delayed.get(str(run.owner), 0) <= now
        ]

    def _idle_workers(self, cluster: Cluster) -> list[str] | None:
        """The local workers that a run of a race can be given at once; None where Dask chooses among those elsewhere.

        Given two runs while one of two workers still loaded its data, Dask gave both to the other one.
        """
        if not cluster.is_local:
            return None
        taken = {submission.worker for submission in self._futures.values()}
        return [worker for worker in cluster.idle_workers() if worker not in taken]

    def collect(self, cluster: Cluster) -> None:
        """Let go of what is done, also of submissions that others have taken the place of: they held a worker."""
        for owner, submission in list(self._futures.items()):
            if submission.future.done():
                # "cancelled" and "lost": the scheduler was restarted, so it is handed out again.
                if submission.future.status == "error":
                    self._conclude(cluster, submission, owner, submission.future.exception())
                elif submission.future.status == "finished":
                    self.let_go(submission.run_id, owner)
                del self._futures[owner]

    def _conclude(self, cluster: Cluster, submission: Submission, owner: str, error: BaseException) -> None:
        """Dask has given it up: that is the run's end only if it got no further, or for a fault of its own."""
        from distributed import KilledWorker

        database, run_id = self._store.database, submission.run_id
        log.warning("run %s: %s", run_id, error)
        if isinstance(error, StoreUnavailableError):
            self._delayed[owner] = time.monotonic() + RETRY_SECONDS
            return lifecycle.requeue(database, run_id, owner, f"Waiting: its worker says that {error}")
        if isinstance(error, KilledWorker):
            is_cut_short = lifecycle.checkpoint_steps(database, [run_id])[run_id] > submission.step
        else:
            is_cut_short = cluster.problem(anew=True) is not None
        if is_cut_short:
            return lifecycle.requeue(database, run_id, owner)
        reason, is_memory = cluster.reason(error)
        remedy = "Choose a smaller network or batch, or resume" if is_memory else "See the worker's log, or resume"
        lifecycle.fail(database, run_id, owner, f"{reason}. {remedy} it from its last checkpoint.")
        return self.let_go(run_id, owner)

    def let_go(self, run_id: str, owner: str) -> None:
        """Forget this submission of a run."""
        with self._lock:
            if self._owners.get(run_id) == owner:
                del self._owners[run_id]
            self._beside.discard(owner)
        self._delayed.pop(owner, None)

    def take_back(self) -> None:
        """The cluster is gone: what was with it waits for the next one."""
        self._futures.clear()


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
