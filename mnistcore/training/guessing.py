"""Whether a run has got beyond guessing, and if not, what its own numbers say of the reason.

Looked at where the run is evaluated anyway. The initial weights, with which everything is compared, are drawn anew from
the seed: nothing is kept for this, and a run that learns pays one comparison of two numbers.
"""

import math

import numpy as np

from mnistcore.nn import Network
from mnistcore.training.metrics import Evaluation
from mnistcore.training.signs import LayerSigns, NetworkSigns, network_signs
from mnistcore.training.state import TrainingState

GUESSING = "No better than guessing"
NAMES = {"train": "training", "validation": "validation", "test": "test"}
FEWEST_IMAGES = 200  # among fewer, chance alone may be far from its mean
FIRST_STEP = 20  # a network needs some updates before its state says anything
PATIENCE_STEPS, PATIENCE_EPOCHS = 100, 1  # before a run without any fault in its numbers is said to learn nothing
FALLING = 0.995  # a loss below this share of the one at half the steps is falling
SAMPLE = 200  # images whose activations are looked at
MOST = 0.8  # of a layer's units or outputs
SMALL_MOVE, LARGE_MOVE = 0.01, 3.0  # of the weights since the beginning, as a share of their initial size


class GuessWatch:
    """Follows the evaluations of one run; ``message`` is what is to be said of it now, None if it learns."""

    def __init__(self, state: TrainingState) -> None:
        self._state = state
        self._losses: list[tuple[int, float]] = []
        self.message: str | None = None

    def look(self, found: dict[str, Evaluation], is_over: bool = False) -> None:
        """Take note of an evaluation; of several, by the name of the part of the data set, the first counts."""
        if not found:
            return
        part, one = next(iter(found.items()))
        step = self._state.step
        self._losses.append((step, one.loss))
        self.message = None
        share = one.most / max(1, one.count)
        if (
            step == 0
            or one.count < FEWEST_IMAGES
            or one.accuracy > share + 3 * math.sqrt(share * (1 - share) / one.count)
        ):
            return
        reason = self._reason(is_over)
        if reason is not None:
            self.message = (
                f"{GUESSING}: after {step:,} steps {one.correct:,} of {one.count:,} {NAMES[part]} images are "
                f"classified correctly, and always answering {one.commonest} would get {one.most:,}. {reason}"
            )

    def _reason(self, is_over: bool) -> str | None:
        """The reason and the remedy; None while it is too early to say that the run learns nothing."""
        state = self._state
        if not is_over and state.step < FIRST_STEP:
            return None
        initial = Network(state.config, np.random.default_rng(state.config.seed))
        images = state.dataset.train_images[state.split.train[:SAMPLE]]
        signs = network_signs(state.network, initial, images)
        reason = _fault(state, signs, network_signs(initial, initial, images))
        if reason is not None:
            return reason
        is_early = state.step < PATIENCE_STEPS or state.images_seen < PATIENCE_EPOCHS * state.train_count
        if not is_over and (is_early or self._is_falling()):
            return None
        return _slowness(state, signs, self._is_falling())

    def _is_falling(self) -> bool:
        """Whether the loss is clearly lower than it was after half the steps."""
        step, loss = self._losses[-1]
        earlier = [known for at, known in self._losses if at <= step / 2]
        return bool(earlier) and loss < FALLING * earlier[-1]


def _fault(state: TrainingState, now: NetworkSigns, before: NetworkSigns) -> str | None:
    """What keeps the network from learning, as far as it shows in its units and weights."""
    hidden = list(zip(now.hidden, before.hidden, strict=True))
    for layer, _ in hidden:
        if layer.is_alike:
            words = f"All {layer.units} units of {layer.title} have the same weights, so they all learn the same."
            return f"{words} {_others(state)}"
    for layer, first in hidden:
        if layer.dead >= MOST * layer.units:
            words = f"{layer.dead} of {layer.units} units of {layer.title} are dead: they output 0 for every image."
            return f"{words} {_cause(state, layer, first.dead >= MOST * first.units)}"
    for layer, first in hidden:
        if layer.saturated >= MOST:
            words = f"{_percent(layer.saturated)} of the outputs of {layer.title} are saturated."
            return f"{words} {_cause(state, layer, first.saturated >= MOST)}"
    if now.saturated >= MOST * now.images:
        words = f"The network's outputs are saturated for {now.saturated} of {now.images} images."
        return f"{words} {_cause(state, now.layers[-1], before.saturated >= MOST * before.images)}"
    furthest = max(now.layers, key=lambda layer: layer.moved or 0)
    return _cause(state, furthest, False) if (furthest.moved or 0) > LARGE_MOVE else None


def _cause(state: TrainingState, layer: LayerSigns, was_so_before: bool) -> str:
    """Whether the initial weights or the updates brought a layer there, and what to do."""
    if was_so_before:
        return f"They were so from the beginning. {_others(state)}"
    moved = "" if layer.moved is None else (
        f": they have moved the weights of {layer.title} by {_times(layer.moved)} their initial size"
    )  # fmt: skip
    return (
        f"The updates were too large{moved}. Start again with a lower learning rate (it was {state.learning_rate:g})."
    )


def _others(state: TrainingState) -> str:
    kind = state.config.initialization.kind
    return f"Start again with other initial weights, such as He or Glorot (they were {kind!r})."


def _slowness(state: TrainingState, now: NetworkSigns, is_falling: bool) -> str:
    """What to say where no unit shows a fault."""
    ways = sorted((layer.moved, layer.title) for layer in now.layers if layer.moved is not None)
    if ways and ways[0][0] < SMALL_MOVE and ways[-1][0] > 10 * ways[0][0]:
        return (
            f"The updates hardly reach {ways[0][1]}: its weights have moved by {_percent(ways[0][0])} of their size, "
            f"those of {ways[-1][1]} by {_percent(ways[-1][0])}. Start again with ReLU, fewer layers or Adam."
        )
    if is_falling:
        return "The loss is still falling: train for longer, or with a higher learning rate."
    if ways and ways[-1][0] < SMALL_MOVE:
        return (
            f"The updates are too small: they have moved no layer's weights by more than {_percent(ways[-1][0])} of "
            f"their size. Start again with a higher learning rate (it was {state.learning_rate:g})."
        )
    return "No units are dead or saturated, and the weights have moved: look at the images and labels of the data set."


def _times(ratio: float) -> str:
    return "more than 1,000 times" if ratio > 1000 else f"{ratio:.3g} times"


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"
