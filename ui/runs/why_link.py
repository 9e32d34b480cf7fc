"""Links to the page Why with any image in the address: shrunk, it takes a few hundred characters."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np

from mnistcore.errors import DataError
from mnistcore.runs import Run
from ui.frame.page import link_to

WHY = "Why this answer?"
PIXELS = 784
LONGEST = 2_000  # characters; 784 bytes that cannot be shrunk take fewer


def why_link(
    run: Run, image: np.ndarray, step: int | None = None, against: int | None = None, label: str = WHY
) -> None:
    """A link to why the run's network answers a (28, 28) uint8 image as it does.

    step: of its weights, else the newest or kept ones. against: the rival, else the digit with the next best score.
    """
    chosen = {name: str(value) for name, value in (("step", step), ("against", against)) if value is not None}
    link_to("why", label, run=run.id, digit="given", pixels=pixels_text(image), **chosen)


def pixels_text(image: np.ndarray) -> str:
    """A (28, 28) uint8 image for the query parameter `pixels`."""
    return base64.urlsafe_b64encode(zlib.compress(image.tobytes(), 9)).decode().rstrip("=")


def parse_pixels(text: str) -> np.ndarray:
    """The image of `pixels_text`; DataError for anything else."""
    try:
        packed = base64.b64decode(text[:LONGEST] + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        found = zlib.decompressobj().decompress(packed, PIXELS + 1)
    except (ValueError, binascii.Error, zlib.error):
        found = b""
    if len(found) != PIXELS or len(text) > LONGEST:
        raise DataError("The image in the address is not complete: copy the whole address, or choose another image.")
    return np.frombuffer(found, np.uint8).reshape(28, 28)
