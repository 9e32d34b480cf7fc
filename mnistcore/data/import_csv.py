"""Digits from a CSV file: one image per row, 784 pixels with the label before or after them."""

import io
from typing import TYPE_CHECKING, Literal

import numpy as np

from mnistcore.data.dataset import DIGITS, SIDE, check_labels
from mnistcore.errors import DataError

if TYPE_CHECKING:
    import pandas

PIXELS = SIDE * SIDE
COLUMNS = PIXELS + 1
ROWS_AT_ONCE = 5000
LABEL_NAMES = {"label", "labels", "class", "digit", "target", "y"}

LabelColumn = Literal["first", "last"]


def parse_csv(
    data: bytes, name: str, max_images: int, label_column: LabelColumn | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) and labels (n,), uint8, from comma-separated whole numbers, with or without a header line.

    The header tells where the label is, else the values do; DataError when both ends could be it, unless
    `label_column` decides. Raises DataError for other columns, values that are not pixels, and too many rows.
    """
    fields = _first_fields(data)
    has_header = _is_header(fields)
    _check_columns(len(fields), name)
    if (rows := data.count(b"\n") + (not data.endswith(b"\n")) - has_header) > max_images:
        raise DataError(f"{name}: {rows:,} rows, more than the limit of {max_images:,} images; give fewer.")
    table = _read_table(data, name, has_header)
    place = label_column or (_named_label(fields) if has_header else None) or _find_label(table, name)
    labels, pixels = (table[:, 0], table[:, 1:]) if place == "first" else (table[:, -1], table[:, :-1])
    checked = check_labels(np.ascontiguousarray(labels), f"{name}: the {place} column")
    return np.ascontiguousarray(pixels).reshape(-1, SIDE, SIDE), checked


def _first_fields(data: bytes) -> list[str]:
    line = data[: 1 << 17].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0]
    return [field.strip().strip('"').strip() for field in line.decode("utf-8", errors="replace").split(",")]


def _is_header(fields: list[str]) -> bool:
    """Words, or the running numbers that pandas writes for columns without names."""
    if not all(_is_number(field) for field in fields):
        return True
    return any(fields == [str(start + column) for column in range(len(fields))] for start in (0, 1)) and len(fields) > 1


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _check_columns(found: int, name: str) -> None:
    if found == COLUMNS:
        return
    remedies = {
        PIXELS: "the labels are missing; add a column with the digit of each row",
        COLUMNS + 1: "probably row numbers; save it without them (in pandas: index=False)",
        1: "separate the values by commas",
    }
    remedy = remedies.get(found, "give 784 pixels and one label a row")
    raise DataError(f"{name}: {found:,} columns, expected {COLUMNS} (784 pixels and a label); {remedy}.")


def _read_table(data: bytes, name: str, has_header: bool) -> np.ndarray:
    """The (n, 785) uint8 table, read in pieces because pandas makes int64 of it."""
    import pandas

    pieces = []
    first_line = 2 if has_header else 1
    try:
        with pandas.read_csv(
            io.BytesIO(data),
            header=0 if has_header else None,
            chunksize=ROWS_AT_ONCE,
            na_filter=False,
            low_memory=False,
        ) as reader:
            for frame in reader:
                if len(frame):
                    pieces.append(_checked_rows(frame, name, first_line))
                first_line += len(frame)
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: not a readable CSV file ({str(error).strip()}); save it again.") from error
    if not pieces:
        raise DataError(f"{name}: no rows; give 784 pixels and one label a row.")
    return np.concatenate(pieces)


def _checked_rows(frame: "pandas.DataFrame", name: str, first_line: int) -> np.ndarray:
    import pandas

    # Where rows are longer than the header, pandas makes row names of what stands first.
    if frame.shape[1] != COLUMNS or not isinstance(frame.index, pandas.RangeIndex):
        raise DataError(
            f"{name}: line {first_line:,} has more values than the header; expected {COLUMNS} in each line."
        )
    for column, kind in enumerate(frame.dtypes):
        if kind.kind not in "iuf":
            row, text = _first_odd(frame.iloc[:, column])
            raise DataError(_bad_value(name, first_line + row, column, repr(text)))
    values = frame.to_numpy()
    wrong = (values < 0) | (values > 255)
    if values.dtype.kind == "f":
        wrong |= values != np.floor(values)  # true for NaN too
    if wrong.any():
        row, column = (int(index) for index in np.argwhere(wrong)[0])
        raise DataError(_bad_value(name, first_line + row, column, f"{values[row, column]:.12g}"))
    return values.astype(np.uint8)


def _first_odd(column: "pandas.Series") -> tuple[int, str]:
    """Position and text of the first value that is not a pixel, in a column that pandas could not read as numbers."""
    texts = [str(value).strip() for value in column]
    odd = (row for row, text in enumerate(texts) if not (text.isascii() and text.isdecimal() and int(text) <= 255))
    row = next(odd, 0)
    return row, texts[row]


def _bad_value(name: str, line: int, column: int, value: str) -> str:
    return (
        f"{name}: line {line:,}, column {column + 1} holds {value}, expected a whole number 0 to 255 "
        "(0 paper, 255 ink); scale or repair the values."
    )


def _named_label(header: list[str]) -> LabelColumn | None:
    if header[0].lower() in LABEL_NAMES:
        return "first"
    return "last" if header[-1].lower() in LABEL_NAMES else None


def _find_label(table: np.ndarray, name: str) -> LabelColumn:
    """The end whose values are all digits; a column of only zeros is a corner of paper unless both ends are so."""
    ends: dict[LabelColumn, np.ndarray] = {"first": table[:, 0], "last": table[:, -1]}
    possible: list[LabelColumn] = [place for place, column in ends.items() if column.max() < DIGITS]
    if not possible:
        ranges = " and ".join(f"the {place} holds {column.min()} to {column.max()}" for place, column in ends.items())
        raise DataError(f"{name}: no label column: {ranges}, expected digits 0-9 in one of them; add the labels.")
    if len(possible) == 2:
        possible = [place for place in possible if ends[place].any()]
    if len(possible) != 1:
        raise DataError(
            f"{name}: the first and the last column could both be the label (all values 0-9); "
            'add a header line that names it "label".'
        )
    return possible[0]
