"""Is it useful? What several networks claim about images unlike those they learned from, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.drawing import prepare, shrunk
from mnistcore.insight.strange_images import DIRECTIONS, StrangeImage, strange_images
from mnistcore.nn import Network
from ui.frame.session import guard
from ui.frame.words import probability_text
from ui.pictures.canvas import drawing_canvas
from ui.pictures.digits import data_uri, probability_bars
from ui.pictures.figures import RIGHT_COLOR, WRONG_COLOR

STEP = 37  # from one test image to the next one shown: neighbours would do, but these come from other writers
STYLE = """
<style>
.claims { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
.claims th { font-weight: 600; text-align: left; padding: .2rem 1.4rem .4rem 0; }
.claims td { padding: .3rem 1.4rem .3rem 0; vertical-align: middle; border-top: 1px solid rgba(128,128,128,.2); }
.claims img { width: 48px; height: 48px; image-rendering: pixelated; border-radius: 2px; display: block; }
.claims .digit { font-size: 1.3rem; font-weight: 600; line-height: 1.2; white-space: nowrap; }
.claims .sure { opacity: .8; white-space: nowrap; }
.claims .bar { height: .3rem; border-radius: 2px; background: rgba(128,128,128,.25); width: 5.5rem; }
.claims .bar div { height: 100%; border-radius: 2px; background: #5273e6; }
@media (max-width: 640px) {
  .claims td, .claims th { padding-right: .5rem; }
  .claims .bar { width: 3.6rem; }
}
</style>
"""


@st.fragment
def show_claims_about_anything(networks: Mapping[str, Network], dataset: Dataset) -> None:
    """Six images, and what each network (title → network) says to them; digit, distance and angle can be chosen."""
    turn = st.session_state.setdefault("useful_turn", 0)
    left, right = st.columns([2, 3], gap="large")
    with left:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            direction = st.selectbox("Move it", list(DIRECTIONS), key="useful_direction", width=120)
            if st.button("Another digit", key="useful_another"):
                turn = st.session_state["useful_turn"] = turn + 1
        pixels = st.slider("by pixels", 1, 6, 4, key="useful_pixels")
        angle = st.slider("Turn it by degrees", -45, 45, 30, step=5, key="useful_angle")
        st.caption(
            "A network must name one of ten digits, whatever it is shown. Its certainty is the probability that it "
            "gives to this digit."
        )
    place = turn * STEP % len(dataset.test_labels)
    image, label = dataset.test_images[place], int(dataset.test_labels[place])
    inputs = strange_images(image, label, pixels, direction, angle, np.random.default_rng(turn))
    images = np.stack([one.image for one in inputs])
    answers = {title: network.predict(images) for title, network in networks.items()}
    with right:
        st.html(claims_table(inputs, answers))


def claims_table(inputs: list[StrangeImage], answers: Mapping[str, np.ndarray]) -> str:
    """HTML: a row for each of n images, a column for each network (title → its probabilities (n, 10))."""
    heads = "".join(f"<th>{escape(title)}</th>" for title in answers)
    rows = "".join(
        f'<tr><td><img alt="{escape(one.words)}" src="{data_uri(one.image)}"></td><td>{escape(one.words)}</td>'
        + "".join(_answer(found[row], one.label) for found in answers.values())
        + "</tr>"
        for row, one in enumerate(inputs)
    )
    return f'{STYLE}<table class="claims"><tr><th></th><th></th>{heads}</tr>{rows}</table>'


def _answer(probabilities: np.ndarray, label: int | None) -> str:
    """A cell: the digit it names, right or wrong where there is a right one, and how sure it is."""
    digit = int(probabilities.argmax())
    share = float(probabilities[digit])
    mark = ""
    if label is not None:
        color = RIGHT_COLOR if digit == label else WRONG_COLOR
        mark = f' <span style="color:rgb{color}">{"✓" if digit == label else "✗"}</span>'
    return (
        f'<td><div class="digit">{digit}{mark}</div><div class="bar"><div style="width:{100 * share:.1f}%"></div></div>'
        f'<div class="sure">{probability_text(share)}</div></td>'
    )


@st.fragment
def show_own_drawing(networks: Mapping[str, Network]) -> None:
    """A canvas, and each network's answer to the drawing: prepared as MNIST's images were, or only scaled down."""
    left, right = st.columns([2, 3], gap="large")
    with left, guard():
        ink = drawing_canvas()
        is_prepared = st.toggle(
            "Fit and centre it, as MNIST does", value=True, key="useful_prepare", help="Off: it is only scaled down."
        )
        preparation = prepare(ink, alone=True)
    with right:
        if preparation.is_empty:
            st.markdown(preparation.hint or "")
            return
        image = preparation.image if is_prepared else shrunk(ink)
        for (title, network), column in zip(networks.items(), st.columns(len(networks), gap="medium"), strict=True):
            with column:
                st.markdown(f"**{title}**")
                st.html(probability_bars(network.predict(image[None])[0]))
