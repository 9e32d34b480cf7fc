"""The online run, trained for real and kept at every thousandth image, so that each step of it can be looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.linear_weights import correct_by_digit
from mnistcore.nn import Network
from mnistcore.training import TrainingConfig, TrainingState
from mnistcore.training.stepper import Stepper

KEPT_EVERY = 1000
HUNDRED = 100
EARLY = (10, 20, 50, 100, 200, 500)
AVERAGED_EVERY = 10  # images between two weight matrices that a running mean takes


@dataclass(frozen=True, eq=False)
class Course:
    """A run from its first image to its last: checkpoints at every thousandth image, weights and results at ``marks``.

    ``correct`` and ``correct_of_mean`` are (marks, 10): test images of each digit read right, by the weights and by
    the mean of all weights so far; ``counts`` (10,) is how many there are.
    """

    marks: np.ndarray
    checkpoints: tuple[bytes, ...]
    correct: np.ndarray
    correct_of_mean: np.ndarray
    counts: np.ndarray

    @property
    def accuracy(self) -> np.ndarray:
        """Share of all test images at each mark."""
        return self.correct.sum(axis=1) / self.counts.sum()

    @property
    def accuracy_of_mean(self) -> np.ndarray:
        """The same by the mean of the weights."""
        return self.correct_of_mean.sum(axis=1) / self.counts.sum()

    @property
    def accuracy_by_digit(self) -> np.ndarray:
        """(marks, 10); a digit without test images counts as none right."""
        return self.correct / np.maximum(self.counts, 1)


@dataclass(frozen=True, eq=False)
class Hundred:
    """Parameters (101, p) before, between and after the images from number ``first`` + 1 on; fewer at the end."""

    first: int
    parameters: np.ndarray


def course(config: TrainingConfig, dataset: Dataset) -> Course:
    """The whole run; a second or two, once a server."""
    return _course(config, dataset, config.model_dump_json(), dataset.fingerprint)


def hundred(config: TrainingConfig, dataset: Dataset, step: int) -> Hundred:
    """The hundred images to which image number ``step`` + 1 belongs."""
    first = step // HUNDRED * HUNDRED
    return _hundred(config, dataset, config.model_dump_json(), dataset.fingerprint, first)


def accuracy_within(config: TrainingConfig, dataset: Dataset, step: int) -> np.ndarray:
    """The share of all test images read right before, between and after the hundred images, (101,)."""
    part = hundred(config, dataset, step)
    return _accuracy_within(part, _blank(config), dataset, config.model_dump_json(), dataset.fingerprint, part.first)


def network_at(config: TrainingConfig, dataset: Dataset, step: int) -> Network:
    """The network as the run had it after ``step`` images, bit for bit."""
    part = hundred(config, dataset, min(step, len(dataset.train_labels) - 1))
    network = _blank(config)
    network.load_parameters(part.parameters[step - part.first])
    return network


def _blank(config: TrainingConfig) -> Network:
    return Network(config, np.random.default_rng(config.seed))


@st.cache_resource(max_entries=8, show_spinner="Training on one image after another …")
def _course(_config: TrainingConfig, _dataset: Dataset, config: str, fingerprint: str) -> Course:
    state = TrainingState.begin(_config, _dataset)
    total = state.total_steps
    marks = sorted({0, total, *(mark for mark in EARLY if mark < total), *range(KEPT_EVERY, total, KEPT_EVERY)})
    weights, means, checkpoints = [], [], []
    total_weights, taken = np.zeros(state.network.parameter_count), 0
    with Stepper(state) as stepper:
        for mark in marks:
            while state.step < mark:
                stepper.advance(min(AVERAGED_EVERY, mark - state.step))
                total_weights += state.network.parameters
                taken += 1
            weights.append(state.network.parameters.copy())
            means.append((total_weights / taken).astype(np.float32) if taken else weights[0])
            if mark % KEPT_EVERY == 0:
                checkpoints.append(state.to_bytes())
    images, labels = _dataset.test_images, _dataset.test_labels
    correct, correct_of_mean = (
        correct_by_digit(state.network, np.stack(found), images, labels) for found in (weights, means)
    )
    counts = np.bincount(labels, minlength=10)
    return Course(np.array(marks), tuple(checkpoints), correct, correct_of_mean, counts)


@st.cache_resource(max_entries=4, show_spinner="Repeating the steps up to this image …")
def _hundred(_config: TrainingConfig, _dataset: Dataset, config: str, fingerprint: str, first: int) -> Hundred:
    state = TrainingState.begin(_config, _dataset)
    if first >= KEPT_EVERY:  # at the beginning of the run nobody has to wait for its end
        state = TrainingState.from_bytes(course(_config, _dataset).checkpoints[first // KEPT_EVERY], _dataset)
    found = []
    with Stepper(state) as stepper:
        stepper.advance(first - state.step)
        for _ in range(min(HUNDRED, state.total_steps - first)):
            found.append(state.network.parameters.copy())
            stepper.advance(1)
        found.append(state.network.parameters.copy())
    return Hundred(first, np.stack(found))


@st.cache_resource(max_entries=32, show_spinner=False)
def _accuracy_within(
    _part: Hundred, _network: Network, _dataset: Dataset, config: str, fingerprint: str, first: int
) -> np.ndarray:
    correct = correct_by_digit(_network, _part.parameters, _dataset.test_images, _dataset.test_labels)
    return correct.sum(axis=1) / len(_dataset.test_labels)
