"""The hidden layers of a draft, in one object that the session holds; clicks are applied to it all at once.

The next click may end a run of the page, or a callback, at any access to the session. So callbacks get this object and
only note what to do, and `settle` does it in plain Python: a click is done once, or not yet.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from ui.train import stack

MOST_LAYERS = 20  # as many as a config allows

Settings = dict[str, Any]


class Layers:
    """Settings of layers by a number that each layer keeps, in order from the pixels to the ten digits."""

    def __init__(self) -> None:
        self.by_number: dict[int, Settings] = {}
        self.token = secrets.token_hex(4)  # tells this session's clicks from those of one before it
        self.done = 0  # of the clicks on the buttons that add a layer
        self._next_number = 0
        self._noted: list[Any] = []

    def all(self) -> list[Settings]:
        return list(self.by_number.values())

    def begin(self, layers: Sequence[Settings]) -> None:
        """Start with new layers, and drop what was still to be done to the previous ones."""
        self._noted = []
        self.by_number = {}
        self._put(layers)

    def move(self, number: int, by: int) -> None:
        """Exchange a layer with its neighbour, `by` -1 towards the input, 1 towards the output."""
        self._noted.append(partial(self._move, number, by))

    def repeat(self, number: int) -> None:
        """Insert a copy of a layer after it, unless the network is full."""
        self._noted.append(partial(self._repeat, number))

    def remove(self, number: int) -> None:
        self._noted.append(partial(self._remove, number))

    def mend(self) -> None:
        """Fix the first layer that does not fit."""
        self._noted.append(self._mend)

    def settle(self, clicked: Sequence[str] = ()) -> None:
        """Do what was noted, then add a layer for each kind in `clicked`, all clicks of the session, not yet added."""
        noted, self._noted = self._noted, []
        for act in noted:
            act()
        for kind in clicked[self.done :]:
            self._add(kind)
        self.done = max(self.done, len(clicked))

    def can_add(self, kind: str) -> bool:
        """Whether one more would be accepted, and would have an effect."""
        return len(self.by_number) < MOST_LAYERS and not (kind == "flatten" and stack.has_flatten(self.all()))

    # A click may come when the one before it has taken its layer away: then there is nothing to do.
    def _add(self, kind: str) -> None:
        if self.can_add(kind):
            self._put(stack.with_layer(kind, self.all()))

    def _move(self, number: int, by: int) -> None:
        numbers = list(self.by_number)
        if number not in numbers:
            return
        place = numbers.index(number)
        other = place + by
        if 0 <= other < len(numbers):
            numbers[place], numbers[other] = numbers[other], numbers[place]
            self.by_number = {moved: self.by_number[moved] for moved in numbers}

    def _repeat(self, number: int) -> None:
        layers, numbers = self.all(), list(self.by_number)
        if number in numbers and len(layers) < MOST_LAYERS:
            place = numbers.index(number)
            self._put([*layers[: place + 1], dict(layers[place]), *layers[place + 1 :]])

    def _remove(self, number: int) -> None:
        self.by_number.pop(number, None)

    def _mend(self) -> None:
        layers = self.all()
        if remedy := stack.remedy(layers, stack.measure(layers)):
            self._put(remedy.layers)

    def _put(self, layers: Sequence[Settings]) -> None:
        """Replace the layers by these; layers that were there already keep their numbers, and so their widgets."""
        numbers = {id(layer): number for number, layer in self.by_number.items()}
        numbered = {}
        for layer in layers:
            number = numbers.get(id(layer))
            if number is None:
                number, self._next_number = self._next_number, self._next_number + 1
            numbered[number] = layer
        self.by_number = numbered
