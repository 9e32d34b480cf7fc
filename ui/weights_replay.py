"""What the weights looked like at each snapshot of a run: kept per (run, step), so that the slider moves at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.weight_images import digit_templates, symmetric_limit, weight_images
from mnistcore.runs import Run, RunStore
from ui.words import percent

UNITS_A_PAGE = 64
BINS = 61
PER_DIGIT = 100
PLAYING = "weights-playing"
SECONDS_A_STEP = 0.3


@dataclass(frozen=True, eq=False)
class Moment:
    """One step: the units on view (k, 28, 28), the ten templates or None, and the colour limit of either gallery."""

    units: np.ndarray
    units_limit: float
    templates: np.ndarray | None
    templates_limit: float


def is_single_layer(run: Run) -> bool:
    """Whether the pixels lead straight to the ten digits, so that each digit has one weight image."""
    return all(layer.kind == "dropout" for layer in run.config.layers)


def first_layer_units(run: Run) -> int:
    """How many units the first dense layer has."""
    return next((layer.units for layer in run.config.layers if layer.kind == "dense"), 10)


def moment(store: RunStore, run: Run, step: int, units: range, dataset: Dataset | None) -> Moment:
    """The weights of ``run`` after ``step``, of these units; templates are averaged over ``dataset``."""
    return _cached_moment(store, dataset, run.id, step, units, dataset.fingerprint if dataset else "")


# One replay of 40 snapshots of 64 units is 8 MB; a few replays side by side stay under 40 MB.
@st.cache_resource(max_entries=160, show_spinner=False)
def _cached_moment(
    _store: RunStore, _dataset: Dataset | None, run_id: str, step: int, units: range, fingerprint: str
) -> Moment:
    network = _store.load_network(run_id, step)
    images = weight_images(network)
    templates = None
    if _dataset is not None:
        templates = digit_templates(network, _dataset.train_images, _dataset.train_labels, per_digit=PER_DIGIT)
    shown = images[units.start : units.stop].copy()
    return Moment(shown, symmetric_limit(images), templates, 0.0 if templates is None else symmetric_limit(templates))


def units_on_view(run: Run) -> range:
    """Which units of the first layer are on view, counted from 0: those chosen in ``choose_units``, else the first."""
    first = st.session_state.get(f"weights-units-{run.id}", 0)
    return range(first, min(first + UNITS_A_PAGE, first_layer_units(run)))


def choose_units(run: Run) -> None:
    """A select box over the units of a wide first layer, a sheet at a time."""
    count = first_layer_units(run)
    if count > UNITS_A_PAGE:
        st.selectbox(
            "Units",
            range(0, count, UNITS_A_PAGE),
            key=f"weights-units-{run.id}",
            format_func=lambda first: f"{first + 1} to {min(first + UNITS_A_PAGE, count)} of {count:,}",
            width=220,
        )


@st.cache_resource(max_entries=256, show_spinner=False)
def weight_counts(_store: RunStore, run_id: str, step: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """First-layer weights in bins from -limit to limit, as (counts, edges); the outermost bins hold the rest."""
    weights = np.clip(weight_images(_store.load_network(run_id, step)), -limit, limit)
    return np.histogram(weights, bins=BINS, range=(-limit, limit))


def choose_step(run: Run, steps: list[int]) -> int:
    """The slider over the snapshots, at the newest one until somebody moves it; while playing it moves by itself."""
    key, newest = f"weights-step-{run.id}", f"weights-newest-{run.id}"
    current = st.session_state.get(key)
    if current not in steps or current == st.session_state.get(newest):
        st.session_state[key] = steps[-1]  # whoever looks at the newest snapshot of a run in progress stays with it
    elif st.session_state.get(PLAYING):
        st.session_state[key] = steps[min(steps.index(current) + 1, len(steps) - 1)]
    st.session_state[newest] = steps[-1]
    if len(steps) == 1:
        return steps[0]
    return st.select_slider("Snapshot, in training steps", steps, key=key, format_func=lambda step: f"{step:,}")


def play_button(run: Run, steps: list[int]) -> None:
    """Start or stop the replay; from the last snapshot it starts over at the first.

    The whole page runs again after a click, because only then the fragment's clock starts or stops.
    """
    playing = st.session_state.get(PLAYING, False)
    label, icon = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
    if st.button(label, icon=icon, key="weights-play", on_click=_toggle, args=(run, steps)):
        st.rerun()


def stop_at_the_end(step: int, steps: list[int]) -> None:
    """When the replay has reached the newest snapshot, run the whole page once more, without its clock."""
    if st.session_state.get(PLAYING) and step == steps[-1]:
        st.session_state[PLAYING] = False
        st.rerun()


def _toggle(run: Run, steps: list[int]) -> None:
    playing = st.session_state[PLAYING] = not st.session_state.get(PLAYING, False)
    key = f"weights-step-{run.id}"
    if playing and st.session_state.get(key) == steps[-1]:
        st.session_state[key] = steps[0]


def step_caption(history: pd.DataFrame, step: int) -> str:
    """`After step 1,200 · epoch 1.4 · validation accuracy 96.1 %`: where in training this snapshot was taken."""
    words = [f"After step {step:,}"]
    past = history[history["step"] <= step]
    if len(past):
        words.append(f"epoch {past['epoch'].iloc[-1]:.2f}")
        measured = past["validation_accuracy"].dropna()
        if len(measured):
            words.append(f"validation accuracy {percent(float(measured.iloc[-1]))}")
    return " · ".join(words)
