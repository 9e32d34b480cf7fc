"""The Dask cluster that runs are worked on: worker processes of our own, or the scheduler that is named."""

import logging
import os
import secrets
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mnistcore.errors import describe_error, describe_exit
from mnistcore.runs.analysis_job import execute_analysis
from mnistcore.runs.job import execute_run, prepare_worker
from mnistcore.runs.versions import find_defects

if TYPE_CHECKING:
    from distributed import Client, Future

SCHEDULER_VARIABLE = "DASK_SCHEDULER_ADDRESS"
MAX_WORKERS = 4
_CONNECT_SECONDS = 10
_CLOSE_SECONDS = 5
_GROW_SECONDS = 20  # in which a worker that was asked for may still be starting
_EVENT_SECONDS = 2  # a worker's exit code comes a moment after its connection has broken

# Nobody looks at Dask's statistical profiler, which samples every worker a hundred times a second, nor at its pages.
_SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}

log = logging.getLogger(__name__)


class ClusterError(Exception):
    """No work can be done: no worker could be started, or no scheduler answers."""


class Cluster:
    """A connected cluster; ``workers`` counts the local processes, which listen on the loopback address only.

    Whatever asks the scheduler raises OSError (TimeoutError included) if it does not answer.
    """

    def __init__(self, address: str | None, workers: int) -> None:
        from distributed import Client  # takes 0.5 s: not while the first page waits

        self._address, self._workers, self._local = address, workers, None
        self._resized = 0.0  # when, by time.monotonic()
        self._checked: set[str] = set()  # workers
        self._defects: str | None = None  # None: not asked yet
        try:
            if address is None:
                self._local = _local_cluster(workers)
            self._client = Client(address or self._local, timeout=_CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, RuntimeError) as error:
            if self._local is not None:
                self._local.close(timeout=_CLOSE_SECONDS)
            place = f"no Dask scheduler answers at {address}" if address else "no worker process could be started"
            raise ClusterError(f"{place} ({error}): runs wait in the queue until then") from error
        if self._local is not None:
            _watch_deaths(self._client)
            self._prepare()

    def _prepare(self) -> None:
        """Let every worker import and load what a first run would wait for."""
        from distributed import fire_and_forget

        for number, worker in enumerate(self._client.nthreads()):
            key = f"prepare-{os.getpid()}-{number}"
            fire_and_forget(self._client.submit(prepare_worker, workers=[worker], pure=False, key=key))

    @property
    def alive(self) -> bool:
        """Whether the scheduler still answers."""
        return bool(self._client.status == "running")

    def mend(self) -> None:
        """Bring local workers back that Dask gave up because they were away for too long."""
        is_growing = time.monotonic() - self._resized < _GROW_SECONDS
        if self._local is not None and not is_growing and len(self._local.workers) < self._workers:
            log.warning("a worker was lost: starting another")
            self._local.scale(self._workers)

    @property
    def is_local(self) -> bool:
        """Whether its workers are processes of our own, whose number we choose."""
        return self._local is not None

    def resize(self, workers: int, is_idle: bool) -> None:
        """Have that many local workers from now on; fewer only if none works, because one that does may be ended."""
        if self._local is not None and (workers > self._workers or (is_idle and workers < self._workers)):
            self._workers, self._resized = workers, time.monotonic()
            self._local.scale(workers)

    def problem(self, anew: bool = False) -> str | None:
        """Why a cluster elsewhere cannot be given work, if so: it has no worker, or not what runs need.

        It is asked what it has when its workers have changed, while something is amiss, or ``anew``.
        """
        if self._local is not None:
            return None
        workers = set(self._client.nthreads())
        if not workers:
            return f"the Dask cluster at {self._address} has no worker: runs wait until one is started (`dask worker`)"
        if anew or workers != self._checked or self._defects != "":
            is_first, self._checked = self._defects != "", workers
            self._defects = find_defects(self._client)
            if is_first and not self._defects:
                _watch_deaths(self._client)
        if not self._defects:
            return None
        return f"the Dask cluster at {self._address} cannot work on runs yet: {self._defects}. Runs wait until then"

    def slots(self) -> int:
        """How many runs can be worked on at the same time."""
        return int(sum(self._client.nthreads().values()))

    def idle_workers(self) -> list[str]:
        """The addresses of the workers that have nothing to do."""
        return [address for address, keys in self._client.processing().items() if not keys]

    def submit(self, store_url: str, run_id: str, owner: str, worker: str | None = None) -> "Future":
        """Have a worker execute a run, that one if it is there; Dask tries again elsewhere if it dies, a few times."""
        key = f"run-{run_id}-{secrets.token_hex(8)}"
        place = {} if worker is None else {"workers": [worker], "allow_other_workers": True}
        return self._client.submit(execute_run, store_url, run_id, owner, key=key, pure=False, **place)

    def submit_analysis(self, store_url: str, key: str, owner: str) -> "Future":
        """Have a worker execute an analysis; Dask begins it again elsewhere if that worker dies, a few times."""
        name = f"analysis-{owner}-{secrets.token_hex(8)}"
        return self._client.submit(execute_analysis, store_url, key, owner, key=name, pure=False)

    def reason(self, error: BaseException) -> tuple[str, bool]:
        """Why Dask gave a task up, from what was seen of its last worker or raised there; and whether for memory."""
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            return f"Its worker could not work on it ({describe_error(error)})", isinstance(error, MemoryError)
        ended, memory = self._exit_of(error.last_worker.address)
        ended += f", at {memory}" if memory else ""
        times = error.allowed_failures + 1
        return f"Its worker ended {times} times without getting any further, the last time with {ended}", bool(memory)

    def _exit_of(self, worker: str) -> tuple[str, str]:
        """How a worker process ended, as its nanny saw it, and at which memory limit."""
        from mnistcore.runs.probes import DEATHS

        deadline = time.monotonic() + _EVENT_SECONDS
        while time.monotonic() < deadline:
            events = [event for _, event in self._client.get_events(DEATHS) if event["worker"] == worker]
            if events:
                return describe_exit(events[-1]["code"]), events[-1]["memory"]
            time.sleep(0.1)
        return f"an exit code that nobody has told ({worker})", ""

    def close(self) -> None:
        """Stop the local workers, whatever they do; leave those of another scheduler alone."""
        if self._local is not None:
            folders = {nanny.local_directory for nanny in self._local.workers.values()}
            _kill(self._local.workers.values())
        _close(self._client)
        _close(self._local)
        if self._local is not None:
            _tidy(folders)


def _watch_deaths(client: "Client") -> None:
    """From now on the scheduler knows how its workers end."""
    import cloudpickle

    from mnistcore.runs import probes

    cloudpickle.register_pickle_by_value(probes)
    client.register_plugin(probes.DeathWatch())


def _kill(nannies: Iterable[Any]) -> None:
    """End the worker processes at once: asked to close, a worker in mid-run takes 4 s, and checkpoints are for this."""
    for nanny in nannies:
        if nanny.pid is not None:
            nanny.process.on_exit = None  # which would start another
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _tidy(folders: Iterable[str]) -> None:
    """Remove what killed workers have left in Dask's temporary folders, as the next worker to start there would."""
    from distributed.diskutils import WorkSpace

    for folder in folders:
        with suppress(OSError):
            WorkSpace(folder).new_work_dir(prefix="tidy-").release()


def _close(part: Any) -> None:
    try:
        if part is not None:
            part.close(timeout=_CLOSE_SECONDS)
    except (OSError, RuntimeError, TimeoutError) as error:
        log.warning("closing Dask: %s", error)


def _local_cluster(workers: int) -> Any:
    import dask
    from distributed import LocalCluster

    # Read whenever a worker dies, so it stays set: after the usual 15 s Dask gives up one that restarts slowly.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "300s"})
    with dask.config.set(_SETTINGS):
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            # Without a dashboard the scheduler would still listen on port 8787, and warn where that is taken.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            silence_logs=logging.ERROR,
            preload=["mnistcore.worker_start"],
        )
