"""The drawings of a class: taken from phones, kept for the board and as a data set, hidden and removed."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, func, insert, select, update

from mnistcore.classroom.players import player_of
from mnistcore.classroom.room import DRAW, read_state
from mnistcore.classroom.strokes import ink_of, parse_strokes, strokes_text
from mnistcore.drawing import prepare
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassDrawingRow, ClassPlayerRow
from mnistcore.runs.database import reading, writing
from mnistcore.runs.teaching import forget_teachings

MAX_DRAWINGS, MAX_EACH = 6000, 200
SHAPE = (28, 28)


@dataclass(frozen=True, eq=False)
class ClassDrawing:
    """A drawing on the board: who made it, the digit that was asked for, and its (28, 28) uint8 image."""

    id: int
    name: str
    digit: int
    image: NDArray[np.uint8]
    hidden: bool
    created_at: float


def add_drawing(store: RunStore, token: object, digit: object, strokes: Any) -> int:
    """Keep a drawing of the digit that was asked for when it was begun; returns how many its maker has sent.

    StrangerError for a phone that is not known. DataError, in words for whoever drew, for strokes that are none, that
    show no single digit, while nothing is asked or the board is frozen, and beyond MAX_EACH or MAX_DRAWINGS.
    """
    if type(digit) is not int or not 0 <= digit <= 9:
        raise DataError(f"A digit is a whole number from 0 to 9, got {str(digit)[:20]!r}: load the page again.")
    checked = parse_strokes(strokes)
    with reading(store.database) as connection:  # before the work, which takes some milliseconds
        player_of(connection, token)
    preparation = prepare(ink_of(checked), alone=True)
    if preparation.is_empty:
        raise DataError(preparation.hint or "There is no digit in this drawing: draw one, large.")
    counted = select(func.count()).select_from(ClassDrawingRow)
    with writing(store.database) as connection:
        player, state = player_of(connection, token), read_state(connection)
        if state["doing"] != DRAW:
            raise DataError("No drawing is asked for now: wait for the teacher.")
        if state["frozen"]:
            raise DataError("The board is frozen: your drawing stays here, send it later.")
        sent = connection.execute(counted.where(ClassDrawingRow.player == player.id)).scalar() or 0
        if sent >= MAX_EACH:
            raise DataError(f"You have sent {MAX_EACH} drawings, and no more are taken.")
        if (connection.execute(counted).scalar() or 0) >= MAX_DRAWINGS:
            raise DataError(f"The board holds {MAX_DRAWINGS:,} drawings, and no more are taken.")
        row = {"player": player.id, "digit": digit, "strokes": strokes_text(checked)}
        row |= {"image": preparation.image.tobytes(), "created_at": time.time()}
        connection.execute(insert(ClassDrawingRow).values(**row))
    return int(sent) + 1


def drawings(store: RunStore, include_hidden: bool = True) -> list[ClassDrawing]:
    """All drawings, oldest first."""
    table = ClassDrawingRow
    columns = (table.id, ClassPlayerRow.name, table.digit, table.image, table.hidden, table.created_at)
    statement = select(*columns).join(ClassPlayerRow, ClassPlayerRow.id == table.player).order_by(table.id)
    if not include_hidden:
        statement = statement.where(table.hidden.is_(False))
    with reading(store.database) as connection:
        return [
            ClassDrawing(row.id, row.name, row.digit, _image(row.image), row.hidden, row.created_at)
            for row in connection.execute(statement)
        ]


def drawn_dataset(store: RunStore) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The drawings that are not hidden, for a data set: images (n, 28, 28) uint8 and labels (n,), oldest first."""
    shown = drawings(store, include_hidden=False)
    images = np.stack([one.image for one in shown]) if shown else np.zeros((0, *SHAPE), np.uint8)
    return images, np.array([one.digit for one in shown], dtype=np.int64)


def rarest_digit(store: RunStore) -> int:
    """The digit with the fewest drawings that are not hidden, of several the smallest: to be asked for next."""
    counted = select(ClassDrawingRow.digit, func.count().label("count")).where(ClassDrawingRow.hidden.is_(False))
    with reading(store.database) as connection:
        counts = {row[0]: row[1] for row in connection.execute(counted.group_by(ClassDrawingRow.digit))}
    return min(range(10), key=lambda digit: (counts.get(digit, 0), digit))


def hide_drawing(store: RunStore, drawing: int, hidden: bool = True) -> None:
    """Take a drawing off the board, or put it back; one that is gone is no fault."""
    with writing(store.database) as connection:
        connection.execute(update(ClassDrawingRow).where(ClassDrawingRow.id == drawing).values(hidden=hidden))


def remove_drawings(store: RunStore, drawing: int | None = None) -> None:
    """Delete one drawing, or all of them with the data sets that networks have learned from."""
    if drawing is None:
        forget_teachings(store, "class")
    statement = delete(ClassDrawingRow)
    with writing(store.database) as connection:
        connection.execute(statement if drawing is None else statement.where(ClassDrawingRow.id == drawing))


def _image(data: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(data, np.uint8).reshape(SHAPE)
