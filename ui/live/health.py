"""The health of a network's layers in the live view: small ribbons over the steps, and what is wrong in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.training.diagnosis import Fault, diagnose
from mnistcore.training.health import HEALTH_SHARE, IMAGES, LayerHealth
from ui.frame.words import plain
from ui.pictures.figures import svg_html

if TYPE_CHECKING:
    from mnistcore.runs import Run, RunStore

WIDTH, HEIGHT = 200, 44  # of a ribbon's own coordinates
COLOR = "#5273e6"
USUAL_UPDATE = 1e-3
FLOOR, LOWEST = 1e-12, -12.0  # what is smaller is drawn there, zeros too; its logarithm
MOST_LAYERS = 12
Band = Sequence[Sequence[float]]  # at each step the quantiles from low to high, or one value


class LiveHealth:
    """What one page has read of a run's health so far: by step, what is wrong, and the ribbons as HTML.

    The ribbons are drawn again only when there is a new record: the page looks once or twice a second.
    """

    def __init__(self, store: RunStore, run_id: str) -> None:
        self._store, self._run_id = store, run_id
        self.recorded: dict[int, tuple[LayerHealth, ...]] = {}
        self.faults: list[Fault] = []
        self.html = ""

    def refresh(self, run: Run) -> LiveHealth:
        """The health up to now; read from the start if the run went back to a checkpoint."""
        newest = max(self.recorded, default=-1)
        if run.step < newest:
            self.recorded, newest = {}, -1
        if news := self._store.health(self._run_id, newest):
            self.recorded |= news
            self.faults, self.html = diagnose(self.recorded), _rows_html(self.recorded)
        return self


def show_health(run: Run, health: LiveHealth) -> None:
    """What is wrong with the layers in words, and below, to unfold, a row of ribbons for each."""
    with st.container():
        if not run.is_guessing:  # else the reason has been given
            for fault in health.faults:
                if not fault.is_over:
                    st.warning(plain(fault.words), icon=":material/monitor_heart:")
    with st.expander("Health of the layers", icon=":material/monitor_heart:"):
        if not health.recorded:
            st.caption(_nothing(run))
            return
        for fault in health.faults:
            if fault.is_over or run.is_guessing:
                st.markdown(plain(fault.words))
        if not health.faults:
            st.markdown(_healthy(list(health.recorded.values())[-1]))
        st.html(health.html)
        st.caption(_explanation(list(health.recorded)))


def _explanation(steps: Sequence[int]) -> str:
    return (
        f"From left to right steps {steps[0]:,} to {steps[-1]:,}, on a log scale. A ribbon holds 90 % of the values, "
        "its dark part the middle half, the line is their median. Gradients and updates have a log scale, the same for "
        "all layers; the dashed line marks an update of a thousandth, which is usual. "
        f"Measured on {IMAGES} training images with the snapshots, in at most {100 * HEALTH_SHARE:.0f} % of the time."
    )


def _nothing(run: Run) -> str:
    if run.is_active:
        return "The health of the layers is recorded with the first snapshots."
    return "No health of the layers was recorded with this run: it was made by an older version, or imported."


def _healthy(layers: Sequence[LayerHealth]) -> str:
    first, last = layers[0].gradient_rms, layers[-1].gradient_rms
    if len(layers) == 1 or not first or not last:
        return "Nothing stands out."
    ratio = first / last
    size = f"{ratio:.2g} times as large" if ratio < 1 else f"{ratio:,.1f} times as large"
    return f"Nothing stands out: the gradient that arrives in the first layer is {size} as at the output."


def _rows_html(recorded: dict[int, tuple[LayerHealth, ...]]) -> str:
    """A row for each layer: its name and shares, activations, gradients, updates."""
    steps, layers = list(recorded), list(zip(*recorded.values(), strict=True))
    outputs = [[_finite(one.activation) for one in history] for history in layers]
    gradients = [[_logs(one.gradient) for one in history] for history in layers]
    updates = [[_logs([one.update]) if one.update is not None else [] for one in history] for history in layers]
    rows = "".join(
        '<div style="display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.2rem 1rem;'
        'padding:.35rem 0;border-top:1px solid rgba(128,128,128,.25);align-items:center">'
        f"<div><b>{escape(history[-1].name)}</b><br>"
        f'<span style="opacity:.75;font-size:.8rem">{escape(_shares(history[-1]))}</span></div>'
        + _cell("Outputs", _range(history[-1].activation), steps, outputs[place], _ends([outputs[place]]))
        + _cell("Gradient", _range(history[-1].gradient), steps, gradients[place], _ends(gradients, LOWEST))
        + _cell(
            "Update ÷ weights", _number(history[-1].update), steps, updates[place], _ends(updates, LOWEST), USUAL_UPDATE
        )
        + "</div>"
        for place, history in enumerate(layers[:MOST_LAYERS])
    )
    more = len(layers) - MOST_LAYERS
    return rows + (f"<div>… and {more} more layers</div>" if more > 0 else "")


def _shares(layer: LayerHealth) -> str:
    if layer.dead is not None:
        return f"{100 * layer.dead:.0f} % dead"
    return "" if layer.saturated is None else f"{100 * layer.saturated:.0f} % saturated"


def _cell(
    title: str,
    newest: str,
    steps: Sequence[int],
    band: Band,
    ends: tuple[float, float],
    mark: float | None = None,
) -> str:
    label = f"{title} {newest}"
    return (
        f'<div><div style="font-size:.75rem;opacity:.75;white-space:nowrap;overflow:hidden;text-overflow:ellipsis">'
        f"{escape(label)}</div>{_ribbon_html(steps, band, ends, mark, label)}</div>"
    )


def _ribbon_html(steps: Sequence[int], band: Band, ends: tuple[float, float], mark: float | None, label: str) -> str:
    """The quantiles as two nested areas and a line, or one line where there is one value a step."""
    low, high = ends
    span, newest = (high - low) or 1.0, math.log1p(steps[-1]) or 1.0
    places = [
        (WIDTH * math.log1p(step) / newest, [HEIGHT * (1 - (value - low) / span) for value in values])
        for step, values in zip(steps, band, strict=True)
        if values
    ]
    shapes = ""
    if places and len(places[0][1]) == 5:
        shapes += _area(places, 0, 4, 0.22) + _area(places, 1, 3, 0.4)
    if places:
        middle = len(places[0][1]) // 2
        points = " ".join(f"{x:.1f},{ys[middle]:.1f}" for x, ys in places)
        shapes += f'<polyline points="{points}" fill="none" stroke="{COLOR}" stroke-width="1.6"/>'
    if mark is not None:
        y = HEIGHT * (1 - (math.log10(mark) - low) / span)
        if 0 <= y <= HEIGHT:
            shapes += f'<path d="M0,{y:.1f}H{WIDTH}" stroke="#8b8f99" stroke-width="1" stroke-dasharray="4 4"/>'
    return svg_html(shapes, WIDTH, HEIGHT, label)


def _area(places: Sequence[tuple[float, Sequence[float]]], low: int, high: int, opacity: float) -> str:
    outline = [(x, ys[high]) for x, ys in places] + [(x, ys[low]) for x, ys in reversed(places)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in outline)
    return f'<polygon points="{points}" fill="{COLOR}" fill-opacity="{opacity}"/>'


def _logs(values: Sequence[float | None]) -> list[float]:
    return [math.log10(max(value or 0.0, FLOOR)) for value in values]


def _finite(values: Sequence[float | None]) -> list[float]:
    """The quantiles, or nothing where one of them is no finite number, as just before a run diverges."""
    return [] if None in values else [value for value in values if value is not None]


def _ends(bands: Sequence[Band], above: float = -math.inf) -> tuple[float, float]:
    """The lowest and the highest of the values ``above`` a limit: zeros on a log scale do not stretch it."""
    values = [value for band in bands for step in band for value in step if value > above] or [0.0]
    return min(values), max(values)


def _range(values: Sequence[float]) -> str:
    return f"{_number(values[0])} to {_number(values[-1])}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}".replace("-", "−").replace("e−0", "e−")
