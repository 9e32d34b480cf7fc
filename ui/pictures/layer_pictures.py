"""A layer in the trace: values and their gradients as maps or cells, weights and their gradients as small images."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import WeightedLayer, symmetric_limit
from ui.frame.page import is_dark
from ui.frame.words import shape_words
from ui.pictures.digits import tiles
from ui.pictures.figures import data_address, diverging_rgb, weight_grid_png
from ui.pictures.weight_images import (
    choose_page,
    color_bar,
    digit_gallery,
    matrix_picture,
    numbered_gallery,
    units_gallery,
)

PIXELS, SIDE = 784, 28
CELLS, CELL = 32, 12  # cells in a row, and the side of one in pixels
MOST_CELLS, MOST_ROWS = 1024, 256


def shape_text(shape: tuple[int, ...]) -> str:
    """`8 maps of 24 × 24, (8, 24, 24)`."""
    return f"{shape_words(shape)}, `{shape}`" if len(shape) in (1, 3) else f"`{shape}`"


def show_values(title: str, values: np.ndarray, key: str, is_output: bool = False) -> None:
    """Values of one image, (units,) or maps, or a gradient by them: on one scale centred on zero, its bar below."""
    st.markdown(f"**{title}** · {shape_text(values.shape)}")
    limit = float(np.abs(values).max()) or 1.0
    if values.ndim == 3:
        shown = choose_page("Maps", len(values), f"{key}-maps")
        pictures = diverging_rgb(values[shown.start : shown.stop], limit, is_dark())
        numbers = [str(number + 1) for number in shown]
        if len(values) == 1:
            _picture(values, limit, title)
        else:
            tiles(list(pictures), numbers, [f"{title}, map {number}" for number in numbers], smallest=64)
    elif len(values) == PIXELS:
        _picture(values.reshape(1, SIDE, SIDE), limit, title)
    elif is_output:
        numbered_gallery(values.reshape(-1, 1, 1), limit, is_dark(), "Digit", -1, len(values))
    else:
        _cells(values, limit, title)
    color_bar(limit, is_dark(), "")


def _picture(image: np.ndarray, limit: float, title: str) -> None:
    """One image (1, height, width), enlarged."""
    scale = max(1, 168 // image.shape[2])
    sheet = weight_grid_png(image, columns=1, scale=scale, limit=limit, gap=0, dark=is_dark())
    st.image(data_address(sheet), width=image.shape[2] * scale, alt=title)


def _cells(values: np.ndarray, limit: float, title: str) -> None:
    """A row of numbers as cells in reading order, the first thousand of them."""
    cells = values[:MOST_CELLS].reshape(-1, 1, 1)
    columns = min(len(cells), CELLS)
    strip = weight_grid_png(cells, columns=columns, scale=CELL, limit=limit, gap=1, dark=is_dark())
    st.image(data_address(strip), width=columns * (CELL + 1), alt=title)
    if len(values) > MOST_CELLS:
        st.caption(f"The first {MOST_CELLS:,} of {len(values):,}.")


def unit_images(W: np.ndarray, layer: WeightedLayer) -> np.ndarray:
    """Weights (inputs, units), or their gradient, as one image per unit: (units, *layer.shape)."""
    return np.ascontiguousarray(W.T).reshape(layer.units, *layer.shape)


def show_weights(title: str, W: np.ndarray, layer: WeightedLayer, key: str, limit: float | None = None) -> None:
    """A weight matrix or its gradient: an image a unit or filter where its inputs lie in the plane, else the matrix."""
    st.markdown(f"**{title}** · `{W.shape}`")
    images = unit_images(W, layer)
    bound = limit or symmetric_limit(images)
    if images.ndim == 2:
        matrix_picture(images[:MOST_ROWS], bound, is_dark())
        rows = "one row per digit" if layer.name == "output" else "one row per unit"
        more = f", the first {MOST_ROWS}" if len(images) > MOST_ROWS else ""
        st.caption(f"{rows.capitalize()}{more}; one column per output of the layer before.")
    elif images.shape[1] > 1:
        unit = choose_unit(layer, key)
        numbered_gallery(images[unit], bound, is_dark(), "Map")
    elif layer.name == "output":
        digit_gallery(images[:, 0], bound, is_dark(), key=f"digit-gallery-{key}")
    else:
        units = choose_page("Filters" if layer.kind == "conv2d" else "Units", len(images), f"{key}-page")
        shown = images[units.start : units.stop, 0]
        if layer.kind == "conv2d":
            numbered_gallery(shown, bound, is_dark(), "Filter", units.start)
        else:
            units_gallery(shown, bound, is_dark())
    color_bar(bound, is_dark(), "")


def show_unit(title: str, weights: np.ndarray, limit: float) -> None:
    """One unit's weights, (inputs,) or (channels, height, width), or their change."""
    st.markdown(f"**{title}**")
    if weights.ndim == 1:
        matrix_picture(weights[None], limit, is_dark())
    elif len(weights) == 1:
        _picture(weights, limit, title)
    else:
        numbered_gallery(weights, limit, is_dark(), "Map", columns=4)
    color_bar(limit, is_dark(), "")


def choose_unit(layer: WeightedLayer, key: str, first: int = 0) -> int:
    """One unit, filter or digit of a layer, counted from 0; ``first`` until another is chosen."""
    is_output = layer.name == "output"
    title = "Digit" if is_output else "Filter" if layer.kind == "conv2d" else "Unit"
    return st.selectbox(
        title,
        range(layer.units),
        index=first,
        key=f"{key}-unit",
        format_func=lambda unit: str(unit + (not is_output)),
        width=160,
    )
