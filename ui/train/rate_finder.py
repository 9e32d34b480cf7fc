"""The learning-rate finder of the builder: a rate that rises over a few hundred steps, and the one to take."""

from __future__ import annotations

from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from mnistcore.training import TrainingConfig
from ui.frame.analysis import show_analysis
from ui.train import draft

COLOR = "#5273e6"
GOALS = ("early_stopping", "target_accuracy", "max_seconds")  # have nothing to do with the rate
MARKED = "#8A919C"


def find_rate(config: TrainingConfig, dataset: str) -> None:
    """The button that measures in a worker, or the curve with its suggestion; one click takes it."""
    with st.popover("Find a learning rate", type="tertiary"):
        st.caption(
            "Trains this network for up to 300 steps, with a rate that rises from 0.000001 to 10, and shows at which "
            "rates the loss falls. It takes a few seconds."
        )
        show_analysis(
            "learning_rate_finder",
            finder_arguments(config, dataset),
            partial(_draw, config.learning_rate),
            start="Measure",
            key="rate_finder",
        )


def finder_arguments(config: TrainingConfig, dataset: str) -> dict[str, Any]:
    """What the analysis is asked for: the network and its batches, whatever its rate is now and for how long."""
    alike = {"learning_rate": 0.001, "schedule": {"kind": "constant"}, "epochs": 1, "max_steps": None}
    return {
        "config": config.overridden(alike | dict.fromkeys(GOALS)).model_dump(mode="json"),
        "dataset": dataset,
    }


def _draw(rate_now: float, result: dict[str, Any]) -> None:
    """The curve so far; once it is whole, the suggestion."""
    suggestion = result["suggestion"]
    if result["rates"]:
        st.altair_chart(rate_chart(result, suggestion), key="rate_finder_chart")
    if suggestion is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Suggested: **{suggestion:g}**, a tenth of the rate with the lowest loss.")
        st.button(
            f"Use {suggestion:g}",
            key="rate_finder_use",
            disabled=suggestion == rate_now,
            on_click=draft.put_setting,
            args=("learning_rate", suggestion),
        )


def rate_chart(result: dict[str, Any], suggestion: float | None) -> alt.LayerChart | alt.FacetChart:
    """The smoothed loss against the rate on a log scale, with a line at the suggestion."""
    points = pd.DataFrame({"rate": result["rates"], "loss": result["losses"]})
    axis = alt.Axis(format="~g", values=[10.0**power for power in range(-6, 2)], grid=False)
    rate = alt.X("rate:Q", title="Learning rate", scale=alt.Scale(type="log"), axis=axis)
    curve = (
        alt.Chart(points, height=200)
        .mark_line(color=COLOR, strokeWidth=2)
        .encode(
            x=rate,
            y=alt.Y("loss:Q", title="Loss", scale=alt.Scale(zero=False)),
            tooltip=[
                alt.Tooltip("rate:Q", title="Rate", format=".2~g"),
                alt.Tooltip("loss:Q", title="Loss", format=".3f"),
            ],
        )
    )
    marked = pd.DataFrame({"rate": [] if suggestion is None else [suggestion]})
    return alt.layer(
        curve, alt.Chart(marked).mark_rule(strokeDash=[4, 3], strokeWidth=1.5, color=MARKED).encode(x="rate:Q")
    )
