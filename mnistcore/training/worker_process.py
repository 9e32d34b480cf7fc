"""A second process that computes a shard of every batch, and how two processes wait for each other.

    main process      GO ─▶ shard 0 ─▶ ┐         ┌ ─▶ its part of the update ─▶ ┐ waits for DONE, next step
    worker process    GO ─▶ shard 1 ─▶ ┘ barrier └ ─▶ its part of the update ─▶ ┘ waits for GO

Python runs one thread at a time: two threads that each call NumPy hundreds of times a millisecond mostly wait for the
interpreter. Two processes that share memory do not. They meet twice a step, some ten thousand times a second, so one
that waits first watches a number in the shared memory, and goes to sleep only if that takes long.
"""

import contextlib
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np

from mnistcore.errors import describe_exit
from mnistcore.training.shard_worker import ShardWorker
from mnistcore.training.shared_buffers import ALIGNMENT, Sharding, SharedBuffers

# What the processes tell each other: the number of the newest task, each flag in its own cache line.
GO, MAIN_AT_BARRIER, WORKER_AT_BARRIER, DONE, READY = 0, 8, 16, 24, 32
STOP = -1
SPINS = 1000  # looks before giving way to others, some 30 µs
YIELD_SECONDS = 2e-3  # how long to give way before sleeping: one that sleeps too soon stays on the core that woke it
YIELD = getattr(os, "sched_yield", lambda: time.sleep(0))
ALIVE_SECONDS = 0.5  # how often the main process, while it waits, makes sure that the worker is still there


class ProcessLostError(Exception):
    """The second process has ended; ``str(error)`` says how."""


class WorkerProcess:
    """The second process as the main one sees it, and the memory that they share."""

    def __init__(self, sharding: Sharding) -> None:
        handle, self._path = tempfile.mkstemp(prefix="mnist-explorer-")
        shared: dict[str, Any] = {}
        try:
            with open(handle, "r+b") as file:
                if os.name == "posix":  # the file has no name from now on, so that no kill can leave it behind
                    self._remove_file()
                    self._path, shared = f"/dev/fd/{file.fileno()}", {"pass_fds": [file.fileno()]}
                for _ in range(sharding.bytes // ALIGNMENT):
                    file.write(bytes(ALIGNMENT))  # so that a full disk says so now
                file.flush()
                self.memory = mmap.mmap(file.fileno(), sharding.bytes)
                one_thread = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
                self._process = subprocess.Popen(
                    [
                        sys.executable,
                        "-c",
                        f"from {__name__} import main; main()",
                        self._path,
                        sharding.model_dump_json(),
                    ],
                    stdin=subprocess.PIPE,  # whose end tells the worker that the main process is gone, however it went
                    env=os.environ | one_thread,
                    cwd=Path(__file__).parents[2],  # where Python looks for this package
                    **shared,
                )
        except BaseException:
            self._remove_file()
            raise
        self._flags, self._task = views(self.memory)
        self._number = 0
        self.waited = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether it has started up."""
        return self._flags[READY] == 1

    def check(self) -> None:
        """ProcessLostError if it has ended."""
        if (code := self._process.poll()) is not None:
            raise ProcessLostError(describe_exit(code))

    def begin(self, *task: float) -> None:
        """Make it compute its shard and its part of the update, with these arguments (see ``DataParallel.run``)."""
        for place, value in enumerate(task):
            self._task[place] = value
        self._number += 1
        self._flags[GO] = self._number

    def barrier(self) -> None:
        """Wait until both shards are backpropagated; ProcessLostError if it has ended."""
        self._flags[MAIN_AT_BARRIER] = self._number
        self._wait(WORKER_AT_BARRIER)

    def finish(self) -> None:
        """Wait until it has updated its part; ProcessLostError if it has ended."""
        self._wait(DONE)

    def _wait(self, flag: int) -> None:
        if is_reached(self._flags, flag, self._number):
            return
        began = looked = time.perf_counter()
        while self._flags[flag] < self._number:
            now = give_way(began)
            if now - looked > ALIVE_SECONDS:
                looked = now
                self.check()
        self.waited += time.perf_counter() - began

    def leave(self) -> None:
        """End it."""
        self._flags[GO] = STOP
        self._process.communicate()
        self._remove_file()

    def _remove_file(self) -> None:
        with contextlib.suppress(OSError):  # it has no name any more, or the worker has removed it
            os.unlink(self._path)


def cores() -> list[int]:
    """The cores that this thread may use, where the system tells; else none."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def keep_to(some: list[int]) -> None:
    """Have this thread use these cores only, where the system can and if there are any.

    Two processes that wait for each other are else often run on the same core, one in the breaks of the other.
    """
    if some:
        os.sched_setaffinity(0, some)


def views(memory: Any) -> "tuple[memoryview[int], memoryview[float]]":
    """Flags (64,) int64 and task (8,) float64, at the start of the shared memory; as memoryviews, whose items are the
    fastest to read."""
    return memoryview(memory)[:512].cast("q"), memoryview(memory)[512:576].cast("d")


def is_reached(flags: memoryview, flag: int, number: int) -> bool:
    """Watch for a while whether a flag reaches a number."""
    for _ in range(SPINS):  # noqa: SIM110 (a generator takes twice the time)
        if flags[flag] >= number:
            return True
    return False


def give_way(began: float) -> float:
    """Let others have the core, the longer the more since ``began``; returns the time."""
    now = time.perf_counter()
    if now - began < YIELD_SECONDS:
        YIELD()
    else:
        time.sleep(min((now - began) / 100, 0.02))
    return now


def work(memory: Any, worker: ShardWorker) -> None:
    """Do one task after the other until told to stop."""
    flags, task = views(memory)
    number = 0

    def wait(flag: int) -> bool:
        if not is_reached(flags, flag, number):
            began = time.perf_counter()
            while flags[flag] < number:
                if flags[GO] == STOP:
                    return False
                give_way(began)
        return flags[GO] != STOP

    flags[READY] = 1
    while True:
        number += 1
        if not wait(GO):
            return
        count, start, scale, step, learning_rate, passes = task[:6]
        worker.backpropagate(int(count), int(start), scale, int(step))
        flags[WORKER_AT_BARRIER] = number
        if not wait(MAIN_AT_BARRIER):
            return
        worker.reduce_and_update(int(count), int(start), int(step), learning_rate, int(passes))
        flags[DONE] = number


def main() -> None:
    """Map the file's memory, and compute shard 1."""

    def end_with_main_process() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    path, text = sys.argv[1:]
    sharding = Sharding.model_validate_json(text)
    with open(path, "r+b") as file:
        memory = mmap.mmap(file.fileno(), sharding.bytes)
    with contextlib.suppress(OSError):
        os.unlink(path)  # where it has a name; first of all, as the main process may be gone already
    threading.Thread(target=end_with_main_process, daemon=True).start()
    keep_to(cores()[1::2])
    with np.errstate(all="ignore"):
        work(memory, ShardWorker(sharding, SharedBuffers(sharding, memory), 1))
    os._exit(0)  # the interpreter's own way out would wait for the thread that reads
