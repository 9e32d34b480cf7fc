"""How long predictions of an untrained lenet take, in its own process: prints one JSON object."""

import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.digits import load_digits
from benchmarks.rows import ROWS
from mnistcore.drawing import prepare
from mnistcore.nn import Network


def milliseconds(action: Callable[[], object], times: int) -> list[float]:
    """How long each of so many calls takes, after one to warm up."""
    action()
    samples = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        samples.append((time.perf_counter() - start) * 1000)
    return samples


def main() -> None:
    """Predict the test images, and one digit as it is drawn: 280 × 280 pixels, prepared as the Draw page does."""
    images = load_digits().test_images[:10_000]
    network = Network(ROWS["F"], np.random.default_rng(0))
    ink = np.kron(images[0], np.ones((10, 10), np.uint8))
    prepared = prepare(ink).image[None]
    samples = {
        "test_images": milliseconds(lambda: network.predict(images), 7),
        "digit": milliseconds(lambda: network.predict(prepared), 200),
        "digit_with_preparation": milliseconds(lambda: network.predict(prepare(ink).image[None]), 50),
    }
    print(json.dumps({name: statistics.median(found) for name, found in samples.items()} | {"samples": samples}))


if __name__ == "__main__":
    main()
