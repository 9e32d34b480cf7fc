"""The frame of a system's page: published and measured figures, the button that reproduces it, its settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.reproduction import SYSTEMS, System, figures, stored
from mnistcore.training import Recipe, recipe
from ui.frame.clicks import just_started, start_run
from ui.frame.equations import Equation, show_equations
from ui.frame.follow import follow
from ui.frame.page import link_to, page_header
from ui.frame.selection import dataset_titles, recipe_address
from ui.frame.session import get_engine, get_store, guard
from ui.frame.words import ago, plain, status_words
from ui.runs.history import LiveHistory
from ui.runs.progress import pace_of, show_curves, show_guessing, show_position
from ui.systems.claims import show_claims
from ui.systems.config import config_html, config_line
from ui.systems.newest import newest_run, newest_runs

if TYPE_CHECKING:
    from mnistcore.runs import Run

__all__ = ["Equation", "Exhibit", "open_system", "show_equations"]

Exhibit = Callable[["Run", LiveHistory], None]

# The pages that show a system's point on any of its networks, and the question that each answers there.
VIEWS = {
    "perceptrons": {"weights": "What it looks for"},
    "stepped-mlp": {"confusions": "What it mixes up", "pair": "How it tells 3 and 8 apart"},
    "from-scratch": {"trace": "One step of it"},
    "deep-leaky": {"certainty": "How sure it may be"},
    "linear-online": {"why": "Why it answers so"},
}


@dataclass(frozen=True)
class Claims:
    """A system, our own measurement of it that ships (if any), and what runs of its variants have reached here."""

    system: System
    ours: dict[str, Any] | None
    of_variants: dict[str, float]


def open_system(name: str, sentence: str, try_this: str, exhibit: Exhibit | None = None) -> Run | None:
    """Open the page of the system that is the recipe `name`: header, button, figures, live curve, settings.

    exhibit: draws what is to be seen of the run, in the fragment that follows it; curves of loss and accuracy if None.
    Returns the newest run of exactly this recipe in this store, in whatever state it is; None where there is none.
    """
    system = recipe(name)
    page_header(system.title, sentence, try_this)
    run = newest_run(get_store().runs(include_members=False), system.config)
    with st.container():
        _reproduce(system, run)
    claims = Claims(SYSTEMS[name], stored(name), _figures_of_variants(SYSTEMS[name]))
    if run is None:
        show_claims(claims.system, claims.ours, claims.of_variants, True, False)
    else:
        _follow(run, claims, exhibit or (lambda run, history: show_curves(run, history, "step")))
    _show_settings(system)
    return run


def _reproduce(system: Recipe, run: Run | None) -> None:
    """The button that trains the recipe as it is, or how to stop it; and the way to all that Train shows of it."""
    from mnistcore.data import default_dataset_name

    dataset = default_dataset_name()
    with st.container(horizontal=True, vertical_alignment="center"):
        if run is not None and run.is_active:
            pressed = st.button("Stop", key="system_stop", help="Stop permanently and keep the current weights.")
            if pressed and just_started(run.id):
                st.toast("It has only just started. Press Stop again to stop it.")
            elif pressed:
                with guard():
                    get_engine().stop(run.id)
                st.toast("Stopping after the current step.")
        elif st.button("Reproduce", type="primary", key="system_reproduce"):
            with guard():
                start_run(system.config, dataset, recipe=system.name)
            st.rerun()
        if run is not None:
            link_to("train", "Watch in Train" if run.is_active else "Open in Train", run=run.id)
            for view, question in VIEWS[system.name].items():
                link_to(view, question, run=run.id)
            st.caption(_state_words(run), width="content")
    if dataset != "mnist":
        st.caption(
            ":material/info: MNIST is not on this machine, so the network learns from generated digits: its figures "
            "are not comparable with the published ones."
        )


def _state_words(run: Run) -> str:
    """`finished · MNIST · 3 min ago`."""
    return " · ".join([status_words(run), dataset_titles().get(run.dataset, run.dataset), ago(run.created_at)])


def _figures_of_variants(system: System) -> dict[str, float]:
    """What the newest finished runs of the system's further recipes have reached on MNIST."""
    store = get_store()
    configs = {name: recipe(name).config for name in system.variants}
    runs = newest_runs(store.runs(include_members=False), configs, "mnist", ("finished",)) if configs else {}
    found: dict[str, float] = {}
    for name, run in runs.items():
        found |= figures(store.history(run.id).to_dict("records"), system, name)
    return found


def _follow(run: Run, claims: Claims, exhibit: Exhibit) -> None:
    """The run's progress, the published and measured figures, and the exhibit."""
    store = get_store()
    history = LiveHistory(store, run.id)

    def draw(run: Run) -> None:
        _show_run(run, history, claims)
        exhibit(run, history)

    follow(lambda: store.run(run.id), draw, every=pace_of, state=lambda run: (run.status, run.deleted), found=run)


def _show_run(run: Run, history: LiveHistory, claims: Claims) -> None:
    table = history.refresh(run)
    rows = table.to_dict("records")
    with st.container():
        show_guessing(run)
        if run.is_active:
            show_position(run, table)
        elif run.message and run.status != "finished" and not run.is_guessing:
            st.warning(plain(run.message), icon=":material/info:")
    with st.container():
        here = figures(rows, claims.system) | claims.of_variants
        show_claims(claims.system, claims.ours, here, run.dataset == "mnist", run.status == "finished")


def _show_settings(system: Recipe) -> None:
    """The config in one line, which opens to all of it, and the way to change it."""
    with st.expander(config_line(system.config)):
        st.html(config_html(system.config))
        link_to("train", "Change the settings", config=recipe_address(system.name))
