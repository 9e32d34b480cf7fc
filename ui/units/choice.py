"""What the page Units looks at, all of it in the address: a layer, one of its units, and what is changed about them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mnistcore.insight import WeightedLayer, weighted_layers
from mnistcore.runs import Run
from ui.frame.number_choice import put_number, step_number
from ui.frame.selection import chosen_in, labels
from ui.frame.words import plain, shortened

LAYER, UNIT, OFF, BY, TIMES, TO, WEIGHT = "layer", "unit", "off", "by", "times", "to", "weight"
OF_A_LAYER = (UNIT, OFF, TIMES, TO, WEIGHT)  # mean nothing in another one
TAKEN = "units-unit-taken"  # the unit in the address that the number field already shows
UNCHANGED = 1.0


def noun(layer: WeightedLayer) -> str:
    """What a layer has many of: "unit", "filter" or, where they are the outputs, "digit"."""
    return "digit" if layer.name == "output" else "filter" if layer.kind == "conv2d" else "unit"


def number_of(layer: WeightedLayer, unit: int) -> int:
    """The number of a unit on the page: digits are counted from 0, all others from 1."""
    return unit + (layer.name != "output")


def named(layer: WeightedLayer, unit: int) -> str:
    """`unit 17`, `filter 3`, `digit 8`."""
    return f"{noun(layer)} {number_of(layer, unit)}"


def choose_layer(run: Run) -> WeightedLayer:
    """One of the layers that have weights, the first at first; bound to the query parameter `layer`."""
    layers = {str(layer.index + 1): layer for layer in weighted_layers(run.config)}
    usual, widget = next(iter(layers)), f"choose_{LAYER}"
    asked = st.query_params.get(LAYER, usual)
    st.session_state[widget] = asked if asked in layers else usual
    titles = {number: f"{layer.name} · {layer.units} {noun(layer)}s" for number, layer in layers.items()}
    chosen = st.selectbox(
        "Layer", list(layers), key=widget, format_func=labels(widget, titles), on_change=_take_layer, width=340
    )
    if asked not in layers:
        st.warning(f"There is no layer {plain(shortened(asked))} with weights.", icon=":material/info:")
    if chosen != usual or LAYER in st.query_params:
        write(LAYER, chosen)
    return layers[chosen]


def _take_layer() -> None:
    for chosen in chosen_in(f"choose_{LAYER}"):
        st.query_params[LAYER] = chosen
        for name in OF_A_LAYER:
            st.query_params.pop(name, None)


def choose_unit(run: Run, layer: WeightedLayer) -> int:
    """One unit of a layer, counted from 0; bound to the query parameter `unit`: a link puts it into the field once."""
    low, high = number_of(layer, 0), number_of(layer, layer.units - 1)
    key = f"units-unit-{run.id}-{layer.index}"
    asked = st.query_params.get(UNIT)
    if asked is not None and f"{key} {asked}" != st.session_state.get(TAKEN):
        if asked.isdecimal() and len(asked) < 6 and low <= int(asked) <= high:
            put_number(key, int(asked))
        else:
            words = f"There is no {noun(layer)} {plain(shortened(asked))}: they go from {low} to {high:,}."
            st.warning(words, icon=":material/info:")
    elif asked is None:
        put_number(key, low)
    number = step_number(noun(layer).capitalize(), noun(layer), low, high, key)
    write(UNIT, str(number))
    st.session_state[TAKEN] = f"{key} {number}"
    return number - low


@dataclass(frozen=True)
class Edit:
    """What is changed about a layer: units switched off, to 0 or to their means; the output of one unit multiplied; and
    its weight to a digit, if given, set to another value."""

    off: tuple[int, ...] = ()
    by_mean: bool = False
    unit: int = 0
    factor: float = UNCHANGED
    digit: int | None = None
    weight: float | None = None


def asked_units(layer: WeightedLayer) -> list[int]:
    """The units switched off in the address, counted from 0; those that the layer does not have are left out."""
    first = number_of(layer, 0)
    found = (text for text in st.query_params.get(OFF, "").split(",") if text.isdecimal() and len(text) < 6)
    return sorted({int(text) - first for text in found if 0 <= int(text) - first < layer.units})


def asked_number(name: str, low: float, high: float, usual: float) -> float:
    """The number in the address, if it is one from ``low`` to ``high``, else the usual one."""
    try:
        number = float(st.query_params.get(name, usual))
    except ValueError:
        return usual
    return number if low <= number <= high else usual


def write(name: str, text: str | None) -> None:
    """Put a choice into the address, or take it out; nothing is sent where it is there already."""
    if text is None:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != text:
        st.query_params[name] = text
