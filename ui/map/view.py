"""The map with its choices, and the images chosen on it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.drawing import prepare
from mnistcore.insight.layer_values import valued_layers
from mnistcore.runs import Run, RunStore
from ui.frame.page import is_dark, link_to
from ui.frame.selection import choose_view
from ui.frame.session import guard
from ui.frame.words import fraction, percent, probability_text
from ui.map.choice import choose_layer, choose_step, set_name
from ui.map.colors import COLORS, kinds_of
from ui.map.frames import PIXELS, Frame, Images, Plane, frame_at, pixel_plane, place_of, plane_of, some_images
from ui.map.points import Points, show_points, show_sheet
from ui.pictures.canvas import kept_ink
from ui.pictures.digits import tiles
from ui.runs.readers import weights_at

MOST_SHOWN = 60
HOW = {"around": "around the one that you pointed at", "lasso": "inside your line", "box": "in your box"}


def show_map(store: RunStore, run: Run | None, steps: list[int], dataset: Dataset, part: str, count: int) -> None:
    """The thumbnails, which stay; and the map, which a choice redraws alone."""
    show_sheet(set_name(dataset, part, count), some_images(dataset, part, count).images, is_dark())
    st.fragment(_show_map)(store, run, steps, dataset, part, count)


def _show_map(store: RunStore, run: Run | None, steps: list[int], dataset: Dataset, part: str, count: int) -> None:
    with guard():
        left, right = st.columns([3, 2], gap="large")
        with right:
            layer = choose_layer(run)
            color = "label" if run is None else choose_view(COLORS, "color", "Colour by")
            step = None if run is None else choose_step(run, steps)
            images = some_images(dataset, part, count)
            if run is None or step is None:
                plane, network = pixel_plane(dataset, part, count), None
                frame = plane.frame
            else:
                plane = plane_of(store, run, steps[-1], dataset, part, count, layer)
                frame = frame_at(store, run, step, steps[-1], dataset, part, count, layer)
                network = weights_at(store, run, step).network
            st.caption(axes_words(plane, run, layer, len(steps)))
            drawn = _drawn_digit()
            place = None if drawn is None else place_of(drawn, plane, network, layer)
            _note_drawn(place)
        with left:
            kinds, marks = kinds_of(color, images.labels, frame)
            chosen, how = show_points(
                Points(
                    set_name(dataset, part, count),
                    f"{'' if run is None else run.id}-{layer}-{steps[-1:]}",
                    frame.places,
                    plane.limits,
                    kinds,
                    marks,
                    images.labels,
                    images.positions,
                    frame.answers,
                    frame.certainty,
                    None if place is None else (float(place.places[0, 0]), float(place.places[0, 1])),
                )
            )
        with right:
            show_chosen(images, frame, chosen, how)


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


def show_chosen(images: Images, frame: Frame, chosen: np.ndarray, how: str) -> None:
    """The images chosen on the map, in words and as pictures."""
    if not len(chosen):
        st.markdown("Draw a line around some points, or click one, and you see their images here.")
        return
    st.markdown(chosen_words(images, frame, chosen, how))
    if how != "around" and frame.answers is not None:  # mistakes first
        chosen = chosen[np.argsort(frame.answers[chosen] == images.labels[chosen], kind="stable")]
    shown, dark = chosen[:MOST_SHOWN], is_dark()
    pictures = images.images[shown]
    captions, descriptions = [], []
    for place in shown:
        label, number = int(images.labels[place]), int(images.positions[place])
        if frame.answers is None or frame.certainty is None:
            captions.append(str(label))
            descriptions.append(f"image {number:,}, a {label}")
            continue
        answer = int(frame.answers[place])
        captions.append(f"✓ {label}" if answer == label else f"✗ {label} → {answer}")
        sure = probability_text(float(frame.certainty[place]))
        descriptions.append(f"image {number:,}, a {label}, read as {answer} with probability {sure}")
    tiles(list(pictures if dark else 255 - pictures), captions, descriptions, smallest=52)
    if len(chosen) > MOST_SHOWN:
        st.caption(f"{MOST_SHOWN} of {len(chosen):,}" + (", mistakes first." if frame.answers is not None else "."))


def chosen_words(images: Images, frame: Frame, chosen: np.ndarray, how: str) -> str:
    """`24 images around the one that you pointed at, labelled 4 (20), 9 (4). Read correctly: 22 / 24.`"""
    counts = np.bincount(images.labels[chosen], minlength=10)
    order = [int(digit) for digit in np.argsort(-counts, kind="stable") if counts[digit]]
    words = f"**{len(chosen):,} image{'' if len(chosen) == 1 else 's'}** {HOW.get(how, 'chosen')}, labelled "
    words += ", ".join(f"{digit} ({counts[digit]:,})" for digit in order) + "."
    if frame.answers is not None:
        right = int((frame.answers[chosen] == images.labels[chosen]).sum())
        words += f" Read correctly: {fraction(right, len(chosen))}."
    return words


def _drawn_digit() -> np.ndarray | None:
    """What was last drawn on the page Draw, prepared as there: (28, 28) uint8; None if that is nothing."""
    ink = kept_ink()
    preparation = None if ink is None else prepare(ink, alone=True)
    return None if preparation is None or preparation.is_empty else preparation.image


def _note_drawn(place: Frame | None) -> None:
    if place is None:
        link_to("draw", "Draw a digit, and it lands here")
        return
    words = "The ring is the digit that you drew on *Draw*"
    if place.answers is not None and place.certainty is not None:
        words += f", read as {place.answers[0]} ({probability_text(float(place.certainty[0]))})"
    st.caption(f"{words}.")
