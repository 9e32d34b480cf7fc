"""What the page Why has computed, kept for every session: by run, step, image and the two digits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset, split_indices
from mnistcore.insight import WeightedLayer
from mnistcore.insight.flipping_strokes import flipping_stroke
from mnistcore.insight.ledger import Ledger, pixel_ledger, unit_ledger
from mnistcore.insight.neighbours import images_to_compare, last_features, nearest
from mnistcore.insight.occlusion import occlusion_map
from mnistcore.nn import Network
from mnistcore.runs import Run
from ui.frame.cached import KEYS
from ui.runs.evaluation import is_own_dataset
from ui.why.mind import Found

# Arguments with an underscore are left out of the key: a run and a step say which network it is.


@st.cache_resource(max_entries=64, show_spinner="Adding up …", hash_funcs=KEYS)
def pixels_of(_network: Network, run: Run, step: int, image: np.ndarray, answer: int, rival: int) -> Ledger:
    """The account of the pixels."""
    return pixel_ledger(_network, image, answer, rival)


@st.cache_resource(max_entries=64, show_spinner="Adding up …", hash_funcs=KEYS)
def units_of(
    _network: Network, run: Run, step: int, image: np.ndarray, answer: int, rival: int, layer: WeightedLayer
) -> Ledger:
    """The account of a hidden layer."""
    return unit_ledger(_network, image, answer, rival, layer)


@st.cache_resource(max_entries=64, show_spinner="Covering part after part …", hash_funcs=KEYS)
def covered(_network: Network, run: Run, step: int, image: np.ndarray, answer: int, rival: int) -> np.ndarray:
    """The occlusion map, (28, 28)."""
    return occlusion_map(_network, image, answer, rival)


@st.cache_resource(max_entries=64, show_spinner="Looking for the shortest strokes …", hash_funcs=KEYS)
def strokes_of(_network: Network, run: Run, step: int, image: np.ndarray, target: int | None) -> dict[bool, Found]:
    """The shortest strokes that flip the answer, by whether they erase."""
    return {erases: flipping_stroke(_network, image, erases, target) for erases in (True, False)}


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Training images (k, 28, 28), the most alike first, their labels, numbers and cosines (k,); of how many."""

    images: np.ndarray
    labels: np.ndarray
    positions: np.ndarray
    cosines: np.ndarray
    among: int


def neighbours_of(network: Network, run: Run, step: int, image: np.ndarray, dataset: Dataset, count: int) -> Neighbours:
    """The images that a run's network has learned from that are most like an image in its last hidden layer."""
    positions, features = _training_features(network, run, step, dataset)
    found, cosines = nearest(features, last_features(network, image[None])[0], count)
    places = positions[found]
    return Neighbours(dataset.train_images[places], dataset.train_labels[places], places, cosines, len(positions))


@st.cache_resource(max_entries=3, show_spinner="Looking at training images …", hash_funcs=KEYS)
def _training_features(_network: Network, run: Run, step: int, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """The first training images' numbers in the data set and their features; at most 16 MB."""
    config, labels = run.config, dataset.train_labels
    positions = np.arange(len(labels))
    if is_own_dataset(run, dataset):  # not those that were held back from training
        positions = split_indices(labels, config.validation_size, config.train_size, config.seed).train
    positions = positions[: images_to_compare(_network, len(positions))]
    return positions, last_features(_network, dataset.train_images[positions])
