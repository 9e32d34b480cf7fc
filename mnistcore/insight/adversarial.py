"""The smallest change to an image that changes a network's answer: a little everywhere, or few pixels."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.network import PIXELS, as_rows

LEVELS = 255
CANDIDATES = 24  # pixels that are tried at every step of the search, black and white each


@dataclass(frozen=True, eq=False)
class Flip:
    """A changed image, and the network's new answer.

    ``image`` (28, 28) uint8; ``before`` and ``after`` are digits, ``certainty`` is the probability of ``after``;
    ``pixels`` counts what was changed, ``largest`` is by how much at most, in grey levels of 255.
    """

    image: np.ndarray
    before: int
    after: int
    certainty: float
    pixels: int
    largest: int

    def change_of(self, image: np.ndarray) -> np.ndarray:
        """What was added to each pixel of the original (28, 28) uint8 image: (28, 28) float32, in grey levels."""
        return self.image.astype(np.float32) - image


def loss_gradient(network: Network, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Gradient of each image's loss by its pixels (0 to 1), (n, 28, 28) float32; images uint8, labels (n,)."""
    out = np.empty((len(images), PIXELS), np.float32)
    for part, bound in network.chunks(images):
        network.loss.gradient(bound.logits, labels[part], 1.0, bound.dlogits)
        bound.backward(to_input=True)
        out[part] = bound.input_gradient()
    return out.reshape(-1, 28, 28)


def smallest_fgsm(network: Network, image: np.ndarray) -> Flip | None:
    """The fast gradient sign method (Goodfellow, Shlens and Szegedy 2015): every pixel of a (28, 28) uint8 image moves
    by the same number of grey levels, each in the direction that makes the network's answer less likely.

    The smallest number that changes the answer; None if even 255 does not.
    """
    before = _answer(network, image)
    direction = np.sign(loss_gradient(network, image[None], np.array([before]))[0]).astype(np.int16)
    steps = np.arange(1, LEVELS + 1, dtype=np.int16)[:, None, None]
    changed = np.clip(image.astype(np.int16) + steps * direction, 0, LEVELS).astype(np.uint8)
    flipped = np.flatnonzero(network.logits(changed).argmax(axis=1) != before)
    return flip_to(network, image, changed[flipped[0]], before) if len(flipped) else None


def fewest_pixels(network: Network, image: np.ndarray, limit: int = 60) -> Flip | None:
    """Turn pixel after pixel of a (28, 28) uint8 image black or white until the network's answer changes.

    A greedy search: the gradient names pixels that could narrow the answer's lead over the next digit, all of these are
    tried, and the best is kept. At the end, pixels that turn out not to be needed are restored. None if ``limit``
    pixels are not enough. Not always the smallest possible number.
    """
    before = _answer(network, image)
    changed = image.copy()
    for _ in range(limit):
        changed = _best_change(network, image, changed, before)
        if _answer(network, changed) != before:
            return flip_to(network, image, _only_needed(network, image, changed, before), before)
    return None


def _best_change(network: Network, image: np.ndarray, changed: np.ndarray, before: int) -> np.ndarray:
    """``changed`` with the one more pixel that leaves ``before`` the smallest lead."""
    rival = int(np.argsort(network.logits(changed[None])[0])[::-1][1])
    slope = np.subtract(*network.input_gradient(np.stack([changed, changed]), np.array([before, rival])))
    target = np.where(slope > 0, 0, LEVELS)  # of each pixel, to lower the lead
    gain = np.abs(slope) * np.abs(target - changed.astype(np.int16))
    gain[changed != image] = -1  # each pixel once
    tried = np.argsort(gain, axis=None)[::-1][:CANDIDATES]
    candidates = np.repeat(changed.reshape(1, PIXELS), 2 * len(tried), axis=0)
    candidates[np.arange(len(tried)), tried] = 0
    candidates[np.arange(len(tried), 2 * len(tried)), tried] = LEVELS
    candidates = candidates.reshape(-1, 28, 28)
    return candidates[int(lead_over_others(network.logits(candidates), before).argmin())]


def _only_needed(network: Network, image: np.ndarray, changed: np.ndarray, before: int) -> np.ndarray:
    """Restore pixels, one after the other, as long as the answer stays changed."""
    changed = changed.copy()
    flat, original = changed.reshape(PIXELS), image.reshape(PIXELS)
    for place in np.flatnonzero(flat != original):
        kept, flat[place] = flat[place], original[place]
        if _answer(network, changed) == before:
            flat[place] = kept
    return changed


def lead_over_others(logits: np.ndarray, digit: int) -> np.ndarray:
    """By how much (n,) the logit of a digit exceeds the largest of the others."""
    others = np.delete(logits, digit, axis=1).max(axis=1)
    return logits[:, digit] - others


def _answer(network: Network, image: np.ndarray) -> int:
    as_rows(image[None])
    return int(network.logits(image[None])[0].argmax())


def flip_to(network: Network, image: np.ndarray, changed: np.ndarray, before: int) -> Flip:
    """What a changed image is taken for, by a forward pass; ``before`` is what the (28, 28) original is taken for."""
    after = _answer(network, changed)
    certainty = float(network.predict(changed[None])[0, after])
    difference = np.abs(changed.astype(np.int16) - image)
    counts = int(np.count_nonzero(difference)), int(difference.max())
    return Flip(changed, before, after, certainty, *counts)
