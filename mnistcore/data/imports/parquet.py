"""Digits from a Parquet file: pictures as data hubs keep them, or a table of pixels."""

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from mnistcore.data.dataset import check_labels
from mnistcore.data.idx import MAX_BYTES
from mnistcore.data.imports.image_sets import ImageSet, check_count
from mnistcore.data.imports.parts import part_in_path
from mnistcore.data.imports.pictures import decode_picture
from mnistcore.data.imports.tables import LABEL_NAMES, Table, as_float32, table_images
from mnistcore.errors import DataError

if TYPE_CHECKING:
    import pyarrow.parquet

ROWS_AT_ONCE = 5000
MAX_COLUMNS = 10_000


def parse_parquet(data: bytes, name: str, label_column: str | None = None) -> ImageSet:
    """The images in a Parquet file: a column of pictures, bytes or a struct with ``bytes``, beside their labels; or
    a column for each pixel, as in a CSV with a header.

    Raises DataError for other columns, above 200 MB when unpacked and above 200,000 rows.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(io.BytesIO(data), memory_map=False) as file:
            _check_size(file, name)
            schema = file.schema_arrow
            pictures = [field.name for field in schema if _is_picture(field.type)]
            if pictures:
                return _pictures(file, pictures[0], label_column, name)
            return _pixels(file, label_column, name)
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        if isinstance(error, DataError):
            raise
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        raise DataError(f"{name}: not a Parquet file, or a damaged one ({reason}); save it again.") from error


def _check_size(file: "pyarrow.parquet.ParquetFile", name: str) -> None:
    """What the file's own directory promises, before anything is unpacked."""
    check_count(file.metadata.num_rows, name)
    groups = range(file.metadata.num_row_groups)
    size = sum(file.metadata.row_group(group).total_byte_size for group in groups)
    if not 0 <= size <= MAX_BYTES:
        raise DataError(f"{name}: {size:,} bytes when unpacked, more than the limit of {MAX_BYTES:,}; give fewer rows.")
    if file.metadata.num_columns > MAX_COLUMNS:
        raise DataError(f"{name}: {file.metadata.num_columns:,} columns, expected 784 pixels and a label.")


def _is_picture(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_struct(kind):
        return any(field.name == "bytes" and _is_picture(field.type) for field in kind)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _pictures(file: "pyarrow.parquet.ParquetFile", column: str, label_column: str | None, name: str) -> ImageSet:
    names = file.schema_arrow.names
    wanted = LABEL_NAMES if label_column in (None, "first", "last") else {str(label_column).lower()}
    label = next((one for one in names if one.lower() in wanted), None)
    images: list[np.ndarray] = []
    labels: list[Any] = []
    pixels = 0
    for batch in file.iter_batches(ROWS_AT_ONCE, columns=[column, *([label] if label else [])], use_threads=False):
        for entry in batch.column(0).to_pylist():
            content = entry.get("bytes") if isinstance(entry, dict) else entry
            where = f"{name}: row {len(images) + 1:,}"
            if content is None:
                raise DataError(f"{where} has no picture in it, only a reference; save the table with its pictures.")
            images.append(decode_picture(content, where))
            pixels += images[-1].size
            if pixels > MAX_BYTES:
                raise DataError(f"{name}: the pictures have more than {MAX_BYTES:,} pixels; make them smaller.")
        if label:
            labels += batch.column(1).to_pylist()
    if not images:
        raise DataError(f"{name}: no rows; give one image a row.")
    numbers = None
    if label:
        if any(not isinstance(value, int) for value in labels):
            odd = next(value for value in labels if not isinstance(value, int))
            raise DataError(f"{name}: column {label!r} holds {odd!r:.40}, expected a digit 0-9; relabel the images.")
        numbers = check_labels(np.array(labels), f"{name}: column {label!r}")
    same = len({image.shape for image in images}) == 1
    return ImageSet(name, np.stack(images) if same else images, numbers, None, part_in_path(name))


def _pixels(file: "pyarrow.parquet.ParquetFile", label_column: str | None, name: str) -> ImageSet:
    table = Table(name, list(file.schema_arrow.names))
    for batch in file.iter_batches(ROWS_AT_ONCE, use_threads=False):
        columns = [np.asarray(column.to_numpy(zero_copy_only=False)) for column in batch.columns]
        if not len(batch):
            continue
        loose = {place: _loose(columns[place]) for place in table.loose_places(len(columns))}
        fixed = [place for place in range(len(columns)) if place not in loose]
        for place in fixed:
            if columns[place].dtype.kind not in "iufb":
                raise DataError(f"{name}: column {table.header[place]!r:.40} is neither pixels nor a label; drop it."
                                if table.header else name)  # fmt: skip
        values = np.stack([columns[place] for place in fixed], axis=1) if fixed else np.empty((len(batch), 0))
        table.add(values if values.dtype == np.uint8 else as_float32(values), fixed, loose)
    if not table.pieces:
        raise DataError(f"{name}: no rows; give one image a row.")
    return table_images(table, label_column, part_in_path(name))


def _loose(column: np.ndarray) -> np.ndarray:
    if column.dtype.kind in "iufb":
        return column.astype(np.float64)
    return np.array([str(value) for value in column], dtype=object)
