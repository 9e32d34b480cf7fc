"""How long lenet takes to predict, and to account for a prediction, in its own process: prints one JSON object."""

import json
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.digits import load_digits
from benchmarks.rows import ROWS
from mnistcore.data import Dataset
from mnistcore.drawing import prepare
from mnistcore.insight.ledger import pixel_ledger, ranked_digits
from mnistcore.nn import Network
from mnistcore.training import TrainingState, train

TAUGHT, EXPLAINED = 10_000, 100  # training images, test images


def milliseconds(action: Callable[[], object], times: int) -> list[float]:
    """How long each of so many calls takes, after one to warm up."""
    action()
    samples = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        samples.append((time.perf_counter() - start) * 1000)
    return samples


def ledger_times(digits: Dataset) -> list[float]:
    """How long the ledger of the first test images takes, each, through a lenet trained a little: how finely the
    way from the blank sheet is divided depends on the weights and the image."""
    state = TrainingState.begin(ROWS["F"].model_copy(update={"epochs": 1, "train_size": TAUGHT}), digits)
    for _ in train(state):
        pass
    network = state.network
    found = []
    for image in digits.test_images[: EXPLAINED + 1]:
        start = time.perf_counter()
        ranked, _ = ranked_digits(network, image)
        pixel_ledger(network, image, int(ranked[0]), int(ranked[1]))
        found.append((time.perf_counter() - start) * 1000)
    return found[1:]


def main() -> None:
    """Predict the test images, and one digit as it is drawn: 280 × 280 pixels, prepared as the Draw page does; then
    account for digits."""
    digits = load_digits()
    images = digits.test_images[:10_000]
    network = Network(ROWS["F"], np.random.default_rng(0))
    ink = np.kron(images[0], np.ones((10, 10), np.uint8))
    prepared = prepare(ink).image[None]
    samples = {
        "test_images": milliseconds(lambda: network.predict(images), 7),
        "digit": milliseconds(lambda: network.predict(prepared), 200),
        "digit_with_preparation": milliseconds(lambda: network.predict(prepare(ink).image[None]), 50),
        "ledger": ledger_times(digits),
    }
    print(json.dumps({name: statistics.median(found) for name, found in samples.items()} | {"samples": samples}))


if __name__ == "__main__":
    main()
