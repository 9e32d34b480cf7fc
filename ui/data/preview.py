"""Files before they are imported: which part each set is, ten of the images, and what about the pixels is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from mnistcore.data.imports import (
    Finding,
    ImageSet,
    PixelChanges,
    Reading,
    examples,
    findings,
    plan_parts,
    preview_image,
    value_range,
)
from ui.frame.page import is_dark
from ui.frame.words import counted, plain
from ui.pictures.digits import tiles

PARTS = {"train": "Training", "test": "Test", "left_out": "Leave out"}
DO = {
    "transpose": "Swap rows and columns",
    "scale": "Scale to 0 to 255",
    "invert": "Make the ink bright",
    "prepare": "Prepare as MNIST's",
}
DONE = {
    "transpose": "Rows and columns are swapped.",
    "scale": "The pixels are scaled to 0 to 255.",
    "invert": "Ink and paper are inverted.",
    "prepare": "Each image is fitted in 20 × 20 pixels and centred on 28 × 28, as MNIST's were.",
}


def choose_parts(reading: Reading, turn: int) -> dict[int, str]:
    """The part, "train" or "test", of each labelled set that is not left out; empty while one is to be decided."""
    plan = plan_parts(reading.sets)
    chosen: dict[int, str | None] = {}
    labelled = [place for place, one in enumerate(reading.sets) if one.labels is not None]
    for place, one in enumerate(reading.sets):
        what = f"{plain(one.source)} · {counted(len(one), 'image')}"
        if one.labels is None:
            st.markdown(f"{what} without labels")
        elif len(labelled) == 1:
            st.markdown(what)
            chosen[place] = plan.parts[place]
        else:
            start = plan.parts.get(place)
            chosen[place] = st.selectbox(
                what,
                list(PARTS),
                index=None if start is None else list(PARTS).index(start),
                format_func=PARTS.__getitem__,
                placeholder="Training or test?",
                key=f"import_part_{turn}_{place}",
            )
    if reading.left_out:
        with st.expander(f"Left out: {len(reading.left_out)}"):
            st.markdown("\n".join(f"- {plain(note)}" for note in reading.left_out))
    if None in chosen.values():
        st.caption(":material/info: No name tells which of these are for testing: choose it.")
        return {}
    parts = {place: part for place, part in chosen.items() if part in ("train", "test")}
    if parts and len(set(parts.values())) == 1:
        st.caption("One in six of these images is kept for testing, of each digit as many.")
    return parts


def choose_changes(sets: Sequence[ImageSet], turn: int) -> PixelChanges:
    """What is done to the pixels: each oddity in a sentence with its button, then ten images as they will be."""
    key = f"import_changes_{turn}"
    changes: PixelChanges = st.session_state.setdefault(key, PixelChanges())
    for finding in _findings(sets):
        is_done = getattr(changes, finding.change)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(DONE[finding.change] if is_done else f":material/info: {finding.sentence}", width="stretch")
            st.button(
                "Undo" if is_done else DO[finding.change],
                key=f"import_{finding.change}",
                on_click=_set,
                args=(key, replace(changes, **{finding.change: not is_done})),
            )
    limits, dark = value_range(sets), is_dark()
    images = [preview_image(image, changes, limits) for image, _ in examples(sets)]
    labels = ["" if label is None else str(label) for _, label in examples(sets)]
    tiles(
        [image if dark else 255 - image for image in images],
        labels,
        [f"Labelled {label}" if label else "Without a label" for label in labels],
        smallest=36,
    )
    return changes


def needs_more(sets: Sequence[ImageSet], changes: PixelChanges) -> str | None:
    """What has to be done before the import, in a sentence; None if nothing has."""
    missing = [one for one in _findings(sets) if one.is_needed and not getattr(changes, one.change)]
    return f"First: {DO[missing[0].change].lower().replace('mnist', 'MNIST')}." if missing else None


def _findings(sets: Sequence[ImageSet]) -> list[Finding]:
    """`findings`, looked for once for the same sets."""
    key = tuple(id(one) for one in sets)
    kept = st.session_state.get("import_findings")
    if kept is None or kept[0] != key:
        kept = st.session_state["import_findings"] = (key, findings(sets))
    found: list[Finding] = kept[1]
    return found


def _set(key: str, changes: PixelChanges) -> None:
    st.session_state[key] = changes
