"""Learning rate schedules at points worked out by hand, and scikit-learn's adaptive rule."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import examples
from tiny_digits import begin, finish

from mnistcore.training import ScheduleConfig, TrainingConfig, count_steps, learning_rate_curve, parse_config
from mnistcore.training.schedules import AdaptiveRate, schedule_factor


def factors(total_steps: int, steps_per_epoch: int = 10, **settings: Any) -> list[float]:
    schedule = ScheduleConfig(**settings)
    return [schedule_factor(schedule, step, total_steps, steps_per_epoch) for step in range(total_steps)]


def test_constant_is_constant():
    assert factors(7, kind="constant") == [1.0] * 7


def test_step_multiplies_every_few_epochs():
    found = factors(6, steps_per_epoch=1, kind="step", step_epochs=2, factor=0.5)
    assert found == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert factors(40, steps_per_epoch=10, kind="step", step_epochs=3)[28:32] == pytest.approx([1, 1, 0.1, 0.1])


def test_cosine_goes_from_one_to_its_end():
    half = math.sqrt(0.5)
    assert factors(5, kind="cosine") == pytest.approx([1, (1 + half) / 2, 0.5, (1 - half) / 2, 0])
    assert factors(3, kind="cosine", final=0.2) == pytest.approx([1, 0.6, 0.2])


def test_one_cycle_rises_to_one_and_falls_to_its_end():
    found = factors(11, kind="one_cycle", warmup=0.4, final=0.0)
    assert found[0] == pytest.approx(1 / 25)
    assert found[2] == pytest.approx((1 / 25 + 1) / 2)
    assert found[4] == pytest.approx(1)
    assert found[7] == pytest.approx(0.5)
    assert found[10] == pytest.approx(0)
    assert found[:5] == sorted(found[:5])
    assert found[4:] == sorted(found[4:], reverse=True)


def test_one_cycle_without_warmup_and_with_nothing_else():
    assert factors(3, kind="one_cycle", warmup=0) == pytest.approx([1, 0.5, 0])
    assert factors(3, kind="one_cycle", warmup=1) == pytest.approx([1 / 25, 0.52, 1])


@examples
@given(
    kind=st.sampled_from(["constant", "step", "cosine", "one_cycle", "adaptive"]),
    total=st.integers(1, 60),
    warmup=st.floats(0, 1),
    final=st.floats(0, 1),
)
def test_factors_stay_between_zero_and_one(kind: str, total: int, warmup: float, final: float):
    found = factors(total, steps_per_epoch=3, kind=kind, warmup=warmup, final=final)
    assert all(0 <= factor <= 1 + 1e-9 for factor in found)


class ScikitLearnsRule:
    """MLPClassifier(learning_rate="adaptive") with n_iter_no_change=1, as its source says: more than that many epochs
    in a row whose loss was not below the best by ``tol`` divide the rate by five."""

    def __init__(self, rate: float, tol: float) -> None:
        self.rate, self.tol, self.best, self.count = rate, tol, math.inf, 0

    def after_epoch(self, loss: float) -> float:
        self.count = self.count + 1 if loss > self.best - self.tol else 0
        self.best = min(self.best, loss)
        if self.count > 1:
            self.rate, self.count = self.rate / 5, 0
        return self.rate


@examples
@given(losses=st.lists(st.integers(0, 2000), max_size=40))
def test_adaptive_is_scikit_learns_rule(losses: list[int]):
    rule, adaptive = ScikitLearnsRule(1.0, 1.5e-3), AdaptiveRate(ScheduleConfig(kind="adaptive", tolerance=1.5e-3))
    for thousandths in losses:
        adaptive.observe(thousandths / 1000)
        assert adaptive.factor == pytest.approx(rule.after_epoch(thousandths / 1000))


def test_only_the_adaptive_schedule_observes():
    adaptive = AdaptiveRate(ScheduleConfig(kind="cosine", patience=1))
    for _ in range(5):
        adaptive.observe(1.0)
    assert adaptive.factor == 1


def test_adaptive_divides_the_rate_in_a_run():
    """With a tolerance that no epoch but the first can meet, each later one divides by five."""
    state = begin(epochs=4, learning_rate=0.01, schedule={"kind": "adaptive", "patience": 1, "tolerance": 1})
    rates = {progress.step: progress.learning_rate for progress in finish(state)}
    steps = state.steps_per_epoch
    assert rates[1] == pytest.approx(0.01)
    assert rates[2 * steps + 1] == pytest.approx(0.01 / 5)
    assert rates[3 * steps + 1] == pytest.approx(0.01 / 25)
    assert rates[4 * steps] == pytest.approx(0.01 / 125)


@pytest.mark.usefixtures("reports_all")
def test_adaptive_goes_by_each_epochs_mean_loss():
    """scikit-learn's rule, fed with the losses of the batches, foretells every rate of a run."""
    state = begin(epochs=25, batch_size=100, learning_rate=0.02, schedule={"kind": "adaptive", "tolerance": 0.02})
    rule, rates, losses = ScikitLearnsRule(0.02, 0.02), [0.02], []
    for progress in finish(state):
        if progress.outcome or progress.step == len(losses):
            continue
        losses.append(progress.train_loss)
        assert progress.learning_rate == pytest.approx(rates[-1], rel=1e-6)
        if len(losses) % state.steps_per_epoch == 0:
            rates.append(rule.after_epoch(float(np.mean(losses[-state.steps_per_epoch :]))))
    assert len(losses) == state.total_steps
    assert rates[3] == 0.02
    assert rates[-1] < 0.02 / 5


@pytest.mark.parametrize("kind", ["constant", "step", "cosine", "one_cycle"])
def test_a_run_keeps_to_the_planned_curve(kind: str):
    config: dict[str, Any] = {"learning_rate": 0.01, "epochs": 3, "schedule": {"kind": kind, "step_epochs": 1}}
    state = begin(**config)
    steps, rates = learning_rate_curve(state.config, state.train_count)
    assert steps.dtype == rates.dtype == np.float32
    assert len(steps) == state.total_steps
    planned = dict(zip(steps.astype(int).tolist(), rates.tolist(), strict=True))
    followed = [progress for progress in finish(state) if progress.step < state.total_steps]
    assert len(followed) > 10
    for progress in followed:
        assert progress.learning_rate == pytest.approx(planned[progress.step], rel=1e-5, abs=1e-9)


def test_a_long_curve_is_thinned_out():
    steps, rates = learning_rate_curve(TrainingConfig(epochs=100, schedule=ScheduleConfig(kind="cosine")), 55_000)
    assert len(steps) == len(rates) == 400
    assert steps[0] == 0
    assert steps[-1] == 100 * math.ceil(55_000 / 64) - 1
    assert rates[0] == pytest.approx(0.001)
    assert rates[-1] == pytest.approx(0)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"batch_size": 64, "epochs": 2}, (8, 16)),
        ({"batch_size": 500, "epochs": 2}, (1, 2)),
        ({"batch_size": 501, "epochs": 2}, (1, 2)),
        ({"batch_size": 499, "epochs": 2}, (2, 4)),
        ({"batch_size": "full", "epochs": 9}, (1, 9)),
        ({"batch_size": 1, "epochs": 1}, (500, 500)),
        ({"batch_size": 64, "epochs": 2, "max_steps": 5}, (8, 5)),
        ({"batch_size": 64, "epochs": 2, "max_steps": 500}, (8, 16)),
    ],
)
def test_steps_are_counted(settings: dict[str, Any], expected: tuple[int, int]):
    assert count_steps(parse_config(settings), 500) == expected
