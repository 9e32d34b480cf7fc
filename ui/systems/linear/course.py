"""The online run, kept at every thousandth image, so that each of its steps can be examined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.linear_weights import Scores, score_weights
from mnistcore.nn import Network
from mnistcore.training import TrainingConfig
from mnistcore.training.course import network_with, parameters_between, train_course
from ui.frame.cached import KEYS

KEPT_EVERY = 1000
HUNDRED = 100
EARLY = (10, 20, 50, 100, 200, 500)


@dataclass(frozen=True, eq=False)
class Course:
    """A run at its ``marks`` (m,): test images classified by the weights, and by the mean of all weights so far."""

    marks: np.ndarray
    checkpoints: dict[int, bytes]
    by_weights: Scores
    by_mean: Scores


@dataclass(frozen=True, eq=False)
class Hundred:
    """Parameters (101, p) before, between and after the images from number ``first`` + 1 on; fewer at the end."""

    first: int
    parameters: np.ndarray


@st.cache_resource(max_entries=8, show_spinner="Training on one image after another …", hash_funcs=KEYS)
def course(config: TrainingConfig, dataset: Dataset) -> Course:
    """The whole run; a second or two, once a server."""
    found = train_course(config, dataset, KEPT_EVERY, EARLY)
    network, images, labels = network_with(config), dataset.test_images, dataset.test_labels
    by_weights, by_mean = (score_weights(network, each, images, labels) for each in (found.parameters, found.means))
    return Course(found.marks, found.checkpoints, by_weights, by_mean)


def hundred(config: TrainingConfig, dataset: Dataset, step: int) -> Hundred:
    """The hundred images to which image number ``step`` + 1 belongs."""
    first = step // HUNDRED * HUNDRED
    return _hundred(config, dataset, first)


def accuracy_within(config: TrainingConfig, dataset: Dataset, step: int) -> np.ndarray:
    """The share of all test images classified correctly before, between and after the hundred images, (101,)."""
    return _accuracy_within(config, dataset, hundred(config, dataset, step).first)


def network_at(config: TrainingConfig, dataset: Dataset, step: int) -> Network:
    """The network as the run had it after ``step`` images, bit for bit."""
    part = hundred(config, dataset, min(step, len(dataset.train_labels) - 1))
    return network_with(config, part.parameters[step - part.first])


@st.cache_resource(max_entries=4, show_spinner="Repeating the steps up to this image …", hash_funcs=KEYS)
def _hundred(config: TrainingConfig, dataset: Dataset, first: int) -> Hundred:
    # A step near the start need not wait for the whole run.
    kept = first // KEPT_EVERY * KEPT_EVERY
    checkpoint = course(config, dataset).checkpoints[kept] if kept else None
    return Hundred(first, parameters_between(config, dataset, first, HUNDRED, checkpoint))


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def _accuracy_within(config: TrainingConfig, dataset: Dataset, first: int) -> np.ndarray:
    network, images, labels = network_with(config), dataset.test_images, dataset.test_labels
    return score_weights(network, _hundred(config, dataset, first).parameters, images, labels).accuracy
