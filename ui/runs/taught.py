"""What networks have learned from drawings: before and after, on the drawings and on the images they knew before."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnistcore.errors import ExplorerError
from mnistcore.runs import Run, RunStore
from mnistcore.runs.teaching import BeforeAndAfter, Teaching, compare, teachings
from ui.frame.cached import KEYS
from ui.frame.follow import follow
from ui.frame.page import is_dark, link_to
from ui.frame.selection import DATASET_TITLES
from ui.frame.words import STATUS_WORDS, percent, plain
from ui.pictures.digits import tiles
from ui.runs.progress import pace_of
from ui.runs.start import start_words

SHOWN = 24  # drawings
Found = list[tuple[Teaching, Run, dict[str, BeforeAndAfter] | str]]


def show_taught(store: RunStore, kind: str) -> None:
    """The newest networks that learned from drawings of this kind, the first in detail; followed while it learns."""
    found = teachings(store, kind)
    if not found:
        return
    newest = store.run(found[0].run_id)
    st.subheader("Before and after", anchor=False)
    if newest.is_active or newest.can_resume:
        look = lambda: store.run(newest.id)  # noqa: E731
        follow(look, _show_progress, every=pace_of, state=lambda run: run.status, found=newest)
    done = _finished(store, found)
    if not done:
        return
    teaching, run, figures = done[0]
    if isinstance(figures, str):
        st.warning(f"{plain(run.name)}: {plain(figures)}", icon=":material/info:")
    else:
        _show_one(teaching, run, figures)
    if len(done) > 1:
        st.markdown("**What mixing in changes**")
        st.dataframe(taught_table(done), hide_index=True)


def _finished(store: RunStore, found: list[Teaching]) -> Found:
    """Those that are over, each with its figures, or why there are none."""
    rows: Found = []
    for teaching in found:
        run = store.run(teaching.run_id)
        if run.is_active or run.can_resume:
            continue
        try:
            rows.append((teaching, run, _compared(store, run, teaching)))
        except ExplorerError as error:
            rows.append((teaching, run, run.message or str(error) if run.status == "failed" else str(error)))
    return rows


@st.cache_resource(max_entries=24, show_spinner="Reading everything again, before and after …", hash_funcs=KEYS)
def _compared(store: RunStore, run: Run, _teaching: Teaching) -> dict[str, BeforeAndAfter]:
    return compare(store, _teaching)


def _show_progress(run: Run) -> None:
    share = run.step / run.total_steps if run.total_steps else 0.0
    words = run.message or STATUS_WORDS[run.status]
    if run.status == "running":
        words = f"step {run.step:,} of {run.total_steps or 0:,}"
    st.progress(min(1.0, share), text=plain(f"{run.name}: {words}"))


def _show_one(teaching: Teaching, run: Run, found: dict[str, BeforeAndAfter]) -> None:
    """The three figures, the drawings that it read wrongly before or reads wrongly now, and what each digit lost."""
    title = DATASET_TITLES.get(teaching.mixed_from, teaching.mixed_from)
    titles = {
        "learned": "Drawings that it learned from",
        "held_back": "Drawings held back",
        "forgotten": f"{title}, test images",
    }
    with st.container(horizontal=True, gap="medium"):
        for name, one in found.items():
            before, after = one.correct
            with st.container(width=215, gap="xxsmall"):  # three beside each other, also in a column
                change = 100 * (after - before) / one.count
                told = f"{change:+.1f} points" if after != before else None  # an arrow would stand before a 0 too
                st.metric(titles[name], percent(after / one.count), told)
                st.caption(f"{before:,} before, {after:,} after, of {one.count:,}")
    assert run.config.start_from is not None
    mixed = f"{teaching.mixed:,} images of {title} mixed in" if teaching.mixed else f"nothing of {title} mixed in"
    st.caption(f"{plain(run.name)}, from the weights of {plain(start_words(run.config.start_from))}, {mixed}.")
    _show_drawings(found)
    with st.expander(f"What it forgot of {title}, digit by digit"):
        st.dataframe(forgotten_table(found["forgotten"]), hide_index=True, height="content")
    with st.container(horizontal=True):
        link_to("draw", "Draw with it", run=run.id)
        link_to("train", "How it learned", run=run.id)
        link_to("compare", "Where the two disagree", run=run.id, **{"with": run.config.start_from.run})


def _show_drawings(found: dict[str, BeforeAndAfter]) -> None:
    """Drawings with both answers, those held back first."""
    parts = [found[name] for name in ("held_back", "learned") if name in found]
    shown = [(one, place) for one in parts for place in range(one.count)][:SHOWN]
    dark = is_dark()
    marks = {True: "✓", False: "✗"}
    captions, images = [], []
    for one, place in shown:
        label, before, after = int(one.labels[place]), int(one.before[place]), int(one.after[place])
        images.append(one.images[place] if dark else 255 - one.images[place])
        captions.append(f"{label}: {before} {marks[before == label]} → {after} {marks[after == label]}")
    tiles(images, captions, [f"A {caption}" for caption in captions], smallest=72)


def forgotten_table(one: BeforeAndAfter) -> pd.DataFrame:
    """For each digit: how many images there are, and how many of them were read correctly before and after."""
    rows = [
        {"Digit": digit, "Images": count, "Before": percent(b / count), "After": percent(a / count), "Change": a - b}
        for digit, count, b, a in one.by_digit()
    ]
    return pd.DataFrame(rows)


def taught_table(done: Found) -> pd.DataFrame:
    """A row a network, newest first: what was mixed in, and its figures before and after."""
    rows = []
    for teaching, run, found in done:
        start = run.config.start_from
        row = {"From": "–" if start is None else start_words(start), "Mixed in": f"{teaching.mixed:,}"}
        row["Drawings learned"] = f"{teaching.learned:,}"
        for name, title in (("learned", "These"), ("held_back", "Held back"), ("forgotten", "Test images")):
            one = None if isinstance(found, str) else found.get(name)
            row[title] = "–" if one is None else _arrow(one)
        rows.append(row)
    return pd.DataFrame(rows)


def _arrow(one: BeforeAndAfter) -> str:
    return " → ".join(percent(right / one.count) for right in one.correct)
