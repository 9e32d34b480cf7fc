"""The 2×2 of right and wrong of two networks, and whose certainty was justified where they differ."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from mnistcore.insight.two_networks import agreement, believe_the_surer, certainty_in_cells
from ui.frame.words import fraction, percent
from ui.runs.evaluation import Answers
from ui.runs.same_images import mcnemar_words, show_cells

STYLE = """
<style>
.two-by-two { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.two-by-two th { font-weight: 500; text-align: left; padding: .35rem .8rem; opacity: .8; }
.two-by-two td { text-align: right; padding: .35rem .8rem; border: 1px solid rgba(128,128,128,.3); min-width: 6rem; }
.two-by-two b { font-size: 1.35rem; font-weight: 600; }
.two-by-two small { display: block; opacity: .75; }
</style>
"""
TABLE = """
<table class="two-by-two"><thead>
<tr><td style="border:0"></td><th>✓ second right</th><th>✗ second wrong</th></tr></thead>
<tbody>
<tr><th>✓ first right</th><td>{both}</td><td>{only_first}</td></tr>
<tr><th>✗ first wrong</th><td>{only_second}</td><td>{neither}</td></tr>
</tbody></table>
"""


@st.fragment
def show_right_and_wrong(first: Answers, second: Answers) -> None:
    """The table, McNemar's test, the certainty in its cells, and the images of one of them."""
    cells = certainty_in_cells(first.probabilities, second.probabilities, first.labels).set_index("cell")
    left, right = st.columns(2, gap="large")
    with left:
        st.html(two_by_two(cells))
        st.markdown(mcnemar_words(first, second))
        share = agreement(first.predictions, second.predictions)
        st.markdown(f"They give the same answer to {percent(share, 2)} of the images.")
    with right:
        st.subheader("Whose certainty was justified?", anchor=False)
        st.markdown(certainty_words(cells))
        surer = believe_the_surer(first.probabilities, second.probabilities, first.labels)
        if surer.count:
            st.markdown(
                f"Where only one is right, the surer of the two is right in {fraction(surer.correct, surer.count)} "
                f"({percent(surer.correct / surer.count, 0)})."
            )
    show_cells(first, second)


def two_by_two(cells: pd.DataFrame) -> str:
    """The counts of the cells with their shares, as an HTML table."""
    total = cells["count"].sum()
    words = {
        name: f"<b>{count:,}</b><small>{percent(count / total, 2)}</small>" for name, count in cells["count"].items()
    }
    return STYLE + TABLE.format(**words)


def certainty_words(cells: pd.DataFrame) -> str:
    """How sure each is, right or wrong, in the cells where they differ; and who is less sure of its mistakes."""
    words = []
    for cell, right, wrong in (("only_first", "first", "second"), ("only_second", "second", "first")):
        row = cells.loc[cell]
        if row["count"]:
            words.append(
                f"- Where only the {right} is right ({int(row['count']):,}), it is {percent(row[right], 0)} sure on "
                f"average, and the {wrong} is {percent(row[wrong], 0)} sure of its mistakes."
            )
    if len(words) == 2:
        mistakes = {"first": cells.loc["only_second", "first"], "second": cells.loc["only_first", "second"]}
        modest = min(mistakes, key=lambda name: mistakes[name])
        words.append(f"- The {modest} is the less sure of its own mistakes.")
    return "\n".join(words) or "There is no image that only one of them reads."
