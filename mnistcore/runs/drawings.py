"""My drawings: digits that a user drew and named, with their strokes, kept in the run store."""

from __future__ import annotations

import json
import math
import secrets
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete, func, insert, select, update

from mnistcore.data import DIGITS, SIDE
from mnistcore.errors import DataError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.store import RunStore
from mnistcore.runs.tables import DrawingRow

MAX_DRAWINGS = 20_000
MAX_POINTS = 5_000  # of all strokes of a drawing
TITLE = "My drawings"

Strokes = list[list[list[float]]]  # of points [x, y], y downwards; the canvas is 1 wide and high


@dataclass(frozen=True, eq=False)
class Drawing:
    """A kept drawing: what it is, what a network took it for (None if it was not asked), image (28, 28) uint8."""

    id: str
    label: int
    answer: int | None
    image: np.ndarray
    strokes: Strokes
    created_at: float  # Unix seconds


def keep_drawing(
    store: RunStore, image: np.ndarray, label: int, strokes: Strokes | None = None, answer: int | None = None
) -> str:
    """Keep a (28, 28) uint8 image as the digit ``label``; returns the drawing's id. DataError for what is none."""
    _check_label(label)
    if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
        raise DataError(f"a drawing is a {SIDE} × {SIDE} image of uint8, got {image.dtype} {image.shape}")
    strokes = strokes or []
    if (points := sum(map(len, strokes))) > MAX_POINTS:
        raise DataError(
            f"the drawing has {points:,} points, at most {MAX_POINTS:,} are kept: clear it and draw it anew"
        )
    drawing = Drawing(secrets.token_hex(6), int(label), answer, image, strokes, time.time())
    with writing(store.database) as connection:
        if connection.execute(select(func.count()).select_from(DrawingRow)).scalar_one() >= MAX_DRAWINGS:
            raise DataError(f"{TITLE} holds {MAX_DRAWINGS:,} drawings already: delete some first")
        connection.execute(insert(DrawingRow).values(**_row(drawing)))
    return drawing.id


def drawings(store: RunStore) -> list[Drawing]:
    """All of them, in the order in which they were kept."""
    statement = select(DrawingRow.__table__).order_by(DrawingRow.created_at, DrawingRow.id)
    with reading(store.database) as connection:
        return [_drawing(row) for row in connection.execute(statement)]


def count_drawings(store: RunStore) -> int:
    """How many there are."""
    with reading(store.database) as connection:
        return int(connection.execute(select(func.count()).select_from(DrawingRow)).scalar_one())


def relabel(store: RunStore, ids: Collection[str], label: int) -> None:
    """Say that these drawings are the digit ``label``; those that are gone are skipped."""
    _check_label(label)
    with writing(store.database) as connection:
        connection.execute(update(DrawingRow).where(DrawingRow.id.in_(ids)).values(label=int(label)))


def remove_drawings(store: RunStore, ids: Collection[str]) -> list[Drawing]:
    """Delete these drawings, and return them, for ``bring_back``."""
    with writing(store.database) as connection:
        found = connection.execute(select(DrawingRow.__table__).where(DrawingRow.id.in_(ids))).all()
        connection.execute(delete(DrawingRow).where(DrawingRow.id.in_(ids)))
    return [_drawing(row) for row in found]


def bring_back(store: RunStore, removed: Sequence[Drawing]) -> None:
    """Undo ``remove_drawings``; those that are there already stay as they are."""
    with writing(store.database) as connection:
        ids = select(DrawingRow.id).where(DrawingRow.id.in_([one.id for one in removed]))
        there = set(connection.execute(ids).scalars())
        for one in removed:
            if one.id not in there:
                connection.execute(insert(DrawingRow).values(**_row(one)))


def stacked(kept: Sequence[Drawing]) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) uint8 and labels (n,) uint8."""
    images = np.stack([one.image for one in kept]) if kept else np.zeros((0, SIDE, SIDE), np.uint8)
    return images, np.array([one.label for one in kept], np.uint8)


def strokes_file(kept: Sequence[Drawing]) -> bytes:
    """JSON Lines: for each drawing its label and strokes."""
    lines = (json.dumps({"label": one.label, "strokes": one.strokes}, separators=(",", ":")) for one in kept)
    return "".join(f"{line}\n" for line in lines).encode()


def parse_strokes(objects: Any, side: int) -> Strokes:
    """The strokes in what the canvas sends (the paths of Fabric.js, in pixels of a square of ``side``).

    A curve's control points are where the pointer was. What is no such path is left out.
    """
    strokes: Strokes = []
    for path in objects if isinstance(objects, list) else ():
        commands = path.get("path") if isinstance(path, dict) else None
        points = [_point(one, side) for one in commands if _is_command(one)] if isinstance(commands, list) else []
        if points:
            strokes.append(points)
    return strokes


def _is_command(command: Any) -> bool:
    return isinstance(command, list) and len(command) >= 3 and all(map(_is_number, command[1:3]))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _point(command: list[Any], side: int) -> list[float]:
    return [round(float(number) / side, 4) for number in command[1:3]]


def _check_label(label: int) -> None:
    if label not in range(DIGITS):
        raise DataError(f"a drawing is a digit from 0 to 9, got {label!r}")


def _row(drawing: Drawing) -> dict[str, Any]:
    values = asdict(drawing)
    return values | {"image": drawing.image.tobytes(), "strokes": json.dumps(drawing.strokes, separators=(",", ":"))}


def _drawing(row: Any) -> Drawing:
    image = np.frombuffer(row.image, np.uint8).reshape(SIDE, SIDE)
    return Drawing(row.id, row.label, row.answer, image, json.loads(row.strokes), row.created_at)
