"""Two digits that a network takes for each other: how often, which images, and what sets them apart."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset, class_counts
from mnistcore.insight import (
    DigitPair,
    cell_examples,
    confused_both_ways,
    confusion_matrix,
    difference,
    digit_templates,
    symmetric_limit,
)
from mnistcore.nn import Network
from ui.frame.cached import KEYS
from ui.frame.page import is_dark
from ui.pictures.digits import tiles
from ui.pictures.figures import color_bar_html, diverging_rgb
from ui.pictures.overview import overview_of
from ui.runs.evaluation import Answers

MOST_SHOWN = 24


def show_pairs(found: Answers, network: Network, dataset: Dataset, key: str) -> None:
    """Choose a pair; its figures, means and templates, and the images mixed up. ``key`` names the network's state."""
    pairs = confused_both_ways(confusion_matrix(found.labels, found.predictions))
    titles = {f"{pair.first} and {pair.second} · {pair.count}": pair for pair in pairs}
    chosen = st.segmented_control(
        "Digits taken for each other, and how many images", list(titles), default=next(iter(titles)), required=True
    )
    pair = titles[chosen or next(iter(titles))]
    st.markdown(pair_words(pair, found))
    dark = is_dark()
    _show_difference(pair, _templates(network, dataset, key), dataset, dark)
    for true, other in ((pair.first, pair.second), (pair.second, pair.first)):
        _show_mixed_up(found, true, other, dark)


def pair_words(pair: DigitPair, found: Answers) -> str:
    """How often each was taken for the other, with counts."""
    counts = class_counts(found.labels)
    first, second = a_digit(pair.first), a_digit(pair.second)
    return (
        f"**{pair.first_as_second}** of {counts[pair.first]:,} images of {first} were taken for {second}, "
        f"**{pair.second_as_first}** of {counts[pair.second]:,} of {second} for {first}."
    )


def a_digit(digit: int) -> str:
    """`a 3`, `an 8`."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _show_difference(pair: DigitPair, templates: np.ndarray, dataset: Dataset, dark: bool) -> None:
    """Both mean images and their difference; both templates and theirs, each row on its own scale."""
    all_means = overview_of(dataset, "train").means
    means = all_means[[pair.first, pair.second]]
    grey = [np.repeat((image if dark else 255 - image)[..., None], 3, axis=2) for image in means]
    apart = difference(all_means, pair.first, pair.second)
    looked_for = templates[[pair.first, pair.second]]
    decides = difference(templates, pair.first, pair.second)
    limit = max(symmetric_limit(looked_for), symmetric_limit(decides))
    left, right = st.columns(2, gap="large")
    names = [str(pair.first), str(pair.second)]
    change = f"{pair.second} minus {pair.first}"
    with left:
        st.markdown("**Mean images**")
        tiles(
            [*grey, diverging_rgb(apart, symmetric_limit(apart), dark)],
            [f"mean {name}" for name in names] + [change],
            [f"Mean image of the digit {name}" for name in names] + [f"Mean of {change}"],
            columns=3,
        )
        st.caption("Where the two agree, the difference is pale: all that is left to tell them apart is coloured.")
    with right:
        st.markdown("**What the network looks for**")
        tiles(
            [diverging_rgb(image, limit, dark) for image in (*looked_for, decides)],
            [f"template {name}" for name in names] + [change],
            [f"Template of the digit {name}" for name in names] + [f"Template of {change}"],
            columns=3,
        )
        st.html(
            color_bar_html(
                limit,
                dark,
                f"Red: ink here counts for the digit; in the last image, for {names[1]} and against {names[0]}",
            )
        )
        st.caption("There is hardly ever ink near the edges: the weights there still have their initial values.")


def _show_mixed_up(found: Answers, true: int, other: int, dark: bool) -> None:
    rows = cell_examples(found.probabilities, found.labels, true, other, MOST_SHOWN)
    if len(rows) == 0:
        st.caption(f"No {true} was taken for {a_digit(other)}.")
        return
    st.caption(f"{true} taken for {other}, most certain first")
    tiles(
        [found.images[row] if dark else 255 - found.images[row] for row in rows],
        [f"#{found.positions[row]:,}" for row in rows],
        [f"{true} taken for {other}, image {found.positions[row]:,}" for row in rows],
    )


@st.cache_resource(max_entries=4, show_spinner="Computing what the network looks for …", hash_funcs=KEYS)
def _templates(_network: Network, dataset: Dataset, key: str) -> np.ndarray:
    """The templates (10, 28, 28) of the network that `key` names; shared by all sessions and therefore read-only."""
    templates = digit_templates(_network, dataset.train_images, dataset.train_labels)
    templates.setflags(write=False)
    return templates
