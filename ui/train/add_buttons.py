"""The row of buttons that add a layer; every click counts, however quickly one follows another.

Streamlit's own button sends a flag: two that arrive before the page runs again count as one, and of eight clicks
40 ms apart four to seven were left. Here the browser keeps all clicks of the session and always sends them all, until
the page has confirmed as many.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui.frame.words import LAYER_TITLES
from ui.train.layers import Layers

KEY = "add_layer"
EXPLAINED = {
    "conv2d": "Small square filters slide over the image: each gives a map of where it found its pattern.",
    "max_pool2d": "Keeps the largest value of each small window: smaller maps, less sensitive to where a stroke lies.",
    "average_pool2d": "Keeps the mean of each small window.",
    "flatten": "Puts all maps into one row of numbers, for the dense layers that follow.",
    "dense": "Each unit computes a weighted sum of all inputs.",
    "dropout": "Sets a random fraction of the numbers to zero during training.",
    "batch_norm": "Shifts and scales every unit or map to mean 0 and variance 1 over the batch.",
}
JS = """
export default function ({ data, parentElement, setStateValue }) {
  const row = parentElement.querySelector(".row");
  // Kept by the window, with the function that sends: the row may be redrawn between two clicks.
  const made = ((window.layerClicks ??= {})[data.token] ??= { kinds: [] });
  made.send = () => setStateValue("made", { token: data.token, kinds: [...made.kinds] });
  for (const { kind, label, help, disabled } of data.buttons) {
    let button = row.querySelector(`[data-kind="${kind}"]`);
    if (!button) {
      button = row.appendChild(document.createElement("button"));
      button.type = "button";
      button.dataset.kind = kind;
      button.onclick = () => { made.kinds.push(kind); made.send(); };
    }
    button.textContent = label;
    button.title = help;
    button.disabled = disabled;
  }
  if (made.kinds.length > data.done) made.send();
}
"""
HTML = '<div class="row" role="group" aria-label="Add a layer"></div>'
CSS = """
.row { display: flex; flex-wrap: wrap; gap: 0.4rem; font-family: var(--st-font); }
button { font: inherit; font-size: 0.875rem; min-height: 2rem; padding: 0.15rem 0.6rem; cursor: pointer;
         color: var(--st-text-color); background: var(--st-background-color);
         border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); }
button:hover, button:active { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { color: inherit; border-color: var(--st-border-color); opacity: 0.4; cursor: not-allowed; }
@media (pointer: coarse) { button { min-height: 2.5rem; padding: 0.25rem 0.75rem; } }
"""


def add_buttons(layers: Layers) -> None:
    """Draw the row; the next run's `clicked_kinds` returns what was clicked in it."""
    row = st.components.v2.component("add_layer", html=HTML, css=CSS, js=JS)
    buttons = [
        {"kind": kind, "label": title, "help": EXPLAINED[kind], "disabled": not layers.can_add(kind)}
        for kind, title in LAYER_TITLES.items()
    ]
    row(
        key=KEY,
        data={"buttons": buttons, "token": layers.token, "done": layers.done},
        on_made_change=lambda: None,
    )


def clicked_kinds(layers: Layers) -> list[str]:
    """The kinds of all layers requested in this session, in order, including those already added."""
    state: Any = st.session_state.get(KEY)
    made = state.get("made") if isinstance(state, Mapping) else None
    if not isinstance(made, Mapping) or made.get("token") != layers.token:
        return []  # a browser that comes back to a restarted server brings clicks of another session
    return [kind for kind in made.get("kinds") or () if kind in LAYER_TITLES]
