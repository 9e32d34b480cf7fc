"""The film of a run: a strip over its snapshots that sets the moment at which a page looks at its network.

The moment is in the address (`step`), and goes with the visitor from page to page. At its right end the film follows
the newest weights, also while the run still trains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.runs import Run, RunStore
from mnistcore.runs.records import SHIPPED_ID
from ui.frame.cached import KEYS
from ui.frame.page import is_dark
from ui.frame.selection import choose_run, no_runs_yet
from ui.frame.session import guard
from ui.frame.words import percent
from ui.pictures.figures import svg_html
from ui.runs.history import last_validation
from ui.runs.notes import no_weights, progress_note

PLAYING = "film-playing"
SECONDS_A_FRAME = 0.3
POINTS = 150  # of the history
HEIGHT = 24  # of the curve, for a width of 100
ACCENT, DARK_ACCENT = "#3d5bd9", "#6f8bf5"  # as in .streamlit/config.toml


def choose_filmed_run(store: RunStore, without: str) -> tuple[Run, list[int]] | None:
    """The run that a page looks at, with its snapshots; None, said with what to do, where there is no run or none of
    its weights. ``without``: what to say where nothing was trained."""
    with guard():
        run = choose_run(store)
    if run is None:
        no_runs_yet(without)
        return None
    steps = filmed_steps(store, run)
    return None if steps is None else (run, steps)


def filmed_steps(store: RunStore, run: Run) -> list[int] | None:
    """The run's snapshots, with a note on how far it is; None, said with the reason, where it has none yet."""
    steps = store.snapshot_steps(run.id)
    if not steps:
        no_weights(run)
        return None
    progress_note(run, steps[-1])
    return steps


def film_clock() -> float | None:
    """Seconds from one frame to the next while the film plays: `run_every` of the fragment that it moves."""
    return SECONDS_A_FRAME if st.session_state.get(PLAYING) else None


@contextmanager
def film(store: RunStore, run: Run, steps: Sequence[int], is_brief: bool = False) -> Iterator[int]:
    """The strip: play, the accuracy over the snapshots, a slider; gives the step of the snapshot to what it moves.

    ``steps`` (at least one) are the run's snapshots, ascending. It must stand in a fragment that runs every
    `film_clock()` seconds. Once it has played to its end, the whole page runs once more, without the clock.
    ``is_brief``: without the line that says where in training this was.
    """
    step = steps[0] if len(steps) == 1 else _choose_step(store, run, steps, is_brief)
    if len(steps) == 1 and run.id == SHIPPED_ID:
        st.caption("Only the last weights of this network ship; the two *Filmed* ones have their whole training.")
    yield step
    if st.session_state.get(PLAYING) and step == steps[-1]:
        st.session_state[PLAYING] = False
        st.rerun()


def _choose_step(store: RunStore, run: Run, steps: Sequence[int], is_brief: bool) -> int:
    key, kept = f"film-{run.id}", f"film-kept-{run.id}"
    current = _current(st.session_state.get(kept), steps)
    if st.session_state.get(PLAYING):
        current = steps[min(steps.index(current) + 1, len(steps) - 1)]
    st.session_state[key] = current
    _keep(run, current, steps)
    history = _history(store, run, run.status, steps[-1])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _play_button(run, steps)
        with st.container(gap=None, width="stretch"):
            if curve := film_curve(history, steps, steps.index(current), is_dark()):  # Streamlit refuses empty HTML
                st.html(curve)
            st.select_slider(
                "Snapshot after training step",
                steps,
                key=key,
                format_func="{:,}".format,
                label_visibility="collapsed",
                on_change=_move,
                args=(run, steps),
            )
    if not is_brief:
        st.caption(moment_words(history, current))
    return current


def moment_words(history: pd.DataFrame, step: int) -> str:
    """`After step 1,200 · epoch 1.40 · validation accuracy 96.1 % at step 1,000`: where in training this was.

    A figure measured at another step names that step; one that was not measured is left out.
    """
    words = [f"After step {step:,}"]
    here = history[history["step"] == step]
    if len(here):
        words.append(f"epoch {here['epoch'].iloc[-1]:.2f}")
    measured = last_validation(history[history["step"] <= step])
    if measured is not None:
        at, accuracy = measured
        words.append(f"validation accuracy {percent(accuracy)}" + ("" if at == step else f" at step {at:,}"))
    return " · ".join(words)


def film_curve(history: pd.DataFrame, steps: Sequence[int], place: int, dark: bool = False) -> str:
    """HTML: the accuracy at each snapshot, evenly spaced as on the slider below it, filled up to the one at `place`."""
    part = "validation_accuracy" if history["validation_accuracy"].notna().any() else "train_accuracy"
    measured = history[["step", part]].dropna()
    if len(measured) < 2:
        return ""
    heights = HEIGHT * (1 - np.interp(steps, measured["step"], measured[part]))
    across = np.linspace(0, 100, len(steps))
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, heights, strict=True))
    until = points.split(" ")[: place + 1]
    seen = f"0,{HEIGHT} {' '.join(until)} {across[place]:.1f},{HEIGHT}"
    color = DARK_ACCENT if dark else ACCENT
    shapes = (
        f'<polygon points="{seen}" fill="{color}" opacity="0.2"/><polyline points="{points}" fill="none" '
        f'stroke="{color}" opacity="0.7" vector-effect="non-scaling-stroke" stroke-width="1.5"/>'
    )
    return svg_html(shapes, 100, HEIGHT, "The accuracy at each snapshot")


@st.cache_resource(max_entries=16, show_spinner=False, hash_funcs=KEYS)
def _history(store: RunStore, run: Run, status: str, newest: int) -> pd.DataFrame:
    """Read once for each new snapshot: the film must not ask the store for it at every frame."""
    return store.history(run.id, max_points=POINTS)


def _current(kept: int | None, steps: Sequence[int]) -> int:
    """The moment in the address, else the one kept, else the newest; of an unknown step the nearest snapshot."""
    asked = st.query_params.get("step", "")
    wanted = int(asked) if asked.isdecimal() and len(asked) < 10 else kept
    return steps[-1] if wanted is None else min(steps, key=lambda step: abs(step - wanted))


def _keep(run: Run, step: int, steps: Sequence[int]) -> None:
    """For other pages, and in the address; the newest is not named, so that it stays the newest."""
    kept = None if step == steps[-1] else step
    st.session_state[f"film-kept-{run.id}"] = kept
    if kept is None:
        st.query_params.pop("step", None)
    elif not st.session_state.get(PLAYING) and st.query_params.get("step") != str(kept):
        st.query_params["step"] = str(kept)


def _move(run: Run, steps: Sequence[int]) -> None:
    """The slider's callback: its place is the moment now, whatever the address says."""
    step = st.session_state.get(f"film-{run.id}", -1)
    if step in steps:
        _keep(run, step, steps)


def _play_button(run: Run, steps: Sequence[int]) -> None:
    """Start or stop the film; from its end it starts over.

    The whole page runs again after a click, because only then the fragment's clock starts or stops.
    """
    label, icon = ("Pause", ":material/pause:") if st.session_state.get(PLAYING) else ("Play", ":material/play_arrow:")
    if st.button(label, icon=icon, key="film-play", on_click=_toggle, args=(run, steps)):
        st.rerun()


def _toggle(run: Run, steps: Sequence[int]) -> None:
    playing = st.session_state[PLAYING] = not st.session_state.get(PLAYING, False)
    if playing:
        st.query_params.pop("step", None)
        kept = f"film-kept-{run.id}"
        if st.session_state.get(kept) is None:
            st.session_state[kept] = steps[0]
