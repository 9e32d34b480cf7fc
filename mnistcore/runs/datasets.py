"""The data sets that users import, kept in the run store, and how a data set is opened by its name."""

import io
import secrets
import threading
import time
import zipfile
from datetime import datetime, timezone
from typing import Any

import numpy as np
from sqlalchemy import Engine, delete, func, insert, select

from mnistcore.data import Dataset, load_dataset
from mnistcore.errors import DataError, RunError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.records import ACTIVE, StoredDataset
from mnistcore.runs.tables import DatasetRow, RunRow

PREFIX = "import:"
ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")
MAX_IMAGES = 200_000
KEPT = 2

_opened: dict[tuple[str, str], Dataset] = {}
_guard = threading.Lock()


def open_dataset(database: Engine, url: str, name: str) -> Dataset:
    """The data set of that name, in one read-only copy a process; ``url`` tells stores apart. DataError if unknown."""
    if not name.startswith(PREFIX):
        return load_dataset(name)
    key = (url, name)
    with _guard:
        if key not in _opened:
            dataset = load_stored(database, name)
            while len(_opened) >= KEPT:
                del _opened[next(iter(_opened))]
            _opened[key] = dataset
        return _opened[key]


def add_dataset(database: Engine, dataset: Dataset) -> str:
    """Store a data set and return its name; the same content is stored once."""
    with reading(database) as connection:
        known = (
            connection.execute(select(DatasetRow.id).where(DatasetRow.fingerprint == dataset.fingerprint))
            .scalars()
            .first()
        )
    if known is not None:
        return PREFIX + known
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{name: getattr(dataset, name) for name in ARRAYS})
    row: dict[str, Any] = {"id": secrets.token_hex(6), "title": dataset.name[:200], "data": buffer.getvalue()}
    row |= {"images": len(dataset.train_labels) + len(dataset.test_labels), "fingerprint": dataset.fingerprint}
    with writing(database) as connection:
        connection.execute(insert(DatasetRow).values(**row, created_at=time.time()))
    return f"{PREFIX}{row['id']}"


def list_datasets(database: Engine) -> list[StoredDataset]:
    """All imported data sets, newest first."""
    columns = (DatasetRow.id, DatasetRow.title, DatasetRow.images, DatasetRow.created_at)
    with reading(database) as connection:
        rows = connection.execute(select(*columns).order_by(DatasetRow.created_at.desc(), DatasetRow.id)).all()
    return [
        StoredDataset(PREFIX + row.id, row.title, row.images, datetime.fromtimestamp(row.created_at, timezone.utc))
        for row in rows
    ]


def load_stored(database: Engine, name: str) -> Dataset:
    """Read an imported data set; DataError if it is unknown or damaged."""
    statement = select(DatasetRow.title, DatasetRow.data).where(DatasetRow.id == name.removeprefix(PREFIX))
    with reading(database) as connection:
        row = connection.execute(statement).one_or_none()
    if row is None or not name.startswith(PREFIX):
        raise DataError(f"there is no imported data set {name!r}: it was deleted, or never in this store; import it")
    try:
        with zipfile.ZipFile(io.BytesIO(row.data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_IMAGES * (28 * 28 + 1) + 10_000:
            raise DataError(f"the data set {row.title!r} unpacks to {size:,} bytes, too many: delete it")
        with np.load(io.BytesIO(row.data), allow_pickle=False) as arrays:
            return Dataset.build(row.title, *(arrays[part] for part in ARRAYS))
    except (zipfile.BadZipFile, ValueError, KeyError, EOFError, OSError) as error:
        if isinstance(error, DataError):
            raise
        message = f"the data set {row.title!r} ({name}) is damaged ({error}): delete it, import it again"
        raise DataError(message) from error


def delete_dataset(database: Engine, name: str) -> None:
    """Remove an imported data set; RunError while a run still needs it."""
    needs = select(func.count()).where(RunRow.dataset == name, RunRow.deleted.is_(False), RunRow.status.in_(ACTIVE))
    with writing(database) as connection:
        if connection.execute(needs).scalar_one():
            raise RunError(f"the data set {name} is being trained on: stop those runs first")
        found = connection.execute(delete(DatasetRow).where(DatasetRow.id == name.removeprefix(PREFIX)))
        if not name.startswith(PREFIX) or found.rowcount == 0:
            raise DataError(f"there is no imported data set {name!r} to delete")
    with _guard:
        for key in [key for key in _opened if key[1] == name]:
            del _opened[key]
