"""Digits as small pictures on a page: rows of captioned images, and bars of ten probabilities."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnistcore.palette import DIGIT_COLORS
from ui.frame.words import probability_text
from ui.pictures.figures import png_bytes

STYLE = """
<style>
.digit-tiles { display: grid; gap: 0.75rem; margin: 0; }
.digit-tiles figure { margin: 0; min-width: 0; }
.digit-tiles img { display: block; width: 100%; aspect-ratio: 1; image-rendering: pixelated; border-radius: 2px; }
.digit-tiles figcaption { font-size: 0.8rem; line-height: 1.3; margin-top: 0.3rem; opacity: 0.75;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.digit-tiles figcaption b { font-weight: 600; }
.digit-bars { display: grid; gap: 0.28rem 1rem; font-variant-numeric: tabular-nums; font-size: 0.9rem;
  line-height: 1.2; max-width: 26rem; }
.digit-bars > div { display: grid; grid-template-columns: 1rem 1fr 3.6rem; gap: 0.6rem; align-items: center; }
.digit-bars .bar { height: 0.85rem; border-radius: 2px; min-width: 1px; transition: width 0.15s; }
.digit-bars .share { text-align: right; }
.digit-bars .best { font-weight: 700; }
.digit-verdict { display: flex; align-items: baseline; gap: 0.9rem; margin-bottom: 0.6rem; }
.digit-verdict .digit { font-size: 3.4rem; line-height: 1; font-weight: 600; font-variant-numeric: lining-nums; }
@media (max-width: 640px) {
  .digit-bars { grid-template: repeat(5, auto) / 1fr 1fr; grid-auto-flow: column; max-width: none; }
  .digit-bars > div { grid-template-columns: 0.7rem 1fr 3.4rem; gap: 0.3rem; }
  .digit-verdict { margin-bottom: 0.3rem; }
  .digit-verdict .digit { font-size: 2.4rem; }
}
</style>
"""


def tiles(
    images: Sequence[np.ndarray],
    captions: Sequence[str],
    descriptions: Sequence[str],
    smallest: int = 56,
    columns: int | None = None,
) -> None:
    """Images (h, w) or (h, w, 3) uint8 in a grid with crisp pixels, a caption below each, as many a row as fit.

    captions and descriptions are plain text; a description is read out and shown on hovering. smallest: width in CSS
    pixels below which a row takes fewer images. columns: the exact number per row instead.
    """
    figures = "".join(
        f'<figure title="{html.escape(description)}"><img alt="{html.escape(description)}" src="{data_uri(image)}">'
        + (f"<figcaption>{html.escape(caption)}</figcaption>" if caption else "")
        + "</figure>"
        for image, caption, description in zip(images, captions, descriptions, strict=True)
    )
    tracks = f"repeat({columns}, minmax(0, 1fr))" if columns else f"repeat(auto-fill, minmax({smallest}px, 1fr))"
    focusable = 'tabindex="0" role="group" aria-label="Pictures"'  # what has the focus is saved by a key
    st.html(f'{STYLE}<div class="digit-tiles" {focusable} style="grid-template-columns:{tracks}">{figures}</div>')


def probability_bars(probabilities: np.ndarray) -> str:
    """Ten probabilities (10,) as HTML: the most probable digit, and a bar in each digit's colour."""
    best = int(probabilities.argmax())
    rows = "".join(
        f"<div{' class=best' if digit == best else ''}><span>{digit}</span>"
        f'<div><div class="bar" style="width:{100 * share:.2f}%;background:{DIGIT_COLORS[digit]}"></div></div>'
        f'<span class="share">{probability_text(share)}</span></div>'
        for digit, share in enumerate(map(float, probabilities))
    )
    return (
        f'{STYLE}<div class="digit-verdict" role="status"><span class="digit">{best}</span>'
        f"<span>with probability {probability_text(float(probabilities[best]))}</span></div>"
        f'<div class="digit-bars" role="img" aria-label="{_spoken(probabilities)}">{rows}</div>'
    )


def digits_read(images: np.ndarray, probabilities: np.ndarray) -> None:
    """Several digits, (n, 28, 28) uint8 images from left to right, as they are read: with (n, 10) probabilities."""
    answers = probabilities.argmax(axis=1)
    sure = [probability_text(float(shares.max())) for shares in probabilities]
    st.html(
        f'{STYLE}<div class="digit-verdict" role="status"><span class="digit">{"".join(map(str, answers))}</span>'
        "<span>read one by one, from left to right</span></div>"
    )
    captions = [f"{answer}: {share}" for answer, share in zip(answers, sure, strict=True)]
    descriptions = [f"digit {number} from the left, read as {caption}" for number, caption in enumerate(captions, 1)]
    tiles(list(images), captions, descriptions, smallest=84, columns=max(4, len(images)) if len(images) <= 6 else None)


def data_uri(image: np.ndarray) -> str:
    """Pixels (h, w) or (h, w, 3) uint8 as the address of a picture, for HTML."""
    return f"data:image/png;base64,{base64.b64encode(png_bytes(np.ascontiguousarray(image))).decode()}"


def _spoken(probabilities: np.ndarray) -> str:
    return "; ".join(f"{digit}: {html.escape(probability_text(float(p)))}" for digit, p in enumerate(probabilities))
