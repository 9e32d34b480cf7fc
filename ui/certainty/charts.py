"""The charts of certainty, as Vega-Lite: the reliability diagram, and what declining to answer gains."""

from __future__ import annotations

from typing import Any

from ui.frame.words import PERCENT_AXIS

HEIGHT = 340
QUIET, MEASURED, GAP = "#8b8f99", "#5273e6", "#D55E00"
Spec = dict[str, Any]


def diagram_spec(dark: bool) -> Spec:
    """A bar a bin as high as its accuracy with its 95 % interval; the diagonal; the gap to it; the count at the foot.

    For the table of ``reliability``.
    """
    x = _share("certainty", "How sure it says it is", [0, 1])
    y = _share("accuracy", "How often it is right", [0, 1])
    tooltip = [
        _told("low", "Says from", ".0%"),
        _told("high", "up to", ".0%"),
        _told("certainty", "says on average", ".1%"),
        _told("accuracy", "is right in", ".1%"),
        _told("correct", "Right", ","),
        _told("count", "of", ","),
    ]
    bars = {
        "mark": {"type": "bar", "color": MEASURED, "opacity": 0.28},
        "encoding": {
            "x": x | {"field": "low"},
            "x2": {"field": "high"},
            "y": y,
            "y2": {"datum": 0},
            "tooltip": tooltip,
        },
    }
    gaps = {
        "mark": {"type": "rule", "color": GAP, "strokeWidth": 2.5},
        "encoding": {"x": x, "y": y, "y2": {"field": "certainty"}, "tooltip": tooltip},
    }
    intervals = {
        "mark": {"type": "rule", "color": MEASURED, "strokeWidth": 1, "opacity": 0.8},
        "encoding": {"x": x, "y": y | {"field": "from"}, "y2": {"field": "to"}, "tooltip": tooltip},
    }
    dots = {
        "mark": {"type": "point", "filled": True, "size": 60, "color": MEASURED, "opacity": 1},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }
    counts = {
        "transform": [{"calculate": "(datum.low + datum.high) / 2", "as": "middle"}],
        "mark": {"type": "text", "baseline": "bottom", "dy": -4, "fontSize": 10, "color": ink(dark)},
        "encoding": {
            "x": x | {"field": "middle"},
            "y": {"datum": 0, "type": "quantitative"},
            "text": {"field": "count", "type": "quantitative", "format": ","},
        },
    }
    return {"height": HEIGHT, "layer": [bars, _diagonal(), intervals, gaps, dots, counts]}


def decline_spec(lowest: float) -> Spec:
    """Accuracy of the images answered against the share declined, with a rule at the row that has `is_chosen`."""
    x = _share("declined", "Images that it declines to answer", None)
    y = _share("accuracy", None, [lowest, 1])
    tooltip = [
        _told("declined", "Declines", ".1%"),
        _told("threshold", "answers when at least this sure", ".1%"),
        _told("accuracy", "is then right in", ".2%"),
        _told("correct", "Right", ","),
        _told("count", "of", ","),
    ]
    line = {"mark": {"type": "line", "color": MEASURED, "strokeWidth": 2}, "encoding": {"x": x, "y": y}}
    dots = {
        "mark": {"type": "point", "filled": True, "size": 26, "color": MEASURED},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }
    chosen = {
        "transform": [{"filter": "datum.is_chosen"}],
        "mark": {"type": "point", "filled": True, "size": 130, "color": GAP, "opacity": 1},
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }
    return {"height": HEIGHT, "layer": [line, dots, chosen]}


def ink(dark: bool) -> str:
    """The colour of words in a chart."""
    return "#e6e6e3" if dark else "#22242a"


def _diagonal() -> Spec:
    """Where accuracy is certainty: what a calibrated network would show."""
    ends = [{"certainty": 0, "accuracy": 0}, {"certainty": 1, "accuracy": 1}]
    return {
        "data": {"values": ends},
        "mark": {"type": "line", "strokeDash": [4, 4], "color": QUIET, "strokeWidth": 1.5},
        "encoding": {
            "x": {"field": "certainty", "type": "quantitative"},
            "y": {"field": "accuracy", "type": "quantitative"},
        },
    }


def _share(field: str, title: str | None, domain: list[float] | None) -> Spec:
    axis = {"format": PERCENT_AXIS, "tickCount": 5, "grid": field == "accuracy"}
    scale: Spec = {"nice": False} | ({} if domain is None else {"domain": domain})
    return {"field": field, "type": "quantitative", "title": title, "axis": axis, "scale": scale}


def _told(field: str, title: str, form: str) -> Spec:
    return {"field": field, "type": "quantitative", "title": title, "format": form}
