"""The progress of a run: its current figures and its curves, for the live view and the systems' pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from ui.frame.session import get_engine, get_store
from ui.frame.words import duration, figure, percent, plain
from ui.pictures import live_charts as figures
from ui.pictures.smoothing import USUAL
from ui.runs.history import LiveHistory, last_validation

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.runs import Run

STEPWISE_SECONDS = 0.25  # of a run that is to be seen step by step, or to begin
POLL_SECONDS = 0.5
OLD_SECONDS = 1.0  # of a run that is no longer young: a look takes a browser some 80 ms, which the training lacks
YOUNG = 5.0  # seconds of training
WAITING_SECONDS = 2.0  # a waiting run may be resumed in another tab
EMPTY = "–"


def pace_of(run: Run | Mapping[str, Run]) -> float | None:
    """Seconds from one look at a run (or at several, by any name) to the next; None when nothing will change."""
    runs = run.values() if isinstance(run, Mapping) else [run]
    if any(one.is_stepwise or one.status == "queued" for one in runs):
        return STEPWISE_SECONDS
    if any(one.is_active for one in runs):
        return POLL_SECONDS if any(one.is_active and one.seconds < YOUNG for one in runs) else OLD_SECONDS
    return WAITING_SECONDS if any(one.can_resume for one in runs) else None


def show_position(run: Run, history: pd.DataFrame) -> None:
    """A progress bar while the run is active, and its current figures."""
    if run.status == "queued":
        st.progress(0.0, text=run.message or _queue_words(run))
    if run.status == "running":
        share = run.step / run.total_steps if run.total_steps else 0.0
        st.progress(min(1.0, share), text=position_words(run))
    st.html(figures.figures_html(_moment(run, history)))


def show_guessing(run: Run) -> None:
    """What is said of a run that is no better than guessing, while it trains and afterwards; else nothing."""
    if run.is_guessing:
        st.warning(plain(run.message or ""), icon=":material/warning:")


def position_words(run: Run) -> str:
    """`Epoch 2.4 of 5 · step 2,063 of 4,300`, and `held here` at the end if it is."""
    total = EMPTY if run.total_steps is None else f"{run.total_steps:,}"
    held = " · held here" if run.is_held else ""
    return f"Epoch {run.epoch:.1f} of {run.config.epochs:,} · step {run.step:,} of {total}{held}"


def time_left(run: Run) -> float | None:
    """Seconds left at the speed so far, or at the one that is chosen; None before that is known, or while held."""
    if not run.total_steps or not run.step or run.seconds <= 0 or run.is_held:
        return None
    return max(run.seconds / run.step, 1 / run.speed if run.speed else 0.0) * (run.total_steps - run.step)


def _moment(run: Run, history: pd.DataFrame) -> dict[str, str]:
    left = time_left(run)
    validated, accuracy = last_validation(history) or (run.step, None)
    at = "" if validated == run.step else f", step {validated:,}"
    shown = {"Training accuracy": percent(run.train_accuracy), f"Validation accuracy{at}": percent(accuracy)}
    if run.config.weight_average:
        shown["… of plain weights"] = percent(run.plain_validation_accuracy)
    shown |= {
        "Training loss": figure(run.train_loss),
        "Learning rate": EMPTY if run.learning_rate is None else f"{run.learning_rate:.3g}",
        "Images/s": EMPTY if run.images_per_second is None else f"{run.images_per_second:,.0f}",
    }
    if run.status == "running":
        shown["Time left"] = EMPTY if left is None else duration(left)
    else:
        shown["Trained for"] = duration(run.seconds)
    return shown


def _queue_words(run: Run) -> str:
    engine = get_engine()
    if engine.error:
        return f"Waiting: {engine.error}"
    place = get_store().queue_position(run.id)
    if not engine.ready:
        return "The workers are starting …"
    return "Starts as soon as a worker is free." + (f" Place {place} in the queue." if place else "")


def show_curves(
    run: Run,
    history: LiveHistory,
    x: str,
    whole: bool = False,
    smoothing: int = USUAL,
    earlier: Mapping[str, pd.DataFrame] | None = None,
) -> None:
    """Loss and accuracy, training and validation (and the test set where the run follows it), in place.

    earlier: histories of other runs, by label, which are faint behind its own.
    """
    table = history.refresh(run)
    config = run.config
    with_plain = bool(config.weight_average and config.validation_size)
    st.html(figures.legend_html(config.follow_test, config.validation_size > 0, with_plain))
    for column, measure in zip(st.columns(2, gap="large"), ("accuracy", "loss"), strict=True):
        with column, st.container(gap="xxsmall"):
            st.caption(measure.capitalize())
            is_over = run.status == "finished"
            data = figures.curve_data(table, x, measure, config.follow_test, with_plain, is_over, smoothing, earlier)
            domain = figures.shown_domain(run, data, measure, whole)
            spec = figures.curve_spec(x, measure, config.follow_test, domain, with_plain, bool(earlier))
            st.vega_lite_chart(data, spec, key=f"live_{measure}")
