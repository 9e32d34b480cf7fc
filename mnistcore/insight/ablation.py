"""What if a unit were gone: outputs of a layer changed, and the rest of the network run from there."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mnistcore.insight.confusion import DIGITS, confusion_matrix
from mnistcore.insight.units import UnitOutputs, end_of_block, place_of
from mnistcore.insight.weight_images import WeightedLayer
from mnistcore.nn import Network
from mnistcore.nn.network import CHUNK, MAPS_CHUNK


@dataclass(frozen=True)
class Change:
    """Images of the digit ``true`` taken for ``predicted``: how many before and after."""

    true: int
    predicted: int
    before: int
    after: int


def logits_from(network: Network, layer: WeightedLayer, values: np.ndarray) -> np.ndarray:
    """The logits (n, 10) float32 where a layer gives these ``values``, laid out as in ``UnitOutputs``; only what
    follows the layer is computed."""
    parts = [rest.logits().copy() for _, rest in _rest_of(network, layer, values)]
    return np.concatenate(parts)


class _Rest:
    """A bound network from the outputs ``y`` of a layer on."""

    def __init__(self, network: Network, layer: WeightedLayer, n: int) -> None:
        self._bound, self.n = network.bind(n), n
        self._place = place_of(self._bound, end_of_block(network, layer))
        self.y = self._bound.layers[self._place][1].y

    def logits(self) -> np.ndarray:
        """What follows from ``y``: (n, 10), a buffer; ``y`` itself where the layer is the output layer."""
        for _, later in self._bound.layers[self._place + 1 :]:
            later.forward(None)
        return self._bound.logits


def _rest_of(network: Network, layer: WeightedLayer, values: np.ndarray) -> Iterator[tuple[slice, _Rest]]:
    """The rest of a network with the values of a few images at a time in ``y``, and which images these are."""
    is_rows = values.ndim == 2
    count = len(values) if is_rows else values.shape[-1]
    size = CHUNK if is_rows else MAPS_CHUNK
    rest: _Rest | None = None
    for start in range(0, count, size):
        part = slice(start, min(start + size, count))
        if rest is None or rest.n != part.stop - part.start:
            rest = _Rest(network, layer, part.stop - part.start)
        rest.y[...] = values[part] if is_rows else values[..., part]
        yield part, rest


def switched_off(outputs: UnitOutputs, units: list[int], by_mean: bool = False) -> np.ndarray:
    """The outputs with those of ``units`` replaced for every image: by 0 or, with ``by_mean``, by the unit's mean over
    the images, at each place of a filter's map. Laid out alike; a copy."""
    values = outputs.values.copy()
    of_units = values[:, units] if values.ndim == 2 else values[units]
    images = 0 if values.ndim == 2 else -1
    replaced = of_units.mean(axis=images, keepdims=True, dtype=np.float64) if by_mean else 0
    if values.ndim == 2:
        values[:, units] = replaced
    else:
        values[units] = replaced
    return values


def multiplied(values: np.ndarray, unit: int, factor: float) -> np.ndarray:
    """Values, laid out as in ``UnitOutputs``, with those of a unit multiplied; a copy."""
    values = values.copy()
    (values[:, unit] if values.ndim == 2 else values[unit])[...] *= np.float32(factor)
    return values


def with_weight(logits: np.ndarray, outputs: np.ndarray, digit: int, change: float) -> np.ndarray:
    """The logits (n, 10) where the weight from a unit with ``outputs`` (n,) to a digit is larger by ``change``; a copy.

    The unit is one of the last hidden layer: nothing lies between it and the digit's score.
    """
    logits = logits.copy()
    logits[:, digit] += np.float32(change) * outputs
    return logits


def changed_cells(labels: np.ndarray, before: np.ndarray, after: np.ndarray, limit: int | None = None) -> list[Change]:
    """The confusions whose count changes most between two rows of predictions (n,), the largest change first.

    Cells of wrong answers only; those of right answers are the accuracy of each digit.
    """
    first, second = confusion_matrix(labels, before), confusion_matrix(labels, after)
    cells = [
        Change(true, predicted, int(first[true, predicted]), int(second[true, predicted]))
        for true, predicted in np.argwhere((first != second) & ~np.eye(DIGITS, dtype=bool)).tolist()
    ]
    return sorted(cells, key=lambda cell: (-abs(cell.after - cell.before), cell.true, cell.predicted))[:limit]


def costs_of_units(network: Network, layer: WeightedLayer, outputs: UnitOutputs, labels: np.ndarray) -> np.ndarray:
    """How many more of the images are classified wrongly with each unit alone switched off, (units,) int64; negative
    where the network is better without it."""
    costs = np.zeros(layer.units, np.int64)
    for part, rest in _rest_of(network, layer, outputs.values):
        right = int((outputs.logits[part].argmax(axis=1) == labels[part]).sum())
        for unit in range(layer.units):
            of_unit = rest.y[:, unit] if rest.y.ndim == 2 else rest.y[unit]
            kept = of_unit.copy()
            of_unit.fill(0)
            costs[unit] += right - int((rest.logits().argmax(axis=1) == labels[part]).sum())
            of_unit[...] = kept
    return costs
