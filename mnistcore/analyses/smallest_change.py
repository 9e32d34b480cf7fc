"""The smallest changes to an image that change a run's answer."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mnistcore.analyses.stress import networks_of
from mnistcore.errors import DataError
from mnistcore.insight.adversarial import Flip, fewest_pixels, smallest_fgsm
from mnistcore.runs import RunStore

SEARCHES = {"everywhere": smallest_fgsm, "pixels": fewest_pixels}
Found = dict[str, dict[str, Any] | None]


def image_text(image: np.ndarray) -> str:
    """A (28, 28) uint8 image as 1,568 hexadecimal digits."""
    return image.tobytes().hex()


def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """Every search, for each of ``runs`` ({"id", "step"}), from the ``image`` (as ``image_text`` gives it).

    The result has in ``flips``, for each run's id, what each search found, as ``read_flip`` takes it.
    """
    image = _image(arguments["image"])
    networks = networks_of(store, arguments["runs"])
    flips: dict[str, Found] = {}
    for run, network in networks.items():
        found: Found = {}
        for name, search in SEARCHES.items():
            yield (len(flips) + len(found) / len(SEARCHES)) / len(networks), {"flips": flips}
            flip = search(network, image)
            found[name] = None if flip is None else vars(flip) | {"image": image_text(flip.image)}
        flips = flips | {run: found}
    yield 1.0, {"flips": flips}


def read_flip(found: dict[str, Any] | None) -> Flip | None:
    """One search's part of the result; None where it found nothing."""
    return None if found is None else Flip(**found | {"image": _image(found["image"])})


def _image(text: str) -> np.ndarray:
    try:
        return np.frombuffer(bytes.fromhex(text), np.uint8).reshape(28, 28)
    except ValueError as error:
        raise DataError(f"the image is not 784 pixels in hexadecimal digits ({error}): choose it again") from error
