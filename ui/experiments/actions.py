"""What a visitor does with an experiment and with the combinations ticked in its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments import Experiment, actions, parse_experiment, records
from mnistcore.experiments.config import MAX_RUNS, variation_text
from mnistcore.experiments.ready import checked_variation
from mnistcore.experiments.records import PAUSED, RUNNING
from mnistcore.experiments.results import Combination, best_of, compare, comparison_words, setting_words
from mnistcore.experiments.tables import best_run, combination_words
from mnistcore.runs import RunStore
from ui.frame.number_field import Number, number_field, say
from ui.frame.page import link_to
from ui.frame.selection import config_address
from ui.frame.session import get_dataset, get_engine, guard
from ui.frame.setting_numbers import number_of
from ui.frame.words import counted, plain
from ui.runs.keep import keep_as_recipe
from ui.runs.same_images import show_same_images


def act_on_experiment(store: RunStore, this: Experiment, found: Sequence[Combination]) -> None:
    """Pause or resume, stop, more runs; the best one to Train."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if this.status == RUNNING:
            _button("Pause", lambda: actions.pause_experiment(store, this.id))
        if this.status == PAUSED:
            _button("Resume", lambda: actions.resume_experiment(store, this.id), primary=True)
        if not this.is_over:
            _button("Stop", lambda: actions.stop_experiment(store, this.id))
        if _can_grow(this):
            with st.popover("More runs"):
                _more_runs(store, this)
        if this.config.sampler != "grid" and this.status != "stopped":
            with st.popover("Change what varies"):
                _change_ranges(store, this)
        best = best_of(found)
        if best is not None:
            _take(this, best, "Take the best to Train")
            link_to("confusions", "Its confusions", run=best_run(best))
            _keep(store, this, best, "best")
            _offer_report(store, this)


def _offer_report(store: RunStore, this: Experiment) -> None:
    """The experiment as one page to take home; made only when the button is pressed."""
    from mnistcore.reports import experiment_report

    st.download_button(
        "Report",
        data=partial(experiment_report, store, this.id),
        file_name=f"experiment-{this.id}.html",
        mime="text/html",
        on_click="ignore",
        help="One page to read offline and to print: curves, combinations, the best run’s confusions and weights.",
    )


def _button(label: str, do: Callable[[], None], primary: bool = False) -> None:
    """A button for what changes the experiment; it may have changed meanwhile in another tab, which is said."""
    if st.button(label, type="primary" if primary else "secondary"):
        try:
            do()
        except (ConfigError, RunError) as error:
            st.warning(plain(str(error)), icon=":material/info:")
            return
        get_engine().look_now()
        st.rerun()


def _can_grow(this: Experiment) -> bool:
    """Whether more runs would make new combinations; a grid that is tried to its end has none."""
    config = this.config
    if config.runs is None:
        return False
    return config.sampler != "grid" or config.runs < config.grid_size * config.seeds


def _more_runs(store: RunStore, this: Experiment) -> None:
    runs = this.config.runs or 0
    number = Number("Runs in all", is_whole=True, low=runs + 1, high=MAX_RUNS)
    key = f"experiment_more_{this.id}_{runs}"
    problem = number_field(number, key, str(min(MAX_RUNS, 2 * runs)))
    say(problem)
    if st.button("Allow them", disabled=problem is not None):
        wanted = number.parse(st.session_state[key])
        try:
            records.change_config(store, this.id, parse_experiment(dict(this.config) | {"runs": wanted}))
        except (ConfigError, RunError) as error:
            st.warning(plain(str(error)), icon=":material/info:")
            return
        get_engine().look_now()
        st.rerun()


def _change_ranges(store: RunStore, this: Experiment) -> None:
    """Narrower or wider ranges, other values: from the next run on."""
    with st.form(f"experiment_ranges_{this.id}", border=False):
        texts = {
            name: st.text_input(setting_words(name).capitalize(), variation_text(variation), autocomplete="off")
            for name, variation in this.config.vary.items()
        }
        st.caption("The runs that there are stay. A list: `16,64,256`. A range: `log:1e-4:1e-1` or `range:0.0:0.5`.")
        if not st.form_submit_button("From the next run on"):
            return
    try:
        vary = {name: checked_variation(this.config.base, name, text) for name, text in texts.items()}
        records.change_config(store, this.id, parse_experiment(dict(this.config) | {"vary": vary}))
    except (ConfigError, RunError) as error:
        st.warning(plain(str(error)), icon=":material/info:")
        return
    st.rerun()


def _train_longer(store: RunStore, this: Experiment, row: Combination) -> None:
    """The same settings and seeds for more epochs, as runs that stand by themselves: they are other runs, since a
    schedule stretches with the number of epochs."""
    number, key = number_of("epochs"), f"experiment_longer_{this.id}_{row.number}"
    assert number is not None
    problem = number_field(number, key, str(min(100_000, 2 * this.config.member(row.values, 0).epochs)))
    say(problem)
    if st.button("Train", type="primary", disabled=problem is not None):
        epochs = number.parse(st.session_state[key])
        name = f"{combination_words(this.config, row.values)}, {epochs} epochs"[:200]
        for repeat in range(len(row.runs)):
            longer = this.config.member(row.values, repeat).overridden({"epochs": epochs, "max_steps": None})
            run = get_engine().submit(longer, this.config.dataset, name=name)
        st.session_state["chosen_run"] = run
        st.success(f"{counted(len(row.runs), 'run')} of {epochs} epochs, before the waiting ones of the experiment.")
        link_to("train", "Live view", run=run)
        link_to("runs")


def act_on_ticked(store: RunStore, this: Experiment, found: Sequence[Combination], chosen: Sequence[int]) -> None:
    """Links for one combination, a comparison for two, and what to do when nothing is ticked."""
    by_number = {each.number: each for each in found}
    rows = [by_number[number] for number in chosen if number in by_number]
    if not rows:
        st.caption("Tick a combination to open its best run on other pages, or two to see whether they really differ.")
    elif len(rows) == 1:
        _one(store, this, rows[0])
    elif len(rows) == 2:
        _is_it_real(store, this, rows[0], rows[1])
    else:
        st.caption(f"{len(rows):,} combinations are ticked: their curves are in colour. Tick two to compare them.")


def _one(store: RunStore, this: Experiment, row: Combination) -> None:
    run = best_run(row)
    st.session_state["chosen_run"] = run
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to("train", "Live view", run=run)
        link_to("weights", run=run)
        link_to("confusions", run=run)
        link_to("draw", run=run)
        _take(this, row, "Take to Train")
        _keep(store, this, row, "ticked")
        if row.is_over and not row.stopped_early:
            with st.popover("Train longer"):
                _train_longer(store, this, row)
        if row.stopped_early:
            _button("Let it finish", lambda: _let_finish(store, row))


def _let_finish(store: RunStore, row: Combination) -> None:
    for run in row.runs:
        if store.run(run).status == "paused":
            actions.let_finish(store, run)


def _take(this: Experiment, row: Combination, label: str) -> None:
    config = this.config.member(row.values, 0)
    link_to("train", label, config=config_address(config, this.config.dataset))


def _keep(store: RunStore, this: Experiment, row: Combination, which: str) -> None:
    config = this.config.member(row.values, 0)
    keep_as_recipe(store, config, combination_words(this.config, row.values), f"{which}_{this.id}_{row.number}")


def _is_it_real(store: RunStore, this: Experiment, first: Combination, second: Combination) -> None:
    """Two combinations, paired over their seeds; and their best runs, on the same test images."""
    st.subheader("Is it real?", anchor=False)
    words = [plain(combination_words(this.config, each.values)) for each in (first, second)]
    st.markdown(f"First: {words[0]}  \nSecond: {words[1]}")
    st.markdown(f"**{plain(comparison_words(compare(first, second)))}**")
    if not (first.is_over and second.is_over):
        return
    if st.toggle("Their best runs on the same test images", key="experiment_same_images"):
        with guard():
            dataset = get_dataset(this.config.dataset)
            runs = [store.run(best_run(each)) for each in (first, second)]
            show_same_images(store, runs[0], runs[1], dataset)
