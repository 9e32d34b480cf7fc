"""The figures of a report, made without a browser: curves as SVG, confusions as a table, images as PNG."""

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from PIL import Image

from mnistcore.data.png import encode_png
from mnistcore.insight.weight_images import symmetric_limit
from mnistcore.palette import color_table, levels

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 300, 58, 12, 10, 44
STEEP = 0.05  # of a curve's length: its start, which would flatten the rest
GAP, SIDE = 2, 760  # pixels between two images of a sheet, and how wide it may be


@dataclass(frozen=True, eq=False)
class Line:
    """A curve: its name, its colour, x and y (n,); faint where it is only for comparison."""

    name: str
    color: str
    x: np.ndarray
    y: np.ndarray
    is_faint: bool = False


def line_chart(lines: Sequence[Line], x_title: str, y_title: str, is_percent: bool) -> str:
    """Curves with at least one point each as SVG, and their legend; y without the steep starts."""
    legend = "".join(
        f'<span{" class=faint" if line.is_faint else ""} style="--color:{line.color}">{escape(line.name)}</span>'
        for line in lines
    )
    right = max(float(line.x.max()) for line in lines) or 1.0
    settled = np.concatenate([line.y[line.x >= STEEP * line.x.max()] for line in lines])
    margin = 0.04 * float(np.ptp(settled)) or 0.01
    low, high = max(0.0, float(settled.min()) - margin), float(settled.max()) + margin
    if is_percent:
        high = min(high, 1.0)
    across, up = (WIDTH - LEFT - RIGHT) / right, (HEIGHT - TOP - BOTTOM) / (high - low)
    drawn = "".join(_curve(line, across, up, high) for line in lines)
    inside = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    return (
        f'<div class="legend">{legend}</div><svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(y_title)} against {escape(x_title)}">{_grid(low, high, up, is_percent)}'
        f"{_x_axis(right, across, x_title)}<svg {inside}>{drawn}</svg></svg>"
    )


def _curve(line: Line, across: float, up: float, high: float) -> str:
    places = [(across * x, up * (high - y)) for x, y in zip(line.x, line.y, strict=True)]
    if len(places) == 1:  # a line needs two points
        return f'<circle cx="{places[0][0]:.1f}" cy="{places[0][1]:.1f}" r="3" fill="{line.color}"/>'
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    style = ' stroke-dasharray="2 4" opacity=".6"' if line.is_faint else ""
    return f'<polyline points="{path}" fill="none" stroke="{line.color}" stroke-width="2"{style}/>'


def _grid(low: float, high: float, up: float, is_percent: bool) -> str:
    shapes = []
    for value in ticks(low, high):
        y = HEIGHT - BOTTOM - up * (value - low)
        text = f"{round(100 * value, 4):g} %" if is_percent else f"{value:g}"
        shapes.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        shapes.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{text}</text>')
    return "".join(shapes)


def _x_axis(right: float, across: float, title: str) -> str:
    marks = "".join(
        f'<text x="{LEFT + across * value:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{value:,g}</text>'
        for value in ticks(0, right)
    )
    middle = (LEFT + WIDTH - RIGHT) / 2
    return f'{marks}<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(title)}</text>'


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from ``low`` to ``high``, at most ``most``: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [float(f"{step * number:.10g}") for number in range(first, math.floor(high / step + 1e-9) + 1)]


def confusion_table(matrix: np.ndarray) -> str:
    """A (10, 10) confusion matrix as a table: rows the labels, right in one hue and wrong in another."""
    wrong = matrix * (1 - np.eye(10, dtype=np.int64))
    head = "<tr><th></th>" + "".join(f"<th>{digit}</th>" for digit in range(10)) + "</tr>"
    rows = []
    for label in range(10):
        cells = []
        for answer in range(10):
            count = int(matrix[label, answer])
            is_right = label == answer
            part = count / max(1, matrix[label].sum()) if is_right else count / max(1, wrong.max())
            hue = "--shade" if is_right else "--wrong"
            text = f"{count:,}" if count else ""
            cells.append(f'<td style="--hue:var({hue});--part:{0.45 * part:.3f}">{text}</td>')
        rows.append(f"<tr><th>{label}</th>{''.join(cells)}</tr>")
    return f'<div class="wide"><table class="matrix">{head}{"".join(rows)}</table></div>'


def weight_sheet(images: np.ndarray, what: str) -> str:
    """Weight images (n, height, width) on one sheet with its scale, for light and for dark."""
    limit = symmetric_limit(images)
    count, _, width = images.shape
    columns = min(count, 10 if count <= 10 else max(1, min(16, SIDE // (3 * width))))
    scale = max(1, SIDE // (columns * (width + GAP)))
    light, dark = (_sheet(images, limit, columns, scale, is_dark) for is_dark in (False, True))
    return (
        f'<picture><source srcset="{dark}" media="(prefers-color-scheme: dark)">'
        f'<img src="{light}" alt="{escape(what)}"></picture>'
        f'<div class="scale"><span>−{limit:.2g}</span><div class="ramp"></div><span>+{limit:.2g}</span></div>'
    )


def _sheet(images: np.ndarray, limit: float, columns: int, scale: int, is_dark: bool) -> str:
    count, height, width = images.shape
    rows = -(-count // columns)
    shown = np.full((rows * columns, height * scale + GAP, width * scale + GAP, 4), 0, np.uint8)
    colors = color_table(is_dark)[levels(images, limit)].repeat(scale, axis=1).repeat(scale, axis=2)
    shown[:count, : height * scale, : width * scale, :3] = colors
    shown[:count, : height * scale, : width * scale, 3] = 255
    sheet = shown.reshape(rows, columns, *shown.shape[1:]).swapaxes(1, 2)
    target = io.BytesIO()
    pixels = np.ascontiguousarray(sheet.reshape(rows * shown.shape[1], columns * shown.shape[2], 4))
    Image.fromarray(pixels).save(target, format="PNG")
    return _address(target.getvalue())


def digit_images(images: np.ndarray, captions: Sequence[str]) -> str:
    """Digits (n, 28, 28) uint8, dark on light, with a caption of plain text below each."""
    figures = "".join(
        f'<figure><img src="{_address(encode_png(255 - image))}" alt="{escape(caption)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for image, caption in zip(images, captions, strict=True)
    )
    return f'<div class="digits">{figures}</div>'


def _address(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
