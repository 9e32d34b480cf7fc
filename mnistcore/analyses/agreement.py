"""How far two runs gave the same answers as they trained."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.errors import DataError
from mnistcore.insight.two_networks import agreement
from mnistcore.runs import RunStore

MAX_PAIRS = 40


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Answers to the test images of ``dataset`` at each of ``pairs`` of snapshot steps of ``first`` and ``second``.

    ``fingerprint`` is part of the cache's key only. The result has ``rows``: first_step, second_step, agreement (the
    share of images with the same answer), first_accuracy, second_accuracy; and ``count``.
    """
    pairs = arguments["pairs"]
    if not 1 <= len(pairs) <= MAX_PAIRS:
        raise DataError(f"from 1 to {MAX_PAIRS} pairs of snapshots can be compared, got {len(pairs)}")
    dataset = store.open_dataset(arguments["dataset"])
    images, labels = dataset.test_images, dataset.test_labels
    rows: list[dict[str, Any]] = []
    for pair in pairs:
        answers: list[np.ndarray] = []
        for run, step in zip((arguments["first"], arguments["second"]), pair, strict=True):
            yield (len(rows) + len(answers) / 2) / len(pairs), {"rows": rows, "count": len(labels)}
            answers.append(store.load_weights(run, int(step)).network.logits(images).argmax(axis=1))
        accuracies = [float((answer == labels).mean()) for answer in answers]
        row = {"first_step": int(pair[0]), "second_step": int(pair[1]), "agreement": agreement(*answers)}
        rows.append(row | {"first_accuracy": accuracies[0], "second_accuracy": accuracies[1]})
    yield 1.0, {"rows": rows, "count": len(labels)}
