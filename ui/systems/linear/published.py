"""What the write-up of the linear online network reports: its accuracies, and the ten numbers of two images."""

from dataclasses import dataclass

import numpy as np

ACCURACIES = {
    0: 0.1256,
    100: 0.1835,
    1_000: 0.3129,
    10_000: 0.5694,
    20_000: 0.5709,
    30_000: 0.6719,
    40_000: 0.5761,
    50_000: 0.6901,
    60_000: 0.6928,
}
NOTE = (
    "For 40,000 images the write-up gives 57.61 %, and beside it a count of 5,751 of 10,000, which would be 57.51 %; "
    "all other counts and percentages agree."
)


@dataclass(frozen=True, eq=False)
class PublishedImage:
    """Prediction, error and delta of one image, (10,) each, its label, and what to know about them."""

    prediction: np.ndarray
    label: int
    error: np.ndarray
    delta: np.ndarray
    note: str


def _image(label: int, prediction: list[float], error: list[float], delta: list[float], note: str) -> PublishedImage:
    return PublishedImage(np.array(prediction), label, np.array(error), np.array(delta), note)


IMAGES = {
    1: _image(
        5,
        [49.02, 53.17, 53.56, 56.65, 52.27, 50.27, 55.19, 52.07, 50.59, 55.84],
        [2403, 2827, 2869, 3209, 2732, 2428, 3046, 2712, 2559, 3118],
        [49.02, 53.17, 53.56, 56.65, 52.27, 49.27, 55.19, 52.07, 50.59, 55.84],
        "Its text calls the label a 4; the numbers have it as a 5, which is what MNIST says.",
    ),
    101: _image(
        5,
        [-1.18, -0.65, 1.48, -1.11, 0.25, -0.31, 1.46, 2.87, 2.62, 1.88],
        [1.39, 0.42, 2.21, 1.24, 0.06, 1.73, 2.14, 8.25, 6.89, 3.54],
        [-1.18, -0.65, 1.48, -1.11, 0.25, -1.31, 1.46, 2.87, 2.62, 1.88],
        "Its text reads the answer as an 8 and the label as a 6; by its numbers they are a 7 and a 5.",
    ),
}
