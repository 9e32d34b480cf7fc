"""One digit on its way through a network: every layer's maps or units as pictures, and the ten probabilities."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight.feature_maps import LayerOutput, layer_outputs
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore, Weights
from ui.frame.page import is_dark
from ui.frame.session import guard
from ui.frame.words import plain
from ui.pictures.digits import probability_bars, tiles
from ui.pictures.figures import data_address, digit_grid_png, diverging_rgb, weight_grid_png
from ui.pictures.weight_images import choose_page, color_bar, numbered_gallery
from ui.runs.digit_source import choose_digit_image
from ui.runs.film import film
from ui.runs.readers import weights_at
from ui.runs.why_link import why_link

CELLS, MANY = 32, 512  # units in a row of a strip; twice as many where there are more than this
CELL = 12  # the side of a cell in pixels
UNCHANGED = {
    "dropout": "Active only during training: here it passes everything on.",
    "flatten": "The same numbers in one row, for the dense layers.",
}


def layer_by_layer(store: RunStore, run: Run, steps: list[int]) -> None:
    """Choose or draw a digit and see each layer's output; a fragment, so that a stroke redraws nothing else."""
    with film(store, run, steps) as step, guard():
        show_digit(run, weights_at(store, run, step))


def show_digit(run: Run, weights: Weights) -> None:
    """The digit on the left, the network's answer on the right, and every layer below."""
    network, step = weights
    left, right = st.columns(2, gap="large")
    with left:
        image = choose_digit_image(run)
    if image is None:
        return
    outputs = layer_outputs(network, image)
    with right:
        st.image(data_address(digit_grid_png(image[None], 1, 5, dark=is_dark())), width=140, alt="The digit")
        st.html(probability_bars(network.loss.probabilities(outputs[-1].values[None])[0]))
        st.caption(f"{plain(run.name)}, weights after step {step:,}")
        why_link(run, image, step)
    st.caption(explanation(network))
    for output in outputs:
        show_output(run, output)


def explanation(network: Network) -> str:
    """What the pictures show, in plain words, for networks with and without maps."""
    if len(network.input_shape) == 3:
        return (
            "Each picture is a map: red where a filter found its pattern in the maps before, plain where it did not, "
            "blue where it found the opposite. Pooling makes the maps smaller; in dense layers, each cell is a unit."
        )
    return (
        "Each cell is a unit: red if its output is positive, plain if it is zero, blue if it is negative. Every unit "
        "computes a weighted sum of the layer before."
    )


def show_output(run: Run, output: LayerOutput) -> None:
    """One layer: its name and size, then its maps or units on one colour scale."""
    st.markdown(f"**{output.name}** · {size_words(output.values)}")
    if output.kind in UNCHANGED:
        st.caption(UNCHANGED[output.kind])
        return
    if output.values.ndim == 3:
        shown = choose_page("Maps", len(output.values), f"maps-{run.id}-{output.name}")
        show_maps(output.values[shown.start : shown.stop], output.limit, shown.start, output.name)
    elif output.name == "output":
        numbered_gallery(output.values.reshape(-1, 1, 1), output.limit, is_dark(), "Digit", -1, len(output.values))
    else:
        show_units(output)
    color_bar(
        output.limit,
        is_dark(),
        "the digits' scores, before they become probabilities" if output.name == "output" else "output of this layer",
    )


def size_words(values: np.ndarray) -> str:
    """`8 maps of 24 × 24` or `128 units`."""
    count = len(values)
    if values.ndim == 1:
        return f"{count:,} {'unit' if count == 1 else 'units'}"
    return f"{count} {'map' if count == 1 else 'maps'} of {values.shape[1]} × {values.shape[2]}"


def show_maps(maps: np.ndarray, limit: float, before: int, name: str) -> None:
    """Maps (n, height, width) side by side, each with its number."""
    numbers = range(before + 1, before + len(maps) + 1)
    pictures = diverging_rgb(maps, limit, is_dark())
    tiles(list(pictures), [str(n) for n in numbers], [f"Map {n} of {name}" for n in numbers], smallest=72)


def show_units(output: LayerOutput) -> None:
    """Units as cells, in reading order."""
    cells = output.values.reshape(-1, 1, 1)
    columns = min(len(cells), CELLS if len(cells) <= MANY else 2 * CELLS)
    strip = weight_grid_png(cells, columns=columns, scale=CELL, limit=output.limit, gap=1, dark=is_dark())
    st.image(data_address(strip), width=columns * (CELL + 1), alt=f"Units of {output.name}")
