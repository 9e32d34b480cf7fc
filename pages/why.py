"""Why: what each pixel and unit adds to a network's answer, what would change its mind, what it has seen before."""

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.insight import weighted_layers
from mnistcore.insight.ledger import Ledger, ranked_digits
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, choose_view, no_runs_yet
from ui.frame.session import get_store, guard
from ui.frame.words import plain, probability_text
from ui.runs.notes import no_weights, progress_note
from ui.runs.readers import network_of
from ui.why import found
from ui.why.account import account_html, method_words, show_overlay, show_pixels
from ui.why.choice import choose_rival, choose_subject, choose_weights, open_images
from ui.why.mind import show_covered, show_strokes
from ui.why.neighbours import SHOWN, show_neighbours
from ui.why.units import choose_layer, show_units

VIEWS = {
    "units": "Units",
    "covered": "Covered",
    "strokes": "What would change its mind",
    "neighbours": "Seen before",
    "pixels": "Pixel by pixel",
}


def show() -> None:
    """Choose a run, an image and a rival; see the account, then look closer."""
    page_header(
        "Why",
        "Why this digit and no other: what each pixel adds to the answer, in an account that adds up.",
        "choose as its rival the digit that you would have mixed it up with, and look for the stroke that decides.",
    )
    store = get_store()
    with guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet("Train a network first; then you can ask it why.")
        return
    try:
        _, newest = network_of(store, run, lasting=True)
    except RunError:
        no_weights(run)
        return
    progress_note(run, newest)
    explain(store, run)


@st.fragment
def explain(store: RunStore, run: Run) -> None:
    """The choices on the left, the account on the right, a closer look below: a fragment, for quick strokes."""
    choice, account = st.columns([4, 7], gap="large")
    with choice, guard():
        network, step = choose_weights(store, run, store.snapshot_steps(run.id))
        dataset = open_images(run)
        subject = choose_subject(dataset)
        if subject is None:
            return
        ranked, scores = ranked_digits(network, subject.image)
        rival = choose_rival(ranked, scores)
    answer, certainty = int(ranked[0]), float(network.predict(subject.image[None])[0, ranked[0]])
    with account, guard():
        ledger = found.pixels_of(network, run, step, subject.image, answer, rival)
        sure = probability_text(certainty)
        st.markdown(f"It takes {subject.words} for a **{answer}**, {sure} sure. Why not for a {rival}?")
        show_account(network, subject.image, ledger)
        st.caption(f"{plain(run.name)}, weights after step {step:,}")
    with guard():
        look_closer(network, run, step, subject.image, ledger, dataset)


def show_account(network: Network, image: np.ndarray, ledger: Ledger) -> None:
    """The overlay, and the table that adds up."""
    with st.container(horizontal=True, gap="medium"):
        what = f"red speaks for the {ledger.answer}, blue for the {ledger.rival}"
        show_overlay(image, ledger.contributions, what, "The digit, and what each pixel adds", "why-overlay")
        with st.container(width=330):
            st.html(account_html(ledger, "pixel"))
            st.caption(method_words(ledger, not network.config.layers))


def look_closer(
    network: Network, run: Run, step: int, image: np.ndarray, ledger: Ledger, dataset: Dataset | None
) -> None:
    """One of the views."""
    hidden = weighted_layers(network.config)[:-1]
    left_out = [*([] if hidden else ["units"]), *([] if dataset else ["neighbours"])]
    view = choose_view({name: title for name, title in VIEWS.items() if name not in left_out}, "view", "Look closer")
    digits = ledger.answer, ledger.rival
    if view == "units":
        layer = choose_layer(hidden)
        units = found.units_of(network, run, step, image, *digits, layer)
        show_units(network, image, layer, units, layer is hidden[-1])
    elif view == "covered":
        show_covered(image, ledger, found.covered(network, run, step, image, *digits))
    elif view == "strokes":
        target = ledger.rival if st.query_params.get("against") == str(ledger.rival) else None
        aim = "another digit" if target is None else f"a {target}"
        certainty = float(network.predict(image[None])[0, ledger.answer])
        show_strokes(image, certainty, found.strokes_of(network, run, step, image, target), aim, run.id)
    elif view == "neighbours" and dataset is not None:
        alike = found.neighbours_of(network, run, step, image, dataset, SHOWN)
        show_neighbours(alike, ledger.answer, not network.config.layers)
    else:
        show_pixels(image, ledger)


if through_router():
    show()
