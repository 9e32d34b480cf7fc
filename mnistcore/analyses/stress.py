"""How accurate runs stay while the test images get harder to read."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.distortions import DISTORTIONS, distort
from mnistcore.runs import RunStore, open_dataset

MAX_RUNS = 8


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Accuracy of each of ``runs`` ({"id", "step"}) at every level of ``distortion``, from the plain image outwards.

    On the first ``count`` test images of ``dataset``; ``fingerprint`` and the steps are part of the cache's key. The
    result has ``levels``, ascending, and in ``accuracy`` for each run's id the shares at these; and ``count``.
    """
    name, runs = arguments["distortion"], arguments["runs"]
    if name not in DISTORTIONS:
        raise DataError(f"there is no distortion {name!r}: choose one of {', '.join(DISTORTIONS)}")
    if not 1 <= len(runs) <= MAX_RUNS:
        raise DataError(f"from 1 to {MAX_RUNS} runs can be compared, got {len(runs)}")
    distortion = DISTORTIONS[name]
    networks = {run["id"]: store.load_network(run["id"]) for run in runs}
    dataset = open_dataset(store, arguments["dataset"])
    count = min(int(arguments["count"]), len(dataset.test_labels))
    images, labels = dataset.test_images[:count], dataset.test_labels[:count]
    found: dict[float, dict[str, float]] = {}
    for level in sorted(distortion.levels, key=lambda level: abs(level - distortion.neutral)):
        yield len(found) / len(distortion.levels), _result(found, count)
        changed = distort(images, name, level, np.random.default_rng(arguments["seed"]))
        answers = {run: network.logits(changed).argmax(axis=1) for run, network in networks.items()}
        found[level] = {run: float((answer == labels).mean()) for run, answer in answers.items()}
    yield 1.0, _result(found, count)


def _result(found: dict[float, dict[str, float]], count: int) -> dict[str, Any]:
    levels = sorted(found)
    runs = found[levels[0]] if levels else {}
    return {
        "levels": levels,
        "accuracy": {run: [found[level][run] for level in levels] for run in runs},
        "count": count,
    }
