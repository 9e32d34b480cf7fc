"""Where the program keeps its files, and how a file is written so that no reader ever sees half of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs


def data_home() -> Path:
    """The user's data folder: ``MNIST_EXPLORER_HOME``, else the platform's own place; made if it is not there."""
    given = os.environ.get("MNIST_EXPLORER_HOME")
    home = Path(given).expanduser() if given else platformdirs.user_data_path("mnist-explorer", appauthor=False)
    home.mkdir(parents=True, exist_ok=True)
    return home.resolve()


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file open for writing that takes the place of `path` at the end; if the block raises, it is removed."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
