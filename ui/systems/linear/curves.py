"""How the online run's accuracy moves: compared with what was published, digit by digit, and with one change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.linear_weights import typical_swing
from mnistcore.palette import RUN_COLORS
from mnistcore.training import TrainingConfig
from ui.frame.words import PERCENT_AXIS, percent
from ui.systems.linear.course import KEPT_EVERY, Course, course
from ui.systems.linear.published import ACCURACIES, NOTE

IMAGES, ACCURACY = "Images learned", "Test accuracy"


@dataclass(frozen=True)
class Change:
    """One thing done otherwise: the settings that differ, or the mean of the weights; and what comes of it."""

    title: str
    sentence: str
    settings: dict[str, Any] = field(default_factory=dict)
    is_mean: bool = False


CHANGES = (
    Change(
        "A bias",
        "Each digit gets an offset that does not depend on the image. The inked pixels could already express it, so "
        "hardly anything changes, and the jumps remain.",
        {"output_bias": True},
    ),
    Change(
        "Half the learning rate",
        "Each image corrects half as much of its error and disturbs the others half as much: calmer, and better.",
        {"learning_rate": 0.005},
    ),
    Change(
        "A tenth of the learning rate",
        "Calmer still, but one pass is now too short: the random initial weights have not faded yet.",
        {"learning_rate": 0.001},
    ),
    Change(
        "The mean of the weights",
        "The same run, without training again: in the running mean of the weights (taken at every tenth image) the "
        "effects of single images cancel out.",
        is_mean=True,
    ),
    Change(
        "A softmax",
        "Softmax and cross-entropy instead of squared errors: only the differences between the ten outputs count, and "
        "an image that is classified correctly with certainty changes nothing.",
        {"loss": "softmax_cross_entropy"},
    ),
)


def curve_of(change: Change, config: TrainingConfig, dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Marks and accuracies with one thing done otherwise: trained for real, or taken from the run itself."""
    found = course(config.overridden(change.settings), dataset)
    return found.marks, (found.by_mean if change.is_mean else found.by_weights).accuracy


def show_accuracy(found: Course) -> None:
    """The published figures beside those of this machine, as a table and a curve."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(comparison_html(found))
    with right:
        ours = pd.DataFrame({IMAGES: found.marks, ACCURACY: found.by_weights.accuracy})
        theirs = pd.DataFrame({IMAGES: list(ACCURACIES), ACCURACY: list(ACCURACIES.values())})
        line = alt.Chart(ours).mark_line(strokeWidth=1.5, color=RUN_COLORS[0]).encode(*_axes())
        points = alt.Chart(theirs).mark_point(filled=True, size=70, color=RUN_COLORS[1]).encode(*_axes())
        st.altair_chart((line + points).properties(height=300), key="linear-accuracy")
        st.caption("Line: measured here, every 1,000 images. Points: as published.")
    st.caption(NOTE)


def comparison_html(found: Course) -> str:
    """A table: images learned, published accuracy, ours."""
    here = dict(zip(found.marks.tolist(), found.by_weights.accuracy.tolist(), strict=True))
    rows = "".join(
        f"<tr><td>{count:,}</td><td>{percent(published, 2)}</td><td>{percent(here.get(count), 2)}</td></tr>"
        for count, published in ACCURACIES.items()
    )
    style = (
        "<style>.linear-table{border-collapse:collapse;font-variant-numeric:tabular-nums;width:100%;max-width:26rem}"
        ".linear-table th,.linear-table td{text-align:right;padding:.25rem .5rem;border:0}"
        ".linear-table th{font-weight:400;opacity:.75;font-size:.85rem}</style>"
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in (IMAGES, "Published", "Here"))
    return f'{style}<table class="linear-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def show_digits(found: Course) -> None:
    """Accuracy digit by digit, every thousand images: a row a digit, a column a mark."""
    kept = found.marks % KEPT_EVERY == 0
    marks, shares = found.marks[kept], found.by_weights.accuracy_by_digit[kept]
    cells = pd.DataFrame(
        {
            IMAGES: np.repeat(marks, 10),
            "to": np.repeat(marks + KEPT_EVERY, 10),
            "Digit": np.tile(np.arange(10), len(marks)),
            "Accuracy": shares.ravel(),
        }
    )
    chart = (
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X(f"{IMAGES}:Q", bin="binned", title=IMAGES, axis=alt.Axis(format=",d", grid=False, tickCount=6)),
            x2="to:Q",
            y=alt.Y("Digit:O", axis=alt.Axis(labelOverlap=False, labelAngle=0)),
            color=alt.Color(
                "Accuracy:Q",
                scale=alt.Scale(scheme="viridis", domain=[0, 1]),
                legend=alt.Legend(
                    format=PERCENT_AXIS, orient="bottom", title="Test images classified correctly", gradientLength=200
                ),
            ),
            tooltip=["Digit:O", alt.Tooltip(f"{IMAGES}:Q", format=",d"), alt.Tooltip("Accuracy:Q", format=".1%")],
        )
        .properties(height=340)
    )
    st.altair_chart(chart, key="linear-digits")


def show_changes(config: TrainingConfig, dataset: Dataset) -> None:
    """The original's curve, and those of the changes that the visitor switches on, each with its figures."""
    titles = [change.title for change in CHANGES]
    chosen = st.pills(
        "What if",
        titles,
        selection_mode="multi",
        default=[titles[3]],
        key="linear-changes",
        label_visibility="collapsed",
    )
    original = Change("Unchanged", "")
    shown = [original, *(change for change in CHANGES if change.title in chosen)]
    colors = dict(zip([original.title, *titles], RUN_COLORS, strict=False))
    pieces = []
    for change in shown:
        marks, accuracy = curve_of(change, config, dataset)
        pieces.append(pd.DataFrame({IMAGES: marks, ACCURACY: accuracy, "What": change.title}))
        if change is not original:
            st.markdown(f"**{change.title}.** {change.sentence} {_figures(marks, accuracy)}")
    names = [change.title for change in shown]
    scale = alt.Scale(domain=names, range=[colors[name] for name in names])
    legend = alt.Legend(orient="bottom", title=None, columns=2, labelLimit=260)
    lines = (
        alt.Chart(pd.concat(pieces))
        .mark_line(strokeWidth=1.8)
        .encode(*_axes(), color=alt.Color("What:N", scale=scale, legend=legend))
    )
    st.altair_chart(lines.properties(height=400), key="linear-what-if")
    marks, accuracy = curve_of(original, config, dataset)
    st.caption(f"Unchanged: {_figures(marks, accuracy)}")


def _figures(marks: np.ndarray, accuracy: np.ndarray) -> str:
    swing = 100 * typical_swing(marks, accuracy, KEPT_EVERY)
    return (
        f"{percent(float(accuracy[-1]), 2)} at the end; on average it changes by {swing:.1f} points every 1,000 images."
    )


def _axes() -> tuple[alt.X, alt.Y]:
    x = alt.X(f"{IMAGES}:Q", axis=alt.Axis(grid=False, format=",d", tickCount=6), scale=alt.Scale(nice=False))
    y = alt.Y(f"{ACCURACY}:Q", title=None, axis=alt.Axis(format=PERCENT_AXIS), scale=alt.Scale(domainMin=0))
    return x, y
