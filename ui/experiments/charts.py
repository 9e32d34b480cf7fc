"""The charts of an experiment, as Vega-Lite: learning curves, one panel a setting, a heat map, importances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mnistcore.experiments.tables import ALL, BETTER_HALF, HeatMap, shown_from
from ui.frame.words import PERCENT_AXIS
from ui.pictures.live_charts import AS_GIVEN
from ui.pictures.run_curves import AXES, run_colors

QUIET, BAD, MEAN = "#8b8f99", "#D55E00", "#5273e6"
HEIGHT = 300
MOST_IN_SVG = 500  # marks


def renderer(marks: int) -> dict[str, Any]:
    """What a spec has besides where it draws very many marks: pixels in place of an SVG element for each of them.

    A browser computed for 8 s before it had drawn an experiment of 1,000 runs.
    """
    return {"usermeta": {"embedOptions": {"renderer": "canvas"}}} if marks > MOST_IN_SVG else {}


def curves_spec(labels: Sequence[str], against: str, low: float, high: float) -> dict[str, Any]:
    """All learning curves: quiet ones behind, those whose `label` is among the labels in colour.

    Rows with `low` and `high` are means over seeds: the range is a band behind the mean.
    """
    x = {"field": against, "type": "quantitative", "title": AXES[against], "axis": {"grid": False, "tickCount": 6}}
    look = {"field": "label", "type": "nominal", "legend": None}
    behind = {
        "transform": [{"filter": "datum.label == null"}],
        "mark": {"type": "line", "clip": True, "strokeWidth": 1, "opacity": 0.45, "color": QUIET},
        "encoding": {"detail": {"field": "run", "type": "nominal"}, **AS_GIVEN},
    }
    color = look | {"scale": {"domain": list(labels), "range": run_colors(labels)}}
    chosen = {
        "transform": [{"filter": "datum.label != null"}],
        "mark": {"type": "line", "clip": True, "strokeWidth": 2.5, "point": {"size": 20}},
        "encoding": {"detail": {"field": "run", "type": "nominal"}, "color": color, **AS_GIVEN},
    }
    band = {
        "transform": [{"filter": "datum.label != null && isValid(datum.low)"}],
        "mark": {"type": "area", "clip": True, "opacity": 0.2},
        "encoding": {
            "y": _accuracy("low", low, high),
            "y2": {"field": "high"},
            "detail": {"field": "run", "type": "nominal"},
            "color": color,
            **AS_GIVEN,
        },
    }
    return {
        "height": HEIGHT,
        "encoding": {"x": x, "y": _accuracy("accuracy", low, high), "tooltip": _tooltip("accuracy")},
        "layer": [behind, band, chosen],
    }


def setting_spec(
    title: str, is_range: bool, is_log: bool, order: Sequence[str], low: float, high: float, chosen: Sequence[int],
    has_seeds: bool,
) -> dict[str, Any]:  # fmt: skip
    """One setting: a dot a combination, with the range over its seeds where there are some, and the line of means."""
    axis: dict[str, Any] = {"grid": False, "labelAngle": 0}
    x: dict[str, Any]
    if is_range:
        scale = {"padding": 12} | ({"type": "log"} if is_log else {"zero": False})
        x = {"field": "x", "type": "quantitative", "title": title, "scale": scale}
        axis |= {"format": "~g" if not is_log else "~r", "tickCount": 5}
    else:
        x = {"field": "x", "type": "nominal", "title": title, "sort": list(order)}
    x["axis"] = axis
    is_chosen = f"indexof([{', '.join(map(str, chosen))}], datum.number) >= 0"
    color = {"condition": [{"test": is_chosen, "value": "#E69F00"}, {"test": "datum.is_below", "value": BAD}]}
    dots = {
        "transform": [{"filter": "!datum.is_mean"}],
        "mark": {"type": "point", "filled": True, "size": 55},
        "encoding": {
            "y": _accuracy("accuracy", low, high),
            "color": color | {"value": QUIET},
            "opacity": {"condition": {"test": is_chosen, "value": 1}, "value": 0.75},
            "shape": {"condition": {"test": "datum.is_below", "value": "triangle-down"}, "value": "circle"},
            "tooltip": _tooltip("measured"),
        },
    }
    seeds = {
        "transform": [{"filter": "!datum.is_mean"}],
        "mark": {"type": "rule", "opacity": 0.5, "color": QUIET},
        "encoding": {"y": _accuracy("low", low, high), "y2": {"field": "high"}},
    }
    means = {
        "transform": [{"filter": "datum.is_mean"}],
        "mark": {"type": "line", "strokeWidth": 2, "color": MEAN},
        "encoding": {"y": _accuracy("accuracy", low, high)},
    }
    return {"height": HEIGHT, "encoding": {"x": x}, "layer": [seeds, dots, means] if has_seeds else [dots, means]}


def best_spec(against: str, low: float, high: float) -> dict[str, Any]:
    """The best accuracy so far as steps over all runs, each a dot."""
    axis = {"grid": False, "tickMinStep": 1, "tickCount": 6}
    title = "Runs" if against == "runs" else "Seconds"
    x = {"field": against, "type": "quantitative", "title": title, "axis": axis}
    return {
        "height": HEIGHT,
        "encoding": {"x": x, "tooltip": _tooltip("accuracy")},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 40, "clip": True, "color": QUIET},
                "encoding": {"y": _accuracy("accuracy", low, high)},
            },
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2.5, "color": MEAN},
                "encoding": {"y": _accuracy("best", low, high)},
            },
        ],
    }


def cost_spec(title: str, low: float, high: float, chosen: Sequence[int]) -> dict[str, Any]:
    """Accuracy against a cost on a log scale; those on the front joined by a line, what is ticked in orange."""
    form = "~g" if title == "Training seconds" else "~s"
    axis, scale = {"grid": False, "format": form, "tickCount": 4}, {"type": "log", "padding": 12}
    x = {"field": "cost", "type": "quantitative", "title": title, "scale": scale, "axis": axis}
    is_chosen = f"indexof([{', '.join(map(str, chosen))}], datum.number) >= 0"
    color = {"condition": [{"test": is_chosen, "value": "#E69F00"}, {"test": "datum.is_front", "value": MEAN}]}
    return {
        "height": HEIGHT,
        "encoding": {"x": x, "y": _accuracy("accuracy", low, high)},
        "layer": [
            {
                "transform": [{"filter": "datum.is_front"}],
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 1.5, "color": MEAN},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {
                    "color": color | {"value": QUIET},
                    "tooltip": [*_tooltip("accuracy"), {"field": "cost", "title": title, "format": ",.4~g"}],
                },
            },
        ],
    }


def workers_spec(workers: int) -> dict[str, Any]:
    """A row a worker with a bar for each run, from when it began to when it ended."""
    colors = {"finished": MEAN, "running": "#009E73", "queued": QUIET, "paused": QUIET, "stopped": QUIET}
    colors |= {"diverged": BAD, "failed": BAD, "interrupted": "#E69F00"}
    seconds = {"type": "quantitative", "title": "Seconds since the first run began", "axis": {"grid": False}}
    return {
        "height": 36 * workers + 60,
        "mark": {"type": "bar", "height": 20, "cornerRadius": 2, "stroke": "white", "strokeWidth": 0.5},
        "encoding": {
            "y": {"field": "worker", "type": "nominal", "title": None, "axis": {"labelLimit": 180, "ticks": False}},
            "x": {"field": "began"} | seconds,
            "x2": {"field": "ended"},
            "color": {
                "field": "status",
                "type": "nominal",
                "scale": {"domain": list(colors), "range": list(colors.values())},
                "legend": None,
            },
            "tooltip": [
                {"field": "run", "title": "Run"},
                {"field": "status", "title": "Status"},
                {"field": "seconds", "title": "Seconds of training", "format": ".1f"},
            ],
        },
    }


def heat_spec(of: HeatMap, ink: str) -> dict[str, Any]:
    """Two settings: a cell for each pair of values, its mean accuracy written in it."""
    low, high = shown_from(list(of.cells["accuracy"])), float(of.cells["accuracy"].max())
    axis = {"labelAngle": 0, "ticks": False, "domain": False, "grid": False}
    # The third power: between 93 and 94 per cent there must be a difference to see, beside cells with 40.
    scale = {"type": "pow", "exponent": 3, "domain": [low, high], "range": [0.04, 0.75], "clamp": True}
    return {
        "height": HEIGHT,
        "encoding": {
            "x": {"field": "x", "type": "nominal", "title": of.first, "sort": of.x_order, "axis": axis},
            "y": {"field": "y", "type": "nominal", "title": of.second, "sort": of.y_order, "axis": axis},
        },
        "layer": [
            {
                "mark": {"type": "rect", "color": MEAN, "cornerRadius": 2},
                "encoding": {
                    "fillOpacity": {"field": "accuracy", "type": "quantitative", "scale": scale, "legend": None}
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12, "color": ink},
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }


def importance_spec(count: int, has_half: bool) -> dict[str, Any]:
    """A pair of bars a setting: its share among all combinations, and among the better half."""
    shown = [ALL, BETTER_HALF] if has_half else [ALL]
    which = {"field": "of", "type": "nominal", "sort": shown}
    colors = {"domain": shown, "range": [MEAN, "#009E73"]}
    y_axis = {"ticks": False, "domain": False, "labelLimit": 220}
    return {
        "height": 56 * count + 120,
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "y": {"field": "setting", "type": "nominal", "sort": None, "title": None, "axis": y_axis},
            "yOffset": which,
            "x": {
                "field": "share",
                "type": "quantitative",
                "title": "Share of the differences",
                "scale": {"domain": [0, 1]},
                "axis": {"format": "~%", "tickCount": 5},
            },
            "color": which | {"scale": colors, "legend": {"orient": "top", "title": None, "labelLimit": 300}},
            "tooltip": [{"field": "setting"}, {"field": "share", "format": ".0%", "title": "share"}, {"field": "of"}],
        },
    }


def _accuracy(field: str, low: float, high: float) -> dict[str, Any]:
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [low, high], "nice": False, "zero": False},
        "axis": {"format": PERCENT_AXIS, "tickCount": 5},
    }


def _tooltip(field: str) -> list[dict[str, Any]]:
    return [
        {"field": "words", "type": "nominal", "title": "Settings"},
        {"field": field, "type": "quantitative", "title": "Validation", "format": ".2%"},
    ]
