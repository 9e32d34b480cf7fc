"""Runs: every training kept, compared side by side, renamed, deleted, taken along as a ZIP."""

from collections.abc import Sequence

import streamlit as st

from mnistcore.runs import Run, RunStore
from ui import run_actions as actions
from ui.page import link_to, page_header
from ui.run_curves import AXES, MEASURES, curves_legend, overlaid_curves
from ui.run_table import compared_results, compared_settings, labelled, runs_columns, runs_table
from ui.selection import dataset_titles, no_runs_yet
from ui.session import get_store


def show() -> None:
    """The table of all runs, and below it whatever is chosen in it."""
    page_header(
        "Runs",
        "Every training, newest first: how it was set, and what came out.",
        "tick two runs to see their curves together and the settings in which they differ.",
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
    table = st.dataframe(
        runs_table(runs, dataset_titles()),
        key=actions.table_key(runs),
        hide_index=True,
        column_config=runs_columns(),
        selection_mode="multi-row",
        on_select="rerun",
        placeholder="–",
    )
    st.caption("Choose between runs by their validation figures. Test accuracy is looked at once, after training.")
    return [runs[row] for row in table["selection"]["rows"] if row < len(runs)]


def show_actions(store: RunStore, chosen: Sequence[Run]) -> None:
    """What can be done with the runs ticked."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(chosen) == 1:
            run = chosen[0]
            actions.rename(store, run)
            actions.download(store, run)
            actions.delete(store, chosen)
            link_to("train", "Curves live", run=run.id)
            link_to("weights", run=run.id)
            link_to("confusions", run=run.id)
            link_to("draw", run=run.id)
        else:
            actions.delete(store, chosen)


def show_curves(store: RunStore, chosen: Sequence[Run]) -> None:
    """The learning curves of the runs ticked, in one chart."""
    with st.container(horizontal=True):
        measure = st.segmented_control("Measure", list(MEASURES), default="accuracy", format_func=MEASURES.__getitem__)
        x = st.segmented_control("Against", list(AXES), default="epoch", format_func=AXES.__getitem__)
    histories = {label: store.history(run.id, max_points=400) for label, run in labelled(chosen).items()}
    st.html(curves_legend(list(histories)))
    figure = overlaid_curves(histories, x or "epoch", measure or "accuracy")
    st.plotly_chart(figure, key="run-curves", config={"displaylogo": False})
    st.caption(
        "Firm lines: validation images. Faint, dotted lines: training images. Drag to zoom, double-click to leave."
    )


def show_comparison(chosen: Sequence[Run]) -> None:
    """Results and settings, one column a run."""
    st.subheader("Results", anchor=False)
    st.dataframe(compared_results(chosen))
    st.subheader("Settings", anchor=False)
    if len(chosen) == 1:
        st.dataframe(compared_settings(chosen, only_differences=False), height="content")
        return
    everything = st.toggle("Also the settings that are alike")
    settings = compared_settings(chosen, only_differences=not everything)
    if len(settings):
        st.dataframe(settings, height="content")
    else:
        st.write("These runs have the same settings.")


show()
