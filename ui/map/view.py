"""The map with its choices, and the images chosen on it."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from mnistcore.analyses.tsne import ROUNDS
from mnistcore.data import Dataset
from mnistcore.drawing import prepare
from mnistcore.insight.layer_values import valued_layers
from mnistcore.runs import Run, RunStore
from ui.frame.analysis import show_analysis
from ui.frame.page import is_dark, link_to
from ui.frame.selection import choose_view
from ui.frame.session import guard
from ui.frame.words import percent, probability_text
from ui.map.choice import choose_layer, set_name
from ui.map.chosen import show_chosen
from ui.map.colors import COLORS, kinds_of
from ui.map.frames import (
    PIXELS,
    Frame,
    Limits,
    Plane,
    alike_images,
    frame_at,
    pixel_plane,
    place_of,
    plane_of,
    some_images,
)
from ui.map.points import Points, show_points, show_sheet
from ui.map.tsne import WORDS, show_forming, tsne_arguments, tsne_places
from ui.pictures.canvas import kept_ink
from ui.runs.film import film, film_clock
from ui.runs.images import Images
from ui.runs.readers import weights_at

RING, LANDS_HERE = "The ring is the digit that you drew on *Draw*", "Draw a digit, and it lands here"


@dataclass(frozen=True, eq=False)
class Scene:
    """What is on the map: a run with its snapshots' steps, or no run, and ``count`` images of a part of a data set."""

    store: RunStore
    run: Run | None
    steps: list[int]
    name: str
    dataset: Dataset
    part: str
    count: int

    @property
    def images(self) -> Images:
        """The images themselves."""
        return some_images(self.dataset, self.part, self.count)

    @property
    def set(self) -> str:
        """What names the images on the page."""
        return set_name(self.dataset, self.part, self.count)

    def plane(self, layer: int) -> Plane:
        """The axes of a layer at the last snapshot, or of the pixels."""
        if self.run is None:
            return pixel_plane(self.dataset, self.part, self.count)
        return plane_of(self.store, self.run, self.steps[-1], self.dataset, self.part, self.count, layer)

    def frame(self, layer: int, step: int | None) -> Frame:
        """The images on these axes at one step."""
        if self.run is None or step is None:
            return self.plane(layer).frame
        last = self.steps[-1]
        return frame_at(self.store, self.run, step, last, self.dataset, self.part, self.count, layer)


def show_map(scene: Scene, is_tsne: bool) -> None:
    """The thumbnails, which stay; and the map, which a choice redraws alone."""
    show_sheet(scene.set, scene.images.images, is_dark())
    if is_tsne:
        show_neighbours(scene)
    else:
        st.fragment(_show_components, run_every=film_clock())(scene)


def _show_components(scene: Scene) -> None:
    """The plane of the principal components, and beside it its choices, the film, and the images chosen."""
    with guard():
        left, right = st.columns([3, 2], gap="large")
        with right:
            layer, color = _choose(scene)
            with _film(scene) as step:
                plane, frame = scene.plane(layer), scene.frame(layer, step)
                st.caption(axes_words(plane, scene.run, layer, len(scene.steps)))
                extra = _drawn_place(scene, plane, layer, step)
                with left:
                    name = f"{'' if scene.run is None else scene.run.id}-{layer}-{scene.steps[-1:]}"
                    chosen, how = _show_points(scene, name, frame, plane.limits, color, extra)
                show_chosen(scene.images, frame, chosen, how)


def _film(scene: Scene) -> AbstractContextManager[int | None]:
    return nullcontext() if scene.run is None else film(scene.store, scene.run, scene.steps, is_brief=True)


def show_neighbours(scene: Scene) -> None:
    """The plane of t-SNE at the last snapshot: its choices, then the button that makes it, its progress, or the map."""
    step = scene.steps[-1] if scene.steps else None
    with guard():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            layer, color = _choose(scene)
        st.caption(WORDS if layer == PIXELS or step is None else f"{WORDS} Weights after step {step:,}.")
        asked = tsne_arguments(scene.run, step, layer, scene.name, scene.dataset, scene.part, scene.count)
        draw = partial(_draw_neighbours, scene, layer, step, color)
        show_analysis("tsne", asked, draw, start=f"Arrange {scene.count:,} images", again="Arrange again", key="tsne")


def _draw_neighbours(scene: Scene, layer: int, step: int | None, color: str, result: dict[str, Any]) -> None:
    """What the analysis has so far, as a picture; once it is whole, as a map."""
    places, limits = tsne_places(result)
    if result["rounds"] < ROUNDS:
        show_forming(places, limits, scene.images.labels)
    else:
        answered = scene.frame(layer, step)
        frame = Frame(places, answered.answers, answered.certainty)
        st.fragment(_show_side_by_side)(scene, layer, step, color, frame, limits)


def _show_side_by_side(scene: Scene, layer: int, step: int | None, color: str, frame: Frame, limits: Limits) -> None:
    left, right = st.columns([3, 2], gap="large")
    with right:
        extra = _drawn_among(scene, layer, step, frame.places)
    with left:
        chosen, how = _show_points(scene, f"tsne-{layer}-{step}", frame, limits, color, extra)
    with right:
        show_chosen(scene.images, frame, chosen, how)


def _choose(scene: Scene) -> tuple[int, str]:
    """By which layer, and in which colours."""
    layer = choose_layer(scene.run)
    return layer, "label" if scene.run is None else choose_view(COLORS, "color", "Colour by")


def _show_points(
    scene: Scene, plane: str, frame: Frame, limits: Limits, color: str, extra: tuple[float, float] | None
) -> tuple[np.ndarray, str]:
    images = scene.images
    kinds, marks = kinds_of(color, images.labels, frame)
    answers = frame.answers, frame.certainty
    return show_points(
        Points(scene.set, plane, frame.places, limits, kinds, marks, images.labels, images.positions, *answers, extra)
    )


def axes_words(plane: Plane, run: Run | None, layer: int, snapshots: int) -> str:
    """Which numbers the plane is made from, how much of their variance it shows, and that it stays."""
    what = "the 784 pixels"
    if run is not None and layer != PIXELS:
        valued = valued_layers(run.config)[layer]
        what = f"the {valued.values:,} numbers that this layer gives for an image"
        if valued.block > 1:
            what += f" (its maps averaged over {valued.block} × {valued.block})"
    words = f"Each point is an image. Of {what}, the two directions with the most variance: "
    words += f"{percent(plane.axes.shares[0])} of it to the right, {percent(plane.axes.shares[1])} upwards."
    if layer != PIXELS and snapshots > 1:
        words += " They are those of the last snapshot, also for the earlier ones."
    return words


def _drawn_digit() -> np.ndarray | None:
    """What was last drawn on the page Draw, prepared as there: (28, 28) uint8; None if that is nothing."""
    ink = kept_ink()
    preparation = None if ink is None else prepare(ink, alone=True)
    return None if preparation is None or preparation.is_empty else preparation.image


def _drawn_place(scene: Scene, plane: Plane, layer: int, step: int | None) -> tuple[float, float] | None:
    """Where the digit drawn on Draw lies on two axes, and a sentence about it; else the way to Draw."""
    drawn = _drawn_digit()
    if drawn is None:
        link_to("draw", LANDS_HERE)
        return None
    network = None if scene.run is None or step is None else weights_at(scene.store, scene.run, step).network
    place = place_of(drawn, plane, network, layer)
    words = RING
    if place.answers is not None and place.certainty is not None:
        words += f", read as {place.answers[0]} ({probability_text(float(place.certainty[0]))})"
    st.caption(f"{words}.")
    return float(place.places[0, 0]), float(place.places[0, 1])


def _drawn_among(scene: Scene, layer: int, step: int | None, places: np.ndarray) -> tuple[float, float] | None:
    """Where the digit drawn on Draw lies among its neighbours (n, 2), and a sentence about it; else the way to Draw."""
    drawn = _drawn_digit()
    if drawn is None:
        link_to("draw", LANDS_HERE)
        return None
    of = (scene.store, scene.run, step, scene.dataset, scene.part, scene.count, layer)
    alike = alike_images(*of, drawn.tobytes())
    labels = ", ".join(str(label) for label in scene.images.labels[alike])
    st.caption(f"{RING}, amid the {len(alike)} images that are most like it, labelled {labels}.")
    x, y = np.median(places[alike], axis=0)
    return float(x), float(y)
