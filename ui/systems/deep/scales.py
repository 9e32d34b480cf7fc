"""Where gradients vanish: how large activations and gradients are in each layer, by activation and initialisation."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.layer_scales import gradient_shrinkage, layer_scales
from mnistcore.training import TrainingConfig
from ui.frame.cached import KEYS
from ui.frame.session import get_dataset
from ui.frame.words import DISPLAY_NAMES
from ui.pictures.run_curves import curves_legend, run_colors

IMAGES = 500
ACTIVATIONS = ("sigmoid", "relu", "leaky_relu")
STARTS: dict[str, dict[str, Any]] = {
    "Glorot": {"kind": "glorot"},
    "He": {"kind": "he"},
    "Normal, 0.01": {"kind": "normal", "standard_deviation": 0.01},
}
MEASURES = {"activation": "Mean size of the outputs", "gradient": "Mean size of the gradient"}


def show_layer_scales(config: TrainingConfig, dataset_name: str) -> None:
    """Choose an initialisation; both sizes per layer for each activation, and what arrives at the first layer."""
    st.markdown(
        f"Before the first step, {IMAGES} images pass forward through {len(config.layers)} hidden layers, and the "
        "gradient of their loss passes back. Where it vanishes, the first layers do not learn."
    )
    start = st.segmented_control(
        "Initial weights", list(STARTS), default=next(iter(STARTS)), required=True, key="scales_start"
    )
    start = start or next(iter(STARTS))
    table = scales_table(config, get_dataset(dataset_name))
    chosen = table[table["start"] == start]
    names = [DISPLAY_NAMES[name] for name in ACTIVATIONS]
    st.html(curves_legend(names))
    for column, (measure, title) in zip(st.columns(2, gap="large"), MEASURES.items(), strict=True):
        with column:
            st.caption(f"{title}, log scale")
            st.altair_chart(_chart(chosen, measure, title, names), key=f"scales_{measure}")
    st.markdown("**How many times smaller the gradient is in the first layer than at the output**")
    st.dataframe(shrinking(table), column_config={"activation": "Activation"}, height="content")
    st.markdown(
        "A sigmoid's slope is at most ¼, so every layer takes most of the gradient away. ReLU and leaky ReLU pass "
        "about half of it, and He's larger initial weights make up for that: its size stays the same throughout. "
        "The leak itself changes little here: it only keeps units from being stuck at zero forever."
    )


@st.cache_data(max_entries=4, show_spinner="Running images through the layers …", hash_funcs=KEYS)
def scales_table(config: TrainingConfig, dataset: Dataset) -> pd.DataFrame:
    """For all STARTS and ACTIVATIONS a row a layer: start, used, shrinkage, layer, number, activation, gradient."""
    images, labels = dataset.train_images[:IMAGES], dataset.train_labels[:IMAGES]
    hidden = [layer.model_dump(mode="json") for layer in config.layers]
    rows = []
    for start, initialization in STARTS.items():
        for activation in ACTIVATIONS:
            layers = [units | {"activation": activation} for units in hidden]
            changed = config.overridden({"layers": layers, "initialization": initialization})
            scales = layer_scales(changed, images, labels, config.seed)
            same = (start, DISPLAY_NAMES[activation], gradient_shrinkage(scales))
            for number, scale in enumerate(scales, 1):
                place = "output" if scale.name == "output" else str(number)
                rows.append((*same, place, number, scale.activation, scale.gradient))
    return pd.DataFrame(rows, columns=["start", "used", "shrinkage", "layer", "number", "activation", "gradient"])


def shrinking(table: pd.DataFrame) -> pd.DataFrame:
    """Activation × start: the output's gradient divided by the first layer's, in words."""
    factors = table[table["layer"] == "output"].pivot(index="used", columns="start", values="shrinkage")
    ordered = factors.loc[[DISPLAY_NAMES[name] for name in ACTIVATIONS], list(STARTS)]
    return ordered.map(times_words).rename_axis("activation")


def times_words(factor: float) -> str:
    """`4 ×`, `8,700 ×`, `30 million ×`, with two digits that count."""
    rounded = float(f"{factor:.2g}")
    for size, word in ((1e9, " billion"), (1e6, " million"), (1.0, "")):
        if rounded >= size:
            return f"{rounded / size:,.0f}{word} ×"
    return f"{rounded:g} ×"


def _chart(table: pd.DataFrame, measure: str, title: str, names: list[str]) -> alt.Chart:
    low, high = (math.log10(value) for value in (table[measure].min(), table[measure].max()))
    powers = range(math.floor(low), max(math.ceil(high), math.floor(low) + 1) + 1)
    decades = [10.0**power for power in powers[:: math.ceil(len(powers) / 6)]]
    scale = alt.Scale(type="log", domain=[10.0 ** powers[0], 10.0 ** powers[-1]])
    return (
        alt.Chart(table, height=280)
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("layer:N", title="Layer", sort=alt.SortField("number"), axis=alt.Axis(labelAngle=0, grid=False)),
            y=alt.Y(f"{measure}:Q", title=None, scale=scale, axis=alt.Axis(values=decades, format="~g")),
            strokeDash=alt.StrokeDash(
                "used:N", legend=None, scale=alt.Scale(domain=names, range=[[1, 0], [1, 0], [5, 5]])
            ),
            color=alt.Color("used:N", legend=None, scale=alt.Scale(domain=names, range=run_colors(names))),
            tooltip=[
                alt.Tooltip("used:N", title="Activation"),
                alt.Tooltip("layer:N", title="Layer"),
                alt.Tooltip(f"{measure}:Q", title=title, format=".2e"),
            ],
        )
    )
