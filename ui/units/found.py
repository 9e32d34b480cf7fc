"""What the page Units has computed, kept for every session: by run, step, images and layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight import WeightedLayer, unit_weights, weighted_layers
from mnistcore.insight.ablation import costs_of_units
from mnistcore.insight.activation_maximum import Maximum, maximal_image
from mnistcore.insight.samples import sample
from mnistcore.insight.units import (
    UnitOutputs,
    active_above,
    dead_units,
    digit_means,
    images_to_look_at,
    response_pictures,
    twin_units,
    unit_outputs,
)
from mnistcore.nn import Network
from mnistcore.runs import Run
from ui.frame.cached import KEYS
from ui.runs.evaluation import images_of_part
from ui.runs.images import Images

# Arguments with an underscore are left out of the key: a run and a step say which network it is.


@dataclass(frozen=True, eq=False)
class Scene:
    """A layer of a run's network after a step, and the images by which it is judged: a part of a data set."""

    run: Run
    network: Network
    step: int
    dataset: Dataset
    part: str
    layer: WeightedLayer

    @property
    def images(self) -> Images:
        """The images looked at."""
        available = len(images_of_part(self.run, self.dataset, self.part)[1])
        return _some_images(self.run, self.dataset, self.part, images_to_look_at(self.network, available))

    @property
    def outputs(self) -> UnitOutputs:
        """The layer's outputs for them."""
        return _outputs(self, self.run, self.step, self.dataset, self.part, self.layer)

    @property
    def summary(self) -> Summary:
        """What its units do."""
        return _summary(self, self.run, self.step, self.dataset, self.part, self.layer)

    @property
    def has_weight_pictures(self) -> bool:
        """Whether a unit's weights are one picture: a kernel, or a weight for each pixel."""
        return len(self.layer.shape) == 3 and self.layer.shape[0] == 1

    @property
    def following(self) -> WeightedLayer | None:
        """The next layer with weights; None after the output layer."""
        return next((later for later in weighted_layers(self.network.config) if later.index > self.layer.index), None)

    def pictures(self, units: range) -> np.ndarray:
        """A picture of each of some units, (n, height, width): its weights, else what ink has to do with its output."""
        if self.has_weight_pictures:
            return unit_weights(self.network, self.layer)[units.start : units.stop, 0]
        return _responses(self, self.run, self.step, self.dataset, self.part, self.layer, units)

    def maxima(self, unit: int) -> dict[bool, Maximum]:
        """The images that drive a unit most of all, by whether they are regularised."""
        return _maxima(self, self.run, self.step, self.dataset, self.part, self.layer, unit)

    def costs(self) -> np.ndarray:
        """How many mistakes more the network makes without each unit alone, (units,)."""
        return _costs(self, self.run, self.step, self.dataset, self.part, self.layer)


@dataclass(frozen=True, eq=False)
class Summary:
    """Of each unit the share of images for which it is active (units,), its means over the digits (10, units); which
    are dead (k,), and the pairs of twins with their correlations."""

    active: np.ndarray
    means: np.ndarray
    dead: np.ndarray
    twins: list[tuple[int, int, float]]

    def twin_of(self, unit: int) -> int | None:
        """The unit most like this one, if it has a twin."""
        return next((j if i == unit else i for i, j, _ in self.twins if unit in (i, j)), None)


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def _some_images(run: Run, dataset: Dataset, part: str, count: int) -> Images:
    images, labels, positions = images_of_part(run, dataset, part)
    chosen = sample(len(labels), count)
    return Images(images[chosen], labels[chosen], positions[chosen])


@st.cache_resource(max_entries=2, show_spinner="Looking at every unit …", hash_funcs=KEYS)  # 8 MB each at most
def _outputs(_scene: Scene, run: Run, step: int, dataset: Dataset, part: str, layer: WeightedLayer) -> UnitOutputs:
    return unit_outputs(_scene.network, _scene.images.images, layer)


@st.cache_resource(max_entries=160, show_spinner=False, hash_funcs=KEYS)
def _summary(_scene: Scene, run: Run, step: int, dataset: Dataset, part: str, layer: WeightedLayer) -> Summary:
    outputs, strengths = _scene.outputs, _scene.outputs.strengths
    active = (strengths > active_above(_scene.network, layer)).mean(axis=0)
    means = digit_means(strengths, _scene.images.labels)
    return Summary(active, means, dead_units(outputs), twin_units(outputs))


@st.cache_resource(max_entries=160, show_spinner=False, hash_funcs=KEYS)  # 200 KB for 64 units
def _responses(
    _scene: Scene, run: Run, step: int, dataset: Dataset, part: str, layer: WeightedLayer, units: range
) -> np.ndarray:
    return response_pictures(_scene.outputs.strengths[:, units.start : units.stop], _scene.images.images)


@st.cache_resource(max_entries=160, show_spinner=False, hash_funcs=KEYS)
def _maxima(
    _scene: Scene, run: Run, step: int, dataset: Dataset, part: str, layer: WeightedLayer, unit: int
) -> dict[bool, Maximum]:
    best = _scene.images.images[int(_scene.outputs.strengths[:, unit].argmax())]
    starts = np.stack([np.zeros_like(best), best])
    return {how: maximal_image(_scene.network, layer, unit, starts, how) for how in (True, False)}


@st.cache_resource(max_entries=32, show_spinner="Switching off one unit after the other …", hash_funcs=KEYS)
def _costs(_scene: Scene, run: Run, step: int, dataset: Dataset, part: str, layer: WeightedLayer) -> np.ndarray:
    return costs_of_units(_scene.network, layer, _scene.outputs, _scene.images.labels)
