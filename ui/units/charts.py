"""The charts of the page Units: a unit's mean over each digit, what it feeds, and what is lost without it."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from mnistcore.palette import DIGIT_COLORS

POSITIVE, NEGATIVE = "#d9634a", "#4a90cf"  # as in the histogram of weights
HEIGHT = 190
ROW = 20
DIGIT = alt.Color("digit:N", scale=alt.Scale(domain=[str(d) for d in range(10)], range=list(DIGIT_COLORS)), legend=None)


def digit_chart(values: np.ndarray, title: str, number: str = ".3~g") -> alt.Chart:
    """One number for each digit (10,) as bars in the digits' colours; NaN leaves a gap."""
    table = pd.DataFrame({"digit": [str(digit) for digit in range(10)], "value": values})
    return (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("digit:N", title="Digit", axis=alt.Axis(labelAngle=0), sort=None),
            y=alt.Y("value:Q", title=title, axis=alt.Axis(tickCount=4, format=number)),
            color=DIGIT,
            tooltip=[
                alt.Tooltip("digit:N", title="Digit"),
                alt.Tooltip("value:Q", title=title, format=number),
            ],
        )
        .properties(height=HEIGHT)
    )


def signed_chart(names: list[str], values: np.ndarray, title: str) -> alt.Chart:
    """Named numbers (n,) as bars from zero to both sides, in this order from above."""
    table = pd.DataFrame({"name": names, "value": values})
    return (
        alt.Chart(table)
        .mark_bar()
        .encode(
            y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=120, labelOverlap=False)),
            x=alt.X("value:Q", title=title, axis=alt.Axis(tickCount=5, format=".2~g")),
            color=alt.condition("datum.value < 0", alt.value(NEGATIVE), alt.value(POSITIVE)),
            tooltip=[alt.Tooltip("name:N", title="To"), alt.Tooltip("value:Q", title=title, format="+.3f")],
        )
        .properties(height=ROW * len(names) + 40)
    )
