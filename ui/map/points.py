"""The map in the browser: thousands of points with thumbnails and a lasso; points.js is its other half.

Plotly shows no picture at the pointer and replaces its chart whenever the data change; Vega-Lite has no lasso.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from ui.pictures.figures import data_address, digit_grid_png

KEY = "map_points"
COLUMNS = 100  # thumbnails in a row of the sheet
HTML = """
<div class="map">
  <div class="tools" role="toolbar" aria-label="Map">
    <button type="button" name="look" title="Point at an image; drag the map when it is enlarged">Look</button>
    <button type="button" name="lasso" title="Draw a line around images to choose them">Lasso</button>
    <button type="button" name="box" title="Draw a box around images to choose them">Box</button>
    <button type="button" name="in" title="Enlarge" aria-label="Enlarge">+</button>
    <button type="button" name="out" title="Reduce" aria-label="Reduce">−</button>
    <button type="button" name="whole" title="The whole map">Whole</button>
    <button type="button" name="clear" title="Choose no image">Clear</button>
  </div>
  <div class="plane">
    <canvas tabindex="0" role="img"
      aria-label="Map of images: arrow keys go from image to image, Enter chooses around it, Escape none"></canvas>
    <div class="tip" role="status"><canvas width="28" height="28"></canvas><div></div></div>
  </div>
  <div class="legend"></div>
</div>
"""
_show = st.components.v2.component(
    "image_map",
    html=HTML,
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True)
class Mark:
    """How points of one kind are drawn, and what the legend calls them."""

    name: str
    color: str
    cross: bool = False


@dataclass(frozen=True, eq=False)
class Points:
    """What a map shows: n images, the same ones as long as ``set`` stays, on a plane that stays with ``plane``.

    places (n, 2) float32 within ``limits`` (left, right, bottom, top); kinds (n,) indices of ``marks``; labels (n,);
    positions (n,) in the data set; a network's answers (n,) and certainty (n,), or None. extra: a place with a ring.
    """

    set: str
    plane: str
    places: np.ndarray
    limits: tuple[float, float, float, float]
    kinds: np.ndarray
    marks: tuple[Mark, ...]
    labels: np.ndarray
    positions: np.ndarray
    answers: np.ndarray | None = None
    certainty: np.ndarray | None = None
    extra: tuple[float, float] | None = None


def show_sheet(name: str, images: np.ndarray, dark: bool) -> None:
    """The thumbnails of the set `name`, hidden: sent once, while the points may move as often as they like."""
    png = digit_grid_png(images, columns=COLUMNS, scale=1, gap=0, dark=dark)
    st.html(f'<div class="map-atlas-{name}" style="display:none"><img alt="" src="{data_address(png)}"></div>')


def show_points(points: Points) -> tuple[np.ndarray, str]:
    """Show them and return the indices chosen, and how: by "lasso", "box", "around" one image, or "none"."""
    chosen, how = chosen_points(points.set, len(points.labels))
    certainty = None if points.certainty is None else np.rint(200 * points.certainty)
    _show(
        key=KEY,
        data={
            "set": points.set,
            "plane": points.plane,
            "columns": COLUMNS,
            "xy": _text(points.places, "<f4"),
            "limits": list(points.limits),
            "colors": _text(points.kinds, "u1"),
            "marks": [vars(mark) for mark in points.marks],
            "labels": _text(points.labels, "u1"),
            "positions": _text(points.positions, "<i4"),
            "answers": None if points.answers is None else _text(points.answers, "u1"),
            "certainty": None if certainty is None else _text(certainty, "u1"),
            "extra": None if points.extra is None else {"x": points.extra[0], "y": points.extra[1]},
            "chosen": chosen.tolist(),
        },
        default={"chosen": None},
        on_chosen_change=lambda: None,
    )
    return chosen, how


def chosen_points(name: str, count: int) -> tuple[np.ndarray, str]:
    """The indices chosen in the set `name` of so many images, and how; none if the browser sent anything else."""
    sent: Any = (st.session_state.get(KEY) or {}).get("chosen") or {}
    if not isinstance(sent, dict) or sent.get("set") != name:
        return np.zeros(0, np.int64), "none"
    places = [place for place in sent.get("places", []) if isinstance(place, int) and 0 <= place < count]
    return np.array(places, np.int64), str(sent.get("how", "none"))


def _text(values: np.ndarray, kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()
