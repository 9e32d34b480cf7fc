"""What a network says and what comes of it: in a sentence, as a diagram, as figures, and when it may decline."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight import accuracy_interval
from mnistcore.insight.calibration import (
    Measures,
    answered,
    around,
    declining,
    measures,
    reliability,
    with_temperature,
)
from ui.certainty.charts import decline_spec, diagram_spec
from ui.certainty.temperature import Temperature
from ui.frame.page import is_dark
from ui.frame.words import figure, fraction, percent
from ui.runs.evaluation import Answers

LOW, HIGH = 0.85, 0.95  # what counts as saying 90 %
MOST_POINTS = 300  # of a chart; a table of 10,000 thresholds looks no different
SHARES = (0.0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5)


def show_certainty(found: Answers, temperature: Temperature | None) -> None:
    """Everything that follows from the answers, as they are or with the temperature."""
    is_applied = False
    if temperature is not None:
        is_applied = st.toggle(
            f"Apply the temperature {temperature.value:.2f}",
            key="certainty_temperature",
            help="Every score is divided by it before the softmax: above 1 the network is less sure, below 1 surer. "
            "Its answers stay the same.",
        )
    shown = found.probabilities
    if temperature is not None and is_applied:
        shown = with_temperature(found.probabilities, temperature.value)
    st.markdown(said_and_right(shown, found.labels))
    diagram, beside = st.columns([3, 2], gap="large")
    with diagram:
        st.vega_lite_chart(reliability(shown, found.labels), diagram_spec(is_dark()), key="certainty_diagram")
        st.caption(
            "A bar for each tenth of certainty: as high as its share of right answers, with the number of images at "
            "its foot. On the dashed line both are the same; orange is what is missing."
        )
    with beside:
        show_measures(found, temperature)
    show_declining(shown, found.labels)


def said_and_right(probabilities: np.ndarray, labels: np.ndarray) -> str:
    """`When it says 90 % (85 to 95 %), it is right 96 times in 100 (212 / 221).`, and on average."""
    here = around(probabilities, labels, LOW, HIGH)
    mean = measures(probabilities, labels)
    if here.count:
        times = 100 * here.correct / here.count
        words = f"**When it says 90 %** (85 to 95 %), **it is right {times:.0f} times in 100** ("
        words += f"{fraction(here.correct, here.count)}). "
    else:
        words = "It never says about 90 % (85 to 95 %). "
    low, high = accuracy_interval(round(mean.accuracy * len(labels)), len(labels))
    verdict = "too sure" if mean.certainty > high else "too modest" if mean.certainty < low else "as sure as it may be"
    return words + (
        f"On average it says {percent(mean.certainty)} and is right {percent(mean.accuracy)} of the time: {verdict}."
    )


def show_measures(found: Answers, temperature: Temperature | None) -> None:
    """The figures as the network is, and beside them with the temperature."""
    rows = {"As it is": measures(found.probabilities, found.labels)}
    if temperature is not None:
        rows["With temperature"] = measures(with_temperature(found.probabilities, temperature.value), found.labels)
    st.dataframe(measure_table(rows), height="content")
    st.caption(
        "Calibration error: how far certainty and accuracy are apart in the bars on average, each weighted by its "
        "images. Loss: cross-entropy."
    )
    if temperature is None:
        st.caption(
            "A temperature needs images held back from training, and there are none here: train with validation "
            "images, or choose the data set that the run was trained on."
        )
        return
    st.caption(temperature.words)
    if temperature.part == found.part:
        st.caption("These are the same images: look at the test images for what it is worth.")


def measure_table(rows: dict[str, Measures]) -> pd.DataFrame:
    """One column for each of the measures by title, a row a figure, in words."""
    return pd.DataFrame(
        {
            title: {
                "Calibration error": percent(one.calibration_error, 2),
                "Mean loss": figure(one.loss),
                "Mean certainty": percent(one.certainty, 2),
                "Accuracy": percent(one.accuracy, 2),
            }
            for title, one in rows.items()
        }
    )


def show_declining(probabilities: np.ndarray, labels: np.ndarray) -> None:
    """How accurate it is on the rest when it may decline what it is least sure of."""
    st.subheader("When it may decline to answer", anchor=False)
    share = st.select_slider(
        "Declines at least", SHARES, value=0.02, key="certainty_declined", format_func=_share_words
    )
    table = answered(probabilities, labels)
    chosen = declining(table, share)
    count, right = int(chosen["count"]), int(chosen["correct"])
    declined = len(labels) - count
    if declined:
        st.markdown(
            f"If it declines the {declined:,} images of which it is less than {percent(chosen['threshold'])} sure "
            f"({percent(declined / len(labels))}), **{percent(right / count, 2)} of its answers are right** "
            f"({fraction(right, count)}) in place of {percent(table['accuracy'].iloc[-1], 2)}."
        )
    else:
        st.markdown(f"If it answers every image, **{percent(right / count, 2)} are right** ({fraction(right, count)}).")
    points = decline_points(table, int(chosen.name))
    st.vega_lite_chart(points, decline_spec(lowest_shown(points)), key="certainty_decline")


def decline_points(table: pd.DataFrame, chosen: int) -> pd.DataFrame:
    """At most MOST_POINTS rows of the table that `answered` gives, the chosen one among them, with `declined`."""
    kept = np.unique([*np.linspace(0, len(table) - 1, min(MOST_POINTS, len(table))).astype(int), chosen])
    points = table.iloc[kept].assign(declined=1 - table["share"].iloc[kept], is_chosen=kept == chosen)
    return points.reset_index(drop=True)


def lowest_shown(points: pd.DataFrame) -> float:
    """Where the axis of accuracy begins: at the lowest point that half of the images or more stand for."""
    return float(points.loc[points["share"] >= min(0.5, points["share"].max()), "accuracy"].min())


def _share_words(share: float) -> str:
    return percent(share, 1 if 0 < share < 0.01 else 0)
