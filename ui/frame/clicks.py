"""Buttons that start something: a quick second click counts as the same click, and starts nothing twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from ui.frame.session import get_engine

if TYPE_CHECKING:
    from mnistcore.training import TrainingConfig

SAME_CLICK = 2.0  # seconds
RECENT = "recent_clicks"
T = TypeVar("T")


def once(what: Hashable, do: Callable[[], T]) -> T:
    """The result of `do()`; for the same `what` in this session, within SAME_CLICK seconds, the previous result.

    The second click of a double click ends the script run of the first one and begins another, in which the button
    is pressed just the same.
    """
    recent: dict[Hashable, tuple[float, T]] = st.session_state.setdefault(RECENT, {})
    for old in [key for key, (done, _) in recent.items() if time.monotonic() - done > SAME_CLICK]:
        del recent[old]
    if what not in recent:
        # Nothing here may lie between the two: using the session's state is where Streamlit ends a script run.
        result = do()
        recent[what] = time.monotonic(), result
    return recent[what][1]


def start_run(
    config: TrainingConfig,
    dataset: str,
    *,
    recipe: str | None = None,
    name: str | None = None,
    speed: float | None = None,
    hold_at: int | None = None,
) -> str:
    """Start training a network; returns the run's id, that of the run just started if this is the same click.

    `speed` in steps a second, None as fast as it can; `hold_at`: the step at which it waits.
    """
    engine = get_engine()
    what = ("run", config.model_dump_json(), dataset, recipe, name)
    paced: dict[str, Any] = {"speed": speed, "hold_at": hold_at}
    return once(what, lambda: engine.submit(config, dataset=dataset, recipe=recipe, name=name, **paced))


def just_started(run_id: str) -> bool:
    """Whether this session started the run a moment ago: a click where its button was is then the same click."""
    recent = st.session_state.get(RECENT, {}).values()
    return any(found == run_id and time.monotonic() - done <= SAME_CLICK for done, found in recent)
