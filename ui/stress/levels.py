"""Test images made harder to read, level by level: how they look, and how many each run still classifies correctly."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.distortions import DISTORTIONS, Distortion, distort
from ui.frame.analysis import show_analysis
from ui.frame.page import is_dark
from ui.frame.selection import choose_view, dataset_titles
from ui.pictures.digits import tiles
from ui.stress.curves import curve_data, curve_spec, level_table, summary
from ui.stress.runs import Reader

COUNTS = (1000, 2000, 5000)
STEP = 37  # from one example to the next: neighbours would do, but these come from other writers


def show_levels(readers: list[Reader], name: str, dataset: Dataset) -> None:
    """Choose a distortion and how many test images; examples, and the curves measured in a worker."""
    titles = {distortion.name: distortion.title for distortion in DISTORTIONS.values()}
    distortion = DISTORTIONS[choose_view(titles, "distortion", "Distortion")]
    show_examples(distortion, dataset)
    count = choose_count(len(dataset.test_labels))
    arguments = stress_arguments(readers, name, dataset, count, distortion)
    title = dataset_titles().get(name, name)
    draw = partial(_draw, distortion, readers, f"{count:,} test images of {title}")
    start = f"Measure on {count:,} images"
    show_analysis("stress", arguments, draw, start=start, key=f"stress_{distortion.name}")


def stress_arguments(
    readers: list[Reader], name: str, dataset: Dataset, count: int, distortion: Distortion
) -> dict[str, Any]:
    """What the analysis is asked for."""
    return {
        "runs": [{"id": reader.run.id, "step": reader.step} for reader in readers],
        "dataset": name,
        "fingerprint": dataset.fingerprint,
        "count": count,
        "distortion": distortion.name,
        "seed": 0,
    }


@st.fragment
def show_examples(distortion: Distortion, dataset: Dataset) -> None:
    """One test image at every level; another one on a click."""
    turn = st.session_state.setdefault("stress_turn", 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(distortion.words, width="stretch")
        if st.button("Another digit", key="stress_another"):
            turn = st.session_state["stress_turn"] = turn + 1
    place = turn * STEP % len(dataset.test_labels)
    image, label = dataset.test_images[place][None], int(dataset.test_labels[place])
    dark = is_dark()
    changed = [distort(image, distortion.name, level, np.random.default_rng(turn))[0] for level in distortion.levels]
    captions = [level_words(distortion, level) for level in distortion.levels]
    tiles(
        [one if dark else 255 - one for one in changed],
        captions,
        [f"Digit {label}, {distortion.title.lower()} {caption}" for caption in captions],
        smallest=64,
    )


def level_words(distortion: Distortion, level: float) -> str:
    """A level as a caption says it: `3 px`, `−15°`, `× 0.8`, `unchanged`."""
    if level == distortion.neutral:
        return "unchanged"
    number = f"{level:g}".replace("-", "\N{MINUS SIGN}")
    if distortion.name == "scale":
        return f"× {number}"
    return number + {"px": " px", "°": "°"}.get(distortion.unit, "")


def choose_count(most: int) -> int:
    """How many test images are used, 1,000 at first; bound to the query parameter `images`."""
    offered = [*(count for count in COUNTS if count < most), most]
    asked = st.query_params.get("images", "")
    st.session_state["stress_images"] = int(asked) if asked in map(str, offered) else offered[0]
    return int(
        st.selectbox(
            "Test images",
            offered,
            key="stress_images",
            format_func=lambda count: f"all {count:,}" if count == most else f"{count:,}",
            on_change=_remember_count,
            width=160,
        )
    )


def _remember_count() -> None:
    st.query_params["images"] = str(st.session_state["stress_images"])


def _draw(distortion: Distortion, readers: list[Reader], what: str, result: dict[str, Any]) -> None:
    """The curves and the table, as far as they have been measured."""
    if not result["levels"]:
        return
    data = curve_data({reader.title: reader.run.id for reader in readers}, result)
    spec = curve_spec(distortion, [reader.title for reader in readers], is_dark())
    st.caption(f"Share of {what} classified correctly")
    st.vega_lite_chart(data, spec, key=f"stress_curves_{distortion.name}")
    if len(result["levels"]) == len(distortion.levels):
        st.markdown(summary(data, distortion))
    words = {level: level_words(distortion, level) for level in distortion.levels}
    st.dataframe(
        level_table(data, distortion, words),
        hide_index=True,
        height="content",
        column_config={
            reader.title: st.column_config.NumberColumn(reader.title, format="%.1f %%") for reader in readers
        },
    )
