"""The axis from one digit to the other: the chart of all their images, its words, and the part of it that is chosen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight.digit_pair import BINS, Side, axis_counts, bin_of
from mnistcore.palette import DIGIT_COLORS
from ui.frame.words import counted
from ui.pair.found import Axis, Pair

CHART, RANGE, KEPT = "pair-chart", "pair-range", "pair-range-kept"
START = "pair-range-start"  # the number of sliders so far, and where the present one began; None after a click
USUAL = (BINS // 2 - 2, BINS // 2 + 2)  # edges: two bins on either side of the decision
HEIGHT = 300
CLICK = "bar"
Spec = dict[str, Any]


def side_words(one: Side, other: Side) -> str:
    """How many images of each digit lie on which side, and what they are read as, as two points of a list."""
    return "\n".join(f"- {_of_digit(side, rival.digit)}" for side, rival in ((one, other), (other, one)))


def _of_digit(side: Side, rival: int) -> str:
    if not side.count:
        return f"There is no {side.digit} among these images: choose another digit, or other images."
    words = f"Of **{counted(side.count, 'image')}** of {an(side.digit)}, **{side.own:,}** "
    words += f"{'lies' if side.own == 1 else 'lie'} on the side of the {side.digit} and **{side.other:,}** on that of "
    words += f"the {rival}"
    words += f", {side.between:,} exactly between" if side.between else ""
    return f"{words}. Read as {side.digit}: {side.right:,}, as {rival}: {side.taken:,}, as another: {side.third:,}."


def an(digit: int) -> str:
    """`a 3`, `an 8`."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def kept_range() -> tuple[int, int]:
    """The part of the axis that is chosen, by the numbers of its edges."""
    low, high = st.session_state.get(KEPT, USUAL)
    return int(low), int(high)


def show_axis(pair: Pair, axis: Axis, edges: np.ndarray, is_choosing: bool) -> None:
    """The chart; a click on a bar chooses it. ``is_choosing``: whether the chosen part is told from the rest."""
    bars = axis_bars(pair, axis, edges, kept_range() if is_choosing else (0, BINS))
    spec = axis_spec(pair.first, pair.second, float(edges[-1]))
    st.vega_lite_chart(bars, spec, key=CHART, on_select=lambda: take_click(edges))


def axis_bars(pair: Pair, axis: Axis, edges: np.ndarray, chosen: tuple[int, int]) -> pd.DataFrame:
    """A row a bar: low, high, label, count, its height (the first digit's upwards, the second's downwards), and whether
    it is among the chosen ones."""
    bars = axis_counts(axis.leads, axis.answers.labels, pair.first, pair.second, edges)
    upwards = bars["label"] == str(pair.first)
    numbers = bin_of(bars["low"].to_numpy(), edges)
    return bars.assign(
        height=np.where(upwards, bars["count"], -bars["count"]),
        is_chosen=(numbers >= chosen[0]) & (numbers < chosen[1]),
    )


def axis_spec(first: int, second: int, limit: float) -> Spec:
    """Bars on both sides of a line, as high as the square root of their counts, so that a single image is seen."""
    title = f"← {first} · score of {second} minus score of {first} · {second} →"
    x = {
        "field": "low",
        "type": "quantitative",
        "bin": "binned",
        "title": title,
        "axis": {"grid": False, "tickCount": 8},
        "scale": {"domain": [-limit, limit], "nice": False},
    }
    y = {
        "field": "height",
        "type": "quantitative",
        "title": "Images (square-root scale)",
        "axis": {"labelExpr": "format(abs(datum.value), ',')", "tickCount": 6},
        "scale": {"type": "sqrt"},
    }
    digits = [str(first), str(second)]
    color = {
        "field": "label",
        "type": "nominal",
        "title": "Labelled",
        "scale": {"domain": digits, "range": [DIGIT_COLORS[first], DIGIT_COLORS[second]]},
        "legend": {"orient": "top"},
    }
    told = [("label", "Labelled", None), ("count", "Images", ","), ("low", "From", "+,~g"), ("high", "To", "+,~g")]
    tooltip = [
        {"field": field, "title": name, "type": "nominal" if form is None else "quantitative"}
        | ({} if form is None else {"format": form})
        for field, name, form in told
    ]
    opacity = {"condition": {"test": "datum.is_chosen", "value": 1}, "value": 0.4}
    bars = {
        "name": "bars",
        "mark": {"type": "bar", "cursor": "pointer", "binSpacing": 1},
        "encoding": {"x": x, "x2": {"field": "high"}, "y": y, "color": color, "opacity": opacity, "tooltip": tooltip},
    }
    decision: Spec = {
        "data": {"values": [{"low": 0}]},
        "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": "#8b8f99"},
        "encoding": {"x": {"field": "low", "type": "quantitative"}},
    }
    word = decision | {
        "mark": {"type": "text", "text": "decision", "align": "left", "dx": 5, "color": "#8b8f99", "fontSize": 12},
        "encoding": decision["encoding"] | {"y": {"value": 8}},
    }
    select = {"type": "point", "fields": ["low"], "toggle": False}
    params = [{"name": CLICK, "select": select, "views": ["bars"]}]
    return {"height": HEIGHT, "params": params, "layer": [bars, decision, word]}


def take_click(edges: np.ndarray) -> None:
    """A click on a bar chooses its part of the axis and opens its images; one that clears the selection does not."""
    points = (st.session_state.get(CHART) or {}).get("selection", {}).get(CLICK, [])
    if points:
        number = int(bin_of(np.array([float(points[0]["low"])]) + 1e-9 * edges[-1], edges)[0])
        st.session_state[KEPT] = (number, number + 1)
        st.session_state[START] = (st.session_state.get(START, (0, None))[0], None)
        st.query_params["view"] = "part"


def place_words(edge: float) -> str:
    """`+1.5`, `−30`, `0`."""
    return f"{edge:+g}".replace("-", "−") if edge else "0"


def choose_part_of_axis(edges: np.ndarray) -> tuple[int, int]:
    """The same by a slider with two ends: a new one after a click on a bar, for the old one would keep its place."""
    turn, start = st.session_state.get(START, (0, None))
    if start is None or f"{RANGE}-{turn}" not in st.session_state:
        turn, start = st.session_state[START] = turn + 1, kept_range()
    key, titles = f"{RANGE}-{turn}", [place_words(edge) for edge in edges]
    low, high = st.select_slider(
        "Part of the axis",
        range(BINS + 1),
        start,
        key=key,
        format_func=titles.__getitem__,
        on_change=_keep,
        args=(key,),
    )
    return int(low), int(high)


def _keep(key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen is not None:
        st.session_state[KEPT] = tuple(chosen)
