"""The training loop, a generator: its caller decides what happens between two steps, and when to stop."""

import math
import time
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np

from mnistcore.training.goals import is_time_over, next_look, reason_to_end
from mnistcore.training.guessing import GuessWatch
from mnistcore.training.health import HealthWatch
from mnistcore.training.held_out import evaluate_on, evaluate_plain, evaluate_validation, figures_of
from mnistcore.training.metrics import Evaluation, Reading, evaluate
from mnistcore.training.progress import Outcome, Progress, snapshot_steps
from mnistcore.training.state import TrainingState
from mnistcore.training.stepper import Stepper

REPORT_SECONDS = 0.25
EVALUATION_SECONDS = 0.5  # at least this long between two evaluations that no setting asked for
EVALUATION_SHARE = 0.05  # and at most this share of the time goes into them


def train(
    state: TrainingState,
    also_evaluate_at: Collection[int] = (),
    evaluate_by_time: bool = True,
    health_share: float = 0.0,
) -> Iterator[Progress]:
    """Train to the end, yielding a Progress at once, at least every REPORT_SECONDS, at snapshot and evaluation steps
    and at the end (the only one with an ``outcome``). Ceasing to iterate stops the run; so does an outcome.

    Time only decides when to look: the weights depend on config, data and seed alone. Without ``evaluate_by_time`` it
    is evaluated at the steps that are asked for and no others, however fast the machine is. Up to ``health_share`` of
    the time goes into the health of the layers.
    """
    yield from run_watched(state, HealthWatch(state, health_share), also_evaluate_at, evaluate_by_time)


def run_watched(
    state: TrainingState, health: HealthWatch, also_evaluate_at: Collection[int] = (), evaluate_by_time: bool = True
) -> Iterator[Progress]:
    """``train`` with a watch that the caller has made."""
    with Stepper(state) as stepper:
        yield from _Loop(state, stepper, also_evaluate_at, evaluate_by_time, health).run()


class _Loop:
    """The bookkeeping of one pass through ``train()``: clocks, due steps and what was found since the last Progress."""

    def __init__(
        self,
        state: TrainingState,
        stepper: Stepper,
        also_evaluate_at: Collection[int],
        evaluate_by_time: bool,
        health: HealthWatch,
    ) -> None:
        self.state, self.stepper, self.config = state, stepper, state.config
        self.evaluate_by_time, self.health = evaluate_by_time, health
        self.evaluation_steps = {*self.config.evaluate_at_steps, *also_evaluate_at}
        self.snapshot_steps = {int(step) for step in snapshot_steps(state.total_steps)}
        self.steps_before = {step - 1 for step in self.snapshot_steps} if health.is_on else set()
        self.marked_steps = self.snapshot_steps | self.evaluation_steps | self.steps_before
        self.started = time.perf_counter() - state.seconds
        self.reported = self.evaluated = state.seconds
        self.reported_images = state.images_seen
        self.evaluation_seconds = 0.0
        self.guess_watch = GuessWatch(state)
        self.calm_images = state.images_seen
        self.reading = Reading(math.nan, math.nan, 0, None, None)  # the newest
        self.rate_marks = ((state.seconds, state.images_seen),) * 2
        self.images_per_second = 0.0

    def run(self) -> Iterator[Progress]:
        state = self.state
        yield from self._pausing(self._progress({}))  # before anything that takes time
        if state.step == 0:
            first = self._with_health(self._progress(self._evaluate()))
            self._keep_for_health()
            yield from self._pausing(first)
            self.evaluation_seconds = 0.0  # this look is slow, and must not cost the first epochs theirs
        while state.step < state.total_steps and not self._has_stopped_early() and not reason_to_end(state):
            until = min(self.reported + REPORT_SECONDS, self.config.max_seconds or math.inf)
            self.stepper.advance(self._steps_to_go(), self.started + until)
            progress = self._look()
            self._keep_for_health()
            if progress is not None:
                if progress.outcome == "diverged":
                    yield progress
                    return
                yield from self._pausing(progress)
        yield self._end()

    def _pausing(self, progress: Progress) -> Iterator[Progress]:
        """Yield, and do not count the time until the next step is asked for."""
        before = time.perf_counter()
        yield progress
        self.started += time.perf_counter() - before

    def _steps_to_go(self) -> int:
        """The number of steps until the next evaluation, snapshot, step before one, report or end of an epoch."""
        state = self.state
        end_of_epoch = (state.step // state.steps_per_epoch + 1) * state.steps_per_epoch
        marked = (step for step in (*self.marked_steps, state.report_at or 0) if step > state.step)
        looks = [] if self.config.target_accuracy is None else [next_look(state.step, state.steps_per_epoch)]
        return min(end_of_epoch, state.total_steps, *marked, *looks) - state.step

    def _look(self) -> Progress | None:
        """After some steps, or in the middle of a long one: end an epoch, evaluate, report, as far as each is due."""
        state = self.state
        if state.images_in_step:
            return self._progress({})
        seconds = time.perf_counter() - self.started
        epoch_ended = state.position == 0
        is_target_look = self._is_target_look()
        evaluation_due = is_target_look or self._is_evaluation_due(epoch_ended, seconds)
        snapshot_due = state.step in self.snapshot_steps
        loss_due = epoch_ended and self.config.schedule.kind == "adaptive"
        report_due = state.step == state.report_at or seconds - self.reported >= REPORT_SECONDS
        report_due = report_due or is_time_over(state, seconds)
        if not (evaluation_due or snapshot_due or loss_due or report_due):
            return None
        progress = self._progress(self._evaluate() if evaluation_due else {}, snapshot_due)
        if snapshot_due and state.step < state.total_steps:  # at the end it is looked at then
            progress = self._with_health(progress)
        if is_target_look and progress.outcome is None:
            reached = progress.validation_accuracy or 0.0
            state.has_reached_target = reached >= (self.config.target_accuracy or math.inf)
        if epoch_ended and progress.outcome is None:
            state.adaptive.observe(state.epoch_loss_sum / state.train_count)
            state.epoch_loss_sum = 0.0
            if self.config.early_stopping is not None and progress.validation_loss is not None:
                self._keep_best(progress.validation_loss)
        return progress

    def _keep_for_health(self) -> None:
        """Keep the weights before an update that is to be measured."""
        if self.state.step in self.steps_before:
            self.health.keep(time.perf_counter() - self.started)

    def _with_health(self, progress: Progress) -> Progress:
        """The same with the health of the layers, if it is time for that."""
        if progress.outcome == "diverged":
            return progress
        return replace(progress, health=self.health.look(time.perf_counter() - self.started))

    def _is_target_look(self) -> bool:
        state = self.state
        if self.config.target_accuracy is None or state.step in (0, state.total_steps):
            return False
        return next_look(state.step - 1, state.steps_per_epoch) == state.step

    def _is_evaluation_due(self, epoch_ended: bool, seconds: float) -> bool:
        if self.state.step in self.evaluation_steps or (epoch_ended and self.config.early_stopping is not None):
            return True
        if self.state.step == self.state.total_steps or not self.evaluate_by_time:
            return False  # the end evaluates everything
        if epoch_ended:
            return self.evaluation_seconds <= 2 * EVALUATION_SHARE * seconds
        waited = seconds - self.evaluated >= EVALUATION_SECONDS
        return waited and self.evaluation_seconds <= EVALUATION_SHARE * seconds

    def _evaluate(self) -> dict[str, float]:
        """Validation figures, and test figures if the config follows them, by their names in Progress."""
        before = time.perf_counter()
        found = evaluate_validation(self.state) | self._evaluate_parts(*(["test"] if self.config.follow_test else []))
        if self.state.step:
            self.guess_watch.look(found or self._newest_training_images())
        self.evaluation_seconds += time.perf_counter() - before
        self.evaluated = time.perf_counter() - self.started
        return figures_of(found)

    def _evaluate_parts(self, *parts: str) -> dict[str, Evaluation]:
        """Those of "train", "validation" and "test" that are asked for and have images."""
        state, dataset = self.state, self.state.dataset
        indices = {"train": state.split.train, "validation": state.split.validation}
        found = {}
        for part in parts:
            if part == "test":
                found[part] = evaluate(state.result, dataset.test_images, dataset.test_labels)
            elif len(indices[part]):
                found[part] = evaluate_on(state, state.result, indices[part])
        return found

    def _newest_training_images(self) -> dict[str, Evaluation]:
        """What the last Progress has said of them, where nothing else is evaluated while the run trains."""
        reading, digits = self.reading, np.bincount(self.state.dataset.train_labels[self.state.split.train])
        if reading.count == 0:
            return {}
        correct, most = round(reading.accuracy * reading.count), round(digits.max() / digits.sum() * reading.count)
        found = Evaluation(reading.loss, reading.accuracy, correct, reading.count, int(digits.argmax()), most)
        return {"train": found}

    def _progress(self, figures: dict[str, float], snapshot_due: bool = False) -> Progress:
        """What there is to say now; reads the meter, so that the next one starts afresh."""
        state = self.state
        state.seconds = self.reported = time.perf_counter() - self.started
        images_seen = state.images_seen + state.images_in_step
        self._measure_rate(images_seen)
        reading = self.reading = state.meter.read()
        if reading.count:
            state.loss_sum_in_step += reading.loss * reading.count
        if not state.images_in_step:
            state.epoch_loss_sum += state.loss_sum_in_step
            state.loss_sum_in_step = 0.0
        if reading.calm is not None:
            self.calm_images = self.reported_images + reading.calm
        message = self._divergence(reading)
        self.reported_images = images_seen
        indices, predictions = state.last_batch
        return Progress(
            step=state.step,
            total_steps=state.total_steps,
            epoch=min(self.config.epochs, images_seen / state.train_count),
            epochs=self.config.epochs,
            seconds=state.seconds,
            images_per_second=self.images_per_second,
            learning_rate=state.scheduled_learning_rate,
            batch_indices=indices,
            batch_predictions=predictions,
            is_snapshot_due=snapshot_due or (state.step == 0 and bool(figures)),
            outcome="diverged" if message else None,
            message=message or self.guess_watch.message,
            **{"train_loss": reading.loss, "train_accuracy": reading.accuracy, **figures},  # type: ignore[arg-type]
        )

    def _measure_rate(self, images_seen: int) -> None:
        """Images per second over the last one to two seconds; since the start while there have been fewer."""
        seconds = self.state.seconds
        if seconds - self.rate_marks[1][0] >= 1:
            self.rate_marks = (self.rate_marks[1], (seconds, images_seen))
        since, images = self.rate_marks[0]
        self.images_per_second = (images_seen - images) / (seconds - since) if seconds > since else 0.0

    def _divergence(self, reading: Reading) -> str | None:
        """Why the run cannot go on, if a loss was not finite."""
        if reading.first_bad is None:
            return None
        return self._divergence_message(self._step_of_image(self.reported_images + reading.first_bad))

    def _step_of_image(self, images: int) -> int:
        """The step that learns from the image that follows so many."""
        state = self.state
        epochs, image = divmod(images, state.train_count)
        return epochs * state.steps_per_epoch + image // state.batch_size + 1

    def _divergence_message(self, step: int) -> str:
        state = self.state
        start, level = min(step, self._step_of_image(self.calm_images)), state.meter.first_loss
        return (
            f"The loss was no longer finite at step {step:,}: the updates were too large. It began to explode at step "
            f"{start:,}: from there on it stayed above {level:.3g}, its value at first. Start again with a lower "
            f"learning rate (it was {state.scheduled_learning_rate:g}), or smaller initial weights."
        )

    def _keep_best(self, validation_loss: float) -> None:
        state = self.state
        if validation_loss < state.best_loss:
            state.best_loss, state.best_step, state.epochs_without_improvement = validation_loss, state.step, 0
            state.best_parameters = state.result.parameters.copy()
        else:
            state.epochs_without_improvement += 1

    def _has_stopped_early(self) -> bool:
        patience = self.config.early_stopping
        return patience is not None and self.state.epochs_without_improvement >= patience

    def _end(self) -> Progress:
        """Go back to the best weights, if any were kept, and evaluate everything: the test set only now."""
        state, message, reason = self.state, None, reason_to_end(self.state)
        progress = self._with_health(self._progress({}, snapshot_due=True))
        if progress.outcome == "diverged":
            return progress
        plain = evaluate_plain(state)
        outcome: Outcome = "stopped_early" if self._has_stopped_early() else "finished"
        if state.best_parameters is not None and not state.has_reached_target:
            state.restore_best()
            message = f"Kept the weights of step {state.best_step:,}, where the validation loss was lowest."
        found = self._evaluate_parts("validation", "train")
        if not all(math.isfinite(one.loss) for one in found.values()):  # it was the last update that went too far
            return replace(progress, outcome="diverged", message=self._divergence_message(state.step))
        self.guess_watch.look(found, is_over=True)
        found |= plain | self._evaluate_parts("test")
        rate = state.images_seen / state.seconds if state.seconds else 0.0
        return replace(
            progress,
            images_per_second=rate,
            outcome=outcome,
            message=" ".join(filter(None, (self.guess_watch.message, reason, message))) or None,
            is_snapshot_due=state.result_step == state.step,
            **figures_of(found),  # type: ignore[arg-type]
        )
