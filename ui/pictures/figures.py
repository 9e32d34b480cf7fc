"""Figures that pages share: arrays in, pictures or chart specifications out."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np

from mnistcore.palette import CLEAR, DIVERGING, DIVERGING_DARK, color_table, levels

FAINT = 0.22  # of the ink of a digit that lies under colours

RIGHT_COLOR = (46, 139, 87)
WRONG_COLOR = (214, 69, 65)
# ✓ and ✗ as 9×9 pictures, so that right and wrong differ by shape as well as by colour.
RIGHT_MARK = (
    "........#",
    ".......##",
    "......##.",
    ".....##..",
    "#...##...",
    "##.##....",
    ".###.....",
    "..#......",
    ".........",
)
WRONG_MARK = (
    "##.....##",
    ".##...##.",
    "..##.##..",
    "...###...",
    "...###...",
    "..##.##..",
    ".##...##.",
    "##.....##",
    ".........",
)


def digit_grid_png(
    images: np.ndarray,
    columns: int = 10,
    scale: int = 2,
    marks: Sequence[bool] | np.ndarray | None = None,
    gap: int = 2,
    dark: bool = False,
    fill: bool = False,
) -> bytes:
    """Digit images in rows of `columns`, each pixel drawn as `scale` × `scale`, as a PNG with a clear background.

    images: (n, 28, 28) uint8, shown dark on light (`dark`: light on dark). marks: (n,) booleans; below each image a
    green ✓ for True or a red ✗ for False. gap: pixels between images. fill: a row is as wide as `columns` images
    also when there are fewer. No interpolation: pixels stay crisp.
    """
    ink = images if dark else 255 - images
    tiles = _enlarge(np.repeat(ink[..., None], 3, axis=3), scale)
    if marks is not None:
        solid = np.full((*tiles.shape[:3], 1), 255, dtype=np.uint8)  # the marks' own background is clear
        tiles = np.concatenate([tiles, solid], axis=3)
        tiles = np.concatenate([tiles, _mark_tiles(np.asarray(marks, dtype=bool), tiles.shape[2])], axis=1)
    return png_bytes(_grid(tiles, columns, gap, fill))


def weight_grid_png(
    weights: np.ndarray,
    columns: int = 10,
    scale: int = 2,
    limit: float | None = None,
    gap: int = 2,
    dark: bool = False,
    fill: bool = False,
) -> bytes:
    """Weight images on one diverging scale centred on zero, as a PNG with crisp pixels.

    weights: (n, height, width) float. limit: the value at both ends of the scale; the largest magnitude if None.
    fill: a row is as wide as `columns` images also when there are fewer.
    """
    bound = float(np.abs(weights).max()) if limit is None else limit
    sheet = _tile(_enlarge(levels(weights, bound), scale), columns, gap, fill, empty=CLEAR)
    return _palette_png(sheet, color_table(dark))


def color_bar_html(limit: float, dark: bool, what: str = "") -> str:
    """The scale of a gallery of weight images: its ends, its zero and, in plain text, what it measures."""
    stops = ", ".join(DIVERGING_DARK if dark else DIVERGING)
    return (
        f'<div role="img" aria-label="Colour scale from {-limit:.2g} to {limit:.2g}, zero in the middle" '
        'style="max-width:340px;font-size:0.8rem;font-variant-numeric:tabular-nums">'
        f'<div style="height:10px;border-radius:2px;background:linear-gradient(to right, {stops})"></div>'
        '<div style="display:flex;justify-content:space-between;opacity:0.8">'
        f"<span>−{limit:.2g}</span><span>0</span><span>+{limit:.2g}</span></div>"
        + (f'<div style="opacity:0.8">{escape(what)}</div>' if what else "")
        + "</div>"
    )


def diverging_rgb(values: np.ndarray, limit: float, dark: bool = False) -> np.ndarray:
    """Values from -limit to limit as colours: an array of the same shape with a last axis of 3, uint8."""
    return color_table(dark)[levels(values, limit)]


def overlay_rgb(image: np.ndarray, values: np.ndarray, limit: float, dark: bool = False) -> np.ndarray:
    """Values (28, 28) from -limit to limit as colours over a faint digit (28, 28) uint8: (28, 28, 3) uint8."""
    colors = diverging_rgb(values, limit, dark).astype(np.float32)
    ink = (image / np.float32(255) * FAINT)[..., None]
    return np.rint(colors + ((255 if dark else 0) - colors) * ink).astype(np.uint8)


def png_bytes(pixels: np.ndarray) -> bytes:
    """Encode (height, width) grey or (height, width, 3 or 4) colour uint8 pixels as PNG; quick rather than small."""
    from PIL import Image

    target = io.BytesIO()
    Image.fromarray(pixels).save(target, format="PNG", compress_level=1)
    return target.getvalue()


def _palette_png(levels: np.ndarray, table: np.ndarray) -> bytes:
    """Levels (height, width) of a table of 255 colours as PNG, CLEAR transparent: a third of full colour."""
    from PIL import Image

    picture = Image.fromarray(levels)
    picture.putpalette(np.concatenate([table, np.zeros((1, 3), np.uint8)]).tobytes())
    target = io.BytesIO()
    picture.save(target, format="PNG", compress_level=6, transparency=CLEAR)
    return target.getvalue()


def data_address(png: bytes) -> str:
    """A PNG as an address that holds it, for `st.image` where pictures change quickly.

    Given bytes, Streamlit serves a file that is gone again at the next update: a slow browser then asks in vain.
    """
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def svg_html(shapes: str, width: int, height: int, alt: str) -> str:
    """SVG shapes, in coordinates of ``width`` × ``height``, as wide as there is room and ``height`` pixels high.

    As an image with an address that holds it: an SVG element would be left out by Streamlit.
    """
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f"{shapes}</svg>"
    )
    address = f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
    return f'<img src="{address}" alt="{escape(alt)}" style="display:block;width:100%;height:{height}px">'


def _enlarge(tiles: np.ndarray, scale: int) -> np.ndarray:
    return tiles.repeat(scale, axis=1).repeat(scale, axis=2)


def _grid(tiles: np.ndarray, columns: int, gap: int, fill: bool = False) -> np.ndarray:
    """Lay (n, h, w, 3 or 4) tiles out in rows; gaps and the unused end of the last row are transparent."""
    if tiles.shape[-1] == 3:
        tiles = np.concatenate([tiles, np.full((*tiles.shape[:3], 1), 255, dtype=np.uint8)], axis=3)
    return _tile(tiles, columns, gap, fill, empty=0)


def _tile(tiles: np.ndarray, columns: int, gap: int, fill: bool, empty: int) -> np.ndarray:
    """Lay (n, h, w, …) tiles out in rows, `gap` pixels of `empty` between them."""
    count, height, width, *channels = tiles.shape
    columns = columns if fill else max(1, min(columns, count))
    rows = -(-count // columns)
    sheet = np.full((rows * columns, height + gap, width + gap, *channels), empty, dtype=np.uint8)
    sheet[:count, :height, :width] = tiles
    page = sheet.reshape(rows, columns, height + gap, width + gap, *channels).swapaxes(1, 2)
    return page.reshape(rows * (height + gap), columns * (width + gap), *channels)[: -gap or None, : -gap or None]


def _mark_tiles(marks: np.ndarray, width: int) -> np.ndarray:
    """A ✓ or ✗ for each mark, centred in a transparent strip of `width`, as (n, height, width, 4)."""
    glyphs = np.zeros((2, 9, 9, 4), dtype=np.uint8)
    for index, (rows, color) in enumerate(((WRONG_MARK, WRONG_COLOR), (RIGHT_MARK, RIGHT_COLOR))):
        glyphs[index][np.array([list(row) for row in rows]) == "#"] = (*color, 255)
    scale = max(1, width // 28)
    glyphs = _enlarge(glyphs, scale)
    strip = np.zeros((2, glyphs.shape[1] + 4 * scale, width, 4), dtype=np.uint8)
    left = (width - glyphs.shape[2]) // 2
    strip[:, 3 * scale : 3 * scale + glyphs.shape[1], left : left + glyphs.shape[2]] = glyphs
    return strip[marks.astype(np.intp)]
