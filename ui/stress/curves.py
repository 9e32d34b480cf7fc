"""Accuracy against the level of a distortion: the data of the curves, their chart with names at the lines, a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mnistcore.insight.confusion import accuracy_interval
from mnistcore.insight.distortions import Distortion
from mnistcore.insight.robustness import plain_and_changed
from ui.frame.words import PERCENT_AXIS, percent
from ui.pictures.run_curves import run_colors

HEIGHT = 340
APART = 0.06  # of the axis: names closer than this would overlap
Spec = dict[str, Any]


def curve_data(run_ids: Mapping[str, str], result: Mapping[str, Any]) -> pd.DataFrame:
    """Long form of the analysis' result for runs (title → id): level, accuracy, network, the accuracy's 95 % interval.

    In the rows of the last level `place` is where the network's name stands on the axis, NaN in all others.
    """
    pieces = []
    for title, run_id in run_ids.items():
        shares = np.array(result["accuracy"][run_id], dtype=np.float64)
        interval = [accuracy_interval(round(share * result["count"]), result["count"]) for share in shares]
        low, high = np.array(interval).T
        columns = {"level": result["levels"], "accuracy": shares, "low": low, "high": high}
        pieces.append(pd.DataFrame(columns).assign(network=title, place=np.nan))
    data = pd.concat(pieces, ignore_index=True)
    last = data["level"] == data["level"].max()
    data.loc[last, "place"] = spread(data.loc[last, "accuracy"].to_numpy())
    return data


def spread(values: np.ndarray, apart: float = APART) -> np.ndarray:
    """Shares (n,) moved as little as needed, in order, to lie `apart` from each other and within 0 to 1."""
    order = np.argsort(values, kind="stable")
    steps = apart * np.arange(len(values))
    placed = np.maximum.accumulate(values[order] - steps) + steps
    over = max(0.0, float(placed[-1]) - 1.0)
    ceiling = 1.0 - apart * np.arange(len(values))[::-1]
    result = np.empty(len(values))
    result[order] = np.minimum(placed, ceiling) if over else placed
    return result


def curve_spec(distortion: Distortion, titles: list[str], dark: bool) -> Spec:
    """The Vega-Lite specification, the same at every update: a line a network, its name at the end of it."""
    ends = [min(distortion.levels), max(distortion.levels)]
    x: Spec = {"field": "level", "type": "quantitative", "title": f"{distortion.title}, {distortion.unit}"}
    x |= {"scale": {"domain": ends, "nice": False}, "axis": {"grid": False, "tickCount": 6}}
    y: Spec = {"field": "accuracy", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}
    y |= {"axis": {"format": PERCENT_AXIS, "tickCount": 5}}
    color: Spec = {"field": "network", "type": "nominal", "legend": None}
    color |= {"scale": {"domain": titles, "range": run_colors(titles)}}
    tooltip = [
        {"field": "network", "type": "nominal", "title": "Run"},
        {"field": "level", "type": "quantitative", "title": distortion.title},
        {"field": "accuracy", "type": "quantitative", "title": "Classified correctly", "format": ".1%"},
        {"field": "low", "type": "quantitative", "title": "95 % interval from", "format": ".1%"},
        {"field": "high", "type": "quantitative", "title": "to", "format": ".1%"},
    ]
    lines = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 30}},
        "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip},
    }
    return {
        "height": HEIGHT,
        "padding": {"left": 4, "top": 8, "right": 112, "bottom": 4},
        "layer": [*_neutral(distortion, x), lines, *_names(x, y, color, dark)],
    }


def _neutral(distortion: Distortion, x: Spec) -> list[Spec]:
    """A labelled dashed line at the level that changes nothing."""
    here = {"datum": distortion.neutral, "type": "quantitative", "scale": x["scale"]}
    rule = {"type": "rule", "strokeDash": [3, 3], "color": "#8b8f99"}
    words = {"type": "text", "text": "unchanged", "align": "left", "dx": 5, "dy": -6, "color": "#8b8f99"}
    if distortion.neutral == max(distortion.levels):
        words |= {"align": "right", "dx": -5}
    once: Spec = {"values": [{}]}  # not once for each row of the chart's data
    return [
        {"data": once, "mark": rule, "encoding": {"x": here}},
        {"data": once, "mark": words, "encoding": {"x": here, "y": {"datum": 0, "type": "quantitative"}}},
    ]


def _names(x: Spec, y: Spec, color: Spec, dark: bool) -> list[Spec]:
    """At the last point of each line a dot in its colour and its name."""
    place = {**y, "field": "place"}
    last = [{"filter": "isValid(datum.place)"}]
    dot = {"type": "point", "filled": True, "size": 60, "opacity": 1, "xOffset": 14}
    name = {"type": "text", "align": "left", "baseline": "middle", "dx": 22, "limit": 96, "fontSize": 12}
    name["color"] = "#e6e6e3" if dark else "#22242a"
    text = {"field": "network", "type": "nominal"}
    return [
        {"transform": last, "mark": dot, "encoding": {"x": x, "y": place, "color": color}},
        {"transform": last, "mark": name, "encoding": {"x": x, "y": place, "text": text}},
    ]


def level_table(data: pd.DataFrame, distortion: Distortion, words: Mapping[float, str]) -> pd.DataFrame:
    """A row a level, a column a network: accuracy in percent."""
    wide = data.pivot(index="level", columns="network", values="accuracy")[list(data["network"].unique())]
    table = (100 * wide).reset_index(drop=True)
    table.columns.name = None
    table.insert(0, distortion.title, [words[level] for level in wide.index])
    return table


def summary(data: pd.DataFrame, distortion: Distortion) -> str:
    """Which run loses least from the original images to the mean of all levels, or what a single run loses."""
    accuracies = {
        str(name): plain_and_changed(rows["level"].to_numpy(), rows["accuracy"].to_numpy(), distortion.neutral)
        for name, rows in data.groupby("network", sort=False)
    }
    best = max(accuracies, key=lambda name: accuracies[name][1] - accuracies[name][0])
    plain, changed = accuracies[best]
    figures = f"{percent(plain)} of the original images correctly and {percent(changed)} of the changed ones on average"
    if len(accuracies) == 1:
        return f"**{best}** classifies {figures}."
    return f"**{best}** loses least: it classifies {figures}."
