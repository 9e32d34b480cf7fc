"""Runs: all runs, found, grouped and compared, labelled, archived, deleted, exported as a ZIP."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore
from mnistcore.runs.curves import training_curves, with_images
from mnistcore.runs.listing import Row, active_progress, rows_as_csv
from ui.frame.page import link_to, page_header
from ui.frame.router import through_router
from ui.frame.selection import config_address, dataset_titles, no_runs_yet
from ui.frame.session import get_dataset, get_store, guard
from ui.frame.words import counted, plain
from ui.pictures.run_curves import AGAINST, MEASURES, WITHOUT_CURVE, curves_legend, is_measured, overlaid_curves
from ui.pictures.smoothing import choose_smoothing
from ui.runs import actions
from ui.runs.baseline import offer_pin, show_baseline
from ui.runs.find import choose_rows
from ui.runs.owner_words import archive_or_bring_back, edit_tags_and_notes
from ui.runs.progress import show_guessing
from ui.runs.race import MOST as MOST_RACING
from ui.runs.race import offer_race_again
from ui.runs.readers import MOST as MOST_READERS
from ui.runs.same_images import show_same_images
from ui.runs.start import going_on
from ui.runs.table import compared_results, compared_settings, labelled, part_of_table, runs_columns
from ui.runs.take_home import offer_to_take_home
from ui.runs.ticks import TABLE, keep_ticks, tick_rows, ticked_among, untick
from ui.stress.runs import MOST as MOST_STRESSED

MOST_COMPARED = 12  # curves in one chart; beyond that nobody tells them apart


def show() -> None:
    """The table of all runs, and below it whatever is chosen in it."""
    page_header(
        "Runs",
        "Every run, newest first, with its settings and results.",
        "tick a run to see its curves and settings, then a second one to compare the two.",
    )
    store = get_store()
    actions.offer_undo(store)
    progress = active_progress(store.database)
    rows = store.rows()
    if not rows:
        no_runs_yet("Nothing has been trained yet.")
        actions.import_run(store)
        return
    titles = dataset_titles()
    shown = choose_rows(rows, titles)
    if shown:
        show_table(rows, shown, titles)
    actions.rerun_when_something_ends(store, progress)
    if ticked := ticked_among(rows):
        note_hidden(ticked, shown)
        show_actions(store, ticked)
        compared = [store.run(row["run"]) for row in ticked[:MOST_COMPARED]]
        if len(compared) < len(ticked):
            st.caption(f"Curves and settings of the first {len(compared)} of {len(ticked):,} ticked runs.")
        show_curves(store, compared)
        show_comparison(compared)
    actions.import_run(store)


def show_table(rows: Sequence[Row], shown: Sequence[Row], titles: Mapping[str, str]) -> None:
    """The table of those shown, sorted by a click on a column's head, and its export."""
    baseline = show_baseline(rows)
    tick_rows(shown)
    st.dataframe(
        part_of_table(rows, shown, titles, baseline),
        key=TABLE,
        hide_index=True,
        column_config=runs_columns(),
        selection_mode="multi-row",
        on_select=keep_ticks,
        placeholder="–",
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(
            "Choose between runs by their validation figures: test accuracy is measured once, after training.",
            width="content",
        )
        st.download_button(
            "Export as CSV",  # the toolbar of the table has a “Download as CSV” already, of what is displayed
            data=partial(rows_as_csv, shown),
            file_name="runs.csv",
            mime="text/csv",
            on_click="ignore",
            help=f"{counted(len(shown), 'run')}, as the table shows them: figures, settings, tags and notes.",
        )


def note_hidden(ticked: Sequence[Row], shown: Sequence[Row]) -> None:
    """Which of the ticked runs the table does not show: what follows is about them too."""
    here = {row["run"] for row in shown}
    if hidden := [row["name"] for row in ticked if row["run"] not in here]:
        st.caption(f"Ticked, but not among the runs above: {actions.named(hidden)}.")


def show_actions(store: RunStore, ticked: Sequence[Row]) -> None:
    """What can be done with the runs ticked; what deletes them stands apart, at the other end. Below it the ways on."""
    ids = [row["run"] for row in ticked]
    run = store.run(ids[0])
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content"):
            if len(ticked) > 1:
                st.button("Untick all", on_click=untick)
            elif st.button("Rename"):
                actions.rename(store, run)
            edit_tags_and_notes(store, ticked)
            archive_or_bring_back(store, ticked)
            if 1 < len(ticked) <= MOST_RACING:
                offer_race_again([store.run(run_id) for run_id in ids])
            if len(ticked) == 1:
                offer_pin(ticked[0])
                actions.download(store, run)
                offer_to_take_home(store, run)
        actions.delete(store, ticked)
    with st.container(horizontal=True):
        ways_on(run, ids)


def ways_on(run: Run, ids: Sequence[str]) -> None:
    """Links to the pages that show the run, or the several with these ids, of which it is the first."""
    if len(ids) == 1:
        link_to("train", "Live view", run=run.id)
        for address in ("weights", "confusions", "draw"):
            link_to(address, run=run.id)
        link_to("experiments", "Vary this run", run=run.id)
        if run.step and run.status != "diverged":
            link_to("train", "Go on from its weights", config=config_address(going_on(run), run.dataset))
        return
    if len(ids) == 2:
        link_to("compare", "Where they disagree", run=ids[0], **{"with": ids[1]})
    link_to("stress", "Compare in the Stress lab", runs=",".join(ids[:MOST_STRESSED]))
    link_to("draw", "Compare on a drawing", run=ids[0], **{"with": ",".join(ids[1:MOST_READERS])})


def show_curves(store: RunStore, chosen: Sequence[Run]) -> None:
    """The learning curves of the runs ticked, in one chart."""
    with st.container(horizontal=True):
        measure = choose_one("Measure", MEASURES, "accuracy")
        x = choose_one("Against", AGAINST, "epoch")
        smoothing = choose_smoothing()
    runs = labelled(chosen)
    histories = {label: store.history(run.id, max_points=400) for label, run in runs.items()}
    if x == "images":
        histories = with_images_seen(runs, histories)
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


def with_images_seen(runs: Mapping[str, Run], histories: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The histories with the number of images seen; those are left out whose data set is gone, and it is said."""
    found = {}
    for label, history in histories.items():
        config = runs[label].config
        try:
            count = config.train_size or len(get_dataset(runs[label].dataset).train_labels) - config.validation_size
        except ExplorerError as error:
            st.caption(f"“{plain(label)}” has no curve over images: {plain(str(error))}")
        else:
            found[label] = with_images(history, count)
    return found


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
    if len(chosen) == 2 and st.toggle("Is it real? Both on the same test images", key="runs_same_images"):
        with guard():
            show_same_images(get_store(), chosen[0], chosen[1], get_dataset(chosen[0].dataset))
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
