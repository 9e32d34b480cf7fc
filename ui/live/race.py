"""A race: two to four networks that train at once, seen side by side and held, released and stopped together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError, RunError
from mnistcore.runs.racing import MOST
from ui.frame.follow import follow
from ui.frame.page import link_to
from ui.frame.selection import why_missing
from ui.frame.session import get_engine, get_store
from ui.frame.words import STATUS_WORDS, duration, percent, plain
from ui.live.controls import show_problem
from ui.live.speed import PROBLEM
from ui.live.standing import places, verdict
from ui.live.view import choose_axes
from ui.pictures import race_charts
from ui.pictures.live_charts import is_young
from ui.runs.history import LiveHistory
from ui.runs.progress import pace_of
from ui.runs.race import Entry, start_race
from ui.runs.table import compared_settings, labelled

if TYPE_CHECKING:
    from mnistcore.runs import Run

SETTINGS = 3  # that differ, in a lane
FIRST = ("Layers", "Learning rate", "Optimizer", "Batch size", "Augmentation", "Seed")  # of those that differ


def race_view(asked: str) -> None:
    """The race that the address names: one chart, a lane for each network, and who has won in the end."""
    store = get_store()
    runs = _racers(asked)
    if not runs:
        st.error("None of the runs of this race is here: start another one below.", icon=":material/error:")
        return
    names = labelled(runs)
    settings = _settings(runs)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.subheader(f"A race of {len(runs)} networks" if len(runs) > 1 else "What is left of a race", anchor=False,
                     width="content")  # fmt: skip
        st.caption("They share the processor evenly. Lines: validation; dashed: training.", width="content")
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content"):
            _controls(runs)
        with st.container(horizontal=True, width="content"):
            x, whole, smoothing = choose_axes()
    with st.container():
        show_problem()
        if not any(run.is_active or run.can_resume for run in runs):
            st.markdown(verdict(names))
    histories = {run.id: LiveHistory(store, run.id) for run in runs}

    def look() -> dict[str, Run]:
        return {label: store.run(run.id) for label, run in names.items()}

    def draw(now: Mapping[str, Run]) -> None:
        tables = {label: histories[run.id].refresh(run) for label, run in now.items()}
        data = race_charts.race_data(tables, x, smoothing, [k for k, run in now.items() if run.status == "finished"])
        moving = [run for run in now.values() if run.is_active]
        domain = race_charts.race_domain(data, whole or any(is_young(run) for run in moving), bool(moving))
        st.vega_lite_chart(data, race_charts.race_spec(list(now), x, domain), key="race_accuracy")
        st.html(race_charts.lanes_html(_lanes(now, settings)))

    follow(look, draw, every=pace_of, state=_state, found=names)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Look at one of them:", width="content")
        for label, run in names.items():
            link_to("train", plain(label), run=run.id)


def _racers(asked: str) -> list[Run]:
    """Those of the runs that are there; what is missing is said."""
    store, found = get_store(), []
    for run_id in list(dict.fromkeys(asked.split(",", MOST)[:MOST])):
        with suppress(RunError):
            run = store.run(run_id)
            if not run.deleted:
                found.append(run)
                continue
        st.warning(why_missing(store, run_id), icon=":material/info:")
    return found


def _settings(runs: Sequence[Run]) -> dict[str, str]:
    """By label: the first of the settings in which they differ, in words."""
    if len(runs) < 2:
        return {}
    table = compared_settings(runs).drop(index="Recipe", errors="ignore")
    table = table.loc[sorted(table.index, key=lambda title: FIRST.index(title) if title in FIRST else len(FIRST))]
    shown = table.head(SETTINGS)
    more = f" · and {len(table) - len(shown)} more" if len(table) > len(shown) else ""
    return {
        label: " · ".join(f"{title.lower()}: {value}" for title, value in shown[label].items()) + more
        for label in table.columns
    }


def _state(now: Mapping[str, Run]) -> object:
    """What the buttons and the verdict depend on."""
    runs = now.values()
    return any(run.is_active for run in runs), _can_go_on(list(runs)), [run.status for run in runs if not run.is_active]


def _can_go_on(runs: Sequence[Run]) -> bool:
    """Whether there is one to let go: held on its way, or paused."""
    return any(run.can_resume or run.is_held for run in runs)


def _lanes(now: Mapping[str, Run], settings: Mapping[str, str]) -> list[race_charts.Lane]:
    order = places(list(now.values()))
    return [
        race_charts.Lane(
            label,
            settings.get(label, ""),
            order.get(run.id),
            run.step / run.total_steps if run.total_steps else 0.0,
            percent(run.validation_accuracy, 2),
            _position(run),
        )
        for label, run in now.items()
    ]


def _position(run: Run) -> str:
    """`training · epoch 1.2 of 5 · step 960 of 4,300 · 2.1 s`; what it waits for before it begins."""
    if run.status == "queued" and not run.step:
        return run.message or "waits for a worker; the others wait for it"
    if run.is_held and not run.step:
        return "at the start, until all are ready"
    state = "held" if run.is_held else STATUS_WORDS[run.status]
    total = "–" if run.total_steps is None else f"{run.total_steps:,}"
    words = f"{state} · epoch {run.epoch:.1f} of {run.config.epochs:,} · step {run.step:,} of {total}"
    message = f" · {run.message}" if run.message and not run.is_active else ""
    unranked = "" if run.config.validation_size else " · no validation images, so no place"
    return f"{words} · {duration(run.seconds)} of training{unranked}{message}"


def _controls(runs: Sequence[Run]) -> None:
    engine = get_engine()
    ids = [run.id for run in runs]
    is_active = any(run.is_active for run in runs)
    if _can_go_on(runs):
        st.button("Go on", key="race_go_on", type="primary", on_click=_command, args=(engine.release_together, ids),
                  help="Let all that wait go on.")  # fmt: skip
    elif is_active:
        st.button("Pause all", key="race_pause", on_click=_command, args=(engine.hold_together, ids),
                  help="Hold each of them after its current step.")  # fmt: skip
    if is_active or _can_go_on(runs):
        st.button("Stop all", key="race_stop", on_click=_command, args=(_stop, ids),
                  help="Stop permanently and keep the current weights.")  # fmt: skip
    elif len(runs) > 1:
        entries = [(run.config, run.name) for run in runs]
        st.button("Race again", key="race_again", icon=":material/replay:", on_click=_again,
                  args=(entries, runs[0].dataset), help="The same networks with the same seeds.")  # fmt: skip
        seed = (max(run.config.seed for run in runs) + 1) % 2**32
        others = [(config.overridden({"seed": seed}), name) for config, name in entries]
        st.button("Race again with another seed", key="race_another_seed", on_click=_again,
                  args=(others, runs[0].dataset), help="All with the same new seed: was it chance?")  # fmt: skip


def _stop(ids: Sequence[str]) -> None:
    for run_id in ids:
        with suppress(RunError):  # it has ended
            get_engine().stop(run_id)


def _command(command: Callable[[Sequence[str]], None], ids: Sequence[str]) -> None:
    try:
        command(ids)
    except ExplorerError as error:
        st.session_state[PROBLEM] = str(error)


def _again(entries: Sequence[Entry], dataset: str) -> None:
    try:
        start_race(entries, dataset)
    except ExplorerError as error:
        st.session_state[PROBLEM] = plain(str(error))
