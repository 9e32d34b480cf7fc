"""How two runs came to agree: the share of test images with the same answer at their snapshots, made in a worker."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.two_networks import matched_steps
from mnistcore.runs import Run, RunStore
from ui.frame.analysis import show_analysis
from ui.frame.words import PERCENT_AXIS, percent

COLORS = {"Same answer": "#5273e6", "First right": "#c2853a", "Second right": "#009E73"}
DASHES = {"Same answer": [1, 0], "First right": [5, 3], "Second right": [2, 2]}


def show_agreement_over_training(store: RunStore, first: Run, second: Run, name: str, dataset: Dataset) -> None:
    """The button that measures it, its progress, and the curves."""
    st.subheader("Agreement over training", anchor=False)
    steps, other_steps = store.snapshot_steps(first.id), store.snapshot_steps(second.id)
    pairs = matched_steps(steps, other_steps) if steps and other_steps else []
    if len(pairs) < 2:
        st.markdown("This needs snapshots from the training of at least one of the two, and neither has more than one.")
        return
    arguments = {
        "first": first.id,
        "second": second.id,
        "pairs": [list(pair) for pair in pairs],
        "dataset": name,
        "fingerprint": dataset.fingerprint,
    }
    show_analysis(
        "agreement", arguments, partial(_draw, pairs), start=f"Compare at {len(pairs)} snapshots", key="agreement"
    )


def agreement_points(result: dict[str, Any], ends: tuple[int, int]) -> pd.DataFrame:
    """The result in long form: training (its share done by the run with more snapshots), curve, value, both steps."""
    table = pd.DataFrame(result["rows"])
    which = "first_step" if table["first_step"].nunique() >= table["second_step"].nunique() else "second_step"
    table["training"] = table[which] / max(ends[which == "second_step"], 1)
    columns = {"agreement": "Same answer", "first_accuracy": "First right", "second_accuracy": "Second right"}
    return table.rename(columns=columns).melt(
        id_vars=["training", "first_step", "second_step"], value_vars=list(COLORS), var_name="curve"
    )


def agreement_spec() -> dict[str, Any]:
    """The Vega-Lite specification, the same at every update."""
    look = {"field": "curve", "type": "nominal"}
    legend = {"title": None, "orient": "top"}
    scale = {"domain": list(COLORS), "range": list(COLORS.values())}
    axis = {"format": PERCENT_AXIS, "tickCount": 5}
    return {
        "height": 300,
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 30}},
        "encoding": {
            "x": {
                "field": "training",
                "type": "quantitative",
                "title": "Share of the training",
                "axis": axis | {"grid": False},
                "scale": {"domain": [0, 1]},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "axis": axis,
                "scale": {"zero": False, "nice": True},
            },
            "color": look | {"scale": scale, "legend": legend},
            "strokeDash": look | {"scale": {"domain": list(DASHES), "range": list(DASHES.values())}, "legend": legend},
            "tooltip": [
                look | {"title": "Test images with"},
                {"field": "value", "type": "quantitative", "title": "Share", "format": ".2%"},
                {"field": "first_step", "type": "quantitative", "title": "First after step", "format": ","},
                {"field": "second_step", "type": "quantitative", "title": "Second after step", "format": ","},
            ],
        },
    }


def _draw(pairs: list[tuple[int, int]], result: dict[str, Any]) -> None:
    rows = result["rows"]
    if not rows:
        return
    st.vega_lite_chart(agreement_points(result, pairs[-1]), agreement_spec(), key="agreement_curves")
    if len(rows) == len(pairs):
        st.caption(
            f"On {result['count']:,} test images: at their first snapshots the two gave the same answer to "
            f"{percent(rows[0]['agreement'])} of them, at the last to {percent(rows[-1]['agreement'])}."
        )
