"""What one must add to one digit to make it the other: the mean accounts of both, and their difference."""

from __future__ import annotations

import numpy as np
import streamlit as st

from mnistcore.insight import symmetric_limit
from mnistcore.insight.mean_ledger import MeanLedger
from ui.frame.page import is_dark
from ui.frame.words import percent, signed
from ui.pair.axis import an
from ui.pair.found import Pair, accounts_at
from ui.pictures.digits import tiles
from ui.pictures.figures import overlay_rgb
from ui.pictures.weight_images import color_bar
from ui.runs.film import PLAYING

STYLE = """
<style>
.mean-account { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.3; width: 100%; }
.mean-account th, .mean-account td { border: 0; padding: 0.22rem 0; font-weight: 400; text-align: left;
  vertical-align: bottom; }
.mean-account td, .mean-account thead th { text-align: right; padding-left: 0.6rem; white-space: nowrap; }
.mean-account .line th, .mean-account .line td { border-top: 1px solid currentColor; font-weight: 600; }
.mean-account .rest th, .mean-account .rest td { opacity: 0.75; }
</style>
"""


def show_accounts(pair: Pair, step: int, is_single_layer: bool) -> None:
    """The mean account of both digits' images as signed pictures, the change from one to the other, and their sums."""
    if st.session_state.get(PLAYING):
        st.markdown("Pause the film: these accounts are made for one moment.")
        return
    first, second = pair.first, pair.second
    one, other = accounts_at(pair, step)
    change = other.minus(one)
    ledgers = (one, other, change)
    limit = max(symmetric_limit(ledger.contributions) for ledger in ledgers)
    pictures, table = st.columns([3, 2], gap="large")
    with pictures:
        st.markdown(
            f"What makes {an(first)} {an(second)}? The third picture: where red, what {an(second)} has there, and "
            f"{an(first)} has not, raises the score of {second} over that of {first}."
        )
        captions = [f"{an(first)}, on average", f"{an(second)}, on average", f"from {first} to {second}"]
        tiles([overlay(ledger, limit) for ledger in ledgers], captions, captions, columns=3)
        color_bar(limit, is_dark(), f"what a pixel adds: red speaks for the {second}, blue for the {first}")
    with table:
        st.html(account_html(first, second, one, other, change))
        st.caption(account_words(first, second, one, other, is_single_layer))


def overlay(ledger: MeanLedger, limit: float) -> np.ndarray:
    """The contributions over the mean image; those of a change, whose mean ink may be negative, over the ink gained."""
    ink = np.clip(ledger.ink, 0, 255).astype(np.uint8)
    return overlay_rgb(ink, ledger.contributions, limit, is_dark())


def account_html(first: int, second: int, one: MeanLedger, other: MeanLedger, change: MeanLedger) -> str:
    """The three accounts as a table: what they add up to, beside the mean difference that they explain."""
    ledgers = (one, other, change)
    rows = [
        ("", "Blank sheet: the biases", [ledger.blank for ledger in ledgers]),
        ("", f"Pixels for the {second}", [positive(ledger.contributions) for ledger in ledgers]),
        ("", f"Pixels for the {first}", [-positive(-ledger.contributions) for ledger in ledgers]),
        ("line", "Sum", [ledger.total for ledger in ledgers]),
        ("", f"Mean score of {second} minus {first}", [ledger.difference for ledger in ledgers]),
        ("rest", "Remainder", [ledger.remainder for ledger in ledgers]),
    ]
    body = "".join(
        f'<tr class="{kind}"><th scope="row">{words}</th>{"".join(f"<td>{signed(v)}</td>" for v in values)}</tr>'
        for kind, words, values in rows
    )
    head = "".join(f'<th scope="col">{title}</th>' for title in (f"{first}s", f"{second}s", f"{first} to {second}"))
    return f'{STYLE}<table class="mean-account"><thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>'


def positive(values: np.ndarray) -> float:
    """The sum of the positive ones."""
    return float(values[values > 0].sum())


def account_words(first: int, second: int, one: MeanLedger, other: MeanLedger, is_single_layer: bool) -> str:
    """Of how many images, how it was found, and how much is left unexplained."""
    words = f"The means of {one.count} images of {an(first)} and {other.count} of {an(second)}, always the same ones. "
    if is_single_layer:
        return f"{words}Exact: a pixel's contribution is its ink times the difference of its two weights."
    words += f"Integrated gradients, as on *Why*, in {max(one.pieces, other.pieces)} pieces."
    left = max(abs(each.remainder / each.difference) if each.difference else 0.0 for each in (one, other))
    return words + (f" Unexplained: {percent(left)} at most." if left >= 0.0005 else " Unexplained: less than 0.1 %.")
