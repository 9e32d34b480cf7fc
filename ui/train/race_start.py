"""The start of a race: whom the network of the builder is to race against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs.racing import MOST
from mnistcore.runs.store import describe_network
from mnistcore.training import RECIPES, TrainingConfig
from ui.frame.dataset_choice import training_images
from ui.frame.number_field import number_text
from ui.frame.selection import chosen_in, labels, run_titles
from ui.frame.session import get_store
from ui.frame.words import plain
from ui.runs.race import Entry, start_race
from ui.train.draft import matching_recipe
from ui.train.start_speed import Pace

if TYPE_CHECKING:
    from mnistcore.runs import RunStore

WIDGET = "race_rivals"
RUNS = 30  # the newest, that are offered
VARIED = {
    "faster": "The same with ten times the learning rate",
    "slower": "The same with a tenth of the learning rate",
    "seed": "The same with another seed",
}
GOALS = ("target_accuracy", "max_seconds")  # of this network, for all of them: else there is no common finish
WORDS = (
    "All begin at the same moment, on the same data, and share the processor evenly. If this network has a target or a "
    "time limit, it holds for all."
)


def offer_race(config: TrainingConfig, dataset: str, pace: Pace) -> None:
    """A switch, and behind it a choice of one to three rivals, and the button that starts the race."""
    if not st.toggle("Race it against others", key="race_offered"):
        return
    st.caption(WORDS)
    store = get_store()
    titles = VARIED | {f"recipe:{known.name}": f"Recipe: {known.title}" for known in RECIPES.values()}
    runs = store.runs(RUNS, include_archived=False)
    titles |= {f"run:{run_id}": f"Run: {title}" for run_id, title in run_titles(runs).items()}
    st.multiselect("Rivals", list(titles), key=WIDGET, format_func=labels(WIDGET, titles), max_selections=MOST - 1,
                   placeholder="One to three of them")  # fmt: skip
    st.button("Start the race", type="primary", key="race_start", disabled=not st.session_state[WIDGET],
              on_click=_start, args=(config, dataset, pace))  # fmt: skip
    if problem := st.session_state.pop(f"{WIDGET}_problem", None):
        st.error(problem, icon=":material/error:")


def _start(config: TrainingConfig, dataset: str, pace: Pace) -> None:
    """Start it, or say beside the button why not."""
    try:
        entries = race_entries(get_store(), config, chosen_in(WIDGET)[: MOST - 1])
        if problem := _unfit(entries, dataset):
            st.session_state[f"{WIDGET}_problem"] = problem
            return
        start_race(entries, dataset, pace.speed)
    except ExplorerError as error:
        st.session_state[f"{WIDGET}_problem"] = plain(str(error))
        return
    st.session_state["draft_started"] = True


def race_entries(store: RunStore, config: TrainingConfig, rivals: Sequence[str]) -> list[Entry]:
    """Config and name of the network and of each rival; RunError or ConfigError for one that cannot race."""
    name = matching_recipe(config) or describe_network(config)
    goals = {goal: value for goal in GOALS if (value := getattr(config, goal)) is not None}
    found: list[Entry] = [(config, name)]
    for rival in rivals:
        kind, _, which = rival.partition(":")
        if kind == "recipe":
            found.append((RECIPES[which].config.overridden(goals), which))
        elif kind == "run":
            run = store.run(which)
            found.append((run.config.overridden(goals), run.name))
        else:
            changed, words = _varied(config, kind)
            found.append((config.overridden(changed), f"{name}, {words}"))
    return found


def _varied(config: TrainingConfig, how: str) -> tuple[dict[str, Any], str]:
    if how == "seed":
        seed = (config.seed + 1) % 2**32
        return {"seed": seed}, f"seed {seed}"
    rate = config.learning_rate * (10 if how == "faster" else 0.1)
    rate = float(f"{rate:.6g}")
    return {"learning_rate": rate}, f"learning rate {number_text(rate)}"


def _unfit(entries: Sequence[Entry], dataset: str) -> str | None:
    """Which of them needs more training images than there are, if one does."""
    count = training_images(dataset)
    for config, name in entries:
        if config.validation_size + (config.train_size or 1) > count:
            return (
                f"“{plain(str(name))}” holds {config.validation_size:,} images back for validation, and the data set "
                f"has {count:,} training images: choose another rival or data set."
            )
    return None
