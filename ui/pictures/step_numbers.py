"""Ten numbers per column, one row per digit: a network's answer, the correct one, and the difference."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np

POSITIVE, NEGATIVE = "#d9634a", "#4a90cf"  # as in weight images, in tones that read on both backgrounds
STYLE = """
<style>
.ten { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; width: 100%;
  max-width: 44rem; table-layout: fixed; }
.ten th, .ten td { padding: 0.16rem 0.4rem; text-align: right; border: 0; }
.ten thead th { font-weight: 400; opacity: 0.75; font-size: 0.8rem; }
.ten thead td { width: 2rem; }
.ten tbody th { font-weight: 400; text-align: left; }
.ten tr.label th, .ten tr.label td { font-weight: 700; }
.ten .track { display: block; height: 0.3rem; position: relative; margin-top: 0.1rem; }
.ten .track i { position: absolute; top: 0; bottom: 0; border-radius: 1px; }
</style>
"""


def ten_numbers(columns: Mapping[str, np.ndarray], label: int | None = None) -> str:
    """HTML: a table of ten rows, a column for each (10,) array with a bar under every number; the label's row is bold.

    A label, zeros and a one, is shown without decimals or bars. Numbers that are not finite have no bar.
    """
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    rows = "".join(
        f'<tr{" class=label" if digit == label else ""}><th scope="row">{digit}</th>'
        + "".join(_cell(values, digit) for values in columns.values())
        + "</tr>"
        for digit in range(10)
    )
    return f'{STYLE}<table class="ten"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _cell(values: np.ndarray, digit: int) -> str:
    value = float(values[digit])
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    bar = ""
    if np.isfinite(value) and high > low and not _is_label(values):
        left, right = (min(0.0, value) - low) / (high - low), (max(0.0, value) - low) / (high - low)
        color = NEGATIVE if value < 0 else POSITIVE
        bar = f'<i style="left:{100 * left:.1f}%;width:{100 * (right - left):.1f}%;background:{color}"></i>'
    return f'<td>{number_text(value, values)}<span class="track">{bar}</span></td>'


def number_text(value: float, among: np.ndarray) -> str:
    """A number with as many decimals as suit the largest of ``among``: `3209`, `49.02`, `0.0041`."""
    if _is_label(among):
        return f"{value:.0f}"
    largest = float(np.abs(among).max())
    if not np.isfinite(value) or largest >= 1e6 or 0 < largest < 1e-4:
        return f"{value:.2g}".replace("-", "−")
    decimals = 0 if largest >= 1000 else 2 if largest >= 1 else 4
    text = f"{value:.{decimals}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")


def loss_text(loss: float) -> str:
    """`14,331`, `0.0165`: four digits, powers of ten only where they are needed."""
    return f"{loss:,.0f}" if 1000 <= loss < 1e9 else f"{loss:.4g}"


def _is_label(values: np.ndarray) -> bool:
    return set(np.unique(values)) <= {0.0, 1.0}
