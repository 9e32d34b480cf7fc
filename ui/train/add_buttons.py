"""The row of buttons that add a layer; every click counts."""

from __future__ import annotations

from ui.frame.button_row import button_row, row_clicks
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


def add_buttons(layers: Layers) -> None:
    """Draw the row; the next run's `clicked_kinds` returns what was clicked in it."""
    buttons = [
        {"kind": kind, "label": title, "help": EXPLAINED[kind], "disabled": not layers.can_add(kind)}
        for kind, title in LAYER_TITLES.items()
    ]
    button_row(KEY, "Add a layer", buttons, layers.token, layers.done)


def clicked_kinds(layers: Layers) -> list[str]:
    """The kinds of all layers requested in this session, in order, including those already added."""
    return [kind for kind in row_clicks(KEY, layers.token) if kind in LAYER_TITLES]
