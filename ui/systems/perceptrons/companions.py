"""The networks that stand beside the ten perceptrons: one with a hidden layer, one with convolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from mnistcore.nn import DenseConfig
from mnistcore.nn.layer_config import Conv2dConfig
from mnistcore.runs import Run, RunStore
from mnistcore.training import TrainingConfig, recipe
from ui.frame.clicks import start_run
from ui.frame.follow import follow
from ui.frame.page import link_to
from ui.frame.session import get_store, guard
from ui.frame.words import STATUS_WORDS, percent, plain, shortened
from ui.systems.newest import newest_run

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Companion:
    """A sort of network: its name, the recipe that trains one, and the newest run of it that has been trained."""

    title: str
    recipe: str
    run: Run | None
    coming: Run | None  # one that waits or trains, while there is no other


def companions(store: RunStore, dataset: str) -> list[Companion]:
    """An MLP and a CNN, each the newest one that was trained on this data set."""
    runs = [run for run in store.runs(include_members=False) if run.dataset == dataset]
    return [
        _newest(runs, "MLP", "first-network", is_mlp),
        _newest(runs, "CNN", "fast-99", is_cnn),
    ]


def is_cnn(config: TrainingConfig) -> bool:
    """Whether a network slides filters over the image."""
    return any(isinstance(layer, Conv2dConfig) for layer in config.layers)


def is_mlp(config: TrainingConfig) -> bool:
    """Whether a network has hidden layers, all of them dense."""
    return not is_cnn(config) and any(isinstance(layer, DenseConfig) for layer in config.layers)


def _newest(runs: list[Run], title: str, name: str, fits: Callable[[TrainingConfig], bool]) -> Companion:
    trained = newest_run(runs, fits, ("finished",))
    coming = newest_run((run for run in runs if run.is_active), fits) if trained is None else None
    return Companion(title, name, trained, coming)


def show_companions(found: list[Companion], dataset: str) -> None:
    """Which runs they are; for a sort that is missing the button that trains one; those under way with how far."""
    with st.container(horizontal=True, gap="medium"):
        for one in found:
            if one.run is not None:
                link_to("train", f"{one.title}: {shortened(one.run.name)}", run=one.run.id)
    if any(one.coming for one in found):
        store = get_store()
        coming = [one.coming for one in found if one.coming]
        follow(
            lambda: [store.run(run.id) for run in coming],
            _show_position,
            every=lambda _: POLL_SECONDS,
            state=lambda runs: [run.is_active for run in runs],
            found=coming,
        )
    missing = [one for one in found if one.run is None and one.coming is None]
    if not missing:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for one in missing:
            summary = recipe(one.recipe).title
            if st.button(
                f"Train {'an' if one.title == 'MLP' else 'a'} {one.title}", key=f"train_{one.title}", help=summary
            ):
                with guard():
                    start_run(recipe(one.recipe).config, dataset, recipe=one.recipe)
                st.rerun()
        st.caption("for comparison; this takes seconds.", width="content")


def _show_position(runs: list[Run]) -> None:
    """Their progress."""
    for run in runs:
        share = run.step / run.total_steps if run.total_steps else 0.0
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{plain(run.name)}: {STATUS_WORDS[run.status]}, {percent(share, 0)} done", width="content")
            link_to("train", "Watch in Train", run=run.id)
