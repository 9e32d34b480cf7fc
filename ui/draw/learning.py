"""A drawn digit as the network read it at every snapshot of its training: ten curves, and the film beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.nn import Network
from mnistcore.palette import DIGIT_COLORS
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.frame.words import PERCENT_AXIS
from ui.pictures.live_charts import AS_GIVEN
from ui.runs.film import PLAYING, film

LEAST_SHOWN = 0.2  # probability that a digit must have had at some time for its curve to have a name
MAX_FRAMES = 24  # networks that are kept to read each stroke


@contextmanager
def watch_learning(store: RunStore, run: Run, steps: Sequence[int], image: np.ndarray | None) -> Iterator[int | None]:
    """A toggle that opens the film of a (28, 28) digit; gives the snapshot to look at, None while it is closed."""
    if len(steps) < 2 or image is None:
        yield None
        return
    is_asked = "step" in st.query_params or bool(st.session_state.get(PLAYING))
    if not st.toggle("How it came to read this", value=is_asked, key=f"draw-film-{run.id}", persist_state="session"):
        yield None
        return
    with film(store, run, steps) as step:
        places = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), MAX_FRAMES)).round().astype(int))
        shown = tuple(steps[place] for place in places)
        readings = np.stack([network.predict(image[None])[0] for network in _networks(store, run, run.status, shown)])
        st.vega_lite_chart(reading_data(shown, readings), reading_spec(readings, step), key="draw_learning")
        st.caption("The ten probabilities for this digit at each snapshot, from the first weights to the last.")
        yield step


# Two runs at once; 24 networks of 784-128-10 take 10 MB.
@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=KEYS)
def _networks(store: RunStore, run: Run, status: str, steps: Sequence[int]) -> list[Network]:
    return [store.load_weights(run.id, step).network for step in steps]


def reading_data(steps: Sequence[int], readings: np.ndarray) -> pd.DataFrame:
    """Long form (step, digit, probability) of (n, 10) probabilities after n steps."""
    count = len(steps)
    table = {"step": np.repeat(steps, 10), "digit": np.tile(np.arange(10), count), "probability": readings.ravel()}
    return pd.DataFrame(table)


def reading_spec(readings: np.ndarray, step: int) -> dict[str, Any]:
    """A curve a digit in its colour, named at its end where it mattered, and a rule at the moment of the film."""
    named = [digit for digit in range(10) if np.nanmax(readings[:, digit], initial=0.0) >= LEAST_SHOWN]
    axis = {"grid": False, "values": [0, *(10**power for power in range(8))], "format": "~s"}
    x = {"field": "step", "type": "quantitative", "title": "Step", "scale": {"type": "symlog"}, "axis": axis}
    y: dict[str, Any] = {"field": "probability", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}
    y |= {"axis": {"format": PERCENT_AXIS, "tickCount": 5}}
    scale = {"domain": list(range(10)), "range": list(DIGIT_COLORS)}
    color = {"field": "digit", "type": "nominal", "scale": scale, "legend": None}
    tooltip = [
        {"field": "step", "title": "Step", "format": ","},
        {"field": "digit", "type": "nominal", "title": "Digit"},
        {"field": "probability", "title": "Probability", "format": ".1%"},
    ]
    best = {"argmax": "probability"}
    peaks = {
        "transform": [{"filter": {"field": "digit", "oneOf": named}}],
        "mark": {"type": "text", "dy": -8, "fontSize": 13, "fontWeight": "bold", "clip": False},
        "encoding": {
            "x": {"aggregate": best, "field": "step", "type": "quantitative"},
            "y": {"aggregate": "max", "field": "probability", "type": "quantitative"},
            "text": {"field": "digit", "type": "nominal"},
            "color": color,
        },
    }
    rule = {"data": {"values": [{"step": step}]}, "mark": {"type": "rule", "opacity": 0.6}, "encoding": {"x": x}}
    lines = {
        "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip, **AS_GIVEN},
    }
    return {"height": 220, "layer": [rule, lines, peaks]}
