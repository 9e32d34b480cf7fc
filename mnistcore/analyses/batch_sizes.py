"""What the batch size costs and gains: the time of one epoch with the real core, and the accuracy after it."""

import time
from collections.abc import Iterator
from typing import Any

from mnistcore.data import Dataset, split_indices
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from mnistcore.training import TrainingConfig, TrainingState, evaluate, parse_config
from mnistcore.training.stepper import Stepper

SIZES = (5000, 1000, 500, 100, 20, 5, 1)  # the quickest first, so that there is soon something to see
LIMIT_SECONDS = 4.0  # from then on it is clear how long an epoch takes
PATIENCE_SECONDS = 15.0  # one that takes longer is given up then, unless whole epochs are asked for
REPORT_SECONDS = 0.25


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Train a fresh network of ``config`` on ``dataset`` for an epoch with each batch size in ``sizes``.

    Without ``whole``, an epoch that would take longer than PATIENCE_SECONDS ends after LIMIT_SECONDS: ``epoch_seconds``
    is then extrapolated from the steps taken, ``share`` is the fraction of the epoch they make up, and the accuracy is
    None.
    The result's ``rows``: batch_size, steps (in an epoch), share, seconds (measured), epoch_seconds, images_per_second,
    validation_accuracy (or, without validation images, train_accuracy). Several seeds would differ a little.
    """
    config = parse_config(arguments["config"])
    dataset = store.open_dataset(arguments["dataset"])
    patience = None if arguments.get("whole") else PATIENCE_SECONDS
    split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
    sizes = [size for size in arguments["sizes"] if size <= len(split.train)]
    if not sizes:
        raise ConfigError("each batch size is larger than the training part: choose smaller ones")
    result: dict[str, Any] = {"rows": [], "current": None}
    for done, size in enumerate(sizes):
        result["current"] = size
        for share in _epoch(config, dataset, size, patience, result["rows"]):
            yield (done + share) / len(sizes), result
    result["current"] = None
    yield 1.0, result


def _epoch(
    config: TrainingConfig, dataset: Dataset, size: int, patience: float | None, rows: list[dict[str, Any]]
) -> Iterator[float]:
    """Take an epoch's steps, or LIMIT_SECONDS of them, yielding which share of that is done; then add the row."""
    goals = dict.fromkeys(("max_steps", "early_stopping", "target_accuracy", "max_seconds"))
    one = config.overridden({"batch_size": size, "epochs": 1, **goals})
    state = TrainingState.begin(one, dataset)
    steps, seconds, at_once, done = state.steps_per_epoch, 0.0, 1, 0.0
    with Stepper(state) as stepper:
        while state.step < steps:
            expected = seconds * steps / max(state.step, 1)
            is_too_slow = patience is not None and expected > patience
            if is_too_slow and seconds > LIMIT_SECONDS:
                break
            done = min(1.0, max(done, seconds / LIMIT_SECONDS if is_too_slow else state.step / steps))
            yield done
            count = min(at_once, steps - state.step)
            started = time.perf_counter()
            stepper.advance(count)
            taken = time.perf_counter() - started
            seconds += taken
            at_once = max(1, int(count * min(2.0, REPORT_SECONDS / taken)))
        accuracy = _accuracy(state, is_whole=state.step == steps)
    share = state.images_seen / state.train_count
    row = {
        "batch_size": size,
        "steps": steps,
        "share": share,
        "seconds": seconds,
        "epoch_seconds": seconds / share,
        "images_per_second": state.images_seen / seconds,
    }
    rows.append(row | accuracy)


def _accuracy(state: TrainingState, is_whole: bool) -> dict[str, float | None]:
    """The accuracy on the validation images, or, where there are none, on the training images."""
    dataset = state.dataset
    part = "validation" if len(state.split.validation) else "train"
    if not is_whole:
        return {f"{part}_accuracy": None}
    indices = state.split.validation if part == "validation" else state.split.train
    found = evaluate(state.result, dataset.train_images, dataset.train_labels, indices)
    return {f"{part}_accuracy": found.accuracy}
