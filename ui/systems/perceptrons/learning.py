"""What to see while the ten perceptrons learn: their batch, the falling test error, ten weight images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from ui.frame.page import is_dark
from ui.frame.session import get_store
from ui.frame.words import PERCENT_AXIS
from ui.pictures.live_charts import AS_GIVEN
from ui.runs.batch import show_batch, show_weights
from ui.runs.history import LiveHistory

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.runs import Run

FIRST_STEPS = 1000
COLOR = "#5273e6"
POINTS = {"size": 14, "color": COLOR, "clip": True}
CLAIMS = ({"error": 0.2, "label": "80 % right"}, {"error": 0.1, "label": "90 % right"})  # as it was published


def show_learning(run: Run, history: LiveHistory) -> None:
    """All three, drawn in place while the run goes on."""
    store = get_store()
    with st.container():
        show_batch(store, run)
    table = history.refresh(run)
    titles = (f"Test error over the first {FIRST_STEPS:,} steps", "Test error over the whole run")
    for column, title, last in zip(st.columns(2, gap="large"), titles, (FIRST_STEPS, None), strict=True):
        with column:
            st.caption(title)
            st.vega_lite_chart(error_data(table, last), error_spec(last), key=f"test_error_{last}")
    show_weights(store, run, is_dark())


def error_data(history: pd.DataFrame, last_step: int | None = None) -> pd.DataFrame:
    """The share of test images that is misclassified, where it was measured: columns step, error."""
    measured = history[np.isfinite(history["test_accuracy"].to_numpy(np.float32))]
    if last_step is not None:
        measured = measured[measured["step"] <= last_step]
    return measured[["step"]].assign(error=1 - measured["test_accuracy"])


def error_spec(last_step: int | None = None) -> dict[str, Any]:
    """The Vega-Lite specification of the curve, the same at every update; dashed lines are what was published."""
    scale = {"nice": False} | ({} if last_step is None else {"domain": [0, last_step]})
    y = {"field": "error", "type": "quantitative", "title": None, "axis": {"format": PERCENT_AXIS, "tickCount": 5}}
    y |= {"scale": {"domain": [0, 1] if last_step else [0, 0.3]}}
    x = {"field": "step", "type": "quantitative", "title": "Step", "scale": scale}
    x |= {"axis": {"grid": False, "tickCount": 6}}
    tooltip = [
        {"field": "step", "type": "quantitative", "title": "Step", "format": ","},
        {"field": "error", "type": "quantitative", "title": "Test error", "format": ".2%"},
    ]
    encoding = {"x": x, "y": y, "tooltip": tooltip}
    mark = {"type": "line", "point": POINTS, "clip": True, "color": COLOR}
    curve = {"mark": mark, "encoding": encoding | AS_GIVEN}
    lines = {"data": {"values": list(CLAIMS)}, "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#8b8f99"}}
    words = {"data": {"values": list(CLAIMS)}, "mark": {"type": "text", "align": "left", "dx": 6, "color": "#8b8f99"}}
    at = {"y": {"field": "error", "type": "quantitative"}}
    right = {"x": {"value": "width"}, "text": {"field": "label", "type": "nominal"}}
    # The words stand beside the plot: inside it they would lie on the curve.
    padding = {"left": 4, "top": 8, "right": 70, "bottom": 4}
    return {
        "height": 220,
        "padding": padding,
        "layer": [curve, lines | {"encoding": at}, words | {"encoding": at | right}],
    }
