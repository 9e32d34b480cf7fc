"""Generated digits: drawn from pen strokes, so that everything works without a network, from the first second."""

import logging
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from mnistcore.data.allographs import SAMPLES, allographs
from mnistcore.data.dataset import DIGITS, SIDE, Dataset
from mnistcore.data.hand import move_pen
from mnistcore.data.home import atomic_write, data_home
from mnistcore.data.ink import PAPER, SCREEN, draw_ink
from mnistcore.errors import DataError

VERSION = 3  # of what is written as in MNIST; a cache of another version is not read
DRAWN_VERSION = 5  # of what is drawn as on a screen
TRAIN_SIZE, TEST_SIZE = 20_000, 4_000  # of the set that is there from the start: drawn in a few seconds
DRAWN_SIZE = 60_000  # beside MNIST's 60,000
MAX_COUNT = 1_000_000
CHUNK = 500  # images drawn at a time, within 50 MB
CARE = 0.5  # of a hand that draws on a screen, where there is time
THREADS = 2  # NumPy releases the interpreter while it calculates; the images do not depend on them

log = logging.getLogger(__name__)


def generate_digits(count: int, seed: int, *, drawn: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """``count`` images (n, 28, 28) uint8 with their labels (n,) uint8, all digits equally often, in random order.

    They are written as MNIST's are; with ``drawn``, as people draw them on a screen, which MNIST hardly shows. The same
    count and seed give the same images on every machine. Raises DataError for a count outside 1 to MAX_COUNT and for a
    negative seed.
    """
    if not 1 <= count <= MAX_COUNT:
        raise DataError(f"count is {count:,}; generate 1 to {MAX_COUNT:,} digits.")
    if seed < 0:
        raise DataError(f"seed is {seed}; choose 0 or more.")
    images = np.empty((count, SIDE, SIDE), np.uint8)
    labels = np.empty(count, np.uint8)

    def draw(start: int) -> None:
        digits = np.arange(start, min(start + CHUNK, count)) % DIGITS
        part = slice(start, start + len(digits))
        images[part], labels[part] = _draw_chunk(digits, np.random.default_rng([seed, start]), drawn)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(draw, range(0, count, CHUNK)))  # as a list, an error in a thread is raised here
    return images, labels


def generated_dataset(train_size: int = TRAIN_SIZE, test_size: int = TEST_SIZE, seed: int = 0) -> Dataset:
    """A data set of generated digits, kept in the user's data folder: drawn once, read from then on.

    A cache that is damaged, or of another version, is drawn again. Raises DataError for sizes out of range.
    """
    name = "generated" if (train_size, test_size) == (TRAIN_SIZE, TEST_SIZE) else f"generated-{train_size}"
    images, labels = _kept(f"v{VERSION}-{train_size}-{test_size}-{seed}", train_size + test_size, seed)
    return _split(name, images, labels, train_size)


def with_drawn_digits(dataset: Dataset, count: int = DRAWN_SIZE, seed: int = 0) -> Dataset:
    """The data set with ``count`` more digits to train on, as people draw them on a screen; its test part as it was.

    MNIST hardly has a 1 with a long flag, or a 4 in one open stroke: a network that has seen only MNIST takes them for
    a 7 and a 9. They are kept as ``generated_dataset``'s are. Raises DataError for a count or seed out of range.
    """
    images, labels = _kept(f"v{DRAWN_VERSION}-drawn-{count}-{seed}", count, seed, drawn=True)
    return Dataset.build(
        f"{dataset.name}-drawn",
        np.concatenate([dataset.train_images, images]),
        np.concatenate([dataset.train_labels, labels]),
        dataset.test_images,
        dataset.test_labels,
    )


def _kept(name: str, count: int, seed: int, drawn: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """``generate_digits``, drawn once and read from then on."""
    path = data_home() / "generated" / f"{name}.npz"
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            images, labels = stored["images"], stored["labels"]
        if len(images) == count:
            return images, labels
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass  # not there, or damaged
    images, labels = generate_digits(count, seed, drawn=drawn)
    try:
        with atomic_write(path) as cache:
            np.savez(cache, images=images, labels=labels)
    except OSError as error:  # a full disk, a folder that is read-only: the digits are here all the same
        log.warning("%s cannot be kept (%s): these digits will be drawn once more", path, error.strerror)
    return images, labels


def _split(name: str, images: np.ndarray, labels: np.ndarray, train_size: int) -> Dataset:
    return Dataset.build(name, images[:train_size], labels[:train_size], images[train_size:], labels[train_size:])


def _draw_chunk(digits: np.ndarray, rng: np.random.Generator, drawn: bool) -> tuple[np.ndarray, np.ndarray]:
    """The digits (n,) in random order: images (n, 28, 28) uint8 and which digit each one is."""
    digits = rng.permutation(digits)
    points = np.empty((len(digits), SAMPLES, 2))
    stroke_of_sample = np.empty((len(digits), SAMPLES), np.int64)
    for digit in range(DIGITS):
        places = np.flatnonzero(digits == digit)
        forms = allographs(digit, drawn)
        weights = np.array([form.weight for form in forms])
        chosen = rng.choice(len(forms), size=len(places), p=weights / weights.sum())
        for number in np.unique(chosen):
            part, form = places[chosen == number], forms[number]
            points[part] = move_pen(form, digit, len(part), rng, CARE if drawn else 0.0)
            stroke_of_sample[part] = form.stroke_of_sample
    pen = SCREEN if drawn else PAPER
    return draw_ink(points, stroke_of_sample, digits, rng, pen), digits
