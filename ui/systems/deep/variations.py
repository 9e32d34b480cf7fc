"""The deep network with and without remedies against overfitting: ordinary runs, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.training import TrainingConfig, recipe
from ui.frame.clicks import start_run
from ui.frame.follow import follow
from ui.frame.session import get_store, guard
from ui.frame.words import duration, percent
from ui.runs.progress import pace_of
from ui.systems.deep.comparison import comparison, in_words, show_losses, verdict
from ui.systems.newest import newest_run, newest_runs

if TYPE_CHECKING:
    from mnistcore.runs import Run

RECIPE, TOGETHER = "deep-leaky", "deep-leaky-regularised"
LENGTHS = (10, 30)
SHOWN = ("queued", "running", "paused", "finished")  # on their way, or ended well
EPOCH_SECONDS = 0.7  # of the plain network on two cores, where it has not been trained here yet
DROPOUT, DECAY, PATIENCE = 0.1, 0.001, 3
IMAGES = {"shift": 2, "rotation": 10, "scale": 0.1}
SETTINGS = (
    f"Dropout: {percent(DROPOUT, 0)} of each hidden layer. Weight decay: {DECAY:g}. Early stopping: after {PATIENCE} "
    f"epochs without a lower validation loss. Augmentation: images moved by up to {IMAGES['shift']} pixels, turned by "
    f"{IMAGES['rotation']}°, scaled by {percent(IMAGES['scale'], 0)}. Several at once: the recipe “{TOGETHER}”, with "
    "augmentation, weight decay and one cycle of the learning rate."
)


def variations(epochs: int) -> dict[str, TrainingConfig]:
    """Name → config: the recipe for ``epochs`` epochs, unchanged, with each remedy alone, and with several of them."""
    base = recipe(RECIPE).config.overridden({"epochs": epochs})
    hidden = [layer.model_dump(mode="json") for layer in base.layers]
    dropout = {"layers": [layer for units in hidden for layer in (units, {"kind": "dropout", "rate": DROPOUT})]}
    changes: dict[str, dict[str, Any]] = {
        "Unchanged": {},
        "Dropout": dropout,
        "Weight decay": {"weight_decay": DECAY},
        "Early stopping": {"early_stopping": PATIENCE},
        "Augmentation": {"augmentation": IMAGES},
    }
    together = recipe(TOGETHER).config
    found = {name: base.overridden(change) for name, change in changes.items()}
    return found | {"Several at once": together if epochs == LENGTHS[-1] else together.overridden({"epochs": epochs})}


def expected_seconds(wanted: Mapping[str, TrainingConfig], runs: Sequence[Run]) -> float:
    """About how long training these one after the other takes, by what the plain network took here the last time."""
    known = newest_run((run for run in runs if run.epoch), recipe(RECIPE).config, ("finished",))
    per_epoch = EPOCH_SECONDS if known is None else known.seconds / known.epoch
    return sum(per_epoch * config.epochs * (1.6 if config.augmentation.is_on else 1.1) for config in wanted.values())


def show_variations(dataset: str) -> None:
    """Choose how long to train; the button that trains what is missing; table and curves of what there is."""
    epochs = st.segmented_control(
        "Trained for",
        LENGTHS,
        default=LENGTHS[-1],
        required=True,
        key="deep_epochs",
        format_func=lambda count: f"{count} epochs, as published" if count == LENGTHS[0] else f"{count} epochs",
    )
    wanted = variations(epochs or LENGTHS[-1])
    all_runs = get_store().runs(include_members=False)
    runs = newest_runs(all_runs, wanted, dataset, SHOWN)
    missing = {name: config for name, config in wanted.items() if name not in runs}
    if missing:
        _offer(missing, dataset, expected_seconds(missing, all_runs))
    if runs:
        store = get_store()
        follow(lambda: {name: store.run(run.id) for name, run in runs.items()}, _show_runs, every=pace_of, found=runs)
    st.caption(SETTINGS)


def _offer(missing: Mapping[str, TrainingConfig], dataset: str, seconds: float) -> None:
    """The button that trains what is not there yet, and how long that takes."""
    with st.container(horizontal=True, vertical_alignment="center"):
        names = ", ".join(missing)
        if st.button(f"Train the missing ones ({len(missing)})", type="primary", key="deep_train"):
            with guard():
                for name, config in missing.items():
                    title = f"{RECIPE}, {name.lower()}, {config.epochs} epochs"
                    known = TOGETHER if config == recipe(TOGETHER).config else None
                    start_run(config, dataset, recipe=known, name=title)
            st.rerun()
        st.caption(f"{names}: about {duration(seconds)} of training.", width="content")


def _show_runs(runs: Mapping[str, Run]) -> None:
    """Their results so far: the verdict, a table, the curves."""
    store = get_store()
    histories = {name: store.history(run.id, max_points=120) for name, run in runs.items()}
    table = comparison(runs, histories)
    words = verdict(table)
    if words:
        st.markdown(words)
    st.dataframe(in_words(table), hide_index=True, height="content", key="deep_table")
    show_losses(histories, max(run.config.epochs for run in runs.values()))
