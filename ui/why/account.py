"""The account of a digit on the page: its parts, their sum and the difference they explain, and the overlay."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight import symmetric_limit
from mnistcore.insight.ledger import Ledger
from ui.frame.page import is_dark
from ui.frame.words import counted, percent, signed
from ui.pictures.figures import data_address, overlay_rgb, png_bytes
from ui.pictures.weight_images import color_bar

SCALE, WIDTH = 9, 252
PROMISED = 0.01  # of the difference: a remainder above this is explained
STYLE = """
<style>
.account { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.3; max-width: 26rem; }
.account th, .account td { border: 0; padding: 0.22rem 0; font-weight: 400; text-align: left; vertical-align: top; }
.account td { text-align: right; padding-left: 1.2rem; white-space: nowrap; }
.account .line th, .account .line td { border-top: 1px solid currentColor; font-weight: 600; }
.account .rest th, .account .rest td { opacity: 0.75; }
</style>
"""


def account_html(ledger: Ledger, what: str) -> str:
    """The account as a table; ``what`` is a part: "pixel"."""
    rows = [("", "Blank sheet: the biases alone", signed(ledger.blank, 3))]
    for digit, sign in ((ledger.answer, 1), (ledger.rival, -1)):
        total, count = ledger.side(sign)
        rows.append(("", f"{counted(count, what)} for the {digit}", signed(total, 3)))
    rows += [
        ("line", "Sum", signed(ledger.total, 3)),
        ("", f"Score of {ledger.answer} minus score of {ledger.rival}", signed(ledger.difference, 3)),
        ("rest", "Remainder", remainder_words(ledger)),
    ]
    body = "".join(
        f'<tr class="{kind}"><th scope="row">{words}</th><td>{value}</td></tr>' for kind, words, value in rows
    )
    return f'{STYLE}<table class="account"><tbody>{body}</tbody></table>'


def remainder_words(ledger: Ledger) -> str:
    """`+0.031, 0.4 %`, and `less than 0.1 %` where rounding alone is left."""
    if ledger.remainder_share < 0.0005:
        return "less than 0.1 %"
    if not np.isfinite(ledger.remainder_share):
        return signed(ledger.remainder, 3)
    return f"{signed(ledger.remainder, 3)}, {percent(ledger.remainder_share)}"


def method_words(ledger: Ledger, is_single_layer: bool) -> str:
    """How the contributions were found, in a sentence or two."""
    if is_single_layer:
        return "Exact: a pixel's contribution is its ink times the difference of its two weights."
    words = (
        f"Integrated gradients: the digit is faded in from a blank sheet in {counted(ledger.pieces, 'piece')}, and "
        "what each pixel does to the two scores on the way is added up."
    )
    if ledger.remainder_share > PROMISED:
        words += " The two scores are nearly equal: even a small remainder is large beside their difference."
    return words


def show_overlay(image: np.ndarray, values: np.ndarray, what: str, alt: str, key: str) -> None:
    """A digit (28, 28) uint8 under the colours of values (28, 28) by its pixels, and the colour bar."""
    limit, dark = symmetric_limit(values), is_dark()
    pixels = overlay_rgb(image, values, limit, dark).repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    with st.container(width=WIDTH, key=key, gap="xsmall"):
        st.image(data_address(png_bytes(pixels)), width=WIDTH, alt=alt)
        color_bar(limit, dark, what)


def pixel_table(image: np.ndarray, ledger: Ledger) -> pd.DataFrame:
    """Every pixel with ink: row and column from 0, its ink, its contribution; what counts most first."""
    rows, columns = np.nonzero(image)
    table = pd.DataFrame(
        {"row": rows, "column": columns, "ink": image[rows, columns], "adds": ledger.contributions[rows, columns]}
    )
    return table.sort_values("adds", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def show_pixels(image: np.ndarray, ledger: Ledger) -> None:
    """The account pixel by pixel, as a list."""
    st.caption(
        f"Positive numbers speak for the {ledger.answer}, negative ones for the {ledger.rival}. Paper without ink adds "
        "nothing: it is in the line of the blank sheet."
    )
    st.dataframe(
        pixel_table(image, ledger),
        hide_index=True,
        height=320,
        width=460,
        column_config={
            "row": st.column_config.NumberColumn("Row", help="Counted from 0, at the top."),
            "column": st.column_config.NumberColumn("Column", help="Counted from 0, on the left."),
            "ink": st.column_config.NumberColumn("Ink", help="From 1 to 255."),
            "adds": st.column_config.NumberColumn("Adds", format="%+.3f"),
        },
    )
