"""The health of a network while it learns: what activations, gradients and updates are like, layer by layer.

Looked at with the snapshots, on a copy of the network: its training is the same whether it is watched or not.
"""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mnistcore.nn import Network
from mnistcore.nn.losses import training_loss
from mnistcore.nn.network import as_rows
from mnistcore.training.signs import saturated_share
from mnistcore.training.state import TrainingState

HEALTH_SHARE = 0.03  # of the training time, at most
LENT_SECONDS = 1.0  # of training that is still to come
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
IMAGES = 100
VALUES = 5_000  # of a layer whose quantiles are taken; maps have a hundred times as many


@dataclass(frozen=True)
class LayerHealth:
    """One layer with an activation, after one step, on IMAGES training images.

    ``activation`` and ``gradient`` are the five QUANTILES of its outputs, and of the magnitude of the gradient of one
    image's loss before its activation; ``gradient_rms`` is the root of the mean square of these. ``dead`` is the share
    of units (or maps) that output 0 for every image (ReLU), ``saturated`` that of outputs next to a limit (sigmoid,
    tanh), None for other activations. ``update`` is the length of the newest update of its weights over the length of
    the weights; None before the first one.
    """

    name: str
    activation: tuple[float, ...]
    gradient: tuple[float, ...]
    gradient_rms: float
    dead: float | None
    saturated: float | None
    update: float | None


class HealthWatch:
    """Looks at a network in training for at most ``share`` of the time that it trains; 0: never."""

    def __init__(self, state: TrainingState, share: float) -> None:
        self._state, self._share = state, share
        self._spent = self._last = 0.0
        self._began: tuple[int, float] | None = None  # the step and the seconds at the first look
        self._before: tuple[int, np.ndarray] | None = None  # a step, and the parameters then
        self._copy: Network | None = None

    @property
    def seconds(self) -> float:
        """How long all of it has taken."""
        return self._spent

    @property
    def is_on(self) -> bool:
        """Whether it ever looks."""
        return self._share > 0

    def may_look(self, seconds: float) -> bool:
        """Whether a look is affordable after so many seconds of training; the first one always is.

        Most snapshots come early, so half of the time that is left is lent, up to LENT_SECONDS.
        """
        if self._began is None:
            return self.is_on
        step, since = self._began
        steps = self._state.step - step
        left = (seconds - since) / steps * (self._state.total_steps - self._state.step) if steps else 0.0
        return self._spent + self._last <= self._share * (seconds + min(left / 2, LENT_SECONDS))

    def keep(self, seconds: float) -> None:
        """Keep the parameters before an update whose size is going to be asked for."""
        if self.may_look(seconds):
            started = time.perf_counter()
            self._before = (self._state.step, self._state.network.parameters.copy())
            self._spent += time.perf_counter() - started

    def look(self, seconds: float) -> tuple[LayerHealth, ...] | None:
        """The health of each layer, the output layer last; None when it is too early for another look."""
        if not self.may_look(seconds):
            return None
        if self._began is None:
            self._began = (self._state.step, seconds)
        started = time.perf_counter()
        with np.errstate(all="ignore"):  # weights may be close to the largest number there is
            found = self._measure()
        self._last = time.perf_counter() - started
        self._spent += self._last
        return found

    def _measure(self) -> tuple[LayerHealth, ...]:
        state = self._state
        if self._copy is None:
            self._prepare()
        assert self._copy is not None
        network, bound = self._copy, self._bound
        network.load_parameters(state.network.parameters)
        bound.forward(np.random.default_rng(state.config.seed))
        outputs = {place: layer.y.copy() for place, layer in bound.layers if hasattr(layer, "activation")}
        loss = training_loss(state.config.loss, state.config.label_smoothing)
        loss.gradient(bound.logits, self._labels, 1.0, bound.dlogits)
        bound.backward()
        rows = network.summary()
        return tuple(
            self._layer(place, rows[place].name, outputs[place], layer.dy)
            for place, layer in bound.layers
            if place in outputs
        )

    def _prepare(self) -> None:
        """A copy of the network with buffers of its own: batch normalisation would learn from being looked at."""
        state = self._state
        chosen = state.split.train[:IMAGES]
        self._copy = Network(state.config, np.random.default_rng(state.config.seed))
        self._bound = self._copy.bind(len(chosen), np.zeros(self._copy.parameter_count, np.float32))
        self._bound.input.load(as_rows(state.dataset.train_images[chosen]), np.arange(len(chosen)))
        self._labels = state.dataset.train_labels[chosen].astype(np.intp)

    def _layer(self, place: int, name: str, y: np.ndarray, dy: np.ndarray) -> LayerHealth:
        network, activation = self._copy, self._state.network.layers[place].activation  # type: ignore[union-attr]
        assert network is not None
        now = network.views(place, network.parameters)
        weights = "W" if "W" in now else "gain"
        update = None
        if self._before is not None and self._before[0] == self._state.step - 1:
            update = _relative(now[weights], network.views(place, self._before[1])[weights])
        images_axis = 0 if y.ndim == 2 else -1
        by_unit = np.moveaxis(y, images_axis, 0)  # (n, units, ...)
        peaks = np.abs(by_unit).max(axis=(0, *range(2, y.ndim)))
        return LayerHealth(
            name=name,
            activation=_quantiles(y),
            gradient=_quantiles(np.abs(dy)),
            gradient_rms=float(np.sqrt(np.mean(np.square(dy, dtype=np.float64)))),
            dead=float((peaks == 0).mean()) if activation == "relu" else None,
            saturated=saturated_share(y, activation) if activation in ("sigmoid", "tanh") else None,
            update=update,
        )


def health_text(health: tuple[LayerHealth, ...]) -> str:
    """The health of all layers as JSON; numbers with four digits, null for one that is not finite."""
    return json.dumps([{name: _plain(value) for name, value in asdict(layer).items()} for layer in health])


def health_from_text(text: str) -> tuple[LayerHealth, ...]:
    """What ``health_text`` has written."""
    rows: list[dict[str, Any]] = json.loads(text)
    return tuple(
        LayerHealth(**{**row, "activation": tuple(row["activation"]), "gradient": tuple(row["gradient"])})
        for row in rows
    )


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float):
        return float(f"{value:.4g}") if np.isfinite(value) else None
    return value


def _quantiles(values: np.ndarray) -> tuple[float, ...]:
    flat = values.reshape(-1)
    flat = flat[:: max(1, len(flat) // VALUES)]
    return tuple(float(value) for value in np.quantile(flat, QUANTILES))


def _relative(now: np.ndarray, before: np.ndarray) -> float | None:
    """How long an update was, as a share of the weights' length before; None where those were all zero."""
    length = float(np.linalg.norm(before.astype(np.float64)))
    return float(np.linalg.norm(now.astype(np.float64) - before)) / length if length else None
