"""What a worker does with a run: train, store what comes of it, obey commands, and go on from a checkpoint."""

import logging
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from mnistcore.data import Dataset, default_dataset_name, load_dataset
from mnistcore.errors import ExplorerError, RunError, describe_error
from mnistcore.runs import lifecycle
from mnistcore.runs.archive import finite
from mnistcore.runs.attempt import Attempt, Changes, SupersededError, float16_bytes
from mnistcore.runs.chosen_steps import choose_snapshots, comparable_steps, pause_step
from mnistcore.runs.outages import StoreUnavailableError, patiently
from mnistcore.runs.pacing import GO_ON, HELD_SECONDS, ONE_BATCH, ONE_EPOCH, Pacing
from mnistcore.runs.records import Batch
from mnistcore.runs.store import RunStore
from mnistcore.runs.tables import METRICS
from mnistcore.training.config import parse_config
from mnistcore.training.health import HEALTH_SHARE, health_text
from mnistcore.training.held_out import evaluate_validation, figures_of
from mnistcore.training.loop import train
from mnistcore.training.metrics import evaluate
from mnistcore.training.progress import Progress
from mnistcore.training.state import TrainingState

RECORD_SECONDS = 0.2
COMMAND_SECONDS = 0.2
MEMBER_PACE = (
    5  # times as long both, for a member of an experiment: its page looks once a second, and it is one of many
)
WAIT_SECONDS = 0.2  # between two looks for commands while a run waits
LOOK_SECONDS = 1.0  # at the validation images, of a run that is stored after each step
WEIGHTS_SECONDS = 1.0
CHECKPOINT_SECONDS = 4.0
SOON_SECONDS = 0.5
CHECKPOINT_SHARE = 0.05  # of the time, however long a large network's checkpoint takes
MAX_LIVE_PARAMETERS = 500_000  # weights of larger networks are stored with the checkpoints only

log = logging.getLogger(__name__)
_stores: dict[str, RunStore] = {}


def execute_run(store_url: str, run_id: str, owner: str | None = None) -> str:
    """Work on a run until it ends, pauses or fails, and return its status; what a Dask worker is given to do.

    ``owner`` is the submission it was queued under; without it the run must be waiting, queued or abandoned, else
    RunError. Errors of the run itself end up in its status and message. While the store does not answer the run waits;
    StoreUnavailableError if that takes too long.
    """
    if store_url not in _stores:
        _stores[store_url] = RunStore(store_url)
    store = _stores[store_url]
    for _ in work(store, run_id, owner):
        pass
    return patiently(lambda: store.run(run_id).status, f"run {run_id}")


def work(store: RunStore, run_id: str, owner: str | None = None) -> Iterator[Progress]:
    """``execute_run`` as a generator, for callers that watch the run; ceasing to iterate interrupts it."""
    number = patiently(lambda: lifecycle.claim(store.database, run_id, owner), f"run {run_id}")
    if number is None:
        return
    attempt = Attempt(store.database, run_id, number)
    # One BLAS thread: several workers share the cores, and the sum of a product depends on how it is divided.
    with threadpool_limits(1), attempt.heartbeat():
        try:
            yield from _Job(store, attempt).run()
        except SupersededError:
            log.info("run %s goes on elsewhere, or was ended", run_id)
        except KeyboardInterrupt:
            _end(attempt, "interrupted", "Interrupted from the keyboard.")
            raise
        except StoreUnavailableError:
            raise
        except ExplorerError as error:
            _end(attempt, "failed", str(error))
        except MemoryError as error:
            _end(
                attempt,
                "failed",
                f"There was not enough memory ({describe_error(error)}): choose a smaller network or batch.",
            )
        except Exception as error:
            log.exception("run %s failed", run_id)
            _end(attempt, "failed", f"An unexpected error occurred ({describe_error(error)}); see the log.")


def prepare_worker() -> None:
    """Load what a first run would wait for: this module, and MNIST if it is on this machine."""
    if default_dataset_name() == "mnist":
        try:
            load_dataset("mnist")
        except ExplorerError as error:
            log.info("%s", error)  # a run on it will say so


def _end(attempt: Attempt, status: str, message: str) -> None:
    try:
        attempt.record(Changes(values={"status": status, "message": message[:2000], "ended_at": time.time()}))
    except SupersededError:
        log.info("run %s was ended elsewhere", attempt.run_id)


class _Job:
    """One execution: a state in training, what is to be stored next, and when."""

    def __init__(self, store: RunStore, attempt: Attempt) -> None:
        self.attempt = attempt
        assignment = attempt.assignment()
        self.dataset = patiently(lambda: store.open_dataset(assignment.dataset), f"run {attempt.run_id}")
        _check_fingerprint(self.dataset, assignment.fingerprint)
        if assignment.state is None:
            config = parse_config(assignment.config)
            start = patiently(lambda: store.start_weights(config), f"run {attempt.run_id}")
            self.state = TrainingState.begin(config, self.dataset, start)
        else:
            self.state = TrainingState.from_bytes(assignment.state, self.dataset)
        self.state.shards = assignment.shards
        self.pause_step = pause_step(self.state.total_steps, assignment.pauses_at)
        self.is_member = assignment.is_member
        self.pace = MEMBER_PACE if self.is_member else 1
        self.pacing = Pacing(self.state.steps_per_epoch, self.state.total_steps)
        self.looked, self.look_seconds = 0.0, 0.0  # at the validation images, in a break
        self.evaluation_steps = set() if self.pause_step is None else {self.pause_step}
        if self.is_member:
            self.evaluation_steps |= comparable_steps(self.state.steps_per_epoch, self.state.total_steps)
        self.changes = Changes()
        values: dict[str, Any] = {"fingerprint": self.dataset.fingerprint, "total_steps": self.state.total_steps}
        values["worker"] = f"{socket.gethostname()[:150]}, process {os.getpid()}"
        self.last_row, self.snapshot_count = attempt.rewind(self.state.step, values)
        self.snapshots_allowed, self.snapshot_steps = choose_snapshots(
            self.state.total_steps, self.state.network.parameter_count
        )
        now = time.monotonic()
        self.recorded, self.obeyed, self.weighed, self.checkpointed = 0.0, 0.0, now, now
        self.checkpoint_seconds = 0.0
        self.remark: str | None = None  # what the newest Progress says of the run
        self.first_step = self.state.step

    def run(self) -> Iterator[Progress]:
        """Train to the end, or until told otherwise, which may have been before it began."""
        if self._obey():
            return
        share = HEALTH_SHARE / self.pace
        for number, progress in enumerate(train(self.state, self.evaluation_steps, not self.is_member, share)):
            self._note(progress)
            if progress.outcome is not None:
                self._finish(progress)
                yield progress
                return
            if self._obey():
                return
            if progress.step == self.pause_step and self.first_step < self.pause_step:
                self._leave("paused", "Waits for the others of its experiment to come so far.")
                return
            if self.pacing.is_held(progress.step) or self.pacing.is_slow:
                self._record_stepwise()
            elif time.monotonic() - self.recorded >= self.pace * RECORD_SECONDS:
                self._record()
            try:
                yield progress
                while (number or progress.step) and self._waits():  # the very first comes before it is evaluated
                    if self._obey():
                        return
                    yield progress
                self.state.report_at = self.pacing.next_report(self.state.step)
            except GeneratorExit:
                self._leave("interrupted", "Interrupted: it can be resumed from here.")
                raise

    def _note(self, progress: Progress) -> None:
        """Add a Progress to what is to be stored; two of the same step become one row."""
        row = {name: finite(getattr(progress, name)) for name in METRICS}
        row["step"] = progress.step
        measured = {name: value for name, value in row.items() if value is not None}
        if self.last_row.get("step") == progress.step:
            measured = {**self.last_row, **measured}
        self.last_row = dict.fromkeys(METRICS) | measured
        self.changes.rows[progress.step] = self.last_row
        newest = {name: value for name, value in self.last_row.items() if value is not None}
        self.changes.values |= newest | {"total_steps": progress.total_steps, "message": progress.message}
        self.remark = progress.message
        if len(progress.batch_indices):
            labels = self.dataset.train_labels[progress.batch_indices]
            self.changes.batch = Batch(progress.step, progress.batch_indices, labels, progress.batch_predictions)
        if progress.health is not None:
            self.changes.health[progress.step] = health_text(progress.health)
        if progress.is_snapshot_due and progress.outcome != "diverged":
            self._snapshot(progress)

    def _snapshot(self, progress: Progress) -> None:
        is_wanted = progress.step in self.snapshot_steps or progress.outcome is not None
        parameters = self.state.result.parameters
        if is_wanted and self.snapshot_count < self.snapshots_allowed and np.isfinite(parameters).all():
            self.changes.snapshots[progress.step] = float16_bytes(parameters)
            self.snapshot_count += 1

    def _waits(self) -> bool:
        """Wait until the next step is due, but not for long; whether it was not. Nobody counts this time."""
        step = self.state.step
        if self.state.images_in_step or (seconds := self.pacing.seconds_left(step)) <= 0:
            return False
        time.sleep(min(seconds, WAIT_SECONDS))
        return True

    def _record_stepwise(self) -> None:
        """Store a step that is to be seen, looking at the validation images too, as far as there is time before the
        next one; with a checkpoint if the run is held at it."""
        left, now = self.pacing.seconds_left(self.state.step), time.monotonic()
        if left > 2 * self.look_seconds and (left > LOOK_SECONDS or now - self.looked > LOOK_SECONDS):
            self._look()
            self.looked, self.look_seconds = now, time.monotonic() - now
        if self.pacing.is_held(self.state.step):
            self._add_checkpoint()
        self._record()

    def _look(self) -> None:
        """Add validation figures to the newest row if it has none."""
        held_out, row = self.state.split.validation, self.last_row
        if len(held_out) and not self.state.images_in_step and row.get("validation_loss") is None:
            measured = _validation_figures(self.state)
            row |= measured
            self.changes.rows[self.state.step] = row
            self.changes.values |= measured

    def _record(self) -> None:
        """Store what has come up, with a checkpoint or the weights when they are due."""
        now = time.monotonic()
        if now - self.checkpointed >= self._checkpoint_interval():
            self._add_checkpoint()
        elif self._is_weighing_due(now):
            self._add_weights()
        has_checkpoint = self.changes.checkpoint is not None
        changes, self.changes = self.changes, Changes()
        self.attempt.record(changes)
        self.recorded = time.monotonic()
        if has_checkpoint:
            self.checkpoint_seconds = self.recorded - now
            self.checkpointed = self.recorded

    def _checkpoint_interval(self) -> float:
        """Seconds from one checkpoint to the next; few to that of the first steps which follow another execution:
        what ended that one may come again."""
        if self.checkpoint_seconds == 0 and self.attempt.number > 1 and self.state.step > self.first_step:
            return SOON_SECONDS
        return max(CHECKPOINT_SECONDS, self.checkpoint_seconds / CHECKPOINT_SHARE)

    def _is_weighing_due(self, now: float) -> bool:
        due = self.pacing.is_slow or now - self.weighed >= WEIGHTS_SECONDS
        return due and self.state.network.parameter_count <= MAX_LIVE_PARAMETERS

    def _add_weights(self) -> None:
        self.weighed = time.monotonic()
        parameters = self.state.result.parameters
        if np.isfinite(parameters).all():
            self.changes.weights = (self.state.result_step, parameters.astype("<f4").tobytes())

    def _add_checkpoint(self) -> None:
        self._add_weights()
        self.changes.checkpoint = (self.state.step, self.state.to_bytes())

    def _obey(self) -> bool:
        """Do what users have asked for since; True if the run is over or paused with that."""
        if time.monotonic() - self.obeyed < self.pace * COMMAND_SECONDS:
            return False
        orders, step = self.attempt.orders(), self.state.step
        self.pacing.set(orders.speed, orders.hold_at, step)
        is_stopped = any(kind == "stop" for _, kind, _ in orders.commands)  # also where a pause was asked for before
        for number, kind, value in orders.commands:
            self.changes.commands_done.append(number)
            if is_stopped:
                self._stop()
                return True
            if kind == "set_learning_rate" and value is not None:
                self.state.learning_rate = value
                self._add_checkpoint()  # so that a run that goes on from here has changed its rate at the same step
                self._record()
            elif kind == "pause":
                self._leave("paused", None)
                if any(kind == "stop" for _, kind, _ in self.attempt.orders().commands):  # came while storing that
                    self._stop()
                return True
            elif kind in (ONE_BATCH, ONE_EPOCH, GO_ON):
                self.pacing.move_hold(kind, step)
                self.changes.values["hold_at"] = self.pacing.hold_at
                self._record()
        self.obeyed = time.monotonic()
        if self.pacing.is_held_too_long(step):
            self._leave("paused", f"It was held for {HELD_SECONDS / 60:.0f} minutes, and gave its worker back.")
            return True
        return False

    def _leave(self, status: str, message: str | None) -> None:
        """End this execution so that another can go on from exactly here."""
        self._add_checkpoint()
        self.changes.values |= {"status": status, "message": message}
        self._record()

    def _stop(self) -> None:
        """The user stops the run: training is over, so the test set may now be evaluated."""
        state, dataset = self.state, self.dataset
        measured: dict[str, Any] = {} if self.last_row else {"epoch": 0.0, "seconds": 0.0}  # stopped before it began
        measured |= _validation_figures(state)
        found = evaluate(state.result, dataset.test_images, dataset.test_labels)
        measured |= {"test_loss": finite(found.loss), "test_accuracy": found.accuracy}
        self.changes.rows[state.step] = dict.fromkeys(METRICS) | self.last_row | {"step": state.step} | measured
        self.changes.values |= measured
        words = f"Stopped at step {state.step:,} of {state.total_steps:,}."
        self._close("stopped", " ".join(filter(None, (self.remark, words))))

    def _finish(self, progress: Progress) -> None:
        if progress.outcome == "diverged":
            self._close("diverged", progress.message)
            return
        message = progress.message
        if progress.outcome == "stopped_early":
            message = " ".join(filter(None, ("Stopped early: the validation loss had stopped falling.", message)))
        self._close("finished", message)

    def _close(self, status: str, message: str | None) -> None:
        if status != "diverged":
            self._add_weights()
        self.changes.values |= {"status": status, "message": message, "ended_at": time.time(), "owner": None}
        self.changes.is_over = True
        self.attempt.record(self.changes)


def _validation_figures(state: TrainingState) -> dict[str, float | None]:
    return {name: finite(value) for name, value in figures_of(evaluate_validation(state)).items()}


def _check_fingerprint(dataset: Dataset, expected: str | None) -> None:
    if expected is not None and dataset.fingerprint != expected:
        raise RunError(
            f"the data set {dataset.name!r} has changed since this run began (fingerprint {dataset.fingerprint[:12]}, "
            f"was {expected[:12]}): bring the old one back, or start a new run"
        )
