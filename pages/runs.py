"""Runs: all runs, compared side by side, renamed, deleted, exported as a ZIP."""

from collections.abc import Mapping, Sequence

import streamlit as st

from mnistcore.runs import Run, RunStore
from mnistcore.runs.curves import training_curves
from ui.frame.page import link_to, page_header
from ui.frame.router import through_router
from ui.frame.selection import dataset_titles, no_runs_yet
from ui.frame.session import get_store
from ui.frame.words import plain
from ui.pictures.run_curves import AXES, MEASURES, WITHOUT_CURVE, curves_legend, is_measured, overlaid_curves
from ui.pictures.smoothing import choose_smoothing
from ui.runs import actions
from ui.runs.progress import show_guessing
from ui.runs.readers import MOST as MOST_READERS
from ui.runs.table import compared_results, compared_settings, labelled, runs_columns, runs_table
from ui.runs.ticks import TABLE, keep_ticks, tick_rows, untick
from ui.stress.runs import MOST as MOST_STRESSED


def show() -> None:
    """The table of all runs, and below it whatever is chosen in it."""
    page_header(
        "Runs",
        "Every run, newest first, with its settings and results.",
        "tick a run to see its curves and settings, then a second one to compare the two.",
    )
    store = get_store()
    actions.offer_undo(store)
    runs = store.runs()
    if not runs:
        no_runs_yet("Nothing has been trained yet.")
        actions.import_run(store)
        return
    chosen = choose_runs(runs)
    actions.rerun_when_something_ends(store, runs)
    if chosen:
        show_actions(store, chosen)
        show_curves(store, chosen)
        show_comparison(chosen)
    actions.import_run(store)


def choose_runs(runs: Sequence[Run]) -> list[Run]:
    """The table, sorted by a click on a column's head; the runs ticked in it."""
    ticked = tick_rows(runs)
    st.dataframe(
        runs_table(runs, dataset_titles()),
        key=TABLE,
        hide_index=True,
        column_config=runs_columns(),
        selection_mode="multi-row",
        on_select=keep_ticks,
        placeholder="–",
    )
    st.caption("Choose between runs by their validation figures: test accuracy is measured once, after training.")
    return ticked


def show_actions(store: RunStore, chosen: Sequence[Run]) -> None:
    """What can be done with the runs ticked; what deletes them stands apart, at the other end."""
    ids = [run.id for run in chosen]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if len(chosen) == 1:
                if st.button("Rename"):
                    actions.rename(store, chosen[0])
                actions.download(store, chosen[0])
                link_to("train", "Live view", run=ids[0])
                link_to("weights", run=ids[0])
                link_to("confusions", run=ids[0])
                link_to("draw", run=ids[0])
                link_to("experiments", "Vary this run", run=ids[0])
            else:
                st.button("Untick all", on_click=untick)
                link_to("stress", "Compare in the Stress lab", runs=",".join(ids[:MOST_STRESSED]))
                link_to("draw", "Compare on a drawing", run=ids[0], **{"with": ",".join(ids[1:MOST_READERS])})
        actions.delete(store, chosen)


def show_curves(store: RunStore, chosen: Sequence[Run]) -> None:
    """The learning curves of the runs ticked, in one chart."""
    with st.container(horizontal=True):
        measure = choose_one("Measure", MEASURES, "accuracy")
        x = choose_one("Against", AXES, "epoch")
        smoothing = choose_smoothing()
    runs = labelled(chosen)
    histories = {label: store.history(run.id, max_points=400) for label, run in runs.items()}
    measured = {label: history for label, history in histories.items() if is_measured(history, x, measure)}
    st.html(curves_legend(list(measured)))
    drawn = {
        label: training_curves(history, smoothing, runs[label].status == "finished")
        for label, history in measured.items()
    }
    st.plotly_chart(overlaid_curves(drawn, x, measure), key="run-curves", config={"displaylogo": False})
    for label in histories.keys() - measured.keys():
        st.caption(f"“{plain(label)}” has no curve: it {WITHOUT_CURVE[runs[label].status]}.")
    st.caption(
        "Solid lines: validation images. Faint, dotted lines: training images. Drag to zoom, double-click to reset."
    )


def choose_one(label: str, titles: Mapping[str, str], default: str) -> str:
    """One of a few names (name → title) in a row of buttons."""
    chosen = st.segmented_control(label, list(titles), default=default, required=True, format_func=titles.__getitem__)
    return chosen or default


def show_comparison(chosen: Sequence[Run]) -> None:
    """Results and settings, one column a run; before them what is to be said of those that learn nothing."""
    for run in chosen:
        show_guessing(run)
    titles = dataset_titles()
    st.subheader("Results", anchor=False)
    st.dataframe(compared_results(chosen))
    st.subheader("Settings", anchor=False)
    if len(chosen) == 1:
        st.dataframe(compared_settings(chosen, only_differences=False, titles=titles), height="content")
        return
    everything = st.toggle("Show identical settings too")
    settings = compared_settings(chosen, only_differences=not everything, titles=titles)
    if len(settings):
        st.dataframe(settings, height="content")
    else:
        st.write("These runs have the same settings.")


if through_router():
    show()
