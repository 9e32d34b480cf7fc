"""The lesson beside a page: what is asked, the answer on a click, and the way to the next step."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from mnistcore.data import find_mnist
from mnistcore.runs import Run
from ui.frame.clicks import start_run
from ui.frame.follow import follow
from ui.frame.page import CARRIED, PAGES, link_to, visit
from ui.frame.session import get_store
from ui.frame.words import counted, percent, plain, shortened, status_words
from ui.lessons.place import Place, known_lessons, place_in
from ui.lessons.text import show_text, without_digits

POLL_SECONDS = 0.5
TURNED_TO = "lesson_turned_to"  # session key: the lesson and the place in it to go to
FILLED = "lesson_filled"  # session key: the place whose parameters the address has been given

STYLE = """
<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-lesson) { padding: 0 0 1rem; border-bottom: 1px solid;
  border-color: rgb(128 128 128 / .35); }
@media (min-width: 1000px) {
  html:not(.is-presenting) [data-testid="stMainBlockContainer"]:has(.st-key-lesson) {
    max-width: none; margin: 0; padding-left: 25rem; padding-right: 2rem; }
  html:not(.is-presenting) [data-testid="stLayoutWrapper"]:has(> .st-key-lesson) { position: fixed; left: 0;
    top: 3.75rem; bottom: 0; width: 23rem; overflow-y: auto; padding: 1.5rem 1.5rem 3rem; border-bottom: none;
    border-right: 1px solid rgb(128 128 128 / .35); z-index: 10; }
}
</style>
"""


def show_lesson(address: str) -> None:
    """The lesson that the address names, beside the page at `address`; nothing where it names none."""
    name = st.query_params.get("lesson")
    if name is None:
        return
    lessons, _ = known_lessons()
    with st.container(key="lesson"):
        st.html(STYLE)
        if name not in lessons:
            st.error(
                f"There is no lesson “{plain(shortened(name))}” here: choose another one.", icon=":material/error:"
            )
            link_to("lessons", "All lessons", lesson="")
            return
        _show(place_in(lessons[name]), address)


def _show(place: Place, address: str) -> None:
    runs = place.runs(get_store())
    lesson, at = st.session_state.pop(TURNED_TO, (None, place.at))
    if lesson == place.lesson.name and at != place.at:
        place.go(at, runs)
    _fill_address(place, address, runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{plain(shortened(place.lesson.title, 24))} · {place.at} / {place.count}", width="stretch")
        if st.button("Close", icon=":material/close:", type="tertiary", key="lesson_close"):
            for key in CARRIED:
                st.query_params.pop(key, None)
            st.rerun()
    st.subheader(plain(place.step.title), anchor=False)
    has_answers = place.is_revealed and "{{answers of" in place.step.reveal
    show_text(without_digits(place.step.text) if has_answers else place.step.text, runs)
    if place.is_revealed:
        st.divider()
        show_text(place.step.reveal, runs)
    _offer_networks(place, runs)
    if place.step.page != address:
        link_to(place.step.page, f"This step is about {PAGES[place.step.page].title}", **place.query(runs))
    _ways(place, runs)


def _turn(place: Place, by: int) -> None:
    """Kept until a run of the script has gone there: one that is interrupted forgets which button was pressed."""
    st.session_state[TURNED_TO] = (place.lesson.name, place.at + by)


def _ways(place: Place, runs: Mapping[str, Run | None]) -> None:
    """Back and on; where something is to be revealed, on reveals it."""
    places = place.lesson.places()
    is_asking = place.at < place.count and places[place.at][1]
    with st.container(horizontal=True, key="lesson_ways"):
        st.button("Back", key="lesson_back", disabled=place.at == 1, on_click=_turn, args=(place, -1))
        label, is_last = "Show the answer" if is_asking else "Next", place.at == place.count
        st.button(label, key="lesson_next", type="primary", disabled=is_last, on_click=_turn, args=(place, 1))
    if place.at == place.count:
        with st.container(horizontal=True, vertical_alignment="center"):
            link_to("lessons", "All lessons", lesson="")
            if place.networks and st.button("Again from another seed", key="lesson_seed", type="tertiary"):
                place.go(1, runs, seed=(place.seed or 0) + 1)


def _offer_networks(place: Place, runs: Mapping[str, Run | None]) -> None:
    """The button that trains what the lesson needs, and how far that is."""
    if place.lesson.needs_mnist and find_mnist() is None:
        st.warning("This lesson needs MNIST, which is not on this machine: download it on *Data*.")
        return
    missing = {name: place.networks[name] for name, run in runs.items() if run is None}
    if missing:
        what = "the network" if len(missing) == 1 else counted(len(missing), "network")
        if st.button(f"Train {what} of this lesson", key="lesson_train", type="primary"):
            for name, (network, dataset) in missing.items():
                start_run(network.config, dataset, name=f"{place.lesson.title}: {name}"[:200])
            place.go(place.at, place.runs(get_store()))
    ids = {name: run.id for name, run in runs.items() if run is not None and run.is_active}
    if ids:
        store = get_store()
        follow(
            lambda: {name: store.run(run_id) for name, run_id in ids.items()},
            _show_progress,
            every=lambda found: POLL_SECONDS if any(run.is_active for run in found.values()) else None,
            state=lambda found: [run.status for run in found.values()],
        )


def _show_progress(runs: Mapping[str, Run]) -> None:
    for name, run in runs.items():
        done = f", {percent(run.step / run.total_steps, 0)} done" if run.total_steps and run.is_active else ""
        st.caption(f"{plain(name)}: {status_words(run)}{done}")


def _fill_address(place: Place, address: str, runs: Mapping[str, Run | None]) -> None:
    """What the address leaves out of the step's page: once for each place, so that the visitor may change it then."""
    trained = tuple(name for name, run in runs.items() if run is not None)
    now = (place.lesson.name, place.at, place.seed, trained, visit())
    if place.step.page != address or st.session_state.get(FILLED) == now:
        return
    st.session_state[FILLED] = now
    for key, value in place.query(runs).items():
        if key not in st.query_params:
            st.query_params[key] = value
