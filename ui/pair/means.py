"""The mean of the images taken wrongly, beside the mean of those read as what they are, and the difference."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import symmetric_limit
from mnistcore.insight.digit_pair import Means, mean_images
from ui.frame.page import is_dark
from ui.frame.words import counted
from ui.pair.axis import an
from ui.pair.found import Axis, Pair
from ui.pictures.digits import tiles
from ui.pictures.figures import diverging_rgb
from ui.pictures.weight_images import color_bar

FEW = 5  # images: of fewer, a mean says little


def show_means(pair: Pair, axis: Axis) -> None:
    """Both ways, side by side, on one colour scale."""
    found = axis.answers
    ways = ((pair.first, pair.second), (pair.second, pair.first))
    means = [mean_images(found.images, found.labels, found.predictions, *way) for way in ways]
    limit = max(symmetric_limit(each.difference) for each in means)
    for (digit, other), each, column in zip(ways, means, st.columns(2, gap="large"), strict=True):
        with column:
            st.markdown(f"**{an(digit).capitalize()} taken for {an(other)}**")
            _show(each, digit, other, limit)
    words = "more ink (red) or less (blue) in the mean of those taken wrongly, as a share of full ink"
    color_bar(limit / 255, is_dark(), words)


def _show(means: Means, digit: int, other: int, limit: float) -> None:
    if not means.taken:
        st.markdown(f"No {digit} was taken for {an(other)} here.")
        return
    dark = is_dark()
    pictures = [_gray(means.of_right, dark), _gray(means.of_taken, dark), diverging_rgb(means.difference, limit, dark)]
    read = f"mean of {counted(means.right, 'image')} read as {digit}"
    taken = f"mean of {counted(means.taken, 'image')} taken for {other}"
    captions = [read, taken, "the difference"]
    tiles(pictures, captions, [*captions[:2], f"what the {digit}s taken for {other} have more of"], columns=3)
    if means.taken < FEW:
        st.caption(f"Of only {counted(means.taken, 'image')}: look at them one by one, too.")


def _gray(image: np.ndarray, dark: bool) -> np.ndarray:
    """A mean image as it is shown: ink dark on light, or light on dark."""
    ink = np.rint(image).astype(np.uint8)
    return ink if dark else 255 - ink
