"""What the page of two digits has computed, kept for every session: by run, step, images and the two digits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import DataError
from mnistcore.insight.digit_pair import axis_edges, finite_scores, leads
from mnistcore.insight.mean_ledger import MeanLedger, mean_ledger
from mnistcore.insight.morph import Morph, blend_scores, morph
from mnistcore.insight.samples import sample
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.runs.evaluation import Answers, images_of_part
from ui.runs.readers import weights_at

SAMPLE = 50  # images of each digit in the mean account: 2.7 s for the network that ships, 0.03 s for a small dense one
Images = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Pair:
    """What is looked at: two digits among the images of a part of a data set, and a run."""

    store: RunStore
    run: Run
    dataset: Dataset
    part: str
    first: int
    second: int


@dataclass(frozen=True, eq=False)
class Axis:
    """What a run's network answers at one step for the images of two digits; where each lies on the axis, (n,)."""

    answers: Answers
    leads: np.ndarray


def axis_at(pair: Pair, step: int) -> Axis:
    """All images of the pair along the axis after ``step``; DataError where the scores are no finite numbers."""
    return _axis(pair.store, pair.run, pair.dataset, pair.part, pair.first, pair.second, step)


def edges_of(pair: Pair, last: int, axis: Axis) -> np.ndarray:
    """The edges of the bins: those of the last snapshot also for the earlier ones, so that the film shows them come
    apart. Where its scores are no finite numbers, the axis' own."""
    with suppress(DataError):
        axis = axis_at(pair, last)
    return axis_edges(float(np.abs(axis.leads).max(initial=0)))


@st.cache_resource(max_entries=8, show_spinner=False, hash_funcs=KEYS)
def _images(run: Run, dataset: Dataset, part: str, first: int, second: int) -> Images:
    """Those labelled with one of the two, their labels and positions: 1.6 MB of 10,000 images, shared by all steps."""
    arrays = images_of_part(run, dataset, part)
    chosen = np.flatnonzero((arrays[1] == first) | (arrays[1] == second))
    images, labels, positions = (array[chosen] for array in arrays)
    for array in (images, labels, positions):
        array.setflags(write=False)
    return images, labels, positions


@st.cache_resource(max_entries=120, show_spinner="Reading both digits …", hash_funcs=KEYS)
def _axis(store: RunStore, run: Run, dataset: Dataset, part: str, first: int, second: int, step: int) -> Axis:
    images, labels, positions = _images(run, dataset, part, first, second)
    network = weights_at(store, run, step).network
    scores = finite_scores(network, images)
    answers = Answers(part, step, images, labels, positions, network.loss.probabilities(scores))
    return Axis(answers, leads(scores, first, second))


def accounts_at(pair: Pair, step: int) -> tuple[MeanLedger, MeanLedger]:
    """The mean accounts of a sample of the first digit's images and of the second's: the lead of the second."""
    return _accounts(pair.store, pair.run, pair.dataset, pair.part, pair.first, pair.second, step)


@st.cache_resource(max_entries=32, show_spinner="Adding up …", hash_funcs=KEYS)
def _accounts(
    store: RunStore, run: Run, dataset: Dataset, part: str, first: int, second: int, step: int
) -> tuple[MeanLedger, MeanLedger]:
    images, labels, _ = _images(run, dataset, part, first, second)
    network = weights_at(store, run, step).network
    chosen = [images[labels == digit] for digit in (first, second)]
    one, other = (mean_ledger(network, each[sample(len(each), SAMPLE)], second, first) for each in chosen)
    return one, other


@dataclass(frozen=True, eq=False)
class Way:
    """A morph; the probabilities (POINTS, 10) on the way, and at each turn (10,)."""

    morph: Morph
    probabilities: np.ndarray
    at_turns: list[np.ndarray]


@st.cache_resource(max_entries=120, show_spinner=False, hash_funcs=KEYS)
def way_between(_network: Network, run: Run, step: int, start: np.ndarray, end: np.ndarray) -> Way:
    """The way from one image to another; the run and the step say which network it is."""
    found = morph(_network, start, end)
    places = np.array([turn.place for turn in found.turns])
    scores = blend_scores(_network, start, end, places) if len(places) else np.zeros((0, 10))
    probabilities = _network.loss.probabilities
    return Way(found, probabilities(found.scores.astype(np.float32)), list(probabilities(scores.astype(np.float32))))
