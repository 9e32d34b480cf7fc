"""The equations of learning from scratch, each with its array shapes and the numbers of a real step."""

from __future__ import annotations

from collections.abc import Mapping

from mnistcore.insight.batch_step import BatchStep, Values
from mnistcore.plain.activations import relu, relu_derivative
from mnistcore.plain.dense import dense, dense_backward
from mnistcore.plain.losses import softmax, softmax_cross_entropy, softmax_cross_entropy_gradient
from mnistcore.plain.optimizers import sgd
from ui.frame.words import percent
from ui.systems import fast_twins
from ui.systems.system import Equation

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def scratch_equations(step: BatchStep | None) -> list[Equation]:
    """Forward, loss, back-propagation and update of a network with one hidden layer; shapes and numbers of `step`."""
    return [*_forward(step), *_backward(step), _update(step)]


def _forward(step: BatchStep | None) -> list[Equation]:
    return [
        Equation(
            "Forward: weighted sums",
            r"Z_1 = X W_1 + b_1 \qquad Z_2 = A_1 W_2 + b_2",
            dense,
            "A row of $X$ for each of $m$ images. Every layer does the same: multiply, add, apply its activation."
            + _table({"X": step.inputs} | _parameters(step) if step else None),
            **fast_twins.DENSE,
        ),
        Equation(
            "Forward: ReLU",
            r"A_1 = \max(Z_1, 0)",
            relu,
            "What is below zero becomes zero: those units say nothing about the image."
            + (f" Now **{percent(step.layers[0].y.zeros)}** of $A_1$ is zero." if step else "")
            + _table({"A_1": step.layers[0].y, "Z_2": step.layers[1].y} if step else None),
            **fast_twins.RELU,
        ),
        Equation(
            "Forward: softmax",
            r"P = \frac{e^{Z_2}}{\sum_k e^{Z_{2,k}}}",
            softmax,
            "Ten positive numbers for each image that add up to 1."
            + (f" The correct digit gets **{percent(step.confidence)}** on average." if step else "")
            + _table({"P": step.probabilities} if step else None),
            **fast_twins.SOFTMAX,
        ),
        Equation(
            "Loss: cross-entropy",
            r"L = -\frac{1}{m} \sum_i \log P_{i, y_i}",
            softmax_cross_entropy,
            "How surprised the network is by the correct digit $y_i$; guessing would give $\\ln 10 = 2.303$."
            + (f" Now $L$ = **{step.loss:.4f}**, and **{percent(step.accuracy)}** are right." if step else ""),
            **fast_twins.CROSS_ENTROPY,
        ),
    ]


def _backward(step: BatchStep | None) -> list[Equation]:
    return [
        Equation(
            "Back: through softmax and loss",
            r"\mathrm{d}Z_2 = \tfrac{1}{m}\,(P - Y)",
            softmax_cross_entropy_gradient,
            "$Y$ is 1 at the correct digit, else 0: the prediction minus the target."
            + _table({"dZ_2": step.layers[1].dz} if step else None),
            **fast_twins.CROSS_ENTROPY_GRADIENT,
        ),
        Equation(
            "Back: through a layer",
            r"\begin{gathered} \mathrm{d}W_2 = A_1^{\top}\, \mathrm{d}Z_2 \qquad \mathrm{d}b_2 = \textstyle\sum_i"
            r"\mathrm{d}Z_2 \\ \mathrm{d}A_1 = \mathrm{d}Z_2\, W_2^{\top} \end{gathered}",
            dense_backward,
            "A weight's gradient is its input times the error at its output. The first layer: the same with $X$ "
            "and $\\mathrm{d}Z_1$." + _table(_gradients(step) if step else None),
            **fast_twins.DENSE_BACKWARD,
        ),
        Equation(
            "Back: through ReLU",
            r"\mathrm{d}Z_1 = \mathrm{d}A_1 \odot [A_1 > 0]",
            relu_derivative,
            "No gradient passes through a unit whose output was zero."
            + _table({"dZ_1": step.layers[0].dz} if step else None),
            **fast_twins.RELU_BACKWARD,
        ),
    ]


def _update(step: BatchStep | None) -> Equation:
    result = ""
    if step:
        result = f" The loss on the same images goes from {step.loss:.5f} to **{step.loss_after:.5f}**." + _table(
            {f"Δ{name}_{row}": values for row, name, values in _updates(step)}
        )
    return Equation(
        "Update",
        r"W \leftarrow W - \eta\, \mathrm{d}W \qquad b \leftarrow b - \eta\, \mathrm{d}b",
        sgd,
        "Every weight takes one small step against its gradient; then the next iteration begins." + result,
        **fast_twins.SGD,
    )


def _parameters(step: BatchStep) -> dict[str, Values]:
    return {
        f"{name}_{row}": values for row, layer in enumerate(step.layers, 1) for name, values in layer.parameters.items()
    }


def _gradients(step: BatchStep) -> dict[str, Values]:
    return {
        f"d{name}_{row}": values for row, layer in enumerate(step.layers, 1) for name, values in layer.gradients.items()
    }


def _updates(step: BatchStep) -> list[tuple[int, str, Values]]:
    return [(row, name, values) for row, layer in enumerate(step.layers, 1) for name, values in layer.updates.items()]


def _table(arrays: Mapping[str, Values] | None) -> str:
    """Markdown: a row for each array with its shape, its ends and its norm; nothing without arrays."""
    if not arrays:
        return ""
    rows = "\n".join(_row(name, found) for name, found in arrays.items())
    return f"\n\n| array | shape | from … to | norm |\n|:--|:--|:--|--:|\n{rows}"


def _row(name: str, found: Values) -> str:
    shape = " × ".join(f"{size:,}" for size in found.shape)
    return f"| {_symbol(name)} | {shape} | {_short(found.low)} … {_short(found.high)} | {_short(found.norm, 3)} |"


def _short(value: float, digits: int = 2) -> str:
    """A number with a few digits: `0.024`, `−4.5·10⁻⁶`."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    power = "·10" + str(int(exponent)).translate(SUPERSCRIPT) if exponent else ""
    return mantissa.replace("-", "−") + power


def _symbol(name: str) -> str:
    """`dW_1` as TeX with an upright d."""
    for prefix, tex in (("d", r"\mathrm{d}"), ("Δ", r"\Delta ")):
        if name.startswith(prefix):
            return f"${tex}{name[len(prefix) :]}$"
    return f"${name}$"
