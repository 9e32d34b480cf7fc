"""The digit changed by hand: what the network makes of it, stroke by stroke."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight.ledger import Ledger
from mnistcore.nn import Network
from mnistcore.runs import Run
from ui.frame.session import guard
from ui.frame.words import counted, probability_text, signed
from ui.pictures.digits import probability_bars
from ui.runs.why_link import why_link
from ui.why.paper import paper


@st.fragment
def change_by_hand(network: Network, run: Run, step: int, image: np.ndarray, ledger: Ledger) -> None:
    """The paper on the left, on the right what the network answers to what is on it now: a fragment of its own, so that
    a stroke redraws nothing else."""
    sheet, answer = st.columns([2, 3], gap="large")
    with sheet, guard():
        changed = paper(image)
    with answer, guard():
        logits, probabilities = network.logits(changed[None])[0], network.predict(changed[None])[0]
        st.markdown(changed_words(ledger, image, changed, logits, probabilities))
        st.html(probability_bars(probabilities))
        why_link(run, changed, step, None, "Why this answer to the changed digit?")


def changed_words(
    ledger: Ledger, image: np.ndarray, changed: np.ndarray, logits: np.ndarray, probabilities: np.ndarray
) -> str:
    """How many pixels differ, what the lead has become, and whether the answer is another one."""
    pixels = int((image != changed).sum())
    if not pixels:
        return (
            f"Erase a part of the digit, or draw on it, and watch its lead: {ledger.answer} leads {ledger.rival} by "
            f"**{ledger.difference:.2f}**."
        )
    lead = float(logits[ledger.answer] - logits[ledger.rival])
    words = (
        f"With {counted(pixels, 'pixel')} changed, the lead of {ledger.answer} over {ledger.rival} is "
        f"**{signed(lead)}**, before it was {signed(ledger.difference)}."
    )
    now = int(logits.argmax())
    if now != ledger.answer:
        words += f" Its mind has changed: it reads **{now}**, {probability_text(float(probabilities[now]))} sure."
    return words
