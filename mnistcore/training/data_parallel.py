"""Batches computed data-parallel: one process for all shards or, where that pays, a second one for one of them.

    rows of a batch ──▶ all shards backpropagated ──▶ all parts of the parameters updated ──▶ logits
                        by two processes at once, or by this one in turn: the numbers are the same

So a run may switch between the two at any step: it does while the second process starts up, and when the machine is
busy with other things. A second process that has ended, whatever ended it, may have left its part of an update undone:
the parameters go back to a copy of them, and the steps since are taken once more, by this process alone.
"""

import logging
import os
import time

import numpy as np

from mnistcore.training.shard_worker import ShardWorker
from mnistcore.training.shared_buffers import Sharding, SharedBuffers
from mnistcore.training.worker_process import ALIVE_SECONDS, ProcessLostError, WorkerProcess, cores, keep_to

WAITING_SHARE = 0.4  # of the time spent waiting for the second process, from which the machine has other things to do
PATIENCE_SECONDS = 0.05  # of waiting, before looking what share of the time it was
REST_SECONDS = 2.0  # how long the first process then works alone; twice as long each time that it happens again
MAX_REST_SECONDS = 30.0
COPY_SECONDS = 0.5  # between two copies of the parameters, while there is a second process
COPY_SHARE = 0.02  # and at most this share of the time goes into them
PROCESS_WORK = 30e9  # multiplications that are left in a run, a second's or so, from which a second process pays

log = logging.getLogger(__name__)
Task = tuple[np.ndarray, int, float, int, float, int]  # the arguments of ``DataParallel.run``


class DataParallel:
    """The workers of a run and the buffers that they share.

    A second process is started if ``work_left``, the multiplications that are left to do, is worth it.
    """

    def __init__(self, sharding: Sharding, work_left: float) -> None:
        is_possible = sharding.shards == 2 and (len(cores()) or os.cpu_count() or 1) > 1
        self.process = _start_process(sharding) if is_possible and work_left >= PROCESS_WORK else None
        self._cores, self._is_process_used = cores(), False
        self._checked = self._resting_until = time.perf_counter()
        self._rest = REST_SECONDS
        self._copies: list[np.ndarray] = []  # of what is kept, as it was before _tasks
        self._tasks: list[Task] = []
        self._copy_due = 0.0
        memory = self.process.memory if self.process else np.zeros(sharding.bytes, np.uint8)
        self.buffers = SharedBuffers(sharding, memory)
        self._kept = self.buffers.parameters, self.buffers.slots, self.buffers.averages  # from step to step
        self.workers = [ShardWorker(sharding, self.buffers, number) for number in range(sharding.shards)]

    def run(
        self, rows: np.ndarray, start: int, scale: float, step: int, learning_rate: float, passes: int
    ) -> np.ndarray:
        """Backpropagate the images at ``rows``, at most the sharding's batch size; returns their logits, a buffer.

        ``start`` counts the images before them in update ``step`` + 1, ``scale`` is that of a loss in the sum. The last
        call for an update says in ``passes`` how many there were, the others 0; then the parameters are updated.
        """
        task = rows, start, scale, step, learning_rate, passes
        try:
            if self.process is not None and (self._is_process_used or self._begin_to_use(self.process, start)):
                self._remember(task)
                self._compute_together(self.process, task)
                return self.buffers.logits[: len(rows)]
        except ProcessLostError as error:
            self._go_on_alone(error)
        self._compute_alone(task)
        return self.buffers.logits[: len(rows)]

    def _compute_together(self, process: WorkerProcess, task: Task) -> None:
        rows, start, scale, step, learning_rate, passes = task
        count = len(rows)
        self.buffers.rows[:count] = rows
        process.begin(count, start, scale, step, learning_rate, passes)
        self.workers[0].backpropagate(count, start, scale, step)
        process.barrier()
        self.workers[0].reduce_and_update(count, start, step, learning_rate, passes)
        process.finish()
        if process.waited > PATIENCE_SECONDS:
            self._consider_rest(process)

    def _compute_alone(self, task: Task) -> None:
        rows, start, scale, step, learning_rate, passes = task
        count = len(rows)
        self.buffers.rows[:count] = rows
        for worker in self.workers:
            worker.backpropagate(count, start, scale, step)
        for worker in self.workers:
            worker.reduce_and_update(count, start, step, learning_rate, passes)

    def _remember(self, task: Task) -> None:
        """Keep the task, so that it can be done once more; now and then begin anew, with a copy of the parameters."""
        now = time.perf_counter()
        is_new_update = task[1] == 0
        if is_new_update and now >= self._copy_due:
            kept = self._kept
            self._copies = self._copies or [np.empty_like(array) for array in kept]
            for copy, array in zip(self._copies, kept, strict=True):
                copy[...] = array
            self._tasks.clear()
            after = time.perf_counter()
            self._copy_due = after + max(COPY_SECONDS, (after - now) / COPY_SHARE)
        self._tasks.append(task)

    def _go_on_alone(self, error: ProcessLostError) -> None:
        """Let go of the second process, undo what it may have left half done, and do that without it."""
        log.warning("the second process of a run has ended (%s): the run goes on in one, with the same result", error)
        self.close()
        self.process = None
        if self._tasks:
            for copy, array in zip(self._copies, self._kept, strict=True):
                array[...] = copy
        for task in self._tasks[:-1]:  # the newest is the one under way
            self._compute_alone(task)
        self._tasks, self._copies = [], []

    def close(self) -> None:
        """End the second process."""
        if self.process is not None:
            self.process.leave()
            keep_to(self._cores)

    def _begin_to_use(self, process: WorkerProcess, start: int) -> bool:
        """Have the second process compute its shard from this update on, if it has started up and is not to rest."""
        now = time.perf_counter()
        is_wanted = process.is_ready and now >= self._resting_until and start == 0
        if is_wanted or now - self._checked > ALIVE_SECONDS:
            self._checked = now
            process.check()
        if not is_wanted:
            return False
        self._tasks.clear()
        self._copy_due = now
        self._is_process_used, self._checked, process.waited = True, now, 0.0
        keep_to(self._cores[::2])  # the second process keeps to the others
        return True

    def _consider_rest(self, process: WorkerProcess) -> None:
        """When the cores are busy with other things, two processes that wait for each other do less than one."""
        now = time.perf_counter()
        if process.waited > WAITING_SHARE * (now - self._checked):
            self._is_process_used, self._resting_until = False, now + self._rest
            self._tasks.clear()
            self._rest = min(2 * self._rest, MAX_REST_SECONDS)
            keep_to(self._cores)
        else:
            self._rest = REST_SECONDS
        self._checked, process.waited = now, 0.0


def _start_process(sharding: Sharding) -> WorkerProcess | None:
    try:
        return WorkerProcess(sharding)
    except OSError as error:
        log.warning("training goes on in one process, as a second one could not be started: %s", error)
        return None
