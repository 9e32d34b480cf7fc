"""The live view of a run: one fragment that polls the store, and widgets outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError, RunError
from ui.frame.follow import follow
from ui.frame.page import is_dark, link_to
from ui.frame.selection import dataset_titles
from ui.frame.session import get_dataset, get_store
from ui.frame.words import (
    DISPLAY_NAMES,
    STATUS_WORDS,
    ago,
    augmentation_words,
    fraction,
    percent,
    plain,
)
from ui.live.again import Earlier, earlier_runs, offer_again, show_earlier
from ui.live.controls import run_controls, show_problem
from ui.live.health import LiveHealth, show_health
from ui.pictures import live_charts as figures
from ui.pictures.smoothing import choose_smoothing
from ui.runs.batch import show_batch, show_weights
from ui.runs.history import LiveHistory
from ui.runs.progress import pace_of, show_curves, show_guessing, show_position
from ui.runs.start import start_words
from ui.runs.take_home import offer_to_take_home

if TYPE_CHECKING:
    from mnistcore.runs import Run


def live_view(run_id: str) -> bool:
    """Everything about one run: its controls, progress, curves, batch and weights.

    Says in words that an id is unknown or malformed, and returns False then. While the run is active the fragment polls
    once or twice a second; nothing of the view is kept in the page: reloading it or opening it elsewhere loses nothing.
    """
    store = get_store()
    try:
        run = store.run(run_id)
    except RunError as error:
        st.error(str(error), icon=":material/error:")
        return False
    earlier = earlier_runs(store, run)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(plain(run.name), anchor=False, width="content")
        st.caption(describe_settings(run), width="content")
    # A container for each part, also an empty one: what follows keeps its place when the run's status changes.
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content"):
            run_controls(run)
            offer_again(run, earlier)
        with st.container(horizontal=True, width="content"):
            x, whole, smoothing = choose_axes()
    with st.container():
        show_problem()
        if run.status not in ("running", "queued"):
            show_outcome(run)
    with st.container():
        show_earlier(run, earlier)
    history, health = LiveHistory(store, run_id), LiveHealth(store, run_id)

    def draw(run: Run) -> None:
        _show_run(run, history, x, whole, smoothing, earlier)
        show_health(run, health.refresh(run))

    follow(lambda: store.run(run_id), draw, every=pace_of, state=lambda run: (run.status, run.is_held), found=run)
    return True


def choose_axes() -> tuple[str, bool, int]:
    """The x axis of the curves, whether to show their whole range, and how much to smooth them."""
    x = st.segmented_control(
        "Curves against",
        list(figures.AXES),
        default="epoch",
        required=True,
        key="live_axis",
        format_func=figures.AXES.__getitem__,
        persist_state="session",
        label_visibility="collapsed",
    )
    with st.popover(":material/tune:", help="The range and the smoothing of the curves"):
        whole = st.toggle(
            "Whole range",
            key="live_whole",
            persist_state="session",
            help="Off: once a run has settled, the charts leave out its steep start.",
        )
        return x, whole, choose_smoothing()


def _show_run(run: Run, history: LiveHistory, x: str, whole: bool, smoothing: int, earlier: Earlier) -> None:
    """The run's progress, curves, batch and weights."""
    store = get_store()
    table = history.refresh(run)
    with st.container(gap="xsmall"):
        with st.container():
            show_guessing(run)
        with st.container():
            show_position(run, table)
        show_curves(run, history, x, whole, smoothing, earlier.tables())
        with st.container():
            show_batch(store, run)
        show_weights(store, run, is_dark())


def show_outcome(run: Run) -> None:
    """The outcome in one or two lines, and links to explore it."""
    if run.status in ("diverged", "failed"):
        st.error(plain(run.message or STATUS_WORDS[run.status]), icon=":material/error:")
    elif not run.is_guessing and run.message:
        st.info(plain(run.message), icon=":material/info:")
    if run.test_accuracy is not None:
        st.markdown(result_words(run))
    if run.step:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown("Explore this network:", width="content")
            link_to("weights", "Weights", run=run.id)
            link_to("confusions", "Confusions", run=run.id)
            link_to("draw", "Draw", run=run.id)
            offer_to_take_home(get_store(), run)


def describe_settings(run: Run) -> str:
    """`784-128-10 · Adam 0.001 · batch 64 · MNIST · 3 min ago`: what is being trained, in one line."""
    from mnistcore.nn.outline import outline_network

    batch = "full batch" if run.config.batch_size == "full" else f"batch {run.config.batch_size}"
    optimizer = f"{DISPLAY_NAMES[run.config.optimizer.kind]} {run.config.learning_rate:g}"
    dataset = dataset_titles().get(run.dataset, run.dataset)
    parts = [STATUS_WORDS[run.status].capitalize(), outline_network(run.config), optimizer, batch, dataset]
    if run.config.augmentation.is_on:
        parts.append(f"augmented: {augmentation_words(run.config.augmentation)}")
    if run.config.label_smoothing:
        parts.append(f"label smoothing {run.config.label_smoothing:g}")
    if run.config.weight_average:
        parts.append(f"mean of the weights, decay {run.config.weight_average:g}")
    if run.config.start_from is not None:
        parts.append(f"from the weights of {plain(start_words(run.config.start_from))}")
    return " · ".join([*parts, f"{run.parameter_count:,} parameters", ago(run.created_at)])


def result_words(run: Run) -> str:
    """The test accuracy with its count and interval."""
    from mnistcore.insight import accuracy_interval

    assert run.test_accuracy is not None
    try:
        count = len(get_dataset(run.dataset).test_labels)
    except ExplorerError:  # deleted since: the share alone is known
        return f"**Test accuracy {percent(run.test_accuracy, 2)}**"
    correct = round(run.test_accuracy * count)
    low, high = accuracy_interval(correct, count)
    return (
        f"**Test accuracy {percent(run.test_accuracy, 2)}** · {fraction(correct, count)} images · "
        f"95 % interval {100 * low:.2f} to {percent(high, 2)}"
    )
