"""Learning from scratch at a chosen step: the numbers in its equations, and the network's answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.batch_step import BatchStep, step_on_batch
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.frame.words import percent
from ui.pictures.digits import tiles
from ui.pictures.live_charts import figures_html
from ui.systems.scratch.numbers import scratch_equations
from ui.systems.system import show_equations

SAMPLE = 2000  # training images that the numbers are computed on: all 60,000 would give nearly the same, but slowly
SHOWN = 20


@dataclass(frozen=True, eq=False)
class Moment:
    """The network of a snapshot at work: one step on a sample, and its predictions (k,) for the first test images."""

    step: BatchStep
    predictions: np.ndarray


@st.fragment
def show_steps(store: RunStore, run: Run, dataset: Dataset, view: str) -> None:
    """A slider over the run's snapshots, and what it moves: "equations" or "answers"; a step redraws nothing else."""
    steps = store.snapshot_steps(run.id)
    step = steps[-1]
    if len(steps) > 1:
        step = st.select_slider(
            "Iteration",
            steps,
            value=step,
            key=f"scratch_step_{run.id}",
            format_func=lambda number: f"{number:,}",
        )
    if run.is_active:
        st.button("Look again", key="scratch_look_again", help="Fetch the newest iteration: it is still training.")
    moment = _moment(store, run, step, dataset)
    if view == "answers":
        recognitions(dataset, moment.predictions)
        return
    now = moment.step
    st.html(
        figures_html(
            {
                "Loss": f"{now.loss:.4f}",
                "After one more update": f"{now.loss_after:.4f}",
                "Accuracy": percent(now.accuracy),
                "Learning rate": f"{run.config.learning_rate:g}",
            }
        )
    )
    st.caption(
        f"Computed with the network of that iteration on {now.images:,} training images ($m$ = {now.images:,}). "
        "The norm of an array is the square root of the sum of its squares."
    )
    show_equations(scratch_equations(now))


def recognitions(dataset: Dataset, predictions: np.ndarray) -> None:
    """The first test images, each with the network's answer, ✓ or ✗, and the label where it differs."""
    images, labels = dataset.test_images[: len(predictions)], dataset.test_labels[: len(predictions)]
    pairs = list(zip(predictions.tolist(), labels.tolist(), strict=True))
    right = sum(said == label for said, label in pairs)
    st.caption(f"The first {len(pairs)} test images: {right} of {len(pairs)} right.")
    tiles(
        list(images),
        [f"{said} ✓" if said == label else f"{said} ✗ it is {label}" for said, label in pairs],
        [f"{label} read as {said}" for said, label in pairs],
        smallest=72,
    )


@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs=KEYS)
def _moment(store: RunStore, run: Run, step: int, dataset: Dataset) -> Moment:
    network = store.load_weights(run.id, step).network
    config = run.config
    images, labels = dataset.train_images[:SAMPLE], dataset.train_labels[:SAMPLE]
    found = step_on_batch(network, images, labels, config.optimizer, config.learning_rate)
    return Moment(found, network.predict(dataset.test_images[:SHOWN]).argmax(axis=1))
