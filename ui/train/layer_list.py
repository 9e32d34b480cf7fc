"""The hidden layers in the builder: each with its settings, its output, and what to do if it does not fit."""

from __future__ import annotations

from typing import Any

import streamlit as st

from ui.frame.number_field import say
from ui.frame.words import DISPLAY_NAMES, LAYER_TITLES, count_words, shape_words
from ui.train import draft, stack
from ui.train.add_buttons import add_buttons
from ui.train.controls import ACTIVATIONS, choice
from ui.train.draft import seed
from ui.train.layers import MOST_LAYERS

NUMBERS = {
    "dense": ("units",),
    "dropout": ("rate",),
    "conv2d": ("filters", "kernel", "stride", "padding"),
    "max_pool2d": ("kernel", "stride"),
    "average_pool2d": ("kernel", "stride"),
}


def edit_layers(settings: dict[str, Any]) -> str | None:
    """Buttons that add a layer, and the layers from the pixels to the ten digits; says which does not fit, if any.

    The buttons are above what grows, so that they stay where they are between clicks.
    """
    layers = draft.draft_layers()
    measured = stack.measure(layers.all(), settings["output_bias"])
    is_full = len(layers.by_number) >= MOST_LAYERS
    with st.container(gap="xsmall"):
        st.caption(f"A network has at most {MOST_LAYERS} layers." if is_full else "Add a layer")
        add_buttons(layers)
    st.markdown("**Image** :gray[28 × 28 pixels]")
    with st.container():
        for place, (number, layer) in enumerate(layers.by_number.items()):
            with st.container(gap="xsmall"):
                _title(number, layer, place, measured)
                _fields(number, layer)
                if place == len(measured.shapes):
                    _refusal(layer["kind"], measured)
    _output(settings, measured)
    if measured.refusal is None:
        return None
    refused = len(measured.shapes) + 1
    return f"Layer {refused}" if refused <= len(layers.by_number) else "The output layer"


def _title(number: int, layer: dict[str, Any], place: int, measured: stack.Stack) -> None:
    """`2 · Max-pool  8 maps of 12 × 12`, and the layer's buttons."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"layer_title_{number}"):
        st.markdown(f"**{place + 1} · {LAYER_TITLES[layer['kind']]}**{_gives(measured, place)}", width="stretch")
        _layer_buttons(number, place)


def _gives(measured: stack.Stack, place: int) -> str:
    if place >= len(measured.shapes):
        return ""
    words = shape_words(measured.shapes[place]), count_words(measured.parameters[place])
    shape, count = (text.replace(" ", "\N{NO-BREAK SPACE}") for text in words)  # on a phone the line breaks between
    return f" :gray[{shape} · {count}]"


def _layer_buttons(number: int, place: int) -> None:
    layers = draft.draft_layers()
    count = len(layers.by_number)
    first, last, full = place == 0, place == count - 1, count >= MOST_LAYERS
    buttons: tuple[tuple[str, str, str, Any, tuple[int, ...], bool], ...] = (
        ("up", "↑", "Towards the input", layers.move, (number, -1), first),
        ("down", "↓", "Towards the output", layers.move, (number, 1), last),
        ("repeat", ":material/content_copy:", "Duplicate this layer", layers.repeat, (number,), full),
        ("remove", "✕", "Remove this layer", layers.remove, (number,), False),
    )
    with st.container(horizontal=True, gap=None, width="content", key=f"layer_buttons_{number}"):
        for name, label, words, act, args, idle in buttons:
            key = f"{name}_{number}"
            st.button(label, key=key, type="tertiary", on_click=act, args=args, disabled=idle, help=words)


def _fields(number: int, layer: dict[str, Any]) -> None:
    """The layer's settings in one line that wraps."""
    name = f"layer.{number}"
    if layer["kind"] == "flatten":
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        fields = NUMBERS.get(layer["kind"], ())
        problems = [
            draft.number(f"{name}.{field}", f"{layer['kind']}.{field}", layer[field], width=100) for field in fields
        ]
        if "activation" in layer:
            choice("Activation", f"{name}.activation", ACTIVATIONS, layer["activation"], width=140)
        if "bias" in layer:
            st.checkbox("Bias", **seed(f"{name}.bias", layer["bias"]))
    for problem in problems:
        say(problem)


def _refusal(kind: str | None, measured: stack.Stack) -> None:
    """Why the layer does not fit, and a button that fixes it where there is one."""
    words = measured.refusal or ""
    if kind is not None:
        words = words.replace(f", {kind},", f" ({LAYER_TITLES[kind].lower()})", 1)
    st.error(f"{words[0].upper()}{words[1:]}.", icon=":material/error:")
    layers = draft.draft_layers()
    if remedy := stack.remedy(layers.all(), measured):
        st.button(remedy.label, key="mend_layers", on_click=layers.mend)


def _output(settings: dict[str, Any], measured: stack.Stack) -> None:
    """The output layer, and the sum of all parameters."""
    place = len(draft.draft_layers().by_number)
    loss = DISPLAY_NAMES[settings["loss"]].split(",")[0]
    count = f" · {count_words(measured.parameters[place])}" if measured.refusal is None else ""
    with st.container(gap="xsmall"):
        st.markdown(f"**Ten digits** :gray[{loss}{count}]")
        if place == len(measured.shapes):
            _refusal(None, measured)
        if measured.refusal is None:
            st.markdown(f"Total: **{count_words(sum(measured.parameters))}**")
