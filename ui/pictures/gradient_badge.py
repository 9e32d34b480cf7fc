"""The badge of a trace: whether the back-propagated gradient agrees with central differences."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import GradientCheck, check_gradients
from mnistcore.nn import Network

EXPLANATION = (
    "We nudge some parameters in every layer and compare the change in loss with the back-propagated gradient. "
    "This is done in double precision and without dropout."
)


def gradient_badge(network: Network, weights: str, image: np.ndarray, label: int) -> None:
    """The badge and the figure behind it; ``weights`` names these weights, so that each is checked once."""
    check = _checked(network, weights, image.tobytes(), label)
    color = {"agrees": "green", "differs": "red", "too small": "gray"}[check.verdict]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(badge_text(check), color=color, help=EXPLANATION)  # type: ignore[arg-type]
        st.caption(check_words(check), width="content")


def badge_text(check: GradientCheck) -> str:
    """The verdict, with a mark that tells it apart without colour."""
    return {
        "agrees": "✓ gradient agrees with central differences",
        "differs": "✗ gradient differs from central differences",
        "too small": "gradient too small to check",
    }[check.verdict]


def check_words(check: GradientCheck) -> str:
    """`largest deviation 0.00002 %, 114 parameters checked across all layers`, and what was left out."""
    if check.verdict == "too small":
        return "The network is so sure of this label that nothing is left to learn. Choose another image or label."
    words = (
        f"largest deviation {deviation_text(check.deviation)}, {check.compared} parameters checked across all layers"
    )
    if check.corners:
        words += f"; {check.corners} more lie at a kink, where the loss has no derivative"
    return words


def deviation_text(share: float) -> str:
    """A tiny share as a percentage with one digit: `0.00002 %`."""
    percent = 100 * share
    if percent == 0:
        return "0 %"
    decimals = max(0, -int(np.floor(np.log10(percent))))
    return f"{percent:.{decimals}f} %"


@st.cache_resource(max_entries=128, show_spinner="Checking the gradient …")
def _checked(_network: Network, weights: str, pixels: bytes, label: int) -> GradientCheck:
    image = np.frombuffer(pixels, np.uint8).reshape(28, 28)
    return check_gradients(_network, image, label, np.random.default_rng(0))
