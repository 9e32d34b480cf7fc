"""What can be done with stored runs: rename, delete and undo it, download as a ZIP, import."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs import ACTIVE, Run, RunStore
from mnistcore.runs.listing import Row, active_progress
from mnistcore.take_home import file_stem
from ui.frame.clicks import once
from ui.frame.follow import follow
from ui.frame.words import counted, plain, shortened

DELETED = "runs-deleted"
NOTICE = "runs-notice"
PROBLEM = "runs-problem"
NAMED = 3  # names in a sentence about several runs
POLL_SECONDS = 2.0
REMEMBERED = 5  # deletions that can be undone


@st.dialog("Rename the run")
def rename(store: RunStore, run: Run) -> None:
    """A window for the run's new name; it closes once the name is accepted."""
    with st.form("rename", border=False):
        name = st.text_input("New name", value=run.name, max_chars=200)
        if st.form_submit_button("Rename", type="primary"):
            try:
                store.rename(run.id, name)
            except ExplorerError as error:
                st.error(plain(str(error)))
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


def delete(store: RunStore, chosen: Sequence[Row]) -> None:
    """The button that deletes the runs chosen; a run in progress has to be stopped first."""
    active = any(row["status"] in ACTIVE for row in chosen)
    st.button(
        "Delete" if len(chosen) == 1 else f"Delete {len(chosen)} runs",
        on_click=_delete,
        args=(store, {row["run"]: row["name"] for row in chosen}),
        disabled=active,
        help="Stop it on the Train page first." if active else "Can be undone.",
    )


def _delete(store: RunStore, names: Mapping[str, str]) -> None:
    """names: id → name; those already deleted by another click are skipped."""
    here = {row["run"] for row in store.rows()}
    deleted = {}
    try:
        for run_id in (run_id for run_id in names if run_id in here):
            store.delete(run_id)
            deleted[run_id] = names[run_id]
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)
    if deleted:
        st.session_state[DELETED] = [deleted, *st.session_state.get(DELETED, [])][:REMEMBERED]


def offer_undo(store: RunStore) -> None:
    """A line for each of the last deletions, with a button that undoes it; other news is shown once."""
    if NOTICE in st.session_state:
        st.success(st.session_state.pop(NOTICE))
    if PROBLEM in st.session_state:
        st.error(plain(st.session_state.pop(PROBLEM)))
    with st.container(gap="xxsmall"):
        for deleted in st.session_state.get(DELETED, []):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"Deleted {named(list(deleted.values()))}.", width="content")
                st.button("Undo", key=f"undo-{min(deleted)}", on_click=_restore, args=(store, deleted))


def named(names: Sequence[str]) -> str:
    """`“a”, “b”, “c” and 2 more runs`, as Markdown."""
    first, rest = [f"“{plain(shortened(name))}”" for name in names[:NAMED]], len(names) - NAMED
    last = counted(rest, "more run") if rest > 0 else first.pop()
    return f"{', '.join(first)} and {last}" if first else last


def _restore(store: RunStore, deleted: Mapping[str, str]) -> None:
    st.session_state[DELETED] = [other for other in st.session_state.get(DELETED, []) if other != deleted]
    try:
        for run_id in deleted:
            store.restore(run_id)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)


def import_run(store: RunStore) -> None:
    """A form that takes a run's ZIP from elsewhere."""
    with st.expander("Import a run"), st.form("import-run", clear_on_submit=True, border=False):
        file = st.file_uploader("The ZIP of a run, downloaded here or on another machine", type="zip")
        if st.form_submit_button("Import") and file is not None:
            try:
                content = file.getvalue()
                run_id = once(("import", hash(content)), partial(store.import_run, content))
            except ExplorerError as error:
                st.error(plain(str(error)))
            else:
                st.session_state[NOTICE] = f"Imported {named([store.run(run_id).name])}."
                st.rerun()


def rerun_when_something_ends(store: RunStore, found: Mapping[str, tuple[str, int]]) -> None:
    """While runs are in progress, rerun the page whenever one changes its state or completes an epoch.

    found: `active_progress` as it was before the page read its runs, so that no change is missed.
    """
    if found:
        look = partial(active_progress, store.database)
        follow(look, _show_count, every=lambda _: POLL_SECONDS, state=dict, found=found)


def _show_count(progress: Mapping[str, tuple[str, int]]) -> None:
    st.caption("One run is in progress." if len(progress) == 1 else f"{len(progress)} runs are in progress.")
