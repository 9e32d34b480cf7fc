"""Why: what each pixel and unit adds to a network's answer, what would change its mind, what it has seen before."""

import numpy as np
import streamlit as st

from mnistcore.insight.ledger import Ledger, ranked_digits
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore, Weights
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.session import get_store, guard
from ui.frame.words import plain, probability_text
from ui.runs.film import choose_filmed_run, film, film_clock
from ui.runs.readers import weights_at
from ui.why import found
from ui.why.account import account_html, method_words, show_overlay
from ui.why.choice import choose_rival, choose_subject, open_images
from ui.why.closer import look_closer


def show() -> None:
    """Choose a run, an image and a rival; see the account, then look closer."""
    page_header(
        "Why",
        "Why this digit and no other: what each pixel adds to the answer, in an account that adds up.",
        "choose as its rival the digit that you would have mixed it up with, and look for the stroke that decides.",
    )
    store = get_store()
    filmed = choose_filmed_run(store, "Train a network first; then you can ask it why.")
    if filmed is None:
        return
    run, steps = filmed
    st.fragment(explain, run_every=film_clock())(store, run, steps)


def explain(store: RunStore, run: Run, steps: list[int]) -> None:
    """The film, and the answer at that moment: a fragment, so that a stroke or a frame redraws nothing else."""
    with film(store, run, steps, is_brief=True) as step, guard():
        show_answer(run, weights_at(store, run, step))


def show_answer(run: Run, weights: Weights) -> None:
    """The choices on the left, the account on the right, a closer look below."""
    network, step = weights
    choice, account = st.columns([4, 7], gap="large")
    with choice, guard():
        dataset = open_images(run)
        subject = choose_subject(dataset)
        if subject is None:
            return
        ranked, _ = ranked_digits(network, subject.image)
        rival = choose_rival(ranked)
    answer, certainty = int(ranked[0]), float(network.predict(subject.image[None])[0, ranked[0]])
    with account:
        ledger = found.pixels_of(network, run, step, subject.image, answer, rival)
        sure = probability_text(certainty)
        st.markdown(f"It reads {subject.words} as **{answer}**, {sure} sure. Why not as {rival}?")
        show_account(network, subject.image, ledger)
        st.caption(f"{plain(run.name)}, weights after step {step:,}")
    look_closer(network, run, step, subject.image, ledger, dataset)


def show_account(network: Network, image: np.ndarray, ledger: Ledger) -> None:
    """The overlay, and the table that adds up."""
    with st.container(horizontal=True, gap="medium"):
        what = f"Red speaks for the {ledger.answer}, blue for the {ledger.rival}"
        show_overlay(image, ledger.contributions, what, "The digit, and what each pixel adds", "why-overlay")
        with st.container(width=330):
            st.html(account_html(ledger, "pixel"))
            st.caption(method_words(ledger, not network.config.layers))


if through_router():
    show()
