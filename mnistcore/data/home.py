"""Where the program keeps its files, and how a file is written so that no reader sees half of it."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs


def data_home() -> Path:
    """The user's data folder: ``MNIST_EXPLORER_HOME``, else the platform's usual folder; created if missing."""
    given = os.environ.get("MNIST_EXPLORER_HOME")
    home = Path(given).expanduser() if given else platformdirs.user_data_path("mnist-explorer", appauthor=False)
    home.mkdir(parents=True, exist_ok=True)
    return home.resolve()


def part_beside(target: Path) -> Path:
    """A new empty file in the folder of `target`, hidden, to be filled and then renamed to it.

    Unlike a file of `tempfile`, it has the permissions of any file that the user makes. OSError names the target.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(target)) from error
    return part


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file open for writing that takes the place of `path` at the end; if the block raises, it is removed."""
    target = Path(path)
    part = part_beside(target)
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
