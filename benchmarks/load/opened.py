"""How often a file is opened, by whatever process: what the kernel tells (inotify, Linux)."""

import ctypes
import os
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IN_OPEN = 0x20
NONBLOCK = 0x800
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows


@contextmanager
def count_opened(folder: Path) -> Iterator[Counter[str]]:
    """Inside, files of the folder are watched; afterwards the counter holds how often each one was opened."""
    counts: Counter[str] = Counter()
    library = ctypes.CDLL(None, use_errno=True)
    queue = library.inotify_init1(NONBLOCK)
    if queue < 0 or library.inotify_add_watch(queue, os.fsencode(folder), IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "files cannot be watched", str(folder))
    try:
        yield counts
        while data := _read(queue):
            while data:
                *_, length = EVENT.unpack_from(data)
                name = data[EVENT.size : EVENT.size + length].rstrip(b"\0").decode()
                counts[name] += 1
                data = data[EVENT.size + length :]
    finally:
        os.close(queue)


def _read(queue: int) -> bytes:
    try:
        return os.read(queue, 1 << 20)
    except BlockingIOError:
        return b""
