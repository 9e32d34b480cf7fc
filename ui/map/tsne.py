"""The other plane: t-SNE, made by a worker and kept, watched while it forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.runs import Run
from ui.map.colors import DIGITS
from ui.map.frames import PIXELS, Limits, limits_around

WORDS = (
    "t-SNE puts images next to each other that are neighbours among all of these numbers. Who is next to whom says "
    "something; how far apart two groups lie, and how large they are, does not."
)


def tsne_arguments(
    run: Run | None, step: int | None, layer: int, name: str, dataset: Dataset, part: str, count: int
) -> dict[str, Any]:
    """What the analysis is asked for; by pixels the run makes no difference, and one result serves them all."""
    by_pixels = run is None or layer == PIXELS
    return {
        "run": None if run is None or by_pixels else run.id,
        "step": None if by_pixels else step,
        "layer": None if by_pixels else layer,
        "dataset": name,
        "fingerprint": dataset.fingerprint,
        "part": part,
        "count": count,
    }


def tsne_places(result: dict[str, Any]) -> tuple[np.ndarray, Limits]:
    """The places of the result, (n, 2) float32, and the square around them."""
    places = np.array(result["places"], np.float32)
    return places, limits_around(places)


def show_forming(places: np.ndarray, limits: Limits, labels: np.ndarray) -> None:
    """The points as they are so far, coloured by label, while the worker goes on."""
    left, right, bottom, top = limits
    points = pd.DataFrame({"x": places[:, 0], "y": places[:, 1], "label": labels})
    colors = {"domain": list(range(10)), "range": [mark.color for mark in DIGITS]}
    encoding: dict[str, Any] = {
        "x": {"field": "x", "type": "quantitative", "axis": None, "scale": {"domain": [left, right]}},
        "y": {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [bottom, top]}},
        "color": {"field": "label", "type": "nominal", "title": None, "scale": colors},
    }
    mark = {"type": "square", "filled": True, "size": 12}
    st.vega_lite_chart(points, {"height": 420, "mark": mark, "encoding": encoding}, key="tsne_forming")
