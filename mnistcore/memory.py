"""Freed memory goes back to the system: else a server keeps what its busiest moment took.

A page's arrays are freed when it is drawn, but glibc keeps such memory: in an arena for each of many threads, and, once
a large block has been freed, below a threshold that grows with it. With every page opened three times that was 110 MB
of 530.
"""

import ctypes
import gc
import sys
from contextlib import suppress

# The numbers of malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
MEGABYTE = 1 << 20


def give_freed_memory_back() -> None:
    """Two arenas for all threads, and blocks of a megabyte or more always from the system itself; Linux only."""
    if sys.platform != "linux":
        return
    with suppress(OSError, AttributeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(ARENA_MAX, 2)
        library.mallopt(MMAP_THRESHOLD, MEGABYTE)
        library.mallopt(TRIM_THRESHOLD, MEGABYTE)


_modules_looked_at = 0


def leave_modules_out_of_collections() -> None:
    """Take what exists now out of Python's garbage collections, whenever modules have been imported since.

    Streamlit collects after every run of a page's script and of a part that polls. With all libraries imported that
    took 0.2 s of a core and held up every other page: four fifths of what a server of 30 tabs did.
    """
    global _modules_looked_at
    if (count := len(sys.modules)) > _modules_looked_at:
        _modules_looked_at = count
        gc.collect()
        gc.freeze()
