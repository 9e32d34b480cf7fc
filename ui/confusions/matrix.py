"""The confusion matrix as a chart to click, the tables beside it, and the images behind one cell."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight import row_shares
from ui.frame.words import percent

CLICK = "cell"
HEIGHT = 346  # with its axes: on the first screen of 1280 × 800, below the choices and the accuracy
ERROR_COLOR = "#D55E00"
RIGHT_COLOR = "#8A919C"


def matrix_cells(matrix: np.ndarray, share: bool, hide_diagonal: bool) -> pd.DataFrame:
    """The matrix (10, 10) [true, predicted] in long form, one row a cell, with its text and the strength of its colour.

    Errors have their own colour scale: beside thousands of correct answers they would all look alike.
    """
    true, predicted = np.indices(matrix.shape).reshape(2, -1)
    counts = matrix.ravel()
    shares = row_shares(matrix).ravel()
    values = shares if share else counts
    right = true == predicted
    largest = max(float(values[~right].max()), 1e-12)
    texts = [percent(value) if share else f"{value:,}" for value in values]
    shown = ~(right & hide_diagonal) & (counts > 0)
    return pd.DataFrame(
        {
            "true": true,
            "predicted": predicted,
            "count": counts,
            "share": shares,
            "text": [text if visible else "" for text, visible in zip(texts, shown, strict=True)],
            "kind": np.where(right, "right", "wrong"),
            "strength": np.where(right, 0.0 if hide_diagonal else 0.35, np.sqrt(values / largest)),
        }
    )


def matrix_chart(cells: pd.DataFrame, chosen: tuple[int, int], dark: bool) -> alt.LayerChart | alt.FacetChart:
    """Cells in, a clickable 10×10 chart out; ``chosen`` (true, predicted) is framed."""
    click = alt.selection_point(name=CLICK, fields=["true", "predicted"], empty=False)
    axis = alt.Axis(labelAngle=0, ticks=False, domain=False, labelFontSize=13, grid=False)
    x = alt.X("predicted:O", title="Predicted as", axis=axis)
    y = alt.Y("true:O", title="True digit", axis=axis)
    base = alt.Chart(cells).encode(x=x, y=y)
    squares = base.mark_rect(cornerRadius=2, cursor="pointer", stroke="#80808033", strokeWidth=1).encode(
        color=alt.Color(
            "kind:N", scale=alt.Scale(domain=["right", "wrong"], range=[RIGHT_COLOR, ERROR_COLOR]), legend=None
        ),
        fillOpacity=alt.FillOpacity("strength:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.95]), legend=None),
        tooltip=[
            alt.Tooltip("true:O", title="True digit"),
            alt.Tooltip("predicted:O", title="Predicted as"),
            alt.Tooltip("count:Q", title="Images", format=","),
            alt.Tooltip("share:Q", title="Share of this digit", format=".2%"),
        ],
    )
    ink = "#F2F3F5" if dark else "#1F2430"
    words = base.mark_text(fontSize=alt.expr("width < 380 ? 9 : 12")).encode(
        text="text:N",
        color=alt.condition("datum.strength > 0.85 && datum.kind == 'wrong'", alt.value("#FFFFFF"), alt.value(ink)),
    )
    frame = (
        alt.Chart(pd.DataFrame({"true": [chosen[0]], "predicted": [chosen[1]]}))
        .mark_rect(filled=False, stroke=ink, strokeWidth=2.5, cornerRadius=2)
        .encode(x=x, y=y)
    )
    return alt.layer(squares.add_params(click), words, frame).properties(height=HEIGHT)


def clicked_cell(event: Any) -> tuple[int, int] | None:
    """The (true, predicted) of a click on ``matrix_chart``, None when nothing is selected."""
    points = (event or {}).get("selection", {}).get(CLICK, [])
    if not points:
        return None
    return int(points[0]["true"]), int(points[0]["predicted"])


def digit_columns() -> dict[str, Any]:
    """How the table of precision, recall and F1 is titled and explained."""
    column = st.column_config
    return {
        "digit": column.NumberColumn("Digit", format="%d", width="small"),
        "precision": column.NumberColumn(
            "Precision",
            format="%.1f %%",
            help="The share of images classified as this digit that really are this digit.",
        ),
        "recall": column.NumberColumn(
            "Recall", format="%.1f %%", help="The share of this digit's images that were classified correctly."
        ),
        "f1": column.NumberColumn("F1", format="%.1f %%", help="Harmonic mean of precision and recall."),
        "count": column.NumberColumn("Images", format="localized"),
    }


def in_percent(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its shares (precision, recall, F1, share) in per cent."""
    shares = [name for name in ("precision", "recall", "f1", "share") if name in table]
    return table.assign(**{name: 100 * table[name] for name in shares})


def pair_columns() -> dict[str, Any]:
    """How the table of most confused pairs is titled and explained."""
    column = st.column_config
    return {
        "true": column.NumberColumn("True", format="%d"),
        "predicted": column.NumberColumn("Predicted as", format="%d"),
        "count": column.NumberColumn("Images", format="localized"),
        "share": column.NumberColumn("Share of the digit", format="%.1f %%"),
    }
