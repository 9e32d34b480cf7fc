"""What the weights looked like at each snapshot of a run: kept per (run, step), so that the film moves at once."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.weight_images import (
    WeightedLayer,
    digit_templates,
    symmetric_limit,
    unit_weights,
    weight_histogram,
    weighted_layers,
)
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.pictures.weight_images import choose_page

BINS = 61
PER_DIGIT = 100


@dataclass(frozen=True, eq=False)
class Gallery:
    """Weight images at one step, (n, height, width), and the limit of their colour scale."""

    images: np.ndarray
    limit: float


def is_single_layer(run: Run) -> bool:
    """Whether the pixels lead straight to the ten digits, so that each digit has one weight image."""
    return len(weighted_layers(run.config)) == 1


@st.cache_resource(max_entries=160, show_spinner=False, hash_funcs=KEYS)
def templates(store: RunStore, run: Run, step: int, dataset: Dataset) -> Gallery:
    """The evidence for each digit after ``step``, averaged over training images: ten images."""
    network = store.load_weights(run.id, step).network
    images = digit_templates(network, dataset.train_images, dataset.train_labels, per_digit=PER_DIGIT)
    return Gallery(images, symmetric_limit(images))


# One replay of 40 snapshots of 64 units is 8 MB; a few replays side by side stay under 40 MB.
@st.cache_resource(max_entries=160, show_spinner=False, hash_funcs=KEYS)
def unit_images(store: RunStore, run: Run, step: int, layer: WeightedLayer, units: range) -> Gallery:
    """The weights of these units of a layer after ``step``; the limit is that of all its units.

    One image each where their input is one map; the kernels of the first of them where it is several maps, as in
    ``choose_units``; and one matrix, a row per unit, where their inputs have no place in the image.
    """
    weights = unit_weights(store.load_weights(run.id, step).network, layer)
    shown = weights[units.start : units.stop]
    images = shown[None]
    if weights.ndim == 4:
        images = shown[:, 0] if weights.shape[1] == 1 else shown[0]
    return Gallery(images.copy(), symmetric_limit(weights))


def choose_layer(run: Run) -> WeightedLayer:
    """A select box over the layers with weights, where there are several; the first until another is chosen."""
    layers = weighted_layers(run.config)
    if len(layers) == 1:
        return layers[0]
    place = st.selectbox(
        "Layer", range(len(layers)), key=f"weights-layer-{run.id}", format_func=lambda i: layers[i].name, width=320
    )
    return layers[place]


def choose_units(run: Run, layer: WeightedLayer) -> range:
    """Which units of a layer are on view, counted from 0: one where each has several images, else a sheet of them."""
    key = f"weights-units-{run.id}-{layer.index}"
    if len(layer.shape) == 3 and layer.shape[0] > 1:
        is_output = layer.name == "output"
        title = "Digit" if is_output else "Filter" if layer.kind == "conv2d" else "Unit"
        first = st.selectbox(
            title, range(layer.units), key=key, format_func=lambda unit: str(unit + (not is_output)), width=220
        )
        return range(first, first + 1)
    return choose_page("Filters" if layer.kind == "conv2d" else "Units", layer.units, key)


def layer_caption(layer: WeightedLayer, units: range) -> str:
    """What the images of these units show, in a sentence."""
    is_output = layer.name == "output"
    if len(layer.shape) == 1:
        rows = "One row for each digit, 0 at the top" if is_output else "One row for each unit"
        return f"{rows}; one column for each of the {layer.shape[0]:,} outputs of the layer before."
    maps, height, width = layer.shape
    size = f"{height} × {width}"
    if layer.kind == "conv2d" and maps == 1:
        return f"The {layer.units} filters, slid over the image: each responds where {size} pixels match it."
    if layer.kind == "conv2d":
        return f"Filter {units[0] + 1} sums over the {maps} maps before it, with one {size} kernel for each."
    if maps > 1:
        who = f"The digit {units[0]}" if is_output else f"Unit {units[0] + 1}"
        return f"{who}: its weight for each place of the {maps} maps of {size} before it."
    return f"What each of the {layer.units:,} units looks for, in reading order."


@st.cache_resource(max_entries=256, show_spinner=False, hash_funcs=KEYS)
def weight_counts(
    store: RunStore, run: Run, step: int, layer: WeightedLayer, limit: float
) -> tuple[np.ndarray, np.ndarray]:
    """A layer's weights in bins from -limit to limit, as (counts, edges); the outermost bins hold the rest."""
    return weight_histogram(unit_weights(store.load_weights(run.id, step).network, layer), limit, BINS)
