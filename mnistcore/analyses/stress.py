"""How accurate runs stay while the test images get harder to read."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.distortions import DISTORTIONS, distort
from mnistcore.nn import Network
from mnistcore.runs import RunStore

MAX_RUNS = 8


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Accuracy of each of ``runs`` ({"id", "step"}) at every level of ``distortion``, from the original image outwards.

    On ``count`` test images of ``dataset``, chosen by ``seed``; ``fingerprint`` is part of the cache's key only. The
    result has ``levels``, ascending, and in ``accuracy`` for each run's id the shares at these; and ``count``.
    """
    name = arguments["distortion"]
    if name not in DISTORTIONS:
        raise DataError(f"there is no distortion {name!r}: choose one of {', '.join(DISTORTIONS)}")
    distortion = DISTORTIONS[name]
    networks = networks_of(store, arguments["runs"])
    dataset = store.open_dataset(arguments["dataset"])
    chosen = np.random.default_rng(arguments["seed"]).permutation(len(dataset.test_labels))[: int(arguments["count"])]
    images, labels, count = dataset.test_images[chosen], dataset.test_labels[chosen], len(chosen)
    found: dict[float, dict[str, float]] = {}
    for level in sorted(distortion.levels, key=lambda level: abs(level - distortion.neutral)):
        yield len(found) / len(distortion.levels), _result(found, count)
        changed = distort(images, name, level, np.random.default_rng(arguments["seed"]))
        answers = {run: network.logits(changed).argmax(axis=1) for run, network in networks.items()}
        found[level] = {run: float((answer == labels).mean()) for run, answer in answers.items()}
    yield 1.0, _result(found, count)


def networks_of(store: RunStore, runs: list[dict[str, Any]]) -> dict[str, Network]:
    """The networks of ``runs`` ({"id", "step"}) by id, with the weights of these steps; DataError for too many."""
    if not 1 <= len(runs) <= MAX_RUNS:
        raise DataError(f"from 1 to {MAX_RUNS} runs can be compared, got {len(runs)}")
    return {run["id"]: store.load_weights(run["id"], int(run["step"])).network for run in runs}


def _result(found: dict[float, dict[str, float]], count: int) -> dict[str, Any]:
    levels = sorted(found)
    runs = found[levels[0]] if levels else {}
    return {
        "levels": levels,
        "accuracy": {run: [found[level][run] for level in levels] for run in runs},
        "count": count,
    }
