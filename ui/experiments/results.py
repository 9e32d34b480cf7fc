"""What came of an experiment, while it runs and afterwards: the sentence first, then curves, table and charts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.experiments import Experiment, Member, experiment, members
from mnistcore.experiments.config import Range, Values
from mnistcore.experiments.coordinator import is_settled
from mnistcore.experiments.records import PAUSED, RUNNING
from mnistcore.experiments.results import (
    Combination,
    best_of,
    combinations,
    setting_words,
    summary,
    value_words,
)
from mnistcore.experiments.tables import (
    combination_words,
    combinations_table,
    heat_map,
    importance_rows,
    ranked,
    setting_points,
    shown_from,
    validation_curves,
)
from mnistcore.runs import RunStore
from ui.experiments import charts
from ui.experiments.actions import act_on_experiment, act_on_ticked
from ui.experiments.table import show_table, ticked
from ui.frame.follow import follow
from ui.frame.page import is_dark
from ui.frame.session import get_engine
from ui.frame.words import counted, duration, percent, plain
from ui.pictures.live_charts import figures_html
from ui.pictures.run_curves import curves_legend

if TYPE_CHECKING:
    import pandas as pd

POLL_SECONDS, WAITING_SECONDS = 1.0, 3.0  # a paused experiment may be resumed in another tab
MANY, MANY_SECONDS = 200, 3.0  # runs, from which on the page looks less often
MOST_LABELS = 8


@dataclass(frozen=True)
class Found:
    """An experiment as it is now."""

    experiment: Experiment
    members: list[Member]
    combinations: list[Combination]
    curves: pd.DataFrame

    @property
    def pace(self) -> float | None:
        """Seconds until the page looks again; None when nothing changes."""
        is_active = any(member.status in ("queued", "running", "interrupted") for member in self.members)
        if self.experiment.status == RUNNING or is_active:
            return MANY_SECONDS if len(self.members) > MANY else POLL_SECONDS
        return WAITING_SECONDS if self.experiment.status == PAUSED else None

    @property
    def state(self) -> tuple[str, int, int, int | None]:
        """What the whole page depends on: it runs again whenever a run ends, or the experiment changes."""
        over = sum(map(is_settled, self.members))
        return self.experiment.status, over, len(self.combinations), self.experiment.config.runs


def look(store: RunStore, experiment_id: str) -> Found:
    """The experiment as the store has it."""
    found = members(store, experiment_id)
    curves = validation_curves(store, experiment_id)
    return Found(experiment(store, experiment_id), found, combinations(found), curves)


def show_results(store: RunStore, experiment_id: str) -> None:
    """All of it; the part that moves is drawn again by itself while the experiment runs."""
    found = look(store, experiment_id)
    act_on_experiment(store, found.experiment, found.combinations)
    follow(
        lambda: look(store, experiment_id),
        lambda now: _moment(now, ticked(experiment_id)),
        every=lambda now: now.pace,
        state=lambda now: now.state,
        found=found,
    )
    if not found.members:
        return
    config, rows = found.experiment.config, ranked(found.combinations)
    st.subheader("Combinations", anchor=False)
    table = combinations_table(config, rows, found.members, found.curves)
    show_table(experiment_id, config, rows, table)
    act_on_ticked(store, found.experiment, found.combinations, ticked(experiment_id))
    if any(each.mean is not None for each in found.combinations):
        _settings(found)
        _together(found)


def _moment(now: Found, chosen: list[int]) -> None:
    """The sentence, how far it is, and the learning curves."""
    st.markdown(f"#### {plain(summary(now.experiment.config, now.members))}")
    _progress(now)
    st.html(figures_html(_figures(now)))
    if len(now.curves):
        _curves(now, chosen)
    elif not now.experiment.is_over:
        st.caption("The first learning curves appear as soon as a run has been measured on validation images.")


def _progress(now: Found) -> None:
    this, config = now.experiment, now.experiment.config
    over = sum(map(is_settled, now.members))
    if this.status == RUNNING:
        total = None if config.combinations is None else config.combinations * config.seeds
        training = sum(member.status == "running" for member in now.members)
        words = f"{over:,} of {total:,} runs have ended" if total else f"{counted(over, 'run')} ended"
        words += f", {counted(training, 'run')} training." if training else "."
        engine = get_engine()
        if engine.error or (not training and not engine.ready):
            words += f" {engine.error or 'The workers are starting …'}"
        st.progress(min(1.0, over / total) if total else 0.0, text=plain(words))
    elif this.status == PAUSED:
        st.info(f"Paused after {counted(over, 'run')}. Its runs go on where they were when you resume it.")
    elif this.message:
        st.caption(plain(this.message))
    if not now.members and this.is_over:
        st.caption("It was stopped before a run had begun.")


def _figures(now: Found) -> dict[str, str]:
    best = best_of(now.combinations)
    shown = {"Best validation accuracy": "–" if best is None else percent(best.mean, 2)}
    diverged = sum(member.status == "diverged" for member in now.members)
    failed = sum(member.status == "failed" for member in now.members)
    shown |= {"Runs": f"{len(now.members):,}", "Time": duration(now.experiment.seconds)}
    shown |= {"Diverged": f"{diverged:,}"} if diverged else {}
    return shown | ({"Failed": f"{failed:,}"} if failed else {})


def _curves(now: Found, chosen: list[int]) -> None:
    """All learning curves; those ticked in colour, or the best one where none is."""
    config, best = now.experiment.config, best_of(now.combinations)
    numbers = chosen[:MOST_LABELS] or ([best.number] if best else [])
    words = {each.number: combination_words(config, each.values) for each in now.combinations}
    labels = {number: words[number] for number in numbers if number in words}
    data = now.curves.assign(
        label=now.curves["combination"].map(labels).astype(object).where(now.curves["combination"].isin(labels), None),
        words=now.curves["combination"].map(words),
    )
    low = shown_from(list(data.groupby("run")["accuracy"].max()))
    st.html(curves_legend(list(labels.values())))
    against = "step" if "train_size" in config.vary else "epoch"  # epochs of 250 images and of 32,000 hardly compare
    spec = charts.curves_spec(list(labels.values()), against, low, float(data["accuracy"].max()) + 0.005)
    st.vega_lite_chart(data, spec, key="experiment_curves")
    which = "In colour: what is ticked in the table." if chosen else "In colour: the best combination so far."
    st.caption(f"Validation accuracy of every run. {which}")


def _settings(found: Found) -> None:
    """One panel a setting."""
    st.subheader("Setting by setting", anchor=False)
    config = found.experiment.config
    known = [each for each in found.combinations if each.mean is not None]
    low = shown_from([each.mean or 0.0 for each in known])
    high = max(max(each.known) for each in known) + 0.004
    names = list(config.vary)
    chosen = ticked(found.experiment.id)
    for first in range(0, len(names), 2):
        for name, column in zip(names[first : first + 2], st.columns(2, gap="large"), strict=False):
            with column:
                _panel(replace(found, combinations=known), name, low, high, chosen)
    below = sum((each.mean or 0.0) < low for each in known)
    words = "Each dot is a combination; the line is the mean. "
    words += "Vertical strokes: the range over seeds. " if config.seeds > 1 else ""
    if below:
        stand = "combination lies" if below == 1 else "combinations lie"
        words += f"{below:,} {stand} below the scale, marked with a triangle at its lower edge."
    st.caption(words)


def _panel(found: Found, name: str, low: float, high: float, chosen: list[int]) -> None:
    config = found.experiment.config
    variation = config.vary[name]
    points = setting_points(config, name, found.combinations, low)
    order = [value_words(value) for value in variation.values] if isinstance(variation, Values) else []
    is_range = isinstance(variation, Range)
    is_log = isinstance(variation, Range) and variation.log
    title = setting_words(name)
    spec = charts.setting_spec(f"{title[0].upper()}{title[1:]}", is_range, is_log, order, low, high, chosen)
    st.vega_lite_chart(points, spec, key=f"experiment_panel_{name}")


def _together(found: Found) -> None:
    """The heat map of two settings, and the importances, side by side."""
    config = found.experiment.config
    cells = heat_map(config, found.combinations, found.members)
    shares = importance_rows(config, found.members) if len(config.vary) > 1 else None
    if cells is None and shares is None:
        return
    left, right = st.columns(2, gap="large")
    if cells is not None:
        with left:
            first, second = cells["first"][0], cells["second"][0]
            st.subheader(f"{first[0].upper()}{first[1:]} and {second}", anchor=False)
            low, high = shown_from(list(cells["accuracy"])), float(cells["accuracy"].max())
            ink = "#F2F3F5" if is_dark() else "#1F2430"
            spec = charts.heat_spec(first, second, low, high, ink)
            st.vega_lite_chart(cells, spec, key="experiment_heat")
            st.caption("Mean validation accuracy in per cent.")
    if shares is not None:
        with left if cells is None else right:
            st.subheader("What matters", anchor=False)
            st.vega_lite_chart(
                shares,
                charts.importance_spec(len(config.vary), shares["of"].nunique() > 1),
                key="experiment_importances",
            )
            st.caption(
                "How much of the differences in accuracy each setting explains by itself. Where one bad range hides "
                "everything else, the better half tells more."
            )
