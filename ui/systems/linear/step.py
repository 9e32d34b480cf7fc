"""One image of the online run: its ten numbers, the outer product, the weights before and after."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight import StepTrace, symmetric_limit, trace_step
from mnistcore.insight.linear_weights import removed_share
from mnistcore.training import TrainingConfig
from ui.frame.page import is_dark
from ui.frame.words import PERCENT_AXIS, percent
from ui.pictures.figures import data_address, digit_grid_png
from ui.pictures.gradient_badge import gradient_badge
from ui.pictures.layer_pictures import show_unit
from ui.pictures.live_charts import figures_html
from ui.pictures.step_numbers import loss_text, ten_numbers
from ui.pictures.weight_images import color_bar, numbered_gallery
from ui.systems.linear.course import HUNDRED, accuracy_within, hundred, network_at
from ui.systems.linear.player import STRIDE, choose_image, clock, is_playing
from ui.systems.linear.published import IMAGES, PublishedImage

FOLLOW = "the label's"


def show_steps(config: TrainingConfig, dataset: Dataset) -> None:
    """The player and what is to be seen at its image, in a fragment that the player's clock runs."""
    st.fragment(_show_steps, run_every=clock())(config, dataset, is_playing())


def _show_steps(config: TrainingConfig, dataset: Dataset, has_clock: bool) -> None:
    total = len(dataset.train_labels)
    image = choose_image(total)
    if has_clock != is_playing():
        st.rerun()  # the whole page: only then the clock starts or stops
    network = network_at(config, dataset, image - 1)
    pixels, label = dataset.train_images[image - 1], int(dataset.train_labels[image - 1])
    trace = trace_step(network, pixels, label, config.optimizer, config.learning_rate)
    after = network_at(config, dataset, image).parameters.reshape(784, 10)
    show_numbers(trace, image, total, config.learning_rate, IMAGES.get(image) if dataset.name == "mnist" else None)
    if not is_playing():
        gradient_badge(network, f"linear-{dataset.fingerprint}-{image}", pixels, label)
    show_product(trace, after, config.learning_rate)
    if not (is_playing() and st.session_state[STRIDE] >= HUNDRED):
        show_hundred(config, dataset, image)


def show_numbers(
    trace: StepTrace, image: int, total: int, learning_rate: float, published: PublishedImage | None
) -> None:
    """The image with its figures, and prediction, label, error and delta; beside them those that were published."""
    left, right = st.columns([1, 4])
    answer = int(trace.prediction.argmax())
    with left:
        st.image(data_address(digit_grid_png(trace.image[None], 1, 5, dark=is_dark())), width=140, alt="The image")
    with right:
        figures = {
            "Image": f"{image:,} of {total:,}",
            "Label": str(trace.label),
            "Answer": f"{answer} {'✓' if answer == trace.label else '✗'}",
            "Loss on it": f"{loss_text(trace.loss)} → {loss_text(trace.loss_after)}",
        }
        st.html(figures_html(figures))
        st.caption(share_words(removed_share(trace.layers[0].inputs, learning_rate)))
    here = _table(trace.prediction, trace.error, trace.delta, trace.label)
    if published is None:
        st.html(here)
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Here**")
        st.html(here)
    with right:
        st.markdown("**In the write-up**")
        st.html(_table(published.prediction, published.error, published.delta, published.label))
    st.caption(
        f"The write-up started from other random weights: its numbers differ, but are of similar size. {published.note}"
    )


def _table(prediction: np.ndarray, error: np.ndarray, delta: np.ndarray, label: int) -> str:
    columns = {"Prediction": prediction, "Label": np.eye(10)[label], "Error, squared": error, "Delta": delta}
    return ten_numbers(columns, label)


def share_words(share: float) -> str:
    """What learning rate × Σ pixel² says: the share of this image's error that its step takes away."""
    words = f"Learning rate × Σ pixel² = {share:.2f}: this step removes {percent(share, 0)} of the image's error"
    if share > 2:
        return f"{words}, and so leaves it larger than before."
    return f"{words}: it overshoots." if share > 1 else f"{words}."


def show_product(trace: StepTrace, after: np.ndarray, learning_rate: float) -> None:
    """The outer product of image and delta for all ten digits, and one digit's weights before and after."""
    product, change = (
        arrays["W"].T.reshape(10, 28, 28) for arrays in (trace.layers[0].gradients, trace.layers[0].changes)
    )
    limit = symmetric_limit(product)
    st.markdown("**The outer product of image and delta** · `(784,) × (10,) → (784, 10)`: the image, times each delta")
    numbered_gallery(product, limit, is_dark(), "Digit", -1, columns=10)
    color_bar(limit, is_dark(), "")
    choice = st.selectbox("Weights of digit", [FOLLOW, *map(str, range(10))], key="linear-digit", width=180)
    digit = trace.label if choice == FOLLOW else int(choice)
    before = trace.layers[0].parameters["W"]
    inked = trace.image.ravel() > 0  # other weights do not move, and those at the edge never have
    weight_limit = symmetric_limit(np.stack([before[inked, digit], after[inked, digit]]))
    columns = st.columns(4)
    with columns[0]:
        show_unit(
            f"Image × delta, {trace.delta[digit]:.2f}".replace("-", "−"),
            product[digit][None],
            symmetric_limit(product[digit]),
        )
    for column, title, weights in (
        (columns[1], f"Weights of {digit} before", before[:, digit]),
        (columns[3], f"Weights of {digit} after", after[:, digit]),
    ):
        with column:
            show_unit(title, weights.reshape(1, 28, 28), weight_limit)
    with columns[2]:
        show_unit(f"− {learning_rate:g} × that", change[digit][None], symmetric_limit(change[digit]))


def show_hundred(config: TrainingConfig, dataset: Dataset, image: int) -> None:
    """Test accuracy after every single one of a hundred images, and what this one did to it."""
    step = image - 1
    first = hundred(config, dataset, step).first
    accuracy = accuracy_within(config, dataset, step)
    before, after = accuracy[step - first], accuracy[step - first + 1]
    st.markdown(
        f"**What one image does:** test accuracy before it {percent(before, 2)}, after it {percent(after, 2)} "
        f"({100 * (after - before):+.2f} points)".replace("-", "−")
    )
    points = pd.DataFrame({"Images learned": first + np.arange(len(accuracy)), "Test accuracy": accuracy})
    line = (
        alt.Chart(points)
        .mark_line(interpolate="step-after", strokeWidth=1.5)
        .encode(
            x=alt.X(
                "Images learned:Q", scale=alt.Scale(nice=False, zero=False), axis=alt.Axis(grid=False, format=",d")
            ),
            y=alt.Y("Test accuracy:Q", axis=alt.Axis(format=PERCENT_AXIS, tickCount=5), title=None),
        )
    )
    here = alt.Chart(points.iloc[[step - first + 1]]).mark_point(filled=True, size=90, color="#d9634a")
    here = here.encode(x="Images learned:Q", y="Test accuracy:Q")
    st.altair_chart((line + here).properties(height=220), key="linear-hundred")
    st.caption("Test accuracy after each of these hundred images; the point marks this one.")
