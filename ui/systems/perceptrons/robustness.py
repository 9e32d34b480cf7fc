"""How accurate the perceptrons and the networks beside them stay while test images are moved or turned."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnistcore.insight.distortions import DISTORTIONS
from ui.frame.analysis import Asked, show_analyses
from ui.frame.words import PERCENT_AXIS
from ui.pictures.run_curves import curves_legend, run_colors

COUNT = 2000  # test images: enough for the picture, and a few seconds' work
SHOWN = ("shift", "rotation")


def show_robustness(runs: Mapping[str, tuple[str, int]], dataset: str, fingerprint: str) -> None:
    """Accuracy against shift and against rotation, measured in a worker.

    runs: title → run id and step of its weights. dataset and its fingerprint: whose test images are distorted.
    """
    st.markdown(
        f"The share of {COUNT:,} test images that are still classified correctly as they are moved or turned further."
    )
    st.html(curves_legend(list(runs)))
    show_analyses(
        [
            Asked(
                "stress",
                stress_arguments(name, runs, dataset, fingerprint),
                partial(_draw, name, runs),
                start=f"Measure against {DISTORTIONS[name].title.lower()}",
                key=f"perceptrons_{name}",
                caption=f"{DISTORTIONS[name].title}: {DISTORTIONS[name].words}",
            )
            for name in SHOWN
        ]
    )


def stress_arguments(
    distortion: str, runs: Mapping[str, tuple[str, int]], dataset: str, fingerprint: str
) -> dict[str, Any]:
    """What the analysis of one distortion depends on."""
    wanted = [{"id": run_id, "step": step} for run_id, step in runs.values()]
    facts = {"dataset": dataset, "fingerprint": fingerprint, "count": COUNT, "seed": 0}
    return {"distortion": distortion, "runs": wanted, **facts}


def _draw(name: str, runs: Mapping[str, tuple[str, int]], result: dict[str, Any]) -> None:
    """The curves as far as they have been measured."""
    if result["levels"]:
        st.vega_lite_chart(robustness_data(runs, result), robustness_spec(name, list(runs)), key=f"robustness_{name}")


def robustness_data(runs: Mapping[str, tuple[str, int]], result: Mapping[str, Any]) -> pd.DataFrame:
    """Long form: level, accuracy, network."""
    pieces = [
        pd.DataFrame({"level": result["levels"], "accuracy": result["accuracy"][run_id], "network": title})
        for title, (run_id, _) in runs.items()
    ]
    return pd.concat(pieces, ignore_index=True)


def robustness_spec(name: str, titles: list[str]) -> dict[str, Any]:
    """The Vega-Lite specification: accuracy from 0 to 100 % against the distortion's level, a line a network."""
    distortion = DISTORTIONS[name]
    levels = [min(distortion.levels), max(distortion.levels)]
    x: dict[str, Any] = {"field": "level", "type": "quantitative", "title": f"{distortion.title}, {distortion.unit}"}
    x |= {"scale": {"domain": levels, "nice": False}, "axis": {"grid": False, "tickCount": 7}}
    y: dict[str, Any] = {"field": "accuracy", "type": "quantitative", "title": None, "scale": {"domain": [0, 1]}}
    y |= {"axis": {"format": PERCENT_AXIS, "tickCount": 5}}
    color: dict[str, Any] = {"field": "network", "type": "nominal", "legend": None}
    color |= {"scale": {"domain": titles, "range": run_colors(titles)}}
    tooltip = [
        {"field": "network", "type": "nominal", "title": "Network"},
        {"field": "level", "type": "quantitative", "title": distortion.title},
        {"field": "accuracy", "type": "quantitative", "title": "Accuracy", "format": ".1%"},
    ]
    mark = {"type": "line", "strokeWidth": 2, "point": {"size": 22}}
    return {"height": 240, "mark": mark, "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip}}
