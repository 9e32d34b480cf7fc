"""Data sets by name: one read-only copy of each per process, however many sessions use it."""

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path

from mnistcore.data.dataset import Dataset
from mnistcore.data.generated import generated_dataset, with_drawn_digits
from mnistcore.data.home import data_home
from mnistcore.data.imports import import_dataset
from mnistcore.data.mnist import find_mnist, load_mnist
from mnistcore.errors import DataError

KEPT = 4
MAX_GENERATED = 200_000

_loaded: OrderedDict[Hashable, Dataset] = OrderedDict()
_locks: dict[Hashable, threading.Lock] = {}
_guard = threading.Lock()


def default_dataset_name() -> str:
    """``"mnist"`` if its files are found, else ``"generated"``."""
    return "mnist" if find_mnist() else "generated"


def load_dataset(name: str) -> Dataset:
    """The data set ``"mnist"``, ``"generated"``, ``"generated-N"`` (N training images), or at a path.

    ``"mnist-drawn"`` is MNIST with more digits to train on, as people draw them on a screen. A path is a folder or a
    file that can be imported. The same name and content give the same object: callers
    share its read-only arrays. Raises DataError with the remedy.
    """
    key, load = _resolve(str(name))
    with _guard:
        lock = _locks.setdefault(key, threading.Lock())
    # One lock a data set: a page that wants MNIST must not wait while another thread draws generated digits.
    with lock:
        with _guard:
            if key in _loaded:
                _loaded.move_to_end(key)
                return _loaded[key]
        dataset = load()
        with _guard:
            _loaded[key] = dataset
            while len(_loaded) > KEPT:
                _loaded.popitem(last=False)
        return dataset


def is_loaded(name: str) -> bool:
    """Whether `load_dataset` would return at once; False also for a name that cannot be loaded."""
    try:
        key, _ = _resolve(str(name))
    except DataError:
        return False
    with _guard:
        return key in _loaded


def _resolve(name: str) -> tuple[Hashable, Callable[[], Dataset]]:
    """What tells this data set from others (place and state on disk), and how to load it."""
    if name in ("mnist", "mnist-drawn"):
        folder = find_mnist()
        place = folder and folder.resolve()
        if name == "mnist":
            return (name, place), lambda: load_mnist(folder)
        return (name, place), _mnist_drawn
    if match := re.fullmatch(r"generated(?:-(\d{1,9}))?", name):
        return ("generated", match[1], data_home()), lambda: _generated(match[1])
    path = Path(name).expanduser()
    try:
        status = path.stat()
    except OSError:
        raise DataError(
            f"No data set {name!r}: neither mnist, generated or generated-N, nor a folder or file; check the name."
        ) from None
    return ("path", path.resolve(), status.st_mtime_ns, status.st_size), lambda: _load_path(path)


def _mnist_drawn() -> Dataset:
    """MNIST's own images are the first of these: from now on both data sets share one copy of them, 47 MB."""
    mnist = load_dataset("mnist")
    drawn = with_drawn_digits(mnist)
    mnist.share_training_images(drawn)
    return drawn


def _generated(count: str | None) -> Dataset:
    size = None if count is None else int(count)
    if size is not None and not 10 <= size <= MAX_GENERATED:
        raise DataError(f"generated-{count}: {size:,} training images asked for, choose 10 to {MAX_GENERATED:,}.")
    if size is None:
        return generated_dataset()
    # MNIST's own proportion of test to training images.
    return generated_dataset(train_size=size, test_size=max(size // 6, 10))


def _load_path(path: Path) -> Dataset:
    return import_dataset(os.path.basename(path.resolve()), path, name=str(path) if path.is_dir() else None)
