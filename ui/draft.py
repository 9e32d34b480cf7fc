"""The configuration being built on the Train page: kept in the session, read from the address and written to it."""

from __future__ import annotations

import copy
import json
from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.training import RECIPES, TrainingConfig, parse_config, recipe

MAX_ADDRESS = 8_000  # characters; browsers and proxies cut longer addresses off
FIRST_RECIPE = "first-network"
USUAL_BATCH = 64
FIELD = "draft."  # session keys of the widgets that edit a setting: this and the setting's dotted name


def address_of(config: TrainingConfig, dataset: str, default_dataset: str) -> str | None:
    """The short JSON that stands for a config and its data set in an address; None for what is shown without one."""
    name = matching_recipe(config)
    short = config.differences() if name is None else {"recipe": name}
    if dataset != default_dataset:
        short["dataset"] = dataset
    if short == {"recipe": FIRST_RECIPE}:
        return None
    return json.dumps(short, separators=(",", ":"))


def parse_address(text: str) -> tuple[TrainingConfig, str | None]:
    """The config and the data set (None: the default one) that an address asks for; ConfigError where it is wrong."""
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


def matching_recipe(config: TrainingConfig) -> str | None:
    """The recipe that this config is, unchanged; None for an own network."""
    return next((name for name, known in RECIPES.items() if known.config == config), None)


def start_draft(config: TrainingConfig, dataset: str) -> None:
    """Begin anew from a config: every widget of the builder takes its value from it."""
    for key in [key for key in st.session_state if str(key).startswith(FIELD)]:
        del st.session_state[key]
    settings = config.model_dump(mode="json")
    layers = settings.pop("layers")
    start = st.session_state.get("draft_next_layer", 0)
    st.session_state["draft_layers"] = {start + place: layer for place, layer in enumerate(layers)}
    st.session_state["draft_next_layer"] = start + len(layers)
    st.session_state["draft_settings"] = settings
    st.session_state["draft_dataset"] = dataset


def has_draft() -> bool:
    return "draft_settings" in st.session_state


def seed(name: str, value: Any = None) -> str:
    """The session key of the widget for the setting `name`, holding the draft's value if the widget is new.

    For a setting outside the config's own names give its value.
    """
    key = FIELD + name
    if key in st.session_state:
        # Said in every run of the page: a browser that missed the run in which the widget was new would show, and
        # send back, the lowest value (one unit, no bias). Seen when a run's first poll came before that run's end.
        st.session_state[key] = st.session_state[key]
    else:
        st.session_state[key] = _look_up(st.session_state["draft_settings"], name) if value is None else value
    return key


def collect_draft() -> dict[str, Any]:
    """All settings as the widgets have them now; kept, so that a widget that goes away leaves its value behind."""
    settings = copy.deepcopy(st.session_state["draft_settings"])
    layers = st.session_state["draft_layers"]
    for key, value in st.session_state.items():
        name = str(key).removeprefix(FIELD)
        if name == key or name == "full_batch":
            continue
        if name.startswith("layer."):
            _, number, field = name.split(".")
            if int(number) in layers:
                layers[int(number)][field] = value
            continue
        *parents, last = name.split(".")
        target = settings
        for parent in parents:
            target = target[parent]
        target[last] = value
    is_full = st.session_state.get(FIELD + "full_batch")
    if is_full:
        settings["batch_size"] = "full"
    elif is_full is False and settings["batch_size"] == "full":
        settings["batch_size"] = USUAL_BATCH
    st.session_state["draft_settings"] = settings
    return settings | {"layers": list(layers.values())}


def add_layer(layer: dict[str, Any]) -> None:
    """Put one more layer behind the last hidden one."""
    number = st.session_state["draft_next_layer"]
    st.session_state["draft_next_layer"] = number + 1
    st.session_state["draft_layers"][number] = layer


def remove_layer(number: int) -> None:
    del st.session_state["draft_layers"][number]


def move_layer(number: int, by: int) -> None:
    """Exchange a layer with its neighbour, `by` -1 towards the input, 1 towards the output."""
    numbers = list(st.session_state["draft_layers"])
    place = numbers.index(number)
    other = place + by
    if 0 <= other < len(numbers):
        numbers[place], numbers[other] = numbers[other], numbers[place]
        st.session_state["draft_layers"] = {n: st.session_state["draft_layers"][n] for n in numbers}


def _look_up(settings: dict[str, Any], name: str) -> Any:
    value: Any = settings
    for part in name.split("."):
        value = value[part]
    return value
