"""Digits from text with separated values: a line an image, as spreadsheets and data frames save them."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from mnistcore.data.imports.column_evidence import is_number
from mnistcore.data.imports.image_sets import ImageSet, check_count
from mnistcore.data.imports.parts import part_in_path
from mnistcore.data.imports.tables import Table, as_float32, is_header, table_images
from mnistcore.errors import DataError

if TYPE_CHECKING:
    import pandas

ROWS_AT_ONCE = 5000
MAX_COLUMNS = 100_000
SEPARATORS = (",", "\t", ";")
MARKS = " \t'\""  # what may stand around a value: some exports write '5'


def parse_csv(data: bytes, name: str, label_column: str | None = None) -> ImageSet:
    """The images in comma-separated values, with or without a header line; see `table_images` for the columns.

    Tabs or semicolons separate as well; line ends may be those of any system. Raises DataError for values that are no
    numbers, lines of different lengths, and more than 200,000 rows.
    """
    data = _with_line_feeds(data, name)
    separator, fields = _first_fields(data)
    has_header = is_header(fields)
    # Every line has its end, the last one perhaps not.
    check_count(data.count(b"\n") + (not data.endswith(b"\n")) - has_header, name)
    if len(fields) > MAX_COLUMNS:
        raise DataError(f"{name}: {len(fields):,} columns; give one image a line: 784 pixels and a label.")
    table = Table(name, fields if has_header else None, first_line=2 if has_header else 1)
    for frame in _frames(data, name, separator, has_header):
        _add(table, frame)
    return table_images(table, label_column, part_in_path(name))


def column_count(data: bytes) -> int:
    """How many values the first line has."""
    return len(_first_fields(data)[1])


def _with_line_feeds(data: bytes, name: str) -> bytes:
    """UTF-8 whose lines end as pandas and `count` expect; old Macs ended them with a carriage return alone."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            data = data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise DataError(f"{name}: begins like UTF-16 text, but is none; save it as UTF-8.") from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data if b"\n" in data else data.replace(b"\r", b"\n")


def _first_fields(data: bytes) -> tuple[str, list[str]]:
    """What separates the values, and those of the first line without the marks around them."""
    line = data[: 1 << 20].lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", errors="replace").rstrip("\r")
    separator = max(SEPARATORS, key=line.count)
    if separator not in line and " " in line.strip():
        separator, fields = r"\s+", line.split()
    else:
        fields = line.split(separator)
    fields = [field.strip(MARKS) for field in fields]
    return separator, fields[:-1] if len(fields) > 1 and not fields[-1] else fields


def _frames(data: bytes, name: str, separator: str, has_header: bool) -> "Iterator[pandas.DataFrame]":
    """The rows, some at a time: pandas makes int64 of them, eight times what pixels need."""
    import pandas

    found = False
    try:
        with pandas.read_csv(
            io.BytesIO(data),
            sep=separator,
            header=None,
            skiprows=1 if has_header else 0,
            chunksize=ROWS_AT_ONCE,
            na_filter=False,
            low_memory=False,
        ) as reader:
            for frame in reader:
                found = found or len(frame) > 0
                yield frame
    except pandas.errors.EmptyDataError:
        pass
    except (pandas.errors.ParserError, UnicodeDecodeError, OverflowError) as error:
        raise DataError(f"{name}: not a readable CSV file ({str(error).strip()}); save it again.") from error
    if not found:
        raise DataError(f"{name}: no rows; give one image a line: 784 pixels and a label.")


def _add(table: Table, frame: "pandas.DataFrame") -> None:
    """A piece of the file goes into the table."""
    width, is_numeric = frame.shape[1], [kind.kind in "iuf" for kind in frame.dtypes]
    if width > 1 and not is_numeric[-1] and not frame.iloc[:, -1].astype(str).str.strip(MARKS).any():
        width -= 1  # the empty column that a comma at the end of each line makes
    loose = {place: _values(frame.iloc[:, place]) for place in table.loose_places(width)}
    for place in range(width):
        if place not in loose and not is_numeric[place]:
            values = _values(frame.iloc[:, place])
            if values.dtype == object:
                row = next(row for row, text in enumerate(values) if not is_number(text))
                raise DataError(table.bad_value(table.next_line + row, place, repr(values[row])))
            frame[place] = values
    fixed = [place for place in range(width) if place not in loose]
    table.add(_pixel_values(frame[fixed].to_numpy()), fixed, loose)


def _values(column: "pandas.Series") -> np.ndarray:
    """A column (n,) as float64, or as its texts if one of them is no number."""
    if column.dtype.kind in "iuf":
        return column.to_numpy(np.float64)
    texts = [str(value).strip(MARKS) for value in column]
    return np.array(texts, np.float64) if all(map(is_number, texts)) else np.array(texts, dtype=object)


def _pixel_values(values: np.ndarray) -> np.ndarray:
    """Numbers in as few bytes as they need: uint8 for whole numbers 0 to 255, else float32."""
    if not values.size or values.dtype.kind not in "iuf":
        return values.astype(np.float32)
    is_pixel = (values >= 0) & (values <= 255)
    if values.dtype.kind == "f":
        is_pixel &= values == np.floor(values)
    return values.astype(np.uint8) if is_pixel.all() else as_float32(values)
