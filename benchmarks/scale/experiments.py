"""Whole experiments on a store and workers of their own, as the dashboard runs them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from mnistcore.data import load_dataset
from mnistcore.experiments import ExperimentConfig, advance, create_experiment, experiment, members, parse_experiment
from mnistcore.experiments.config import parse_variation
from mnistcore.experiments.results import best_of, combinations
from mnistcore.experiments.views import timings
from mnistcore.runs import Engine, RunStore
from mnistcore.training import TrainingState, recipe, train

WORKERS = 2
SPACE = {
    "learning_rate": "log:1e-4:1.0",
    "batch_size": "log:16:256",
    "units": "log:16:256",
    "activation": "relu,tanh,sigmoid",
    "optimizer.kind": "sgd,momentum,adam",
}
GRID = {"learning_rate": "0.0003,0.003,0.03", "batch_size": "16,64,256", "units": "16,64,256"}
SMALL = {"train_size": 10_000, "validation_size": 2_000}
SEEDS = 5


@contextmanager
def engine(workers: int = WORKERS) -> Iterator[Engine]:
    """Workers on an empty store, ready and with the data loaded."""
    with TemporaryDirectory() as folder:
        store = RunStore(f"sqlite:///{Path(folder) / 'runs.db'}")
        with Engine(store, workers=workers, coordinate=advance) as running:
            assert running.wait_until_ready()
            run_all(
                running, experiment_of({"learning_rate": "0.1"}, {"epochs": 1, **SMALL}, runs=workers, seeds=workers)
            )
            yield running
        store.close()


def experiment_of(vary: dict[str, str], settings: dict[str, Any], **plan: Any) -> ExperimentConfig:
    """An experiment on MNIST around the recipe first-network."""
    variations = {name: parse_variation(text) for name, text in vary.items()}
    base = recipe("first-network").config.overridden(settings)
    return parse_experiment({"base": base, "vary": variations, "sampler": "random"} | plan)


def run_all(running: Engine, config: ExperimentConfig) -> tuple[str, float]:
    """Run an experiment to its end; its id and the seconds that it took."""
    begun = time.perf_counter()
    experiment_id = create_experiment(running.store, config)
    running.look_now()
    while not experiment(running.store, experiment_id).is_over:
        time.sleep(0.05)
    return experiment_id, time.perf_counter() - begun


def throughput(runs: int = 24) -> dict[str, float]:
    """So many runs of first-network as an experiment on two workers, in a bare loop over train() in one process, and,
    where PyTorch is installed, as trials of an Optuna study that train with it in two processes.
    """
    config = experiment_of({"learning_rate": "log:3e-4:3e-3"}, {}, runs=runs)
    with engine() as running:
        experiment_id, seconds = run_all(running, config)
        found = members(running.store, experiment_id)
        when = timings(running.store, experiment_id)
    dataset = load_dataset("mnist")
    begun = time.perf_counter()
    for member in found:
        state = TrainingState.begin(config.member(member.values, member.repeat), dataset)
        state.shards = 1
        for _ in train(state):
            pass
    bare = time.perf_counter() - begun
    # Of a worker's time: without a run, and in a run but before or after its steps.
    in_runs = float((when["ended"] - when["began"]).sum()) / (WORKERS * seconds)
    in_steps = float(when["seconds"].sum()) / (WORKERS * seconds)
    figures = {"experiment_s": seconds, "bare_s": bare, "speedup": bare / seconds}
    figures |= {"without_a_run": 1 - in_runs, "around_the_steps": in_runs - in_steps}
    if find_spec("torch") is not None:
        from benchmarks.scale.optuna_torch import optuna_torch_seconds

        theirs = optuna_torch_seconds(config.base, [member.values["learning_rate"] for member in found])
        figures |= {"optuna_torch_s": theirs, "faster_than_optuna_torch": theirs / seconds}
    return figures


def guided(runs: int = 30) -> dict[str, Any]:
    """The best validation accuracy of a guided search after so many runs, and of chance after twice as many."""
    best: dict[str, list[float]] = {"tpe": [], "random": []}
    with engine() as running:
        for seed in range(SEEDS):
            for sampler, count in (("tpe", runs), ("random", 2 * runs)):
                plan = {"sampler": sampler, "runs": count, "sampler_seed": seed}
                found = members(running.store, run_all(running, experiment_of(SPACE, SMALL | {"epochs": 2}, **plan))[0])
                best[sampler].append(max(member.accuracy or 0.0 for member in found))
    return {name: {"mean": float(np.mean(values)), "each": values} for name, values in best.items()}


def stopping() -> dict[str, Any]:
    """A grid of 27 with and without stopping early: whether both have the same winner, and the time of it."""
    same, share = [], []
    with engine() as running:
        for seed in range(SEEDS):
            winners, seconds = [], []
            for stop_early in (False, True):
                settings = SMALL | {"epochs": 9, "seed": seed}
                config = experiment_of(GRID, settings, sampler="grid", stop_early=stop_early)
                experiment_id, took = run_all(running, config)
                winner = best_of(combinations(members(running.store, experiment_id)))
                assert winner is not None
                winners.append(winner.number)
                seconds.append(took)
            same.append(winners[0] == winners[1])
            share.append(seconds[1] / seconds[0])
    return {"same_winner": same, "share_of_time": share}
