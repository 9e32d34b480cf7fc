"""Figures side by side: published, measured by us, measured on this machine; and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from mnistcore.reproduction import Goal, System, verdict
from ui.pictures.figures import RIGHT_COLOR, WRONG_COLOR

STYLE = """
<style>
.figures { border-collapse: collapse; font-variant-numeric: tabular-nums; max-width: 100%; }
.figures th { font-weight: 400; opacity: .7; font-size: .8rem; text-align: left; vertical-align: bottom; }
.figures th, .figures td { padding: .15rem 2rem .15rem 0; }
.figures td { border-top: 1px solid rgba(128,128,128,.2); white-space: nowrap; }
.figures td:first-child { white-space: normal; }
.figures small { opacity: .7; display: none; }
.figures .goal { opacity: .7; font-size: .85rem; }
.figures b { font-weight: 600; }
@media (max-width: 640px) {
  .figures th, .figures td { padding-right: .7rem; font-size: .85rem; }
  .figures small { display: block; }
  .figures .goal { display: none; }
}
</style>
"""


def show_claims(
    system: System, ours: Mapping[str, Any] | None, here: Mapping[str, float], is_comparable: bool, is_over: bool
) -> None:
    """The table of a system's figures, where they come from, and whether they have been reproduced.

    ours: our own measurement that ships, as `stored` gives it. here: key → value of the newest run in this store.
    is_comparable: whether that run learned from MNIST; is_over: whether it went to its end.
    """
    counts = is_comparable and is_over  # a run that goes on may yet reach what it has not
    table, words = st.columns([5, 2], gap="medium")
    with table:
        st.html(claims_html(system, ours, here, counts))
    with words:
        if verdict_words := _verdict(system, ours, here, counts):
            st.markdown(verdict_words)
        st.caption(" ".join(_origins(system, ours, bool(here) and not is_comparable)))


def claims_html(system: System, ours: Mapping[str, Any] | None, here: Mapping[str, float], counts: bool = True) -> str:
    """The table: a row for each goal; columns without any value are left out. counts: whether ``here`` is judged."""
    means = {} if ours is None else {key: found["mean"] for key, found in ours["measured"].items()}
    columns = {"Published": system.published}
    if means:
        columns["Measured by us"] = means
    columns["Measured here"] = dict(here)
    heads = "".join(f"<th>{title}</th>" for title in ("", *columns)) + '<th class="goal">Goal</th>'
    rows = ""
    for goal in system.goals:
        marked = {"Measured by us": True, "Measured here": counts}
        cells = "".join(
            _cell(goal, values.get(goal.key), title == "Published", marked.get(title, False))
            for title, values in columns.items()
        )
        wanted = f"<small>goal: {escape(goal.wanted)}</small>" if goal.wanted else ""
        aim = f'<td class="goal">{escape(goal.wanted or "–")}</td>'
        rows += f"<tr><td>{escape(goal.words[:1].upper() + goal.words[1:])}{wanted}</td>{cells}{aim}</tr>"
    return f'{STYLE}<table class="figures"><tr>{heads}</tr>{rows}</table>'


def _cell(goal: Goal, value: float | None, is_published: bool, is_marked: bool) -> str:
    """A figure, with ✓ or ✗ where it has something to reach; a published one no more exact than it was."""
    if value is None:
        return "<td>–</td>"
    is_met = goal.is_met(value) if is_marked else None
    mark = ""
    if is_met is not None:
        color, sign = (RIGHT_COLOR, "✓") if is_met else (WRONG_COLOR, "✗")
        mark = f' <span style="color:rgb{color}">{sign}</span>'
    words = goal.stated(value) if is_published else goal.shown(value)
    return f"<td><b>{escape(words)}</b>{mark}</td>"


def _verdict(system: System, ours: Mapping[str, Any] | None, here: Mapping[str, float], counts: bool) -> str:
    """Markdown: the verdict on our own measurement and, once it counts, the one on what was measured here."""
    by_us = None if ours is None else str(ours["verdict"])
    met, on_this = verdict(system, here, variants=False) if counts else (False, None)
    if by_us is None or on_this is None:
        return f"**{by_us or on_this}**" if by_us or on_this else ""
    if met and by_us == on_this:
        return f"**{by_us.removesuffix('.')}, by us and on this machine.**"
    return f"By us: **{by_us}** On this machine: **{on_this}**"


def _origins(system: System, ours: Mapping[str, Any] | None, is_other_data: bool) -> list[str]:
    """Where each column comes from, in sentences."""
    sentences = [f"Published in {system.source}."] if system.published else []
    if ours is not None:
        seeds = max(len(found["seeds"]) for found in ours["measured"].values())
        mean = f" (mean of {seeds} seeds)" if seeds > 1 else ""
        machine = ours["machine"]
        sentences.append(
            f"Measured by us{mean} on {ours['date']}: {machine['processor']}, {machine['cores']} cores, "
            f"{machine['system']}; shipped with the program."
        )
    if is_other_data:
        sentences.append("Measured here on digits other than MNIST: not comparable.")
    return sentences
