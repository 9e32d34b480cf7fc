"""What a run's network answers for a part of a data set: predicted once, kept for every page and session."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset, split_indices
from mnistcore.nn.views import predict_views
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.frame.dataset_choice import chosen_in, missing_words, select_dataset
from ui.frame.selection import DATASET_TITLES, choose_view, dataset_titles

EVALUATED_ON = "Evaluated on"
PART_TITLES = {"validation": "Validation", "test": "Test"}
MOST_UNSEEN = 5000  # training images of a data set that the run has not learned from


@dataclass(frozen=True, eq=False)
class Answers:
    """Images (n, 28, 28), labels (n,), positions in the data set (n,), probabilities (n, 10); the weights' step."""

    part: str
    step: int
    images: np.ndarray
    labels: np.ndarray
    positions: np.ndarray
    probabilities: np.ndarray

    @property
    def predictions(self) -> np.ndarray:
        """The digit with the highest probability for each image, (n,) int64."""
        return self.probabilities.argmax(axis=1)


def is_own_dataset(run: Run, dataset: Dataset) -> bool:
    """Whether the run was trained and validated on exactly these images."""
    return run.dataset == dataset.name if run.fingerprint is None else run.fingerprint == dataset.fingerprint


def available_parts(run: Run, dataset: Dataset) -> list[str]:
    """Validation images exist only for the run's own data set and only when some were held back; test images always."""
    held_back = is_own_dataset(run, dataset) and run.config.validation_size > 0
    return ["validation", "test"] if held_back else ["test"]


def held_back_part(run: Run, name: str, dataset: Dataset) -> str | None:
    """The part of the data set `name` to fit something on after training; None where there is none, never test images.

    The run's validation images or, in a data set that it has not learned from, the first training images ("unseen").
    """
    if "validation" in available_parts(run, dataset):
        return "validation"
    has_learned = run.dataset == name or {run.dataset, name} <= {"mnist", "mnist-drawn"}
    return None if has_learned or is_own_dataset(run, dataset) else "unseen"


def images_of_part(run: Run, dataset: Dataset, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(images, labels, positions) of a part; the validation split is drawn again as training drew it."""
    if part == "test":
        return dataset.test_images, dataset.test_labels, np.arange(len(dataset.test_labels))
    if part == "unseen":
        images, labels = dataset.train_images[:MOST_UNSEEN], dataset.train_labels[:MOST_UNSEEN]
        return images, labels, np.arange(len(labels))
    return _validation_images(run, dataset)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def _validation_images(run: Run, dataset: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Picked once for all steps of a run: 5,000 images take 4 MB."""
    config = run.config
    split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
    return dataset.train_images[split.validation], dataset.train_labels[split.validation], split.validation


def answers(
    store: RunStore, run: Run, dataset: Dataset, part: str, step: int | None = None, in_views: bool = False
) -> Answers:
    """What the run's newest or kept weights, or those of a snapshot, answer for a part of a data set, or RunError.

    ``in_views``: the mean over nine views of each image.
    """
    newest = store.newest_step(run.id) if step is None else step
    return _answers(store, run, dataset, part, run.status, newest, step, in_views)


# 400 KB for 10,000 images: a film of 40 snapshots is 16 MB.
@st.cache_resource(max_entries=60, show_spinner="Classifying every image …", hash_funcs=KEYS)
def _answers(
    store: RunStore,
    run: Run,
    dataset: Dataset,
    part: str,
    status: str,
    newest: int | None,
    wanted: int | None,
    in_views: bool,
) -> Answers:
    """``answers`` behind its cache key; the arrays are shared by all sessions and therefore read-only."""
    images, labels, positions = images_of_part(run, dataset, part)
    network, step = store.load_weights(run.id, wanted)
    probabilities = predict_views(network, images) if in_views else network.predict(images)
    for array in (images, labels, positions, probabilities):
        array.setflags(write=False)
    return Answers(part, step, images, labels, positions, probabilities)


def choose_evaluated(run: Run, label: str = EVALUATED_ON) -> str | None:
    """The data set to evaluate the run on: its own until another is chosen; None while the chosen one is gone."""
    titles = dataset_titles()
    kept = f"evaluated_on-{run.id}"
    asked = st.session_state.get(kept, run.dataset)
    if asked in ("mnist", "mnist-drawn") and "mnist" not in titles:
        # The network that ships with the program was trained on it: something to see on a machine without MNIST, too.
        st.caption(f":material/info: {missing_words(asked)} These are generated digits.")
        asked = "generated"
    widget = f"evaluated-{run.id}"
    return select_dataset(label, titles, asked, widget, _remember_evaluated, (kept, widget), own=run.dataset)


def _remember_evaluated(kept: str, widget: str) -> None:
    chosen = chosen_in(widget)
    if chosen is not None:
        st.session_state[kept] = chosen


def choose_part(run: Run, dataset: Dataset) -> str:
    """Validation images at first where there are some, bound to the query parameter `part`; else the test images."""
    parts = available_parts(run, dataset)
    if len(parts) == 1:
        return parts[0]
    return choose_view({part: PART_TITLES[part] for part in parts}, "part", "Images")


def evaluation_note(run: Run, dataset: Dataset, titles: Mapping[str, str], found: Answers) -> str:
    """Which images of which data set, and what to know about them, in a sentence or two; ``titles`` of data sets."""
    known = DATASET_TITLES | dict(titles)  # MNIST is not among the titles where it is not on this machine
    title, trained_on = known.get(dataset.name, dataset.name), known.get(run.dataset, run.dataset)
    sentence = f"{len(found.labels):,} {found.part} images of {title}"
    if is_own_dataset(run, dataset):
        return f"{sentence}{own_note(run, found)}"
    if title != trained_on:
        return f"{sentence}. The network was trained on {trained_on} and has never seen them."
    lost = "; the held-out images can no longer be identified" if run.config.validation_size else ""
    return f"{sentence}. The data set has changed since training{lost}."


def own_note(run: Run, found: Answers) -> str:
    """The end of the sentence when a run is evaluated on its own data set."""
    if run.config.validation_size == 0:
        return "; this run has no validation images."
    if found.part == "test":
        return ": for the final evaluation, not for choosing between runs."
    return ", held back from training; choose between runs by these."
