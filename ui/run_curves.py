"""The learning curves of several runs in one chart: validation drawn firmly, training faintly."""

from collections.abc import Mapping, Sequence
from html import escape

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


def run_colors(labels: Sequence[str]) -> list[str]:
    """A colour for each run, in order."""
    return [RUN_COLORS[position % len(RUN_COLORS)] for position in range(len(labels))]


def curves_legend(labels: Sequence[str]) -> str:
    """HTML: the runs' names behind a dash of their colour, in lines that wrap on a narrow screen."""
    entries = "".join(
        '<span style="display:inline-flex;align-items:center;gap:0.4rem">'
        f'<span style="width:1.1rem;height:3px;background:{color}"></span>{escape(label)}</span>'
        for label, color in zip(labels, run_colors(labels), strict=True)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 1.2rem;font-size:0.9rem">{entries}</div>'


def value_range(points: pd.DataFrame) -> list[float]:
    """The values to show: all but the steep start (the first twentieth of x), which would press the rest together."""
    settled = points[points["x"] >= points["x"].max() * 0.05] if len(points) else points
    if not len(settled):
        return [0.0, 1.0]
    low, high = float(settled["value"].min()), float(settled["value"].max())
    margin = 0.04 * (high - low) or 0.01
    return [max(low - margin, 0.0), high + margin]


def overlaid_curves(histories: Mapping[str, pd.DataFrame], x: str = "epoch", measure: str = "accuracy") -> alt.Chart:
    """Histories by run label in; one line a run and part out, a colour a run, faint where it is the training images."""
    labels = list(histories)
    points = curve_points(histories, x, measure)
    percent = measure == "accuracy"
    parts = ["validation", "training"]
    y_axis = alt.Axis(format=".0%" if percent else "~g", title=None, tickCount=6)
    return (
        alt.Chart(points)
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=alt.X("x:Q", title=AXES[x], axis=alt.Axis(tickCount=8, grid=False)),
            y=alt.Y("value:Q", axis=y_axis, scale=alt.Scale(zero=False, nice=False, domain=value_range(points))),
            color=alt.Color("run:N", legend=None, scale=alt.Scale(domain=labels, range=run_colors(labels))),
            opacity=alt.Opacity("part:N", legend=None, scale=alt.Scale(domain=parts, range=[1.0, 0.35])),
            strokeDash=alt.StrokeDash("part:N", legend=None, scale=alt.Scale(domain=parts, range=[[1, 0], [4, 3]])),
            tooltip=[
                alt.Tooltip("run:N", title="Run"),
                alt.Tooltip("part:N", title="Images"),
                alt.Tooltip("x:Q", title=AXES[x], format=",.2~f"),
                alt.Tooltip("value:Q", title=MEASURES[measure], format=".2%" if percent else ".4f"),
            ],
        )
        .properties(height=340)
    )
