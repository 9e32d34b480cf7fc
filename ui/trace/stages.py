"""The stages of a trace: forward through each layer, the loss, back through each layer, the update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from mnistcore.insight import LayerTrace, StepTrace

FORWARD = {
    "dense": "Every unit multiplies each input by a weight, adds up the products, and passes the sum on{through}.",
    "conv2d": "Every filter slides over the maps; where they match it, the sum is large. It is passed on{through}.",
    "max_pool2d": "Only the largest value of each window is passed on.",
    "average_pool2d": "The mean of each window is passed on.",
    "flatten": "The same numbers in one row, for the dense layers.",
    "dropout": "While training, some inputs are set to zero at random and the others scaled up; otherwise all pass.",
    "batch_norm": "Every unit or map is shifted and scaled, here by the running statistics, and passed on{through}.",
}
BACKWARD = {
    "dense": (
        "Each weight's gradient is its input times its unit's delta: the outer product of the two. Delta times the "
        "transposed weights tells the layer before how much each of its outputs is to blame."
    ),
    "conv2d": "A filter is used at every place, so its gradient is a sum over places: what it saw, times delta.",
    "max_pool2d": "The gradient goes to where the largest value came from; the rest of the window gets none.",
    "average_pool2d": "The gradient is shared out evenly over the window.",
    "flatten": "The same numbers, as maps again.",
    "dropout": "Only what was passed on gets a gradient.",
    "batch_norm": "The gradient is scaled as the values were.",
}


@dataclass(frozen=True)
class Stage:
    """One stop on the way; ``layer`` counts from 0 where it is one of a layer."""

    part: Literal["forward", "loss", "backward", "update"]
    layer: int
    title: str


def stages(trace: StepTrace) -> list[Stage]:
    """All stops in order."""
    forward = [Stage("forward", index, f"→ {layer.name}") for index, layer in enumerate(trace.layers)]
    backward = [Stage("backward", stage.layer, f"← {stage.title[2:]}") for stage in reversed(forward)]
    last = len(forward) - 1
    return [*forward, Stage("loss", last, "Loss"), *backward, Stage("update", last, "Update")]


def choose_stage(found: list[Stage], key: str) -> Stage:
    """A slider over the stages, and a button for the one before and for the next."""
    last = len(found) - 1
    kept = f"{key}-kept"  # while no digit is drawn there is no slider, and Streamlit forgets what it said
    st.session_state[key] = min(st.session_state.get(key, st.session_state.get(kept, 0)), last)
    place = st.select_slider(
        "Stage",
        range(len(found)),
        key=key,
        format_func=lambda place: f"{place + 1} of {last + 1}: {found[place].title}",
    )
    st.session_state[kept] = place
    with st.container(horizontal=True):
        st.button("Back", icon=":material/arrow_back:", on_click=_move, args=(key, -1), disabled=place == 0)
        st.button(
            "Next",
            icon=":material/arrow_forward:",
            type="primary",
            on_click=_move,
            args=(key, 1),
            disabled=place == last,
        )
    return found[place]


def _move(key: str, by: int) -> None:
    st.session_state[key] += by


def forward_words(layer: LayerTrace, activation: str | None) -> str:
    """What the layer does with its inputs, in a sentence."""
    return FORWARD[layer.kind].format(through=f" through {activation}" if activation else "")
