"""The configuration being built on the Train page: kept in the session, read from the address and written to it."""

from __future__ import annotations

import copy
import json
from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.training import RECIPES, TrainingConfig
from ui.frame.number_field import number_field, number_text
from ui.frame.page import is_history_navigation, visit
from ui.frame.selection import FIRST_RECIPE
from ui.frame.setting_numbers import number_of
from ui.train.add_buttons import clicked_kinds
from ui.train.layers import Layers

USUAL_BATCH = 64
FIELD = "draft."  # session keys of the widgets: this, the dotted name of the setting, and the draft's number


def address_of(config: TrainingConfig, dataset: str, default_dataset: str) -> str | None:
    """The short JSON that stands for a config and its data set in an address; None for what is shown without one."""
    name = matching_recipe(config)
    short = config.differences() if name is None else {"recipe": name}
    if dataset != default_dataset:
        short["dataset"] = dataset
    if short == {"recipe": FIRST_RECIPE}:
        return None
    return json.dumps(short, separators=(",", ":"))


def keep_address(address: str | None) -> None:
    """Remember what the address says of the draft."""
    st.session_state["draft_address"] = address


def is_new_address(asked: str | None) -> bool:
    """Whether the visitor came with this address, by a link or by Back and Forward, and it is not the draft's own.

    Any other address is one that this page wrote before: a click that follows another quickly still carries the
    address of before that one, and must not undo the draft.
    """
    if asked == st.session_state.get("draft_address"):
        return False
    is_linked = asked is not None and st.session_state.get("draft_visit") != visit()
    return is_linked or is_history_navigation()


def matching_recipe(config: TrainingConfig) -> str | None:
    """The recipe that this config is, unchanged; None for an own network."""
    return next((name for name, known in RECIPES.items() if known.config == config), None)


def start_draft(config: TrainingConfig, dataset: str) -> None:
    """Start again from a config: every widget of the builder takes its value from it."""
    for key in [key for key in st.session_state if str(key).startswith(FIELD)]:
        del st.session_state[key]
    settings = config.model_dump(mode="json")
    layers = settings.pop("layers")
    if "draft_layers" not in st.session_state:
        st.session_state["draft_layers"] = Layers()
    draft_layers().begin(layers)
    st.session_state["draft_settings"] = settings
    st.session_state["draft_dataset"] = dataset
    st.session_state["draft_round"] = st.session_state.get("draft_round", 0) + 1
    st.session_state["draft_given"] = {}  # session key of a widget: the value it began with


def draft_layers() -> Layers:
    """The hidden layers: one object for as long as the session lasts."""
    return st.session_state["draft_layers"]


def has_draft() -> bool:
    return "draft_settings" in st.session_state


def seed(name: str, value: Any = None) -> dict[str, Any]:
    """The `key` and the `value` to begin with for the widget that edits the setting `name`.

    For a setting outside the config's own names give its value. The value to begin with is said in every run of the
    page and stays the same while the widget is there: a value set by way of the session is sent only once, and a
    browser that missed it would show, and send back, an empty one.
    """
    key, given = _key(name), st.session_state["draft_given"]
    if key not in st.session_state or key not in given:
        given[key] = _look_up(st.session_state["draft_settings"], name) if value is None else value
    return {"key": key, "value": given[key]}


def number(name: str, setting: str | None = None, value: Any = None, **options: Any) -> str | None:
    """The field for a number, kept under `name`; `setting` tells its limits where that is another name.

    Returns why what it holds cannot be used; the draft keeps the number of before then, and cannot be trained.
    """
    taken, begin = number_of(setting or name), seed(name, value)
    assert taken is not None
    problem = number_field(taken, begin["key"], number_text(begin["value"]), **options)
    if problem:
        st.session_state["draft_problems"].append(problem)
    return problem


def current(name: str, otherwise: Any) -> Any:
    """What the widget for the setting `name` says now; `otherwise` where it is new."""
    return st.session_state.get(_key(name), otherwise)


def _key(name: str) -> str:
    """A new draft gets new widgets; a layer's number is unique anyhow."""
    return FIELD + name if name.startswith("layer.") else f"{FIELD}{name}#{st.session_state['draft_round']}"


def collect_draft() -> dict[str, Any]:
    """All settings as the widgets have them now; kept, so that a widget that goes away leaves its value behind.

    What was clicked in the meantime is done to the layers.
    """
    settings = copy.deepcopy(st.session_state["draft_settings"])
    layers = draft_layers()
    clicked = clicked_kinds(layers)
    st.session_state["draft_problems"] = []  # of the fields that are drawn from now on
    for key, value in st.session_state.items():
        if not str(key).startswith(FIELD):
            continue
        name = str(key).removeprefix(FIELD).partition("#")[0]
        if name == "full_batch":
            continue
        if name.startswith("layer."):
            _, number, field = name.split(".")
            if (layer := layers.by_number.get(int(number))) is not None:
                layer[field] = _meant(f"{layer['kind']}.{field}", value, layer[field])
            continue
        *parents, last = name.split(".")
        target = settings
        for parent in parents:
            target = target[parent]
        target[last] = _meant(name, value, target[last])
    is_full = current("full_batch", None)
    if is_full:
        settings["batch_size"] = "full"
    elif is_full is False and settings["batch_size"] == "full":
        settings["batch_size"] = USUAL_BATCH
    st.session_state["draft_settings"] = settings
    layers.settle(clicked)
    return settings | {"layers": layers.all()}


def _meant(setting: str, value: Any, before: Any) -> Any:
    """A widget's value: for a number field the number typed, or the previous one where that cannot be used."""
    taken = number_of(setting)
    try:
        return value if taken is None else taken.parse(value)
    except ConfigError:
        return before


def put_setting(name: str, value: Any) -> None:
    """Give a setting this value, whatever its widgets say: all of them start again from the draft."""
    collect_draft()
    settings = st.session_state["draft_settings"] | {name: value}
    for key in [key for key in st.session_state if str(key).startswith(FIELD) and "#" in str(key)]:
        del st.session_state[key]
    st.session_state["draft_settings"] = settings
    st.session_state["draft_round"] += 1


def _look_up(settings: dict[str, Any], name: str) -> Any:
    value: Any = settings
    for part in name.split("."):
        value = value[part]
    return value
