"""The drawings of a race: a curve for each network in one chart, and a lane for each below it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ui.frame.words import PERCENT_AXIS
from ui.pictures import live_charts
from ui.pictures.run_curves import run_colors

if TYPE_CHECKING:
    import pandas as pd

HEIGHT = 260


@dataclass(frozen=True)
class Lane:
    """What a lane shows: how far it is (a share of 1), its place if it has one, and texts."""

    label: str
    setting: str
    place: int | None
    share: float
    accuracy: str
    words: str


def race_data(histories: Mapping[str, pd.DataFrame], x: str, smoothing: int, over: Sequence[str]) -> pd.DataFrame:
    """The accuracy curves of the histories, by label: x, value, part (Training or Validation) and run.

    over: labels of runs that have finished, whose last training figure is no part of the curve.
    """
    import pandas as pd

    pieces = [
        live_charts.curve_data(table, x, "accuracy", is_over=label in over, smoothing=smoothing).assign(run=label)
        for label, table in histories.items()
    ]
    data = pd.concat(pieces, ignore_index=True)
    return data[data["part"] != live_charts.MEASURED]


def race_domain(data: pd.DataFrame, whole: bool, is_active: bool) -> list[float]:
    """The range of accuracies to show: of each curve all but its steep start; in steps of 5 % while they move, so that
    the chart stays in place."""
    if whole or not len(data):
        return [0.0, 1.0]
    settled = data[data["x"] >= 0.05 * data.groupby("run")["x"].transform("max")]["value"]
    low, high = float(settled.min()), float(settled.max())
    if is_active:
        return [math.floor(20 * low) / 20, 1.0]
    margin = 0.05 * (high - low) or 0.01
    return [max(0.0, low - margin), min(1.0, high + margin)]


def race_spec(labels: Sequence[str], x: str, domain: Sequence[float]) -> dict[str, Any]:
    """The Vega-Lite specification: validation solid with dots, training faint and dashed, a colour for each network."""
    parts = [live_charts.PARTS["train"], live_charts.PARTS["validation"]]
    encoding: dict[str, Any] = {
        "x": {"field": "x", "type": "quantitative", "title": live_charts.AXES[x],
              "axis": {"grid": False}, "scale": {"nice": False}},
        "y": {"field": "value", "type": "quantitative", "title": None,
              "axis": {"format": PERCENT_AXIS}, "scale": {"zero": False, "nice": False, "domain": list(domain)}},
        "color": {"field": "run", "type": "nominal", "legend": None,
                  "scale": {"domain": list(labels), "range": run_colors(labels)}},
        "strokeDash": {"field": "part", "type": "nominal", "legend": None,
                       "scale": {"domain": parts, "range": [[3, 3], [1, 0]]}},
        "opacity": {"field": "part", "type": "nominal", "legend": None,
                    "scale": {"domain": parts, "range": [0.4, 1.0]}},
        "tooltip": [{"field": "run", "type": "nominal", "title": "Network"},
                    {"field": "part", "type": "nominal", "title": "Part"},
                    {"field": "x", "type": "quantitative", "title": live_charts.AXES[x], "format": ".4~g"},
                    {"field": "value", "type": "quantitative", "title": "accuracy", "format": ".2%"}],
    }  # fmt: skip
    lines = {"mark": {"type": "line", "clip": True, "strokeWidth": 2.5}, "encoding": live_charts.AS_GIVEN}
    dots = {
        "transform": [{"filter": f"datum.part == '{parts[1]}'"}],
        "mark": {"type": "point", "filled": True, "size": 30, "clip": True},
        "encoding": {"strokeDash": {"value": [1, 0]}},
    }
    return {"height": HEIGHT, "encoding": encoding, "layer": [lines, dots], "config": {"axis": {"labelFontSize": 12}}}


def lanes_html(lanes: Sequence[Lane]) -> str:
    """A lane for each network: its colour, its place, its name and setting, how far it is, and its accuracy."""
    rows = (_lane(lane, color) for lane, color in zip(lanes, run_colors([lane.label for lane in lanes]), strict=True))
    return (
        '<div role="list" style="display:flex;flex-direction:column;gap:.9rem;font-variant-numeric:tabular-nums">'
        f"{''.join(rows)}</div>"
    )


def _lane(lane: Lane, color: str) -> str:
    place = "–" if lane.place is None else f"{lane.place}."
    share = 100 * min(1.0, max(0.0, lane.share))
    setting = f'<span style="opacity:.7;font-size:.9rem">{escape(lane.setting)}</span>' if lane.setting else ""
    return (
        f'<div role="listitem" style="border-left:5px solid {color};padding-left:.8rem">'
        '<div style="display:flex;flex-wrap:wrap;align-items:baseline;gap:.1rem .8rem;overflow-wrap:anywhere">'
        f'<span style="font-size:1.35rem;min-width:1.6rem" aria-label="Place">{place}</span>'
        f"<strong>{escape(lane.label)}</strong>{setting}"
        f'<span style="margin-left:auto;font-size:1.35rem">{escape(lane.accuracy)}</span></div>'
        f'<div role="progressbar" aria-label="{escape(lane.label)}" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{share:.0f}" '
        'style="height:8px;border-radius:4px;background:rgba(128,128,128,.2);margin:.3rem 0">'
        f'<div style="height:8px;border-radius:4px;width:{share:.1f}%;background:{color}"></div></div>'
        f'<div style="opacity:.8;font-size:.9rem">{escape(lane.words)}</div></div>'
    )
