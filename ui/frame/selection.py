"""Choosing a run or a data set: select boxes whose choice is part of the address and follows the visitor.

Streamlit sends a choice as its label, so a label holds nothing that changes over time (an age, a run's progress). One
that was changed between drawing and clicking is looked up among the labels that the session has shown.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from ui.frame.clicks import start_run
from ui.frame.page import go_to
from ui.frame.session import get_store
from ui.frame.words import day_and_time, percent, plain, shortened

if TYPE_CHECKING:
    from mnistcore.runs import Run, RunStore
    from mnistcore.training import TrainingConfig

FIRST_RECIPE = "first-network"
MOST_OFFERED = 300  # runs in a select box
OLDER = f"These are the newest {MOST_OFFERED} runs: find an older one under *Runs*, tick it, and open it from there."
MAX_ADDRESS = 8_000  # characters; browsers and proxies cut longer addresses off
DATASET_TITLES = {"mnist": "MNIST", "mnist-drawn": "MNIST and drawn digits", "generated": "Generated digits"}


def choose_run(store: RunStore) -> Run | None:
    """A select box over the stored runs, newest first, bound to the query parameter `run`.

    The run in the address wins, then the one chosen last on another page, then the newest. Returns None when there is
    nothing to choose: show `no_runs_yet()` then.
    """
    asked, before = st.query_params.get("run"), st.session_state.get("chosen_run")
    runs, is_all = offered_runs(store, asked, before)
    if not runs:
        return None
    if asked is not None and asked not in runs:
        st.warning(f"{why_missing(store, asked)} This page shows another run.", icon=":material/info:")
    chosen = next((i for i in (asked, before) if i in runs), next(iter(runs)))
    titles = run_titles(runs.values())
    st.session_state["choose_run"] = chosen
    st.selectbox(
        "Run",
        list(runs),
        key="choose_run",
        format_func=labels("choose_run", titles),
        on_change=_remember,
        args=("run",),
    )
    if not is_all:
        st.caption(OLDER)
    st.query_params["run"] = st.session_state["chosen_run"] = chosen
    return runs[chosen]


def offered_runs(store: RunStore, *asked: str | None) -> tuple[dict[str, Run], bool]:
    """The runs that a page offers, newest first, by id, and whether these are all that are not archived.

    A select box of 10,000 took 2.6 s: the newest MOST_OFFERED that are not archived, and behind them those asked for.
    """
    newest = store.runs(MOST_OFFERED + 1, include_archived=False)
    runs = {run.id: run for run in newest[:MOST_OFFERED] or store.runs(MOST_OFFERED)}
    for run_id in asked:
        if run_id is not None and run_id not in runs:
            with suppress(RunError):
                run = store.run(run_id)
                runs |= {} if run.deleted else {run_id: run}
    return runs, len(newest) <= MOST_OFFERED


def choose_view(titles: Mapping[str, str], key: str, label: str) -> str:
    """One of a few names in a row of buttons, the first by default, bound to the query parameter `key`.

    titles: name → what its button says. The address has the name; `bind="query-params"` would put the title there.
    """
    first = next(iter(titles))
    widget = f"choose_{key}"
    asked = st.query_params.get(key, first)
    st.session_state[widget] = asked if asked in titles else first
    chosen = st.segmented_control(
        label,
        list(titles),
        key=widget,
        required=True,
        format_func=labels(widget, titles),
        label_visibility="collapsed",
        on_change=_remember,
        args=(key,),
    )
    chosen = chosen or first
    if chosen != first or key in st.query_params:
        st.query_params[key] = chosen  # a callback alone does not change the browser's address from within a fragment
    return chosen


def dataset_titles() -> dict[str, str]:
    """The data sets that can be chosen now: name → title, no two of them alike."""
    from mnistcore.data import find_mnist

    titles = dict(DATASET_TITLES)
    if find_mnist() is None:
        del titles["mnist"], titles["mnist-drawn"]
    imported = get_store().datasets()
    taken = Counter((*DATASET_TITLES.values(), *(stored.title for stored in imported)))
    for stored in imported:  # titles tell data sets apart: of those that share one, each has the start of its id too
        start = stored.name.partition(":")[2][:6]
        titles[stored.name] = stored.title if taken[stored.title] == 1 else f"{stored.title} ({start})"
    return titles


def no_runs_yet(what: str = "Train a network first.") -> None:
    """The empty state of a page that needs a run: one sentence and the button that trains the first network."""
    st.markdown(what)
    train_first_button()


def train_first_button(key: str = "train_first") -> None:
    """The primary button that trains the first network and lands on its live view."""
    if st.button("Train a first network", type="primary", key=key):
        start_recipe(FIRST_RECIPE)


def start_recipe(name: str) -> None:
    """Submit a recipe on the best available data set and leave for its live view; does not return."""
    from mnistcore.data import default_dataset_name
    from mnistcore.training import recipe

    run_id = start_run(recipe(name).config, default_dataset_name(), recipe=name)
    st.session_state["chosen_run"] = run_id
    go_to("train", run=run_id)


def recipe_address(name: str) -> str:
    """What opens the recipe `name` in Train, for the query parameter `config`."""
    return json.dumps({"recipe": name}, separators=(",", ":"))


def config_address(config: TrainingConfig, dataset: str) -> str:
    """What opens a config with its data set in Train, for the query parameter `config`."""
    return json.dumps(config.differences() | {"dataset": dataset}, separators=(",", ":"))


def parse_config_address(text: str) -> tuple[TrainingConfig, str | None]:
    """The config and the data set (None: the default one) that an address asks for; ConfigError where it is wrong."""
    from mnistcore.training import parse_config, recipe

    if len(text) > MAX_ADDRESS:
        raise ConfigError(f"it has {len(text):,} characters, at most {MAX_ADDRESS:,} are read.")
    try:
        short = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError("it is not complete JSON; copy the whole address.") from None
    if not isinstance(short, dict):
        raise ConfigError(f'it must be a JSON object like {{"epochs":5}}, got {type(short).__name__}.')
    dataset = short.pop("dataset", None)
    if dataset is not None and not isinstance(dataset, str):
        raise ConfigError(f"dataset must be a name, got {str(dataset)[:40]!r}.")
    name = short.pop("recipe", None)
    if name is None:
        return parse_config(short), dataset
    return recipe(str(name)[:80]).config.overridden(short), dataset


def run_titles(runs: Iterable[Run]) -> dict[str, str]:
    """`first-network · 97.5 % · 25 Nov, 14:02` by run id, no two alike: name, what came out, when it was made.

    The result is included only once a run has ended: before that it would change while the visitor reads it.
    """
    titles = {run.id: _title(run) for run in runs}
    counts = Counter(titles.values())
    return {i: title if counts[title] == 1 else f"{title} · {i[:6]}" for i, title in titles.items()}


def _title(run: Run) -> str:
    accuracy = run.validation_accuracy if run.validation_accuracy is not None else run.test_accuracy
    parts = [shortened(run.name), day_and_time(run.created_at, st.context.timezone)]
    if run.status == "finished" and accuracy is not None:
        parts.insert(1, percent(accuracy))
    elif run.status in ("stopped", "diverged"):
        parts.insert(1, run.status)
    return " · ".join(parts)


def why_missing(store: RunStore, run_id: str) -> str:
    """Why a requested run is not offered, in a sentence: unknown, deleted, or without weights so far."""
    try:
        run = store.run(run_id)
    except RunError:
        return f"There is no run “{plain(shortened(run_id))}”."
    return f"“{plain(shortened(run.name))}” {'was deleted' if run.deleted else 'has no weights yet'}."


def labels(widget: str, titles: Mapping[str, str]) -> Callable[[str], str]:
    """The `format_func` of a widget whose options are the keys of titles; `chosen_in(widget)` is its counterpart."""
    st.session_state.setdefault(f"{widget}_labels", {}).update({title: option for option, title in titles.items()})
    return titles.__getitem__


def chosen_in(widget: str) -> list[str]:
    """The options that a click in the widget means, in its callback, whichever labels it was drawn with.

    One of them may be gone by now, the list is empty if the widget itself is; the page that follows has to bear both.
    """
    shown = st.session_state.get(f"{widget}_labels", {})
    options = set(shown.values())
    value = st.session_state.get(widget)
    values = value if isinstance(value, list) else [value]
    return [option for one in values if (option := one if one in options else shown.get(one)) is not None]


def _remember(key: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    for chosen in chosen_in(f"choose_{key}"):
        st.query_params[key] = chosen
