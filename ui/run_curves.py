"""The learning curves of several runs in one chart: validation drawn firmly, training faintly."""

from collections.abc import Mapping

import altair as alt
import pandas as pd

# Okabe and Ito's colours that read on white and on black; runs beyond the eighth start over with the first.
RUN_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6BB1", "#7F7F7F")
AXES = {"step": "Step", "epoch": "Epoch", "seconds": "Training seconds"}
MEASURES = {"accuracy": "Accuracy", "loss": "Loss"}


def curve_points(histories: Mapping[str, pd.DataFrame], x: str, measure: str) -> pd.DataFrame:
    """Long form (run, part, x, value) of the histories' training and validation curves; unmeasured points left out."""
    pieces = []
    for label, history in histories.items():
        for part in ("validation", "train"):
            points = history[[x, f"{part}_{measure}"]].dropna()
            points.columns = pd.Index(["x", "value"])
            pieces.append(points.assign(run=label, part="validation" if part == "validation" else "training"))
    if not pieces:
        return pd.DataFrame({"x": [], "value": [], "run": [], "part": []})
    return pd.concat(pieces, ignore_index=True)


def overlaid_curves(histories: Mapping[str, pd.DataFrame], x: str = "epoch", measure: str = "accuracy") -> alt.Chart:
    """Histories by run label in; one line a run and part out, a colour a run, faint where it is the training images."""
    labels = list(histories)
    colors = [RUN_COLORS[position % len(RUN_COLORS)] for position in range(len(labels))]
    percent = measure == "accuracy"
    y_axis = alt.Axis(format=".0%" if percent else "~g", title=None)
    return (
        alt.Chart(curve_points(histories, x, measure))
        .mark_line(interpolate="linear", strokeWidth=2)
        .encode(
            x=alt.X("x:Q", title=AXES[x]),
            y=alt.Y("value:Q", axis=y_axis, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "run:N",
                sort=labels,
                scale=alt.Scale(domain=labels, range=colors),
                legend=alt.Legend(title=None, orient="top", columns=1, labelLimit=320, symbolType="stroke"),
            ),
            opacity=alt.Opacity(
                "part:N", scale=alt.Scale(domain=["validation", "training"], range=[1.0, 0.3]), legend=None
            ),
            strokeDash=alt.StrokeDash(
                "part:N", scale=alt.Scale(domain=["validation", "training"], range=[[1, 0], [4, 3]]), legend=None
            ),
            tooltip=[
                alt.Tooltip("run:N", title="Run"),
                alt.Tooltip("part:N", title="Images"),
                alt.Tooltip("x:Q", title=AXES[x], format=",.2~f"),
                alt.Tooltip("value:Q", title=MEASURES[measure], format=".2%" if percent else ".4f"),
            ],
        )
        .properties(height=320)
    )
