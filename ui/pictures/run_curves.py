"""The learning curves of several runs in one chart: solid for validation, faint for training."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from mnistcore.palette import RUN_COLORS
from ui.frame.words import PERCENT_AXIS

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

AXES = {"step": "Step", "epoch": "Epoch", "seconds": "Training seconds", "images": "Training images seen"}
AGAINST = {"step": "Step", "epoch": "Epoch", "seconds": "Seconds", "images": "Images"}  # as buttons, also on a phone
MEASURES = {"accuracy": "Accuracy", "loss": "Loss"}
TALLER = 20  # times: how far the highest curve may rise above the lowest one before it leaves the chart at the top
WITHOUT_CURVE = {
    "queued": "is waiting for a free worker",
    "running": "has just started",
    "paused": "was paused before anything was measured",
    "interrupted": "was interrupted before anything was measured",
    "failed": "failed before anything was measured",
    "stopped": "was stopped before anything was measured",
    "diverged": "diverged before anything was measured",
    "finished": "has no measurements",
}


def is_measured(history: pd.DataFrame, x: str, measure: str) -> bool:
    """Whether there is anything of a run to draw."""
    return any(len(history[[x, f"{part}_{measure}"]].dropna()) for part in ("validation", "train"))


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
    """The values to show: of each run all but its steep start (a twentieth of it), which would flatten the rest.

    So would the loss of a run that diverges: it leaves the chart at the top.
    """
    if not len(points):
        return [0.0, 1.0]
    settled = points[points["x"] >= 0.05 * points.groupby("run")["x"].transform("max")]
    low = float(settled["value"].min())
    highest = settled.groupby("run")["value"].max()
    high = min(float(highest.max()), TALLER * float(highest.min()))
    margin = 0.04 * (high - low) or 0.01
    return [max(low - margin, 0.0), high + margin]


def overlaid_curves(histories: Mapping[str, pd.DataFrame], x: str = "epoch", measure: str = "accuracy") -> "Figure":
    """Histories by run label in; one line per run and part out, zoomable: solid for validation, faint for training."""
    from plotly.graph_objects import Figure, Scatter  # takes a moment: only for who compares runs

    points = curve_points(histories, x, measure)
    percent = measure == "accuracy"
    clear = "rgba(0,0,0,0)"
    figure = Figure(layout={"height": 380, "showlegend": False, "paper_bgcolor": clear, "plot_bgcolor": clear})
    figure.update_layout(margin={"l": 8, "r": 8, "t": 8, "b": 8})
    labels = list(histories)
    for label, color in zip(labels, run_colors(labels), strict=True):
        for part, dash, opacity in (("training", "dot", 0.4), ("validation", "solid", 1.0)):
            line = points[(points["run"] == label) & (points["part"] == part)]
            figure.add_trace(
                Scatter(
                    x=line["x"].to_numpy(),
                    y=line["value"].to_numpy(),
                    mode="lines" if len(line) > 1 else "markers",  # a line needs two points
                    name=f"{escape(label)}, {part}",  # Plotly reads HTML in names
                    opacity=opacity,
                    line={"color": color, "width": 2, "dash": dash},
                    hovertemplate="%{y:.2%}" if percent else "%{y:.4~g}",
                )
            )
    grid = "rgba(128,128,128,0.2)"
    figure.update_xaxes(title=AXES[x], showgrid=False, zeroline=False)
    figure.update_yaxes(
        tickformat=PERCENT_AXIS if percent else "~g", range=value_range(points), gridcolor=grid, zeroline=False
    )
    return figure
