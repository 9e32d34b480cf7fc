"""Pictures of MNIST's digits as people send them: framed, boxed, on a table, on ruled paper, cut off, several."""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

Layer = NDArray[np.float64]  # (height, width), 0..1: how much of each pixel something covers
Kind = Callable[[Layer, np.random.Generator], bytes]
Digits = NDArray[np.uint8]


def make_picture(kind: str, digits: Digits, rng: np.random.Generator) -> bytes:
    """An encoded picture of ``digits``, (n, 28, 28) uint8 images of which all kinds but "several" show the first.

    ``kind`` is a key of KINDS; everything else about the picture is drawn from ``rng``.
    """
    written = [handwriting(digit, rng) for digit in digits]
    return KINDS[kind](side_by_side(written, rng) if kind == "several" else written[0], rng)


def handwriting(digit: NDArray[np.uint8], rng: np.random.Generator) -> Layer:
    """The ink of a (28, 28) image alone, 90 to 260 pixels high or wide; often with the sharp rim of a pen."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    cut = np.pad(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    scale = rng.uniform(90, 260) / max(cut.shape)
    size = (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale)))
    large = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), dtype=float) / 255
    sharpness = rng.choice([1.0, 3.0, 6.0])
    return np.asarray(np.clip((large - 0.45) * sharpness + 0.45, 0, 1) if sharpness > 1 else large)


def side_by_side(written: list[Layer], rng: np.random.Generator) -> Layer:
    """Several digits of like size on one line, a gap of 8 to 40 % of their height between them, a little up or down."""
    height = max(layer.shape[0] for layer in written)
    pieces = []
    for layer in written:
        size = max(1, round(layer.shape[1] * height / layer.shape[0])), height
        same = np.asarray(Image.fromarray(layer.astype(np.float32)).resize(size, Image.Resampling.BILINEAR))
        above = int(rng.integers(0, height // 8 + 1))
        pieces += [np.pad(same, ((above, height // 8 - above), (0, 0)))]
        pieces += [np.zeros((len(pieces[0]), round(height * rng.uniform(0.08, 0.4))))]
    return np.hstack(pieces[:-1])


def placed(ink: Layer, rng: np.random.Generator, least: float = 0.12, most: float = 0.9) -> tuple[Layer, slice, slice]:
    """The ink on a sheet of its own, with room of ``least`` to ``most`` of its size on each side, and where it is."""
    size = max(ink.shape)
    top, bottom, left, right = (int(room * size) for room in rng.uniform(least, most, 4))
    sheet = np.pad(ink, ((top, bottom), (left, right)))
    return sheet, slice(top, top + ink.shape[0]), slice(left, left + ink.shape[1])


def turned(layers: list[Layer], degrees: float) -> list[Layer]:
    """Layers turned about their middle; what comes in from outside is empty."""
    return [np.clip(ndimage.rotate(layer, degrees, reshape=False, order=1), 0, 1) for layer in layers]


def on_paper(ink: Layer, lines: Layer, line_share: float, rng: np.random.Generator, chalk: float = 0.15) -> Layer:
    """Reflectance of paper with lines that take away ``line_share`` of its contrast to the ink; sometimes chalk."""
    paper, pen = rng.uniform(0.78, 1.0), rng.uniform(0.03, 0.35)
    if rng.random() < chalk:
        paper, pen = pen, paper
    sheet = paper + (pen - paper) * line_share * lines
    return np.asarray(sheet + (pen - sheet) * ink)


def taken(scene: Layer, rng: np.random.Generator) -> bytes:
    """What a camera or a scanner makes of a scene: shade, blur, noise, another size, and PNG or JPEG."""
    height, width = scene.shape
    shade = np.outer(np.linspace(1, rng.uniform(0.8, 1), height), np.linspace(1, rng.uniform(0.8, 1), width))
    seen = ndimage.gaussian_filter(scene * (shade if rng.random() < 0.6 else 1), rng.choice([0.0, rng.uniform(0, 1.6)]))
    levels = seen * 255 + rng.normal(0, rng.choice([0, 2, 5, 8]), scene.shape)
    picture = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        factor = rng.uniform(0.6, 1.8)
        picture = picture.resize((round(width * factor), round(height * factor)), Image.Resampling.BICUBIC)
    return encoded(picture, int(rng.integers(45, 96)) if rng.random() < 0.5 else None)


def encoded(picture: Image.Image, quality: int | None = None) -> bytes:
    """As PNG, or as JPEG of that quality."""
    target = io.BytesIO()
    picture.save(target, "PNG") if quality is None else picture.save(target, "JPEG", quality=quality)
    return target.getvalue()


def plain(ink: Layer, rng: np.random.Generator) -> bytes:
    """Nothing but the digit and its paper."""
    sheet, _, _ = placed(ink, rng)
    return taken(on_paper(sheet, np.zeros_like(sheet), 0, rng), rng)


def frame(ink: Layer, rng: np.random.Generator) -> bytes:
    """A thin frame near the edge of the picture or right at it, straight or a little askew, some with round corners."""
    sheet, _, _ = placed(ink, rng, 0.3)
    height, width = sheet.shape
    distances = rng.uniform(0, 0.06, 4) if rng.random() < 0.5 else np.full(4, rng.choice([0, rng.uniform(0, 0.06)]))
    top, bottom, left, right = (distances * min(height, width)).round()
    corners = (left, top, width - 1 - right, height - 1 - bottom)
    lines = outline(sheet.shape, corners, int(rng.integers(1, 8)), rng.choice([0, 0, 0.1]))
    sheet, lines = turned([sheet, lines], rng.choice([0, rng.uniform(-3, 3)]))
    return taken(on_paper(sheet, lines, rng.uniform(0.4, 1.15), rng), rng)


def outline(shape: tuple[int, ...], corners: tuple[float, float, float, float], width: int, rounding: float) -> Layer:
    """A rectangle's line, its corners rounded with that share of its shorter side."""
    lines = Image.new("L", (shape[1], shape[0]))
    radius = rounding * min(corners[2] - corners[0], corners[3] - corners[1])
    ImageDraw.Draw(lines).rounded_rectangle(corners, radius, outline=255, width=width)
    return np.asarray(lines, dtype=float) / 255


def box(ink: Layer, rng: np.random.Generator) -> bytes:
    """A form's box around the digit, alone or in a row of empty ones; in some pictures the digit touches its line."""
    sheet, rows, columns = placed(ink, rng, 0.5, 1.4)
    size = max(ink.shape)
    touches = rng.random() < 0.15
    room = rng.uniform(-0.02, 0.03, 4) if touches else rng.uniform(0.06, 0.4, 4)
    top, bottom = rows.start - room[0] * size, rows.stop + room[1] * size
    left, right = columns.start - room[2] * size, columns.stop + room[3] * size
    width, rounding = int(rng.integers(1, 8)), rng.choice([0, 0, 0, 0.1])
    lines = outline(sheet.shape, (left, top, right, bottom), width, rounding)
    if rng.random() < 0.25 and not touches:
        pitch = (right - left) + rng.choice([0, rng.uniform(0.05, 0.3) * size])
        for step in (-2, -1, 1, 2):
            if left + step * pitch > 0 and right + step * pitch < sheet.shape[1]:
                other = outline(sheet.shape, (left + step * pitch, top, right + step * pitch, bottom), width, rounding)
                lines = np.maximum(lines, other)
    sheet, lines = turned([sheet, lines], rng.choice([0, rng.uniform(-4, 4)]))
    return taken(on_paper(sheet, lines, rng.uniform(0.4, 1.15), rng), rng)


def table(ink: Layer, rng: np.random.Generator) -> bytes:
    """A sheet on a dark table, turned by up to 12 degrees; sometimes it runs off the picture at a side or two."""
    sheet, _, _ = placed(ink, rng, 0.25)
    reflectance = on_paper(sheet, np.zeros_like(sheet), 0, rng, chalk=0)
    around = [0 if rng.random() < 0.15 else int(side) for side in rng.uniform(0.06, 0.45, 4) * max(sheet.shape)]
    if not any(around):
        around[0] = round(0.2 * max(sheet.shape))
    edges = ((around[0], around[1]), (around[2], around[3]))
    covered, reflectance = np.pad(np.ones_like(sheet), edges), np.pad(reflectance, edges, mode="edge")
    if min(around) > 0:  # else the turned sheet would leave the picture's edge
        covered, reflectance = turned([covered, np.maximum(reflectance, 0)], rng.choice([0, rng.uniform(-12, 12)]))
    wood = ndimage.gaussian_filter(rng.normal(0, 1, covered.shape), (1, 12)) * rng.choice([0, 0.15])
    ground = np.clip(rng.uniform(0.05, 0.45) + wood, 0, 0.6)
    return taken(np.asarray(ground + (reflectance - ground) * covered), rng)


def ruled(ink: Layer, rng: np.random.Generator) -> bytes:
    """Ruled or squared paper whose lines are of a middling grey, across the whole picture, a little askew."""
    sheet, _, _ = placed(ink, rng, 0.15)
    height, width = sheet.shape
    side = 2 * max(height, width)  # the lines must still cross all of it when turned
    pen, pitch = int(rng.integers(1, 6)), rng.uniform(0.12, 0.6) * max(ink.shape)
    across = np.zeros(side)
    for middle in np.arange(rng.uniform(0, pitch), side, pitch):
        across[int(middle) : int(middle) + pen] = 1
    lines = np.repeat(across[:, None], side, axis=1)
    if rng.random() < 0.5:
        lines = np.maximum(lines, lines.T)
    elif rng.random() < 0.3:  # an exercise book's margin
        start = side // 2 - width // 2 + int(rng.uniform(0.02, 0.1) * width)
        lines[:, start : start + pen] = 1
    lines = turned([lines], rng.choice([0, rng.uniform(-4, 4)]))[0]
    top, left = (side - height) // 2, (side - width) // 2
    return taken(on_paper(sheet, lines[top : top + height, left : left + width], rng.uniform(0.25, 0.8), rng), rng)


def transparent(ink: Layer, rng: np.random.Generator) -> bytes:
    """White made transparent, as drawing programs do it: the rim of the dark ink is half clear, and light or dark."""
    sheet, _, _ = placed(ink, rng, 0.02)
    if rng.random() < 0.5:  # as small as MNIST's own, soft throughout
        size = tuple(max(1, round(side * rng.uniform(20, 60) / max(ink.shape))) for side in sheet.shape[::-1])
        sheet = np.asarray(Image.fromarray(sheet.astype(np.float32)).resize(size, Image.Resampling.BOX), dtype=float)
    clear = 1 - sheet
    rim = rng.choice(["dark", "as drawn", "white"])
    grey = {"dark": np.zeros_like(sheet), "as drawn": clear, "white": (sheet < 0.5) * 1.0}[str(rim)]
    layered = np.stack([grey, sheet ** rng.choice([0.5, 1.0])], axis=-1)
    return encoded(Image.fromarray(np.rint(layered * 255).astype(np.uint8)))


def edge(ink: Layer, rng: np.random.Generator) -> bytes:
    """The digit touches the edge of the picture, or as much as 4 % of it lies outside."""
    sheet, rows, columns = placed(ink, rng)
    beyond = int(rng.uniform(0, 0.04) * max(ink.shape)) + 1
    cuts = (
        np.s_[rows.start + beyond :, :],
        np.s_[: rows.stop - beyond, :],
        np.s_[:, columns.start + beyond :],
        np.s_[:, : columns.stop - beyond],
    )
    sheet = sheet[cuts[int(rng.integers(4))]]
    return taken(on_paper(sheet, np.zeros_like(sheet), 0, rng), rng)


KINDS: dict[str, Kind] = {
    "plain": plain,
    "frame": frame,
    "box": box,
    "table": table,
    "ruled": ruled,
    "transparent": transparent,
    "edge": edge,
    "several": plain,
}
