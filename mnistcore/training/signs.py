"""Signs of a network that cannot learn: dead, saturated and identical units, and how far its weights have moved."""

from dataclasses import dataclass

import numpy as np

from mnistcore.nn import Network

NEAR = 1e-3  # of a limit: the slope of a sigmoid is below a 250th of its largest there


@dataclass(frozen=True)
class LayerSigns:
    """One layer with an activation: how many units (or maps), and how many of them are ``dead`` (ReLU, 0 everywhere).

    ``saturated`` is the share of sigmoid or tanh outputs within NEAR of a limit. ``moved`` is how far the weights (or
    gains) are from the initial ones, as a multiple of the length of those; None where those are all zero.
    ``is_alike``: at least two units, all with the same weights.
    """

    title: str
    units: int
    dead: int
    saturated: float
    moved: float | None
    is_alike: bool


@dataclass(frozen=True)
class NetworkSigns:
    """The signs of all layers, the output layer last, and for how many of ``images`` images the outputs are saturated.

    Softmax: one probability above 1 - NEAR. Sigmoid: all ten within NEAR of a limit. Linear outputs have no limit.
    """

    layers: list[LayerSigns]
    saturated: int
    images: int

    @property
    def hidden(self) -> list[LayerSigns]:
        """All layers but the output layer."""
        return self.layers[:-1]


def network_signs(network: Network, initial: Network, images: np.ndarray) -> NetworkSigns:
    """What shows on (n, 28, 28) uint8 images; ``initial`` is the same network before its first step."""
    with np.errstate(all="ignore"):  # weights may be close to the largest number there is
        outputs = network.activations(images)
        found = [
            _layer_signs(network, initial, index, y)
            for index, y in enumerate(outputs)
            if hasattr(network.layers[index], "activation")
        ]
        return NetworkSigns(found, _count_saturated(network, outputs[-1]), len(images))


def _layer_signs(network: Network, initial: Network, index: int, y: np.ndarray) -> LayerSigns:
    now, first = network.views(index, network.parameters), initial.views(index, initial.parameters)
    activation = network.layers[index].activation  # type: ignore[union-attr]
    name = "W" if "W" in now else "gain"
    peaks = np.abs(y).max(axis=(0, *range(2, y.ndim)))
    return LayerSigns(
        title=f"layer {index + 1}",
        units=len(peaks),
        dead=int((peaks == 0).sum()) if activation == "relu" else 0,
        saturated=saturated_share(y, activation),
        moved=_moved(now[name], first[name]),
        is_alike=len(peaks) > 1 and name == "W" and _is_alike(now[name]),
    )


def saturated_share(y: np.ndarray, activation: str) -> float:
    """The share of outputs ``y``, of any shape, within NEAR of a limit; 0 for an activation that has none."""
    if activation not in ("sigmoid", "tanh"):
        return 0.0
    distance = np.minimum(y, 1 - y) if activation == "sigmoid" else 1 - np.abs(y)
    return float((distance < NEAR).mean())


def _moved(now: np.ndarray, first: np.ndarray) -> float | None:
    length = float(np.linalg.norm(first.astype(np.float64)))
    return float(np.linalg.norm(now.astype(np.float64) - first)) / length if length else None


def _is_alike(weights: np.ndarray) -> bool:
    """Whether the columns of (inputs, units) are equal, but for rounding."""
    return float(np.ptp(weights, axis=1).max()) <= 1e-6 * float(np.abs(weights).max())


def _count_saturated(network: Network, logits: np.ndarray) -> int:
    if network.config.loss == "softmax_cross_entropy":
        return int((network.loss.probabilities(logits).max(axis=1) > 1 - NEAR).sum())
    if network.config.loss == "linear_squared_error":
        return 0
    return int((np.abs(logits) > -np.log(NEAR)).all(axis=1).sum())
