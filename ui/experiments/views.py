"""Further views of an experiment: all settings at once, best so far, accuracy against cost, who ran where and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from mnistcore.experiments.results import Combination
from mnistcore.experiments.tables import shown_from
from mnistcore.experiments.views import COSTS, accuracy_and_cost, best_so_far, front, parallel_axes, timings
from mnistcore.runs import RunStore
from ui.experiments import charts
from ui.experiments.found import Found
from ui.frame.words import counted, duration

AGAINST = {"runs": "Runs", "seconds": "Seconds"}


def show_all_settings(store: RunStore, found: Found, known: Sequence[Combination], chosen: Sequence[int]) -> None:
    """Parallel coordinates; a stretch of an axis is chosen by dragging along it."""
    import plotly.graph_objects as go

    axes = parallel_axes(found.experiment.config, known)
    accuracies = axes[-1]["values"]
    low = 100 * shown_from([value / 100 for value in accuracies])
    line = {"color": accuracies, "colorscale": "Viridis", "cmin": low, "cmax": max(accuracies), "showscale": True}
    line["colorbar"] = {"title": "%", "thickness": 12}
    figure = go.Figure(go.Parcoords(dimensions=axes, line=line, unselected={"line": {"opacity": 0.08}}))
    figure.update_layout(height=420, margin={"l": 60, "r": 40, "t": 60, "b": 30})
    st.plotly_chart(figure, key="experiment_parallel", config={"displaylogo": False})
    st.caption(
        "Each line is a combination, coloured by its validation accuracy. Drag along an axis to keep only the lines "
        "that pass there; click on the axis to let go."
    )


def show_best_so_far(store: RunStore, found: Found, known: Sequence[Combination], chosen: Sequence[int]) -> None:
    """The best accuracy up to each run, against runs and against seconds."""
    data = best_so_far(found.experiment.config, found.members, timings(store, found.experiment.id))
    against = st.segmented_control(
        "Against", list(AGAINST), default="runs", required=True, format_func=AGAINST.__getitem__, key="experiment_best"
    )
    low, high = shown_from(list(data["accuracy"])), float(data["accuracy"].max()) + 0.004
    spec = charts.best_spec(against or "runs", low, high) | charts.renderer(len(data))
    st.vega_lite_chart(data, spec, key="experiment_best_chart")
    st.caption("The line is the best validation accuracy so far; each dot is a run, in the order in which they ended.")


def show_cost(store: RunStore, found: Found, known: Sequence[Combination], chosen: Sequence[int]) -> None:
    """Accuracy against training time and against parameters, with the front of the best."""
    points = accuracy_and_cost(found.experiment.config, known, timings(store, found.experiment.id))
    low, high = shown_from(list(points["accuracy"])), float(points["accuracy"].max()) + 0.004
    for (cost, title), column in zip(COSTS.items(), st.columns(2, gap="large"), strict=True):
        with column:
            if points[cost].nunique() == 1:
                st.caption(f"{title}: {points[cost].iloc[0]:,.0f} in every combination.")
                continue
            data = points.assign(cost=points[cost], is_front=front(points, cost))
            data["accuracy"] = data["accuracy"].clip(lower=low)
            spec = charts.cost_spec(title, low, high, chosen) | charts.renderer(len(data))
            st.vega_lite_chart(data, spec, key=f"experiment_cost_{cost}")
    st.caption("The line joins those that nothing cheaper or equally cheap is better than.")


def show_workers(store: RunStore, found: Found, known: Sequence[Combination], chosen: Sequence[int]) -> None:
    """Which run was worked on where, and when."""
    when = timings(store, found.experiment.id)
    if not len(when):
        st.caption("No run has begun.")
        return
    st.vega_lite_chart(when, charts.workers_spec(when["worker"].nunique()), key="experiment_workers")
    span = float(when["ended"].max())
    busy = float((when["ended"] - when["began"]).sum()) / max(span * when["worker"].nunique(), 1e-9)
    st.caption(
        f"{counted(len(when), 'run')} on {counted(when['worker'].nunique(), 'worker')} in {duration(span)}; "
        f"{min(1.0, busy):.0%} of the time was spent in runs. What was interrupted is shown where it was last.".replace(
            "%", " %", 1
        )
    )


View = Callable[[RunStore, Found, Sequence[Combination], Sequence[int]], None]
VIEWS: dict[str, View] = {
    "All settings at once": show_all_settings,
    "Best so far": show_best_so_far,
    "Accuracy and cost": show_cost,
    "Who ran where": show_workers,
}


def choose_view(first: str) -> str:
    """One view at a time: what is not looked at is not computed."""
    chosen = st.segmented_control(
        "View", [first, *VIEWS], default=first, required=True, key="experiment_view", label_visibility="collapsed"
    )
    return chosen or first
