"""ZIPs of pictures being written: a thread writes each, and all sessions that want the same one see its progress."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from typing import NamedTuple

from mnistcore.data import Dataset, select_pictures, zip_pictures

KEPT = 2  # finished ones; the 70,000 pictures of MNIST are 27 MB


class Choice(NamedTuple):
    """Pictures of a split, or of "all"; of these digits, or of all ten if none are given; at most ``limit``."""

    split: str
    digits: tuple[int, ...]
    limit: int | None


class PictureZip:
    """One ZIP: `done` of `total` pictures are in it; when it no longer runs it has content, a problem, or is cancelled.

    It is written in memory: a write to a file gives the interpreter's lock away, and 70,000 pictures are many writes.
    Beside a busy thread a picture took 0.23 ms so, and 0.38 ms into a file. The server serves the same bytes, uncopied.
    """

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0
        self.is_running, self.is_cancelled = True, False
        self.content = b""
        self.problem: str | None = None

    def write(self, dataset: Dataset, choice: Choice) -> None:
        """Write it, in its own thread, until it is complete or cancelled."""
        try:
            with _turn:
                file = io.BytesIO()
                pictures = select_pictures(dataset, choice.split, choice.digits or None, choice.limit)
                for self.done in zip_pictures(dataset, file, pictures):
                    if self.is_cancelled:
                        return
                self.content = file.getvalue()
        except MemoryError:
            self.problem = f"There is not enough memory for a ZIP of {self.total:,} pictures: choose fewer."
        finally:
            self.is_running = False


_zips: OrderedDict[tuple[str, Choice], PictureZip] = OrderedDict()
_guard = threading.Lock()
_turn = threading.Lock()  # two at a time would take as long as one after the other, and take more from the pages


def find_zip(dataset: Dataset, choice: Choice) -> PictureZip | None:
    """The ZIP of this choice, if it was asked for and neither cancelled nor dropped since."""
    with _guard:
        return _zips.get((dataset.fingerprint, choice))


def start_zip(dataset: Dataset, choice: Choice, total: int) -> None:
    """Begin to write the ZIP of this choice, of `total` pictures, unless it is there or on its way."""
    with _guard:
        made = _zips.get((dataset.fingerprint, choice))
        if made is None or made.problem is not None:
            made = _zips[dataset.fingerprint, choice] = PictureZip(total)
            threading.Thread(target=made.write, args=(dataset, choice), name="picture-zip", daemon=True).start()
        _zips.move_to_end((dataset.fingerprint, choice))
        finished = [key for key, other in _zips.items() if not other.is_running]
        for key in finished[: max(len(finished) - KEPT, 0)]:
            del _zips[key]


def cancel_zip(dataset: Dataset, choice: Choice) -> None:
    """Stop writing it; a complete one is kept."""
    with _guard:
        made = _zips.get((dataset.fingerprint, choice))
        if made is not None and made.is_running:
            made.is_cancelled = True
            del _zips[dataset.fingerprint, choice]
