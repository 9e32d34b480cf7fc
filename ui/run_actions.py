"""What can be done with stored runs: rename, delete and undo it, download as a ZIP, import."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore

DELETED = "runs-deleted"
NOTICE = "runs-notice"
PROBLEM = "runs-problem"


def table_key(runs: Sequence[Run]) -> str:
    """A widget key that changes with the rows: a tick must never slip to another run when one comes or goes."""
    return "runs-" + str(hash(tuple(run.id for run in runs)))


def rename(store: RunStore, run: Run) -> None:
    """A small form behind a button: the run's new name."""
    with st.popover("Rename"), st.form(f"rename-{run.id}", border=False):
        name = st.text_input("New name", value=run.name, max_chars=200)
        if st.form_submit_button("Rename"):
            try:
                store.rename(run.id, name)
            except ExplorerError as error:
                st.error(str(error))
            else:
                st.rerun()


def download(store: RunStore, run: Run) -> None:
    """The run as a ZIP of settings, metrics and weights; packed only when the button is pressed."""
    st.download_button(
        "Download",
        data=partial(store.export_run, run.id),
        file_name=f"{file_stem(run)}.zip",
        mime="application/zip",
        on_click="ignore",
        help="Settings (config.json), metrics (metrics.csv) and weights (weights.npz) in one ZIP.",
    )


def file_stem(run: Run) -> str:
    """A file name without surprises: letters, digits and dashes of the run's name, and its id."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in run.name)
    return "-".join(part for part in [*words.lower().split("-"), run.id] if part)


def delete(store: RunStore, chosen: Sequence[Run]) -> None:
    """The button that deletes the runs chosen; a run in progress has to be stopped first."""
    active = any(run.is_active for run in chosen)
    st.button(
        "Delete" if len(chosen) == 1 else f"Delete {len(chosen)} runs",
        on_click=_delete,
        args=(store, [run.id for run in chosen]),
        disabled=active,
        help="Stop it on the Train page first." if active else "Can be undone.",
    )


def _delete(store: RunStore, run_ids: Sequence[str]) -> None:
    deleted = st.session_state[DELETED] = []
    try:
        for run_id in run_ids:
            store.delete(run_id)
            deleted.append(run_id)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)


def offer_undo(store: RunStore) -> None:
    """After a deletion, one line with the button that brings the runs back; other news likewise, once."""
    if NOTICE in st.session_state:
        st.success(st.session_state.pop(NOTICE))
    if PROBLEM in st.session_state:
        st.error(st.session_state.pop(PROBLEM))
    deleted = st.session_state.get(DELETED)
    if deleted:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.write("Deleted one run." if len(deleted) == 1 else f"Deleted {len(deleted)} runs.")
            st.button("Undo", key="runs-undo", on_click=_restore, args=(store,))


def _restore(store: RunStore) -> None:
    for run_id in st.session_state.pop(DELETED, []):
        store.restore(run_id)


def import_run(store: RunStore) -> None:
    """A form that takes a run's ZIP from elsewhere."""
    with st.expander("Import a run"), st.form("import-run", clear_on_submit=True, border=False):
        file = st.file_uploader("A run downloaded from here or from another machine", type="zip")
        if st.form_submit_button("Import") and file is not None:
            try:
                run_id = store.import_run(file.getvalue())
            except ExplorerError as error:
                st.error(str(error))
            else:
                st.session_state[NOTICE] = f"Imported “{store.run(run_id).name}”."
                st.rerun()


def rerun_when_something_ends(store: RunStore, runs: Sequence[Run]) -> None:
    """While runs are in progress, show the page anew whenever one changes its state or completes an epoch."""
    seen = progress_of(runs)
    if seen:
        st.fragment(_watch, run_every=2.0)(store, seen)


def _watch(store: RunStore, seen: dict[str, tuple[str, int]]) -> None:
    now = progress_of(store.runs())
    st.caption("One run is in progress." if len(now) == 1 else f"{len(now)} runs are in progress.")
    if now != seen:
        st.rerun()


def progress_of(runs: Sequence[Run]) -> dict[str, tuple[str, int]]:
    """The state and whole epochs of each run in progress, by its id."""
    return {run.id: (run.status, int(run.epoch or 0)) for run in runs if run.is_active}
