"""One unit: its weights, what drives it, its mean over each digit, and what it feeds."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import symmetric_limit, unit_weights
from mnistcore.insight.activation_maximum import BLUR, DECAY, STEPS
from mnistcore.insight.units import outgoing_weights
from ui.frame.page import is_dark
from ui.frame.words import figure, percent
from ui.pictures.digits import tiles
from ui.pictures.figures import data_address, digit_grid_png, diverging_rgb
from ui.pictures.layer_pictures import show_unit
from ui.pictures.weight_images import color_bar
from ui.runs.why_link import why_link
from ui.units.charts import digit_chart, signed_chart
from ui.units.choice import named, noun
from ui.units.found import Scene, Summary

DRIVERS, FED, WIDTH = 10, 12, 96


def show_detail(scene: Scene, unit: int) -> None:
    """A unit from all sides: what comes in on the left, what it does on the right, the images that drive it below."""
    summary = scene.summary
    st.markdown(unit_words(scene, summary, unit))
    left, right = st.columns(2, gap="large")
    with left:
        show_incoming(scene, unit)
    with right:
        st.markdown("**Its mean over each digit**")
        st.altair_chart(digit_chart(summary.means[:, unit], mean_words(scene)), key="unit-means")
    drives, feeds = st.columns(2, gap="large")
    with drives:
        show_maxima(scene, unit)
    with feeds:
        show_outgoing(scene, unit)
    show_drivers(scene, unit)


def unit_words(scene: Scene, summary: Summary, unit: int) -> str:
    """`Unit 17 is active for **43.1 %** of 10,000 test images, most strongly for 3, least for 1.`"""
    name = named(scene.layer, unit).capitalize()
    seen = f"{len(scene.images.labels):,} {scene.part} images"
    if unit in summary.dead:
        value = figure(float(scene.outputs.strengths[0, unit]))
        return f"{name} is **dead**: it gives {value} for every one of {seen}."
    means = summary.means[:, unit]
    words = f"{name} is active for **{percent(float(summary.active[unit]))}** of {seen}, "
    words += f"on average most strongly for {int(np.nanargmax(means))} and least for {int(np.nanargmin(means))}."
    twin = summary.twin_of(unit)
    return words if twin is None else f"{words} Its twin is {named(scene.layer, twin)}."


def mean_words(scene: Scene) -> str:
    """What the bars of the ten digits measure."""
    return "Mean of its maximum" if scene.outputs.values.ndim == 4 else "Mean output"


def show_incoming(scene: Scene, unit: int) -> None:
    """Its weights; and where these make no picture of the digit, what ink has to do with its output."""
    weights = unit_weights(scene.network, scene.layer)
    limit = symmetric_limit(weights)
    if weights.ndim == 4 and weights.shape[1] > 1:
        st.markdown("**Its weights from each map before it**")
        numbers = [str(number) for number in range(1, weights.shape[1] + 1)]
        tiles(list(diverging_rgb(weights[unit], limit, is_dark())), numbers, [f"Map {n}" for n in numbers], smallest=44)
        color_bar(limit, is_dark(), "weight")
    else:
        show_unit("Its weights", weights[unit], limit)
    if not scene.has_weight_pictures:
        picture = scene.pictures(range(unit, unit + 1))
        limit = symmetric_limit(picture)
        st.markdown("**What ink has to do with it**")
        tiles(list(diverging_rgb(picture, limit, is_dark())), [""], ["Covariance of pixels and output"], columns=3)
        st.caption("Red where ink goes along with a strong output, blue where it goes along with a weak one.")


def show_maxima(scene: Scene, unit: int) -> None:
    """The images that gradient ascent finds beside the best real one, with what the unit gives for each."""
    maxima = scene.maxima(unit)
    strengths = scene.outputs.strengths[:, unit]
    best = int(strengths.argmax())
    pictures = [scene.images.images[best], maxima[True].image, maxima[False].image]
    values = [figure(float(value)) for value in (strengths[best], maxima[True].value, maxima[False].value)]
    names = ["best real image", "with decay and blur", "any pixels"]
    st.markdown("**The image that drives it most of all**")
    dark = is_dark()
    captions = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
    tiles([picture if dark else 255 - picture for picture in pictures], captions, captions, columns=3)
    st.caption(
        f"Found by {STEPS} steps of gradient ascent on the pixels, from a blank sheet and the best real image: the "
        f"better counts. In the middle, each step takes {percent(DECAY, 0)} of all ink away (L2 decay) and gives "
        f"{percent(BLUR, 0)} of it to each neighbour (blur). On the right, pixels must only stay between blank and "
        "full ink: higher, but like no digit."
    )


def show_outgoing(scene: Scene, unit: int) -> None:
    """Its weights to the units of the next layer, strongest first: bars, or a small picture for each."""
    following, found = scene.following, outgoing_weights(scene.network, scene.layer, unit)
    st.markdown("**What it feeds**")
    if following is None or found is None:
        st.markdown("It is the digit's score itself: nothing follows.")
        return
    sums = found.reshape(len(found), -1).sum(axis=1)
    sizes = np.abs(found.reshape(len(found), -1)).sum(axis=1)
    order = np.argsort(-sizes, kind="stable")[:FED]
    names = [named(following, int(fed)) for fed in order]
    is_output = following.name == "output"
    where = "the ten digits' scores" if is_output else f"the {following.units} {noun(following)}s of “{following.name}”"
    shown = "" if len(order) == following.units else f" The {len(order)} strongest are shown."
    if found.ndim == 1:
        st.altair_chart(signed_chart(names, found[order], "Weight"), key="unit-feeds")
        st.caption(f"Its weights to {where}, strongest first.{shown}")
        return
    limit = symmetric_limit(found)
    captions = [f"{name}: {sums[fed]:+.2f}".replace("-", "−") for name, fed in zip(names, order, strict=True)]
    tiles(list(diverging_rgb(found[order], limit, is_dark())), captions, captions, smallest=72)
    st.caption(
        f"Its map's weights to {where}, those with the largest magnitudes first, with their sums; red is "
        f"positive.{shown}"
    )


def show_drivers(scene: Scene, unit: int) -> None:
    """The real images with its strongest outputs, each with a link to why it is read as it is."""
    strengths, images = scene.outputs.strengths[:, unit], scene.images
    order = np.argsort(-strengths, kind="stable")[:DRIVERS]
    of_map = ", the largest in its map" if scene.outputs.values.ndim == 4 else ""
    st.markdown(f"**The {len(order)} images that drive it most**")
    st.caption(f"Below each: its label, what {named(scene.layer, unit)} gives for it{of_map}, and its number.")
    dark = is_dark()
    with st.container(horizontal=True, gap="small"):
        for row in map(int, order):
            picture = digit_grid_png(images.images[row][None], columns=1, scale=4, gap=0, dark=dark)
            caption = f"{images.labels[row]}: {figure(float(strengths[row]))}  \n#{images.positions[row]}"
            with st.container(width=WIDTH, gap=None):
                st.image(data_address(picture), caption=caption, width=WIDTH)
                why_link(scene.run, images.images[row], scene.step, label="Why?")
