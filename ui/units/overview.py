"""Every unit of a layer: its picture, how often it is active, what it responds to; which are dead, which are twins."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight import symmetric_limit
from mnistcore.insight.units import TWIN
from ui.frame.page import is_dark
from ui.frame.words import counted, percent
from ui.pictures.digits import tiles
from ui.pictures.figures import diverging_rgb
from ui.pictures.weight_images import choose_page, color_bar
from ui.units.choice import UNIT, named, noun, number_of
from ui.units.found import Scene, Summary

TABLE = "units-table"
MOST_NAMED = 12


def show_overview(scene: Scene) -> None:
    """The sentence, the gallery, and the table whose rows lead to one unit."""
    summary, layer = scene.summary, scene.layer
    st.markdown(found_words(scene, summary))
    st.caption(definition_words(scene))
    units = choose_page(f"{noun(layer).capitalize()}s", layer.units, f"units-page-{layer.index}")
    pictures = scene.pictures(units)
    limit = symmetric_limit(pictures)
    colors = diverging_rgb(pictures, limit, is_dark())
    tiles(
        list(colors),
        [tile_words(scene, summary, unit) for unit in units],
        [told_words(scene, summary, unit) for unit in units],
        smallest=76,
    )
    color_bar(limit, is_dark(), picture_words(scene))
    show_table(scene, summary, units)


def found_words(scene: Scene, summary: Summary) -> str:
    """`Of 128 units, **2 are dead** (5 and 9) and **1 pair are twins** (3 and 7).`"""
    layer = scene.layer
    dead = [str(number_of(layer, int(unit))) for unit in summary.dead]
    pairs = [f"{number_of(layer, i)} and {number_of(layer, j)}" for i, j, _ in summary.twins]
    words = (
        f"Of {counted(layer.units, noun(layer))}, **{len(dead) or 'none'} {'is' if len(dead) == 1 else 'are'} dead**"
    )
    words += _listed(dead)
    if not pairs:
        return f"{words}, and **none are twins**."
    return f"{words}; **{counted(len(pairs), 'pair')} {'is' if len(pairs) == 1 else 'are'} twins**{_listed(pairs)}."


def _listed(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return f" ({', '.join(names[:MOST_NAMED])}{more})"


def definition_words(scene: Scene) -> str:
    """What the words mean, and what was looked at."""
    what = noun(scene.layer)
    of_map = " anywhere in its map" if what == "filter" else ""
    return (
        f"Looked at {len(scene.images.labels):,} {scene.part} images. *Active*: its weighted sum, normalised if a "
        f"normalisation follows, is above 0{of_map}. *Dead*: it gives the same for every image. *Twins*: the outputs "
        f"of two {what}s have a correlation of at least {TWIN}."
    )


def picture_words(scene: Scene) -> str:
    """What the pictures show, in plain text."""
    if scene.has_weight_pictures:
        return "weight from a pixel"
    return (
        "ink that goes along with a strong output: covariance with the pixel, for one standard deviation of the output"
    )


def tile_words(scene: Scene, summary: Summary, unit: int) -> str:
    """Below a picture: `17: 43 %, 3s`, `5: dead`."""
    number = number_of(scene.layer, unit)
    if unit in summary.dead:
        return f"{number}: dead"
    twin = summary.twin_of(unit)
    words = f"{number}: {percent(float(summary.active[unit]), 0)}"
    return words if twin is None else f"{words}, twin of {number_of(scene.layer, twin)}"


def told_words(scene: Scene, summary: Summary, unit: int) -> str:
    """What is read out and shown on hovering."""
    means = summary.means[:, unit]
    most = "" if np.isnan(means).all() else f", most for {int(np.nanargmax(means))}"
    return f"{named(scene.layer, unit)}: active for {percent(float(summary.active[unit]))} of the images{most}"


def units_table(scene: Scene, summary: Summary, units: range) -> pd.DataFrame:
    """A row a unit: number, share of images where it is active (per cent), its mean, the digits with the largest and
    the smallest mean (of a dead one none), and what it is besides."""
    rows = slice(units.start, units.stop)
    means = summary.means[:, rows]
    present = np.flatnonzero(~np.isnan(means).any(axis=1))
    counts = np.bincount(scene.images.labels, minlength=10)[present]
    alive = ~np.isin(np.arange(units.start, units.stop), summary.dead)
    return pd.DataFrame(
        {
            "number": [number_of(scene.layer, unit) for unit in units],
            "active": 100 * summary.active[rows],
            "mean": np.average(means[present], axis=0, weights=counts),
            "most": np.where(alive, present[means[present].argmax(axis=0)], np.nan),
            "least": np.where(alive, present[means[present].argmin(axis=0)], np.nan),
            "is": [_besides(scene, summary, unit) for unit in units],
        }
    )


def _besides(scene: Scene, summary: Summary, unit: int) -> str:
    twin = summary.twin_of(unit)
    if unit in summary.dead:
        return "dead"
    return "" if twin is None else f"twin of {number_of(scene.layer, twin)}"


def show_table(scene: Scene, summary: Summary, units: range) -> None:
    """The same in numbers, to sort; a row chosen opens that unit."""
    column, what = st.column_config, noun(scene.layer).capitalize()
    st.caption(f"Sort by a column's title; tick a row to look at that {noun(scene.layer)}.")
    st.dataframe(
        units_table(scene, summary, units),
        key=f"{TABLE}-{scene.layer.index}",
        hide_index=True,
        height=360,
        selection_mode="single-row",
        on_select=partial(
            _open_row, f"{TABLE}-{scene.layer.index}", units.start + number_of(scene.layer, 0), len(units)
        ),
        column_config={
            "number": column.NumberColumn(what, format="%d"),
            "active": column.NumberColumn(
                "Active", format="%.1f %%", help="Share of the images for which it is active."
            ),
            "mean": column.NumberColumn("Mean", format="%.3f", help="Its mean output over the images."),
            "most": column.NumberColumn("Most for", format="%d", help="The digit with the largest mean."),
            "least": column.NumberColumn("Least for", format="%d", help="The digit with the smallest mean."),
            "is": column.TextColumn("Besides"),
        },
    )


def _open_row(key: str, first: int, count: int) -> None:
    chosen: Any = st.session_state.get(key) or {}
    rows = chosen.get("selection", {}).get("rows", [])
    if rows and rows[0] < count:
        st.query_params[UNIT] = str(first + rows[0])
        st.query_params["view"] = "unit"
