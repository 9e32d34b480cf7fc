"""How many labels of MNIST changed on purpose are found: python -m benchmarks.labels [--seeds 0 1 2] [--ship]."""

import argparse
import json
import os
import time
from datetime import date
from typing import Any

import numpy as np

from mnistcore.analyses.label_errors import judge, listed
from mnistcore.data import Dataset, atomic_write, load_dataset
from mnistcore.insight.label_errors import estimated_errors, suspects
from mnistcore.pretrained.labels import LIST
from mnistcore.reproduction.results import machine

CHANGED, LOOKED_AT = 0.01, 0.02  # shares of the training images


def with_changed_labels(dataset: Dataset, seed: int) -> tuple[Dataset, np.ndarray]:
    """The data set with CHANGED of its training labels changed, each to one of the nine other digits, and which."""
    rng = np.random.default_rng(seed)
    labels = dataset.train_labels.copy()
    chosen = rng.choice(len(labels), round(CHANGED * len(labels)), replace=False)
    labels[chosen] = (labels[chosen] + rng.integers(1, 10, len(chosen))) % 10
    parts = dataset.train_images, labels, dataset.test_images, dataset.test_labels
    return Dataset.build(f"{dataset.name}, seed {seed}", *parts), chosen


def measure(dataset: Dataset, seed: int) -> None:
    """Print a row: how many of the changed labels are among the first LOOKED_AT that are listed."""
    changed, chosen = with_changed_labels(dataset, seed)
    started, before = time.perf_counter(), _processor_seconds()
    *_, (_, found) = judge(changed)
    wall, cpu = time.perf_counter() - started, _processor_seconds() - before
    assert found is not None
    ranked = suspects(*found[0])
    looked_at = ranked.indices[: round(LOOKED_AT * len(changed.train_labels))]
    hits = len(np.intersect1d(looked_at, chosen))
    first = len(np.intersect1d(ranked.indices[: len(chosen)], chosen))
    print(
        f"seed {seed}: {hits} of {len(chosen)} ({hits / len(chosen):.2%}) among the first {len(looked_at):,}, "
        f"{first} among the first {len(chosen)}; estimated {estimated_errors(*found[0])}; "
        f"{wall:.1f} s, {cpu:.1f} s of processor time",
        flush=True,
    )


def mnist_itself(dataset: Dataset) -> dict[str, Any]:
    """What the analysis finds in MNIST as it is, with where it was made."""
    *_, (_, found) = judge(dataset)
    assert found is not None
    result = {part: listed(*judged) for part, judged in zip(("train", "test"), found, strict=True)}
    facts = {"date": date.today().isoformat(), "machine": machine(), "command": "python -m benchmarks.labels --ship"}
    return {"fingerprint": dataset.fingerprint, "result": result} | facts


def main() -> None:
    """Print MNIST's own list, with --ship written where it ships from, and how many changed labels are found."""
    parser = argparse.ArgumentParser("python -m benchmarks.labels", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2], help="of the changed labels (%(default)s)")
    parser.add_argument("--ship", action="store_true", help=f"write {LIST.name}")
    options = parser.parse_args()
    dataset = load_dataset("mnist")
    made = mnist_itself(dataset)
    for part, found in made["result"].items():
        labels = dataset.part(part)[1]
        print(f"{part}: {len(found['indices']):,} read otherwise, {found['errors']} by the estimate; the first 20:")
        for index, digit, sure in list(zip(found["indices"], found["digits"], found["certainty"], strict=True))[:20]:
            print(f"  image {index}: labelled {labels[index]}, read as {digit}, {sure:.4f} sure")
    if options.ship:
        with atomic_write(LIST) as file:
            file.write((json.dumps(made, separators=(",", ":")) + "\n").encode())
    for seed in options.seeds:
        measure(dataset, seed)


def _processor_seconds() -> float:
    """Of this process and of those that it has started and that have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    main()
