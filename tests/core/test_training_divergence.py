"""Divergence: a loss that is not finite ends the run, with the step where it happened and the remedy."""

import math
import re
from typing import Any

import pytest
from tiny_digits import begin, finish, tiny_dataset, watched_dataset

from mnistcore.data import Dataset
from mnistcore.training import Progress, TrainingState, train
from mnistcore.training.stepper import Stepper

DIVERGING = {"layers": [], "loss": "linear_squared_error", "optimizer": "sgd", "train_size": 70, "learning_rate": 0.4}


def diverged(state: TrainingState) -> Progress:
    progresses = finish(state)
    assert [progress.outcome for progress in progresses].count("diverged") == 1
    assert progresses[-1].outcome == "diverged"
    assert progresses[-1].test_loss is progresses[-1].test_accuracy is None
    return progresses[-1]


def step_of(message: str | None) -> int:
    assert message is not None
    assert "Start again with a lower learning rate (it was 0.4), or smaller initial weights." in message
    assert message.startswith("The loss was no longer finite at step ")
    return int(message.removeprefix("The loss was no longer finite at step ").split(":")[0].replace(",", ""))


def first_bad_step(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, dataset: Dataset | None = None) -> int:
    """Where the loss stops being finite, from a run that is looked at after every step."""
    with monkeypatch.context() as context:
        context.setattr("mnistcore.training.loop.REPORT_SECONDS", 0.0)
        for progress in train(begin(dataset, **settings)):
            if progress.step and not math.isfinite(progress.train_loss):
                return progress.step
    raise AssertionError("it did not diverge")


def test_divergence_ends_the_run_with_the_step_and_the_remedy(monkeypatch: pytest.MonkeyPatch):
    """Epochs of two steps, the second of them with six images, go by many at a time between two looks."""
    settings = DIVERGING | {"epochs": 5000}
    last = diverged(begin(**settings))
    expected = first_bad_step(settings, monkeypatch)
    assert expected > 10
    assert step_of(last.message) == expected
    assert expected <= last.step < last.total_steps


@pytest.mark.usefixtures("reports_all")
def test_divergence_within_a_step_ends_the_run_there():
    settings = DIVERGING | {"batch_size": "full", "train_size": None, "epochs": 500}
    state = begin(tiny_dataset(2_400), **settings)
    last = diverged(state)
    assert step_of(last.message) == last.step + 1  # it was found before that step was taken
    assert 0 < last.epoch % 1 < 1


def test_divergence_by_the_very_last_update_is_found(monkeypatch: pytest.MonkeyPatch):
    settings = DIVERGING | {"epochs": 5000}
    step = first_bad_step(settings, monkeypatch) - 1
    data = watched_dataset()
    last = diverged(begin(data, **settings, max_steps=step))
    assert (last.step, step_of(last.message)) == (step, step)
    assert "looks" not in vars(data)


def test_a_run_that_does_not_diverge_says_nothing():
    assert {progress.message for progress in finish(begin())} == {None}


def explosion(message: str | None) -> tuple[int, float]:
    """Where the message says that the loss began to explode, and above which value it stayed."""
    found = re.search(r"It began to explode at step ([\d,]+): from there on it stayed above ([\d.e+]+),", message or "")
    assert found is not None, message
    return int(found[1].replace(",", "")), float(found[2])


def losses_of_each_step(state: TrainingState) -> dict[int, float]:
    """Up to the first that is not finite."""
    losses = {}
    with Stepper(state) as stepper:
        while all(map(math.isfinite, losses.values())):
            stepper.advance(1)
            losses[state.step] = state.meter.read().loss
    return losses


@pytest.mark.parametrize("batch_size", [64, 1])
def test_the_step_where_the_loss_began_to_explode_is_named(batch_size: int):
    """Held against the loss of every single step; online, the loss is compared over 32 images."""
    settings = DIVERGING | {"epochs": 50, "batch_size": batch_size, "train_size": None}
    settings["learning_rate"] = 0.4 if batch_size == 64 else 0.05
    named, above = explosion(diverged(begin(**settings)).message)
    losses = losses_of_each_step(begin(**settings))
    width = max(1, 32 // batch_size)
    after = [loss for step, loss in sorted(losses.items()) if step >= named + width]
    assert len(after) >= 10 * width
    assert all(sum(after[i : i + width]) > above * width for i in range(len(after) - width))
    calm = [loss for step, loss in losses.items() if 0 < step <= named]
    assert min(calm) <= 1.05 * above


def test_an_explosion_after_a_calm_beginning(monkeypatch: pytest.MonkeyPatch):
    """The rate is raised while the run is under way: the explosion begins there, not at the first step."""
    state = begin(**DIVERGING | {"epochs": 5000, "train_size": None, "learning_rate": 0.01})
    monkeypatch.setattr("mnistcore.training.loop.REPORT_SECONDS", 0.0)
    for progress in train(state):
        if progress.step == 200:
            state.learning_rate = 0.4
    assert progress.outcome == "diverged"
    assert 200 < explosion(progress.message)[0] < 260
