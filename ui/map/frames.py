"""Where images lie on the plane at each snapshot of a run: kept per step, so that the slider moves at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.layer_values import layer_values, pixel_values, valued_layers
from mnistcore.insight.neighbours import least_distant
from mnistcore.insight.projection import Axes, principal_axes, project
from mnistcore.insight.samples import sample
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore
from ui.frame.cached import KEYS
from ui.runs.images import Images
from ui.runs.readers import weights_at

PIXELS = -1  # in place of a layer's number
ALIKE = 7
Limits = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Frame:
    """The plane at one step: places (n, 2) float32, and what the network answers (n,) and how surely (n,), if any."""

    places: np.ndarray
    answers: np.ndarray | None = None
    certainty: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Plane:
    """The axes, how far they are shown, and the frame that they were made for."""

    axes: Axes
    limits: Limits
    frame: Frame


@st.cache_resource(max_entries=4, show_spinner=False, hash_funcs=KEYS)
def some_images(dataset: Dataset, part: str, count: int) -> Images:
    """``count`` images at random, always the same ones, in the order of the data set."""
    images, labels = dataset.part(part)
    positions = sample(len(labels), count)
    return Images(images[positions], labels[positions], positions)


@st.cache_resource(max_entries=16, show_spinner="Finding the axes …", hash_funcs=KEYS)
def pixel_plane(dataset: Dataset, part: str, count: int) -> Plane:
    """The plane of the images by their pixels alone; without answers."""
    values = pixel_values(some_images(dataset, part, count).images)
    axes = principal_axes(values)
    places = project(axes, values)
    return Plane(axes, limits_around(places), Frame(places))


@st.cache_resource(max_entries=16, show_spinner="Finding the axes …", hash_funcs=KEYS)
def plane_of(store: RunStore, run: Run, last: int, dataset: Dataset, part: str, count: int, layer: int) -> Plane:
    """The plane of a layer after step ``last``, whose axes serve for all steps; or of the pixels, with answers."""
    images = some_images(dataset, part, count).images
    network = weights_at(store, run, last).network
    if layer == PIXELS:
        plane = pixel_plane(dataset, part, count)
        return Plane(plane.axes, plane.limits, _with_answers(plane.frame.places, network.predict(images)))
    values, probabilities = layer_values(network, images, valued_layers(run.config)[layer])
    axes = principal_axes(values)
    places = project(axes, values)
    return Plane(axes, limits_around(places), _with_answers(places, probabilities))


# A frame of 10,000 images takes 130 KB.
@st.cache_resource(max_entries=200, show_spinner=False, hash_funcs=KEYS)
def frame_at(
    store: RunStore, run: Run, step: int, last: int, dataset: Dataset, part: str, count: int, layer: int
) -> Frame:
    """The images after ``step``, on the axes of the step ``last``."""
    plane = plane_of(store, run, last, dataset, part, count, layer)
    if step == last:
        return plane.frame
    images = some_images(dataset, part, count).images
    network = weights_at(store, run, step).network
    if layer == PIXELS:
        return _with_answers(plane.frame.places, network.predict(images))
    values, probabilities = layer_values(network, images, valued_layers(run.config)[layer])
    return _with_answers(project(plane.axes, values), probabilities)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=KEYS)
def alike_images(
    store: RunStore,
    run: Run | None,
    step: int | None,
    dataset: Dataset,
    part: str,
    count: int,
    layer: int,
    pixels: bytes,
) -> np.ndarray:
    """Which images give a layer the numbers nearest to those of one more, its (28, 28) uint8 pixels as bytes: ALIKE
    places in ``some_images``. A map of neighbours has no axes on which that one could be placed."""
    images, one = some_images(dataset, part, count).images, np.frombuffer(pixels, np.uint8).reshape(1, 28, 28)
    if run is None or step is None or layer == PIXELS:
        values, value = pixel_values(images), pixel_values(one)
    else:
        network, chosen = weights_at(store, run, step).network, valued_layers(run.config)[layer]
        values, value = layer_values(network, images, chosen)[0], layer_values(network, one, chosen)[0]
    return least_distant(values, value[0], ALIKE)


def place_of(image: np.ndarray, plane: Plane, network: Network | None, layer: int) -> Frame:
    """Where one more (28, 28) uint8 image lies on the plane, and what the network answers, if there is one."""
    if network is None:
        return Frame(project(plane.axes, pixel_values(image[None])))
    if layer == PIXELS:
        return _with_answers(project(plane.axes, pixel_values(image[None])), network.predict(image[None]))
    values, probabilities = layer_values(network, image[None], valued_layers(network.config)[layer])
    return _with_answers(project(plane.axes, values), probabilities)


def _with_answers(places: np.ndarray, probabilities: np.ndarray) -> Frame:
    return Frame(places, probabilities.argmax(axis=1), probabilities.max(axis=1))


def limits_around(places: np.ndarray) -> Limits:
    """A square around points (n, 2), with a little room: left, right, bottom, top."""
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, 0.54 * float((high - low).max()) or 1.0
    (x, y) = map(float, middle)
    return x - half, x + half, y - half, y + half
