"""A table with an image a row: which of its columns holds the labels, and which are pixels."""

import math
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from mnistcore.data.dataset import check_labels
from mnistcore.data.imports.column_evidence import described, is_like_labels, is_like_pixels, is_number, is_running
from mnistcore.data.imports.image_sets import ImageSet
from mnistcore.data.imports.parts import Part
from mnistcore.errors import DataError

LABEL_NAMES = {"label", "labels", "class", "digit", "target", "y"}
ID_NAMES = {"", "id", "ids", "index", "imageid", "image_id", "row", "rowid", "row_id", "unnamed: 0", "file", "filename"}
SMALLEST, LARGEST = 4, 64  # pixels a side
# Fewer values than this share that are no pixels are mistakes in a file, more are another scale of brightness.
RARE = 0.01

Place: TypeAlias = int


@dataclass(eq=False)
class Table:
    """Rows as they are read, some at a time.

    Each piece has its pixels (n, p), uint8 or float32, at their places in the row, and its loose columns: those that
    may hold labels or names, float64 or texts (n,) by their place.
    """

    name: str
    header: list[str] | None
    first_line: int = 1
    width: int = 0
    pieces: list[tuple[np.ndarray, list[Place], dict[Place, np.ndarray]]] = field(default_factory=list)
    next_line: int = 0

    def __post_init__(self) -> None:
        self.next_line = self.first_line

    def loose_places(self, width: int) -> list[Place]:
        """Columns that can be anything but pixels: at either end, or called a label or an id."""
        found = {0, 1, width - 1} if width > 1 else {0}
        if self.is_named:
            found |= {place for place, name in enumerate(self.header or ()) if name.lower() in LABEL_NAMES | ID_NAMES}
        return sorted(place for place in found if place < width)

    @property
    def is_named(self) -> bool:
        """Whether the header has words: running numbers name nothing."""
        return self.header is not None and not all(map(is_number, self.header))

    def add(self, pixels: np.ndarray, places: list[Place], loose: dict[Place, np.ndarray]) -> None:
        """Append rows; DataError where they are longer or shorter than those before or the header."""
        found = len(places) + len(loose)
        wanted = self.width or len(self.header or ()) or found
        if found != wanted:
            raise DataError(
                f"{self.name}: line {self.next_line:,} has {found:,} values, the header or the lines before have "
                f"{wanted:,}; give each line as many."
            )
        self.width = wanted
        self.pieces.append((pixels, places, loose))
        self.next_line += len(pixels)

    def column(self, place: Place) -> np.ndarray:
        """The values (n,) of a loose column: float64, or texts if some of them are no numbers."""
        pieces = [loose[place] for _, _, loose in self.pieces]
        if any(piece.dtype == object for piece in pieces):
            pieces = [np.array([_text(value) for value in piece.tolist()], dtype=object) for piece in pieces]
        return np.concatenate(pieces)

    def bad_value(self, line: int, position: int, value: str) -> str:
        return (
            f"{self.name}: line {line:,}, column {position + 1} holds {value:.60}, expected a whole number 0 to 255 "
            "(0 paper, 255 ink); repair the value."
        )


@dataclass(frozen=True)
class Columns:
    """Where the label and the names of the images stand, None if nowhere; all other columns are pixels."""

    label: Place | None
    names: Place | None


def is_header(fields: list[str]) -> bool:
    """Whether a first line names its columns: by words, or by the running numbers that data frames write."""
    numbers = [field for field in fields if is_number(field)]
    if len(fields) == 1:
        return False
    if 2 * len(numbers) < len(fields):
        return True
    rest = numbers if len(numbers) < len(fields) else fields
    running = any(rest == [str(start + column) for column in range(len(rest))] for start in (0, 1))
    return running


def table_images(table: Table, label_column: str | None, part: Part | None) -> ImageSet:
    """The images of a table whose columns are pixels, row by row of the image, with at most a label and an id besides.

    A header names the label's column, and a header that names none has none. Without a header, the label is at the end
    whose values are digits of which none makes up half the rows, if the other end is like the corner of an image: one
    value in more than half of the rows, or values beyond any label. `label_column` decides instead: "first", "last",
    "none" or a name. Raises DataError where neither tells, for other numbers of columns, for labels outside 0-9, and
    for values that are no pixels.
    """
    width = table.width
    columns = _chosen(table, width, label_column) if label_column else _found(table, width)
    taken = {place for place in (columns.label, columns.names) if place is not None}
    side = _side(width - len(taken))
    if side is None:
        raise DataError(_unexpected(table, width, columns))
    kept = [position for position in range(width) if position not in taken]
    images = _pixels(table, kept).reshape(-1, side, side)
    labels = None if columns.label is None else _labels(table, columns.label)
    names = None if columns.names is None else tuple(map(_text, table.column(columns.names).tolist()))
    return ImageSet(table.name, images, labels, names, part)


def _chosen(table: Table, width: int, label_column: str) -> Columns:
    """The label where the user says; a running number or an id may stand besides."""
    named = [field.lower() for field in table.header or ()]
    ids = next((place for place, field in enumerate(named) if field in ID_NAMES), None)
    ends = {"first": 0, "last": width - 1, "none": None}
    if label_column in ends:
        label = ends[label_column]
    elif label_column.lower() in named:
        label = named.index(label_column.lower())
    else:
        raise DataError(
            f"{table.name}: label_column is {label_column!r}, and no column has that name; choose first, last or none, "
            "or the name in its header line."
        )
    spare = _side(width - (label is not None)) is None
    if ids is None and spare and label != 0:
        ids = 0
    elif ids is None and spare and is_running(table.column(1)):
        ids = 1
    return Columns(label, None if ids == label else ids)


def _found(table: Table, width: int) -> Columns:
    """The label where the header or the values tell it."""
    if table.is_named and table.header is not None:
        named = [field.lower() for field in table.header]
        label = next((place for place, field in enumerate(named) if field in LABEL_NAMES), None)
        return Columns(label, next((place for place, field in enumerate(named) if field in ID_NAMES), None))
    first, last = 0, width - 1
    names = None
    if _side(width) is not None:
        return Columns(None, None)
    if is_running(table.column(0)) and not is_like_labels(table.column(0)):
        if _side(width - 1) is not None and not is_like_labels(table.column(last)):
            return Columns(None, 0)
        first, names = 1, 0
    if _side(width - 1 - (names is not None)) is None:
        raise DataError(_unexpected(table, width, Columns(None, None)))
    ends = table.column(first), table.column(last)
    digits, pixels = [is_like_labels(end) for end in ends], [is_like_pixels(end) for end in ends]
    if digits[0] and pixels[1] and not is_running(ends[0]):
        return Columns(first, names)
    if digits[1] and pixels[0]:
        return Columns(last, names)
    raise DataError(
        f"{table.name}: the values do not tell which column holds the labels: the {'second' if first else 'first'} "
        f"column holds {described(ends[0])}, the last {described(ends[1])}, and labels are digits 0 to 9; choose the "
        'label column (label_column=first, last or none), or add a header line that names it "label".'
    )


def _unexpected(table: Table, width: int, columns: Columns) -> str:
    expected = f"{table.name}: {width:,} column{'' if width == 1 else 's'}"
    if width == 1:
        return f"{expected}, expected 785 (784 pixels and a label); separate the values by commas."
    if (
        table.header is not None
        and columns.label is None
        and _side(width - 1 - (columns.names is not None)) is not None
    ):
        ends = table.header[0], table.header[-1]
        return (
            f"{expected}, and the header names no label: the first is called {ends[0][:30]!r}, the last "
            f'{ends[1][:30]!r}; call the label\'s column "label", or choose it (label_column=first, last or none).'
        )
    return (
        f"{expected}, expected 785 (784 pixels and a label), 784 without labels, or the like for another size of "
        "square images; a column of row numbers may stand besides."
    )


def _side(pixels: int) -> int | None:
    """The side of a square image of so many pixels, None if there is none."""
    side = math.isqrt(max(pixels, 0))
    return side if side * side == pixels and SMALLEST <= side <= LARGEST else None


def _pixels(table: Table, kept: list[Place]) -> np.ndarray:
    """The pixel columns (n, p): uint8, or float32 if more than a few values are no whole numbers 0 to 255."""
    line, odd, first = table.first_line, 0, ""
    rows: list[np.ndarray] = []
    for pixels, places, loose in table.pieces:
        values = pixels
        if set(places) != set(kept):
            values = _joined(table, line, pixels, places, {place: loose[place] for place in loose if place in kept})
        if values.dtype != np.uint8:
            wrong = ~((values >= 0) & (values <= 255) & (values == np.floor(values)))
            unreadable = ~np.isfinite(values)
            if (wrong.any() and not first) or unreadable.any():
                row, column = (int(i) for i in np.argwhere(unreadable if unreadable.any() else wrong)[0])
                first = table.bad_value(line + row, kept[column], f"{values[row, column]:.6g}")
            if unreadable.any():
                raise DataError(first)
            odd += int(wrong.sum())
            values = values.astype(np.float32 if wrong.any() else np.uint8)
        rows.append(values)
        line += len(values)
    if odd and odd < RARE * sum(piece.size for piece in rows):
        raise DataError(first)
    return np.concatenate(rows)


def _joined(
    table: Table, line: int, pixels: np.ndarray, places: list[Place], loose: dict[Place, np.ndarray]
) -> np.ndarray:
    """The pixels with those loose columns that are pixels too, in their order."""
    for place, column in loose.items():
        if column.dtype == object:
            row = next(row for row, text in enumerate(column) if not is_number(text))
            raise DataError(table.bad_value(line + row, place, repr(column[row])))
    fits = all(((column >= 0) & (column <= 255) & (column == np.floor(column))).all() for column in loose.values())
    kept = sorted([*places, *loose])
    values = np.empty((len(pixels), len(kept)), pixels.dtype if fits else np.float32)
    values[:, np.searchsorted(kept, places)] = pixels
    for place, column in loose.items():
        values[:, kept.index(place)] = column if fits else as_float32(column)
    return values


def as_float32(values: np.ndarray) -> np.ndarray:
    """Numbers as float32; what that cannot hold becomes infinite, and is refused as no pixel."""
    with np.errstate(over="ignore"):
        return values.astype(np.float32)


def _labels(table: Table, place: Place) -> np.ndarray:
    values = table.column(place)
    name = f"{table.name}: column {place + 1}"
    if values.dtype == object:
        odd = next(row for row, text in enumerate(values) if not is_number(str(text)))
        raise DataError(
            f"{name}, line {table.first_line + odd:,}: the label is {values[odd]!r:.60}, expected a digit 0-9."
        )
    whole = np.isfinite(values) & (values == np.floor(values))
    if not whole.all():
        row = int(np.flatnonzero(~whole)[0])
        raise DataError(
            f"{name}, line {table.first_line + row:,}: the label is {values[row]:g}, expected a digit 0-9; "
            "choose the column that holds the labels."
        )
    return check_labels(np.clip(values, -1, 1e9).astype(np.int64), name)


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)
