"""The analyses that an engine has taken on: which of them wait, and which are with a worker."""

import logging
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine as Database

from mnistcore.runs import analyses
from mnistcore.runs.outages import StoreUnavailableError

if TYPE_CHECKING:
    from mnistcore.runs.cluster import Cluster

log = logging.getLogger(__name__)


class AnalysisQueue:
    """First come, first served; ``add`` may be called from any thread, all else from the engine's own."""

    def __init__(self, database: Database, store_url: str) -> None:
        self._database, self._store_url = database, store_url
        self._waiting: dict[str, str] = {}  # owner: key
        self._futures: dict[str, tuple[str, Any]] = {}  # owner: key and future
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many workers are taken."""
        return len(self._futures)

    def add(self, kind: str, arguments: dict[str, Any]) -> tuple[str, bool]:
        """Queue an analysis unless it is under way or finished; its key, and whether it is new."""
        key, owner = analyses.queue(self._database, kind, arguments)
        if owner is not None:
            with self._lock:
                self._waiting[owner] = key
        return key, owner is not None

    @property
    def is_any_done(self) -> bool:
        """Whether a worker is through with one."""
        return any(future.done() for _, future in self._futures.values())

    def tick(self, cluster: "Cluster | None", free: int) -> None:
        """Say that those which wait, here or at the scheduler, are not forgotten; hand out up to ``free`` new ones."""
        with self._lock:
            waiting = dict(self._waiting)
        analyses.hold(self._database, [*waiting, *self._futures])
        if cluster is None:
            return
        for owner, key in list(waiting.items())[: max(0, free)]:
            self._futures[owner] = key, cluster.submit_analysis(self._store_url, key, owner)
            with self._lock:
                del self._waiting[owner]

    def collect(self, cluster: "Cluster | None") -> None:
        """Let go of what is done, before the free workers are counted."""
        for owner, (key, future) in list(self._futures.items()):
            if future.done():
                del self._futures[owner]
                if future.status in ("cancelled", "lost"):  # the scheduler was restarted
                    self._wait_again({owner: key})
                elif future.status == "error" and cluster is not None:
                    self._conclude(cluster, owner, key, future.exception())

    def _conclude(self, cluster: "Cluster", owner: str, key: str, error: BaseException) -> None:
        """Dask has given it up."""
        log.warning("analysis: %s", error)
        if isinstance(error, StoreUnavailableError) or cluster.problem(anew=True) is not None:
            return self._wait_again({owner: key})
        reason, is_memory = cluster.reason(error)
        remedy = "Analyse less at a time." if is_memory else "See the worker's log, or try again."
        return analyses.fail(self._database, owner, f"{reason}. {remedy}")

    def _wait_again(self, lost: dict[str, str]) -> None:
        with self._lock:
            self._waiting = lost | self._waiting

    def take_back(self) -> None:
        """The cluster is gone: what was with it waits for the next one."""
        self._wait_again({owner: key for owner, (key, _) in self._futures.items()})
        self._futures.clear()

    def let_go(self) -> None:
        """There will be no other cluster: these analyses have to be requested again."""
        self.take_back()
        analyses.hold(self._database, list(self._waiting), heartbeat_at=0.0)
