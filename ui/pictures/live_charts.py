"""The live view's drawings, as light as possible: charts, their legend, and figures in a row."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcore.runs.curves import training_curves
from ui.frame.words import PERCENT_AXIS
from ui.pictures.smoothing import USUAL

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.runs import Run

HEIGHT = 190  # of a live chart: with its batch and its weight images it is on one screen of 1280 × 800
AXES = {"epoch": "Epoch", "step": "Step", "seconds": "Seconds"}
PLAIN = "Validation, plain weights"  # where the run's own are a mean of them
PARTS = {
    "train": "Training",
    "validation": "Validation",
    "plain_validation": PLAIN,
    "test": "Test (never to choose by)",
}
# Middle tones that read on both backgrounds; the dash tells them apart as well.
MEASURED, FAINT = "Training, as measured", 0.35  # behind its smoothed curve
COLORS = {"train": "#8b8f99", "validation": "#5273e6", "plain_validation": "#a56cc1", "test": "#c2853a"}
BORDERS = {"train": "dashed", "validation": "solid", "plain_validation": "dashed", "test": "dotted"}
# For lines whose points come in order. To sort them, Vega-Lite derives a row from each, and Vega never forgets one: of
# data that were exchanged twice a second a browser kept 2 MB a minute.
AS_GIVEN: dict[str, Any] = {"order": {"value": None}}
DASHES = {"train": [5, 3], "validation": [1, 0], "plain_validation": [6, 2, 2, 2], "test": [2, 2]}


def curve_data(
    history: pd.DataFrame,
    x: str,
    measure: str,
    with_test: bool = False,
    with_plain: bool = False,
    is_over: bool = False,
    smoothing: float = USUAL,
    earlier: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """The curves of `measure` ("loss" or "accuracy") in long form: x, value, part; rows not measured are left out.

    with_plain: whether the run's weights are a mean, so that those of each step have a curve of their own.
    with_test: whether the run follows the test set; else its one figure at the end is no curve.
    is_over: the last training figure is then over the whole training part, no mean over batches: no part of the curve.
    smoothing: of the training curve, in percent of the images so far; how it was measured is behind it then.
    earlier: histories of other runs by label; their rows, behind the others, have that label in the column `earlier`.
    """
    import pandas as pd

    smoothed = training_curves(history, smoothing, is_over)
    curves = {PARTS[part]: smoothed[f"{part}_{measure}"] for part in _shown(with_test, with_plain)}
    if smoothing:
        curves = {MEASURED: training_curves(history, 0, is_over)[f"train_{measure}"]} | curves
    pieces = []
    for title, column in curves.items():
        measured = np.isfinite(column.to_numpy(np.float32))
        points = {"x": history[x].to_numpy(np.float32)[measured], "value": column.to_numpy(np.float32)[measured]}
        pieces.append(pd.DataFrame(points | {"part": title}))
    behind = [
        curve_data(table, x, measure, with_test, with_plain, smoothing=smoothing).assign(earlier=label)
        for label, table in (earlier or {}).items()
    ]
    behind = [curves[curves["part"] != MEASURED] for curves in behind]
    return pd.concat([*behind, *pieces], ignore_index=True)


def _shown(with_test: bool, with_plain: bool, with_validation: bool = True) -> list[str]:
    """The parts that have a curve, in the order of the legend."""
    is_shown = {"test": with_test, "plain_validation": with_plain, "validation": with_validation}
    return [part for part in PARTS if is_shown.get(part, True)]


def curve_spec(
    x: str,
    measure: str,
    with_test: bool,
    domain: list[float] | None = None,
    with_plain: bool = False,
    with_earlier: bool = False,
) -> dict[str, Any]:
    """The Vega-Lite specification of a live chart.

    A plain dict, the same at every update: Streamlit then exchanges the data alone and the chart stays in place
    (Altair's own checks took 20 ms a chart). `domain`: the y range; what the data need if None. `with_earlier`: whether
    the data have a column `earlier`, whose curves are behind the others, faint.
    """
    shown = _shown(with_test, with_plain)
    titles = [MEASURED, *(PARTS[part] for part in shown)]
    look = {"field": "part", "type": "nominal", "legend": None}
    percent = measure == "accuracy"
    scale: dict[str, Any] = {"zero": False, "nice": domain is None} | ({} if domain is None else {"domain": domain})
    encoding: dict[str, Any] = {
        "x": {
            "field": "x",
            "type": "quantitative",
            "title": AXES[x],
            "axis": {"grid": False, "tickCount": 6},
            "scale": {"nice": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "axis": {"format": PERCENT_AXIS if percent else "~g", "tickCount": 5},
            "scale": scale,
        },
        "color": look | {"scale": {"domain": titles, "range": [COLORS[part] for part in ("train", *shown)]}},
        "strokeDash": look | {"scale": {"domain": titles, "range": [[1, 0], *(DASHES[part] for part in shown)]}},
        "opacity": look | {"scale": {"domain": titles, "range": [FAINT, *(1 for _ in shown)]}},
        "tooltip": [
            {"field": "part", "type": "nominal", "title": "Images"},
            {"field": "x", "type": "quantitative", "title": AXES[x], "format": ",.2~f"},
            {"field": "value", "type": "quantitative", "title": measure, "format": ".2%" if percent else ".4f"},
        ],
    }
    own = [{"filter": "datum.earlier == null"}] if with_earlier else []
    dots = {
        "transform": [*own, {"filter": f"indexof(['{MEASURED}', '{PARTS['train']}'], datum.part) < 0"}],
        "mark": {"type": "point", "filled": True, "size": 18, "clip": True, "strokeDash": [1, 0]},
        "encoding": {"strokeDash": {"value": [1, 0]}},
    }
    mark = {"type": "line", "clip": True, "strokeWidth": 2}
    layer = [{"transform": own, "mark": mark, "encoding": AS_GIVEN}, dots]
    if with_earlier:
        layer.insert(0, _earlier_layer(encoding["tooltip"]))
    return {"height": HEIGHT, "encoding": encoding, "layer": layer, "config": {"axis": {"labelFontSize": 12}}}


def _earlier_layer(tooltip: list[dict[str, str]]) -> dict[str, Any]:
    """The same curves of earlier runs, faint."""
    which = {"field": "earlier", "type": "nominal", "title": "Earlier run"}
    return {
        "transform": [{"filter": "datum.earlier != null"}],
        "mark": {"type": "line", "clip": True, "strokeWidth": 1.5},
        "encoding": {
            "detail": {"field": "earlier", "type": "nominal"},
            "opacity": {"value": FAINT},
            "tooltip": [which, *tooltip],
            **AS_GIVEN,
        },
    }


def shown_domain(run: Run, data: pd.DataFrame, measure: str, whole: bool) -> list[float] | None:
    """The y range of a chart of a run: all of it while the run is young or when ``whole``, then what matters of it.

    While it trains an accuracy's range moves in steps of 5 %: a new range replaces the chart, new data do not.
    """
    is_share = measure == "accuracy"
    if whole or is_young(run):
        return [0.0, 1.0] if is_share else None
    domain = settled_domain(data)
    if domain is None or not run.is_active:
        return domain
    return [math.floor(20 * domain[0]) / 20, 1.0] if is_share else None


def is_young(run: Run) -> bool:
    """Whether a run that trains is in its first epoch, or in its first twentieth."""
    return run.is_active and (run.epoch < 1 or not run.total_steps or run.step < run.total_steps / 20)


def settled_domain(data: pd.DataFrame) -> list[float] | None:
    """The y range of an ended run without its steep first twentieth, which would flatten the rest."""
    data = data[data["part"] != MEASURED]
    settled = data[data["x"] >= data["x"].max() * 0.05]["value"] if len(data) else []
    if len(settled) < 4:
        return None
    low, high = float(min(settled)), float(max(settled))
    margin = 0.05 * (high - low) or 0.01
    return [max(0.0, low - margin), high + margin]


def legend_html(with_test: bool, with_validation: bool = True, with_plain: bool = False) -> str:
    """The legend of both charts: a stroke as it is drawn, and its name."""
    entries = [
        '<span style="display:inline-flex;align-items:center;gap:.45rem">'
        f'<span style="width:1.6rem;border-top:2.5px {BORDERS[part]} {COLORS[part]}"></span>'
        f"{escape(PARTS[part])}</span>"
        for part in _shown(with_test, with_plain, with_validation)
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;font-size:.875rem">{"".join(entries)}</div>'


def figures_html(figures: dict[str, str]) -> str:
    """Figures in a row that wraps: each a quiet label with its value below."""
    cells = "".join(
        f'<div><div style="font-size:.8rem;opacity:.7">{escape(label)}</div>'
        f'<div style="font-size:1.35rem;line-height:1.3">{escape(value)}</div></div>'
        for label, value in figures.items()
    )
    style = "display:flex;flex-wrap:wrap;gap:.6rem 2.2rem;margin:0;padding:0;font-variant-numeric:tabular-nums"
    return f'<div style="{style}">{cells}</div>'
