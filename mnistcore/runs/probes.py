"""What a Dask cluster is asked: what is installed on it, and how its workers end.

Schedulers, workers and their nannies may lack this package. So this file is sent to them as it stands (see
cluster.py), and imports nothing but the standard library and Dask.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

from distributed.diagnostics.plugin import NannyPlugin

DEATHS = "mnist-explorer-deaths"  # the topic of Dask's events that tell of them


def installed() -> dict[str, str]:
    """The versions that decide whether runs can be worked on here; under "missing", what cannot be imported."""
    found = {"Python": "{}.{}".format(*sys.version_info)}
    try:
        found["MNIST Explorer"] = importlib.import_module("mnistcore").__version__
        found["NumPy"] = importlib.import_module("numpy").__version__
        importlib.import_module("mnistcore.runs.job")  # with all that it needs
    except ImportError as error:
        found["missing"] = str(error)
    return found


class DeathWatch(NannyPlugin):
    """Tells the scheduler the exit code of every worker process, which only its nanny knows, and why it was ended."""

    name = DEATHS
    idempotent = True

    def setup(self, nanny: Any) -> None:
        """Listen to the worker that runs, and to those that the nanny starts in its place."""
        listen, kills, ended = nanny._on_worker_exit_sync, oom_kills(), _ended_by(nanny)

        def tell(code: int) -> None:
            nonlocal kills, ended
            event = {"worker": nanny.worker_address, "code": code, "memory": ""}
            (kills_before, kills), (ended_before, ended) = (kills, oom_kills()), (ended, _ended_by(nanny))
            if kills > kills_before:
                event["memory"] = (
                    f"the memory limit of its cgroup, {memory_limit()} (oom_kill {kills_before} → {kills})"
                )
            elif ended != ended_before:
                event["memory"] = f"Dask's memory limit of a worker, {nanny.memory_manager.memory_limit / 1e6:,.0f} MB"
            nanny.log_event(DEATHS, event)
            listen(code)

        nanny._on_worker_exit_sync = tell
        if nanny.process is not None:
            nanny.process.on_exit = tell


def _ended_by(nanny: Any) -> int:
    """The newest process that the nanny has ended for its use of memory."""
    return int(getattr(nanny.memory_manager, "_last_terminated_pid", -1))


def oom_kills() -> int:
    """How many processes of this cgroup the kernel has killed for want of memory; 0 where that is not told."""
    for line in _read("memory.events", "memory.oom_control").splitlines():
        if line.startswith("oom_kill "):
            return int(line.split()[1])
    return 0


def memory_limit() -> str:
    """The memory limit of this cgroup, in words."""
    limit = _read("memory.max", "memory.limit_in_bytes").strip()
    return f"{int(limit) / 1e6:,.0f} MB" if limit.isdigit() else "none of its own"


def _read(name: str, name_v1: str) -> str:
    """A file of this process' cgroup, of version 2 or 1; "" if there is none."""
    root = Path("/sys/fs/cgroup")
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return ""
    places = [line.split(":", 2)[1:] for line in lines]
    folders = [root / "memory" / path.strip("/") for kinds, path in places if kinds == "memory"]
    files = [folder / name_v1 for folder in [*folders, root / "memory"]]
    files += [root / path.strip("/") / name for kinds, path in places if not kinds] + [root / name]
    for file in files:
        try:
            return file.read_text()
        except OSError:  # noqa: PERF203
            continue
    return ""
