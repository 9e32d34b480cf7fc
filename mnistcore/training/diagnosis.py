"""What the recorded health of a network says: where something is wrong with its layers, and what to do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mnistcore.training.health import LayerHealth

Layers = Sequence[LayerHealth]
MANY = 0.5  # of a layer's units or outputs
VANISHING, EXPLODING = 100, 30  # times smaller, or larger, in the first layer than at the output
LARGE_UPDATE = 0.1  # of a layer's weights; about 0.001 is usual


@dataclass(frozen=True)
class Fault:
    """What is wrong, with its remedy; ``is_over``: it was so up to a step that ``words`` name, and is no longer."""

    words: str
    is_over: bool


def diagnose(recorded: Mapping[int, Layers]) -> list[Fault]:
    """Every fault there is or was; ``recorded`` has the health of all layers by step."""
    steps = sorted(recorded, reverse=True)
    found = []
    for check, remedy in _CHECKS:
        step = next((step for step in steps if check(recorded[step])), None)
        if step is not None:
            is_over = step != steps[0]
            when = f"Up to step {step:,}: " if is_over else ""
            found.append(Fault(f"{when}{check(recorded[step])} {remedy}", is_over))
    return found


def _saturated(layers: Layers) -> str | None:
    worst = max(layers, key=lambda layer: layer.saturated or 0)
    if (worst.saturated or 0) < MANY:
        return None
    return (
        f"{100 * (worst.saturated or 0):.0f} % of the outputs of {_place(worst)} are saturated: "
        "there the activation is flat, and hardly any gradient passes."
    )


def _dead(layers: Layers) -> str | None:
    worst = max(layers, key=lambda layer: layer.dead or 0)
    if (worst.dead or 0) < MANY:
        return None
    return f"{100 * (worst.dead or 0):.0f} % of the units of {_place(worst)} are dead: they output 0 for every image."


def _vanishing(layers: Layers) -> str | None:
    first, last = layers[0].gradient_rms or 0.0, layers[-1].gradient_rms or 0.0
    if not last or first * VANISHING > last:
        return None
    smaller = (
        f"{_rounded(last / first)} times smaller in {_place(layers[0])} than"
        if first
        else "0 in the first layer, and not"
    )
    return f"The gradient vanishes on its way back: it is {smaller} at the output, so the first layers hardly learn."


def _exploding(layers: Layers) -> str | None:
    first, last = layers[0].gradient_rms or 0.0, layers[-1].gradient_rms or 0.0
    if not last or first < EXPLODING * last:
        return None
    larger = f"{_rounded(first / last)} times larger in {_place(layers[0])}"
    return f"The gradient explodes on its way back: it is {larger} than at the output."


def _large_updates(layers: Layers) -> str | None:
    worst = max(layers, key=lambda layer: layer.update or 0)
    if (worst.update or 0) < LARGE_UPDATE:
        return None
    return f"One update changes the weights of {_place(worst)} by {100 * (worst.update or 0):.0f} % of their size."


def _place(layer: LayerHealth) -> str:
    """`layer 2`, or `the output layer`."""
    number = layer.name.split(" ")[0]
    return f"layer {number}" if number.isdigit() else "the output layer"


def _rounded(ratio: float) -> str:
    return f"{float(f'{ratio:.2g}'):,.0f}"


_CHECKS: tuple[tuple[Callable[[Layers], str | None], str], ...] = (
    (_saturated, "Use ReLU, or smaller initial weights."),
    (_dead, "Use a lower learning rate, or leaky ReLU."),
    (_vanishing, "Use ReLU with He's initial weights, or fewer layers."),
    (_exploding, "Use smaller initial weights, such as He's or Glorot's."),
    (_large_updates, "Use a lower learning rate."),
)
