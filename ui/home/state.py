"""The present state on Home: the available data, the workers if something is wrong with them, the newest runs."""

from __future__ import annotations

import base64
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.data import find_mnist
from ui.frame.follow import follow
from ui.frame.mnist_state import show_mnist_state
from ui.frame.page import is_dark, link_to
from ui.frame.session import get_engine, get_store
from ui.frame.words import ago, percent, shortened, status_words

if TYPE_CHECKING:
    from mnistcore.runs import Engine, Run

RECENT = 5
POLL_SECONDS = 1.0
STRIP = Path(__file__).with_name("digits.png")  # ten generated digits, black with a clear background


def show_digit_strip() -> None:
    """The digits 0 to 9 as the program draws them, in the colour of the text."""
    ink = "filter:invert(.9);" if is_dark() else ""
    st.html(
        f'<img alt="The digits 0 to 9, drawn by this program" src="{_strip_address()}" '
        f'style="{ink}width:560px;max-width:100%;image-rendering:pixelated;display:block;opacity:.85;margin-left:-.5rem">'
    )


@lru_cache(1)
def _strip_address() -> str:
    return f"data:image/png;base64,{base64.b64encode(STRIP.read_bytes()).decode()}"


def show_data_state() -> None:
    """One line on the available data, then the state of the MNIST download; opens no data set."""
    if find_mnist() is not None:
        st.caption("MNIST is on this machine: 60,000 handwritten digits to learn from and 10,000 to test on.")
    else:
        st.caption("Generated digits are always available: networks can learn from them without MNIST.")
    show_mnist_state()


def show_moment() -> None:
    """The workers, if there is news of them, and the newest runs; read again only while they change."""
    engine, store = get_engine(), get_store()
    follow(
        lambda: store.runs(RECENT),
        partial(_show_recent, engine),
        every=lambda runs: POLL_SECONDS if not engine.ready or any(run.is_active for run in runs) else None,
    )


def _show_recent(engine: Engine, runs: list[Run]) -> None:
    if engine.error:
        st.warning(f"Nothing can be trained at the moment: {engine.error}", icon=":material/error:")
    elif not engine.ready and any(run.status == "queued" for run in runs):
        st.caption("Workers are starting; queued runs begin as soon as one is ready.")
    if not runs:
        return
    st.subheader("Recent runs", anchor=False)
    with st.container(gap="xxsmall"):
        for run in runs:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                link_to("train", shortened(run.name), run=run.id)
                st.caption(describe(run), width="content")


def describe(run: Run) -> str:
    """`training, 40 % done · 3 min ago`, or the result: `validation accuracy 97.5 % · 3 min ago`."""
    words = status_words(run)
    if run.status == "running" and run.total_steps:
        words += f", {percent(run.step / run.total_steps, 0)} done"
    elif run.status == "finished" and not run.is_guessing and run.validation_accuracy is not None:
        words = f"validation accuracy {percent(run.validation_accuracy)}"
    elif run.status == "finished" and not run.is_guessing and run.test_accuracy is not None:
        words = f"test accuracy {percent(run.test_accuracy)}"
    return f"{words} · {ago(run.created_at)}"
