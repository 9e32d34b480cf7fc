"""Analyses on a page: the button that starts one, its progress, and its result as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.errors import ExplorerError
from ui.frame.clicks import once
from ui.frame.follow import follow
from ui.frame.session import get_engine, get_store
from ui.frame.words import percent

if TYPE_CHECKING:
    from mnistcore.runs import Analysis

POLL_SECONDS = 0.5
Result = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """An analysis that a page asks for.

    draw: shows its result, also while that still grows. start, again: labels of the buttons that start and repeat it.
    key: keeps its widgets apart from others on the page. caption: shown above it.
    """

    kind: str
    arguments: dict[str, Any]
    draw: Callable[[Result], None]
    start: str
    key: str
    again: str = "Measure again"
    caption: str | None = None

    def find(self) -> Analysis | None:
        """Its present state; None if it was never requested."""
        return get_store().analysis(self.kind, self.arguments)


def show_analysis(
    kind: str,
    arguments: dict[str, Any],
    draw: Callable[[Result], None],
    *,
    start: str,
    key: str,
    again: str = "Measure again",
) -> None:
    """One analysis over the whole width: its button, then its progress, then its result, shown by `draw`.

    The store keeps everything: leaving the page stops nothing.
    """
    show_analyses([Asked(kind, arguments, draw, start, key, again)])


def show_analyses(asked: Sequence[Asked]) -> None:
    """Analyses side by side, followed together while one of them is being made."""

    def draw(found: list[Analysis | None]) -> None:
        columns = st.columns(len(asked), gap="large") if len(asked) > 1 else [st.container()]
        for one, state, column in zip(asked, found, columns, strict=True):
            with column:
                if one.caption:
                    st.caption(one.caption)
                _show(one, state)

    found = [one.find() for one in asked]
    if _are_active(found):
        follow(
            lambda: [one.find() for one in asked], draw, every=lambda _: POLL_SECONDS, state=_are_active, found=found
        )
    else:
        draw(found)


def _are_active(found: list[Analysis | None]) -> list[bool] | None:
    """For each whether it waits or is being made; None if none is."""
    active = [one is not None and one.is_active for one in found]
    return active if any(active) else None


def _show(asked: Asked, found: Analysis | None) -> None:
    if found is not None and found.is_active:
        _show_progress(asked, found)
    elif found is None or found.status in ("failed", "cancelled"):
        _offer(asked, found)
    else:
        assert found.result is not None
        asked.draw(found.result)
        st.button(
            asked.again,
            key=f"analysis_{asked.key}",
            type="tertiary",
            icon=":material/refresh:",
            on_click=_start_again,
            args=(asked, found.key),
        )


def _show_progress(asked: Asked, found: Analysis) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, found.progress), text=_words(found), width="stretch")
        st.button("Cancel", key=f"cancel_{asked.key}", on_click=get_engine().cancel_analysis, args=(found.key,))
    if found.result:
        asked.draw(found.result)


def _offer(asked: Asked, found: Analysis | None) -> None:
    """The button that starts it, and what went wrong the last time."""
    if found is not None and found.message:
        st.error(found.message, icon=":material/error:")
    label = asked.start if found is None or found.status == "cancelled" else "Try again"
    st.button(label, key=f"analysis_{asked.key}", on_click=_start, args=(asked,))
    if problem := st.session_state.pop(f"analysis_problem_{asked.key}", None):
        st.error(problem, icon=":material/error:")


def _words(found: Analysis) -> str:
    if found.status == "running":
        return f"{percent(found.progress, 0)} done"
    engine = get_engine()
    if engine.error:
        return f"Waiting: {engine.error}"
    return "Starts as soon as a worker is free" if engine.ready else "The workers are starting"


def _start(asked: Asked) -> None:
    try:
        get_engine().analyse(asked.kind, asked.arguments)
    except ExplorerError as error:
        st.session_state[f"analysis_problem_{asked.key}"] = str(error)


def _start_again(asked: Asked, analysis: str) -> None:
    def start() -> None:
        get_store().forget_analysis(analysis)
        _start(asked)

    once(("analysis", analysis), start)
