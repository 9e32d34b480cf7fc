"""How long an experiment will take: from what this machine took for such networks before, else from a short probe."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from sqlalchemy import select

from mnistcore.data import DIGITS, SIDE, Dataset
from mnistcore.experiments.config import ExperimentConfig
from mnistcore.experiments.coordinator import SHARDS
from mnistcore.experiments.halving import THIRD, rungs
from mnistcore.experiments.samplers import next_combination
from mnistcore.nn import Network
from mnistcore.runs import RunStore
from mnistcore.runs.database import reading
from mnistcore.runs.tables import RunRow
from mnistcore.training.config import TrainingConfig
from mnistcore.training.shard_worker import multiplications
from mnistcore.training.state import TrainingState
from mnistcore.training.stepper import Stepper

SAMPLE = 5  # combinations that stand for all
NEWEST = 300  # runs that are looked through for such a network
PROBE_SECONDS = 0.04
PROBE_BATCH, PROBE_MULTIPLICATIONS = 4096, 500_000_000  # of a step, forward: a page waits for it
EVALUATING = 1 / 3  # of what an image costs to learn from: evaluation goes forward only
SECONDS_PER_RUN = 0.5  # to hand a run out, open its data and write down what came of it
TEST_IMAGES = 10_000

Rate = Callable[[TrainingConfig], float]


def estimate_seconds(config: ExperimentConfig, images: int, workers: int, seconds_per_image: Rate) -> float:
    """How long an experiment will run on so many workers, for a data set of so many training images.

    ``seconds_per_image`` says what one worker needs to learn from an image. A budget in minutes bounds the answer.
    """
    limit = math.inf if config.minutes is None else 60 * config.minutes
    if config.combinations is None:
        return limit
    costs = [_run_seconds(each, images, seconds_per_image) for each in _sample(config)]
    runs = config.combinations * config.seeds
    return min(limit, float(np.mean(costs)) * runs * _share_trained(config) / min(workers, runs))


def estimate_words(config: ExperimentConfig, images: int, workers: int, seconds_per_image: Rate) -> str:
    """``About 3 minutes on 2 workers.``"""
    seconds = estimate_seconds(config, images, workers, seconds_per_image)
    where = "one worker" if workers == 1 else f"{workers:,} workers"
    if seconds < 90:
        return f"About {max(5, 5 * round(seconds / 5))} seconds on {where}."
    if seconds < 5400:
        return f"About {round(seconds / 60)} minutes on {where}."
    return f"About {seconds / 3600:.1f} hours on {where}."


def _sample(config: ExperimentConfig) -> Iterator[TrainingConfig]:
    """A few combinations: of a grid from its whole length, else those that chance draws first."""
    count = config.combinations or SAMPLE
    places = np.unique(np.linspace(0, count - 1, min(count, SAMPLE)).round().astype(int))
    chooser = config if config.sampler == "grid" else config.model_copy(update={"sampler": "random"})
    for place in places:
        yield config.member(next_combination(chooser, int(place)), 0)


def _run_seconds(config: TrainingConfig, images: int, seconds_per_image: Rate) -> float:
    learned = min(config.train_size or images, images - config.validation_size)
    epochs = float(config.epochs)
    if config.max_steps is not None:
        batch = learned if config.batch_size == "full" else config.batch_size
        epochs = min(epochs, config.max_steps * batch / max(1, learned))
    evaluated = EVALUATING * (epochs * config.validation_size + learned + TEST_IMAGES)  # in the end all of them
    return SECONDS_PER_RUN + (epochs * learned + evaluated) * seconds_per_image(config)


def _share_trained(config: ExperimentConfig) -> float:
    """The share of all steps that is taken when only the better third goes on from each comparison."""
    shares = [share or 1.0 for share in rungs(config)]
    further = (later - earlier for earlier, later in pairwise(shares))
    return shares[0] + sum(step / THIRD**place for place, step in enumerate(further, start=1))


def usual_rate(store: RunStore) -> Rate:
    """Seconds per image of a network: the median of such runs in the store, else of a probe of a few steps."""
    columns = (RunRow.config, RunRow.images_per_second)
    statement = select(*columns).where(RunRow.shards == SHARDS, RunRow.images_per_second > 0)
    found: dict[str, list[float]] = {}
    with reading(store.database) as connection:
        for text, rate in connection.execute(statement.order_by(RunRow.created_at.desc()).limit(NEWEST)):
            found.setdefault(_traits(json.loads(text)), []).append(float(rate or math.inf))

    def rate_of(config: TrainingConfig) -> float:
        traits = _traits(config.model_dump(mode="json"))
        return 1 / float(np.median(found[traits])) if traits in found else _probe(traits)

    return rate_of


def _traits(config: dict[str, Any]) -> str:
    """What the time for an image depends on, as JSON."""
    optimizer = {"kind": config["optimizer"]["kind"]}
    named = {name: config[name] for name in ("layers", "batch_size", "augmentation", "loss", "output_bias")}
    return json.dumps(named | {"optimizer": optimizer}, sort_keys=True)


@lru_cache(512)
def _probe(traits: str) -> float:
    """Seconds per image, measured on random images for ``PROBE_SECONDS`` after a first step, by one process."""
    settings = json.loads(traits)
    batch = PROBE_BATCH if settings["batch_size"] == "full" else min(PROBE_BATCH, settings["batch_size"])
    network = Network.over(TrainingConfig().overridden(settings), SIDE * SIDE)
    batch = min(batch, 1 + PROBE_MULTIPLICATIONS // multiplications(network))
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (max(2 * batch, 1024), SIDE, SIDE), np.uint8)
    labels = rng.integers(0, DIGITS, len(images)).astype(np.uint8)
    dataset = Dataset.build("probe", images, labels, images[:1], labels[:1])
    plan = {"batch_size": batch, "validation_size": 0, "epochs": 10_000}
    state = TrainingState.begin(TrainingConfig().overridden(settings | plan), dataset)
    state.shards = SHARDS
    with Stepper(state) as stepper:
        stepper.advance(1, math.inf)
        begun, first = time.perf_counter(), state.images_seen
        while state.images_seen == first:
            stepper.advance(state.total_steps - state.step, begun + PROBE_SECONDS)
        return (time.perf_counter() - begun) / (state.images_seen - first)
