"""What came of an experiment, while it runs and afterwards: the sentence first, then curves, table and charts."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from mnistcore.experiments import ExperimentConfig
from mnistcore.experiments.config import Range, Values
from mnistcore.experiments.coordinator import is_settled
from mnistcore.experiments.records import PAUSED, RUNNING
from mnistcore.experiments.results import (
    Combination,
    best_of,
    setting_words,
    state_words,
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
)
from mnistcore.experiments.views import found_by, search_combinations, seed_bands
from mnistcore.runs import RunStore
from ui.experiments import charts
from ui.experiments.actions import act_on_experiment, act_on_ticked
from ui.experiments.found import Found, look
from ui.experiments.search import choose_search, searched
from ui.experiments.table import show_table, ticked
from ui.experiments.views import VIEWS, choose_view
from ui.frame.follow import follow
from ui.frame.page import is_dark
from ui.frame.session import get_engine
from ui.frame.words import counted, duration, percent, plain
from ui.pictures.live_charts import figures_html
from ui.pictures.run_curves import curves_legend
from ui.runs.start import start_words

SETTINGS = "Setting by setting"  # the view that is shown first
MOST_LABELS = 8


def show_results(store: RunStore, experiment_id: str) -> None:
    """All of it; the part that moves is drawn again by itself while the experiment runs."""
    found = look(store, experiment_id)
    act_on_experiment(store, found.experiment, found.combinations)
    if (start := found.experiment.config.base.start_from) is not None:
        st.caption(plain(f"All runs start from the weights of {start_words(start)}."))
    follow(
        lambda: look(store, experiment_id),
        lambda now: _moment(now, ticked(experiment_id), searched(experiment_id)),
        every=lambda now: now.pace,
        state=lambda now: now.state,
        found=found,
    )
    if not found.members:
        return
    config = found.experiment.config
    st.subheader("Combinations", anchor=False)
    search = choose_search(experiment_id, config)
    shown = _search(config, search, found.combinations)
    if search:
        total = counted(len(found.combinations), "combination")
        st.caption(f"{len(shown):,} of {total}: the curves above and all that follows are of these.")
    rows = ranked(shown)
    if not rows:
        return
    table = combinations_table(config, rows, found.members, found.curves)
    show_table(experiment_id, config, rows, table)
    act_on_ticked(store, found.experiment, shown, ticked(experiment_id))
    known = [each for each in shown if each.mean is not None]
    if not known:
        return
    view = choose_view(SETTINGS)
    if view == SETTINGS:
        numbers = {each.number for each in shown}
        members = [each for each in found.members if each.combination in numbers]
        part = replace(found, combinations=shown, members=members)
        _settings(part)
        _together(part)
    else:
        VIEWS[view](store, found, known, ticked(experiment_id))


def _search(config: ExperimentConfig, search: str, combinations: list[Combination]) -> list[Combination]:
    """Those that the search finds; all where nothing is searched for."""
    test = search_combinations(config, search)
    return [each for each in combinations if found_by(test, each, state_words(each))]


def _moment(now: Found, chosen: list[int], search: str) -> None:
    """The sentence, how far it is, and the learning curves."""
    st.markdown(f"#### {plain(summary(now.experiment.config, now.members))}")
    _progress(now)
    st.html(figures_html(_figures(now)))
    if len(now.curves):
        _curves(now, chosen, search)
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


def _curves(now: Found, chosen: list[int], search: str) -> None:
    """All learning curves; those ticked in colour, or the best one where none is. Of several seeds mean and range."""
    config = now.experiment.config
    shown = _search(config, search, now.combinations)
    best = best_of(shown)
    numbers = chosen[:MOST_LABELS] or ([best.number] if best else [])
    words = {each.number: combination_words(config, each.values) for each in shown}
    labels = {number: words[number] for number in numbers if number in words}
    data = now.curves[now.curves["combination"].isin(words)]
    if not len(data):
        st.caption("None of the combinations that were found has been measured yet.")
        return
    low = shown_from(list(data.groupby("run")["accuracy"].max()))
    high = float(data["accuracy"].max()) + 0.005
    if config.seeds > 1:
        data = seed_bands(data).rename(columns={"mean": "accuracy"}).assign(run=lambda bands: bands["combination"])
    data = data.assign(
        label=data["combination"].map(labels).astype(object).where(data["combination"].isin(labels), None),
        words=data["combination"].map(words),
    )
    st.html(curves_legend(list(labels.values())))
    against = "step" if "train_size" in config.vary else "epoch"  # epochs of 250 images and of 32,000 hardly compare
    spec = charts.curves_spec(list(labels.values()), against, low, high) | charts.renderer(len(data))
    st.vega_lite_chart(data, spec, key="experiment_curves")
    which = "In colour: what is ticked in the table." if chosen else "In colour: the best combination so far."
    of = "Mean validation accuracy over the seeds, with their range" if config.seeds > 1 else "Validation accuracy"
    st.caption(f"{of}, of every {'combination' if config.seeds > 1 else 'run'}. {which}")


def _settings(found: Found) -> None:
    """One panel a setting."""
    config = found.experiment.config
    known = [each for each in found.combinations if each.mean is not None]
    low = shown_from([each.mean or 0.0 for each in known])
    high = max(max(each.known) for each in known) + 0.004
    names = list(config.vary)
    chosen = ticked(found.experiment.id)
    words = {each.number: combination_words(config, each.values) for each in known}
    for first in range(0, len(names), 2):
        for name, column in zip(names[first : first + 2], st.columns(2, gap="large"), strict=False):
            with column:
                _panel(replace(found, combinations=known), name, low, high, chosen, words)
    below = sum((each.mean or 0.0) < low for each in known)
    caption = "Each dot is a combination; the line is the mean. "
    caption += "Vertical strokes: the range over seeds. " if config.seeds > 1 else ""
    if below:
        stand = "combination lies" if below == 1 else "combinations lie"
        caption += f"{below:,} {stand} below the scale, marked with a triangle at its lower edge."
    st.caption(caption)


def _panel(found: Found, name: str, low: float, high: float, chosen: list[int], words: dict[int, str]) -> None:
    config = found.experiment.config
    variation = config.vary[name]
    points = setting_points(config, name, found.combinations, low)
    points["words"] = points["number"].map(words)
    order = [value_words(value) for value in variation.values] if isinstance(variation, Values) else []
    is_range = isinstance(variation, Range)
    is_log = isinstance(variation, Range) and variation.log
    title = setting_words(name)
    spec = charts.setting_spec(
        f"{title[0].upper()}{title[1:]}", is_range, is_log, order, low, high, chosen, config.seeds > 1
    )
    st.vega_lite_chart(points, spec | charts.renderer(len(points)), key=f"experiment_panel_{name}")


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
            st.subheader(f"{cells.first[0].upper()}{cells.first[1:]} and {cells.second}", anchor=False)
            spec = charts.heat_spec(cells, "#F2F3F5" if is_dark() else "#1F2430")
            st.vega_lite_chart(cells.cells, spec, key="experiment_heat")
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
