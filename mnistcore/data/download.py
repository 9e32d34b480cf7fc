"""Downloading MNIST in the background: mirrors in turn, every byte checked, with a status that a page can show."""

import os
import re
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from mnistcore.data.fetch import PIECE, Attempt
from mnistcore.data.home import part_beside
from mnistcore.data.idx import GZIP_MAGIC
from mnistcore.data.mnist import MNIST_FILES, MnistFile, mnist_home
from mnistcore.errors import DataError

MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)
ABANDONED_AFTER = 3600.0

State = Literal["idle", "downloading", "done", "failed"]


@dataclass(frozen=True)
class DownloadStatus:
    """One moment of a download; `bytes_total` is an estimate until the mirror has told the sizes."""

    state: State
    bytes_done: int
    bytes_total: int
    message: str

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(self.bytes_done / self.bytes_total, 1.0) if self.bytes_total else 0.0


class MnistDownload:
    """The four files fetched into `folder` by a daemon thread; any thread may start it and read its `status`.

    A complete file is kept, so starting again after a failure continues where it stopped.
    """

    def __init__(
        self,
        folder: Path | None = None,
        mirrors: Sequence[str] | None = None,
        *,
        files: Sequence[MnistFile] = MNIST_FILES,
        connect_timeout: float = 5.0,
        read_timeout: float = 15.0,
        stall_timeout: float = 30.0,
    ) -> None:
        """`mirrors`: base addresses, by default ``MNIST_EXPLORER_MIRRORS`` (space-separated) or the public ones.

        Seconds: `connect_timeout` and `read_timeout` for the socket, `stall_timeout` for the next 16 KB, which also
        ends a name look-up that hangs and a mirror that sends a byte now and then.
        """
        self.folder = folder or mnist_home()
        self.mirrors = tuple(mirrors or os.environ.get("MNIST_EXPLORER_MIRRORS", "").split() or MIRRORS)
        self._files = tuple(files)
        self._timeouts = (connect_timeout, read_timeout)
        self._stall_timeout = stall_timeout
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._state: State = "idle"
        self._message = "Not started."
        self._sizes = {file.name: file.compressed_bytes for file in files}
        self._done = {file.name: 0 for file in files}

    @property
    def status(self) -> DownloadStatus:
        """The present status; never waits for the network."""
        with self._lock:
            return DownloadStatus(self._state, sum(self._done.values()), sum(self._sizes.values()), self._message)

    def start(self) -> bool:
        """Begin, or begin again after an end; False (and nothing happens) while it is running."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._state, self._message = "downloading", "Looking for MNIST."
            self._done = dict.fromkeys(self._done, 0)
            self._thread = threading.Thread(target=self._run, name="mnist-download", daemon=True)
            self._thread.start()
            return True

    def wait(self, timeout: float | None = None) -> DownloadStatus:
        """The status after the end, or after `timeout` seconds; for the command line, which has nothing else to do."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self.status

    def _run(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(self.folder)
            mirrors = deque(self.mirrors)
            for file in self._files:
                self._ensure(file, mirrors)
        except (DataError, OSError) as error:
            self._say("failed", str(error) if isinstance(error, DataError) else f"MNIST cannot be stored: {error}")
        except Exception as error:
            self._say("failed", f"The download ended unexpectedly ({type(error).__name__}: {error}); try again.")
            raise
        else:
            self._say("done", f"MNIST is ready in {self.folder}.")

    def _say(self, state: State, message: str) -> None:
        with self._lock:
            self._state, self._message = state, message

    def _ensure(self, file: MnistFile, mirrors: deque[str]) -> None:
        """Have `file` in the folder, whole; a mirror that failed goes to the end of the queue for the next file too."""
        present = file.find(self.folder)
        if present is not None and file.defect(present) is None:
            self._count(file, present.stat().st_size, present.stat().st_size)
            return
        reasons = []
        for _ in range(len(mirrors)):
            host = urlsplit(mirrors[0]).netloc or mirrors[0]
            self._say("downloading", f"Downloading {file.name} from {host}.")
            reason = self._fetch(f"{mirrors[0].rstrip('/')}/{file.name}", file)
            if reason is None:
                return
            reasons.append(f"{host} {reason}")
            mirrors.rotate(-1)
        raise DataError(
            f"MNIST could not be downloaded: {file.name}: {'; '.join(reasons)}. Check the network and try again "
            "(files already fetched are kept), or set MNIST_EXPLORER_DATA to a folder that has the four files."
        )

    def _fetch(self, url: str, file: MnistFile) -> str | None:
        """Fetch one file from one mirror; None if it is in place, else why not."""
        temporary = part_beside(self.folder / file.name)
        attempt = Attempt(url, temporary, self._timeouts)
        try:
            attempt.thread.start()
            reason = self._watch(attempt, file)
            reason = reason or file.defect(temporary)
            if reason is None:
                _put_in_place(temporary, self.folder / file.name)
            return reason
        finally:
            with suppress(OSError):  # Windows keeps a file that an abandoned attempt still has open
                temporary.unlink(missing_ok=True)

    def _watch(self, attempt: Attempt, file: MnistFile) -> str | None:
        """Follow an attempt to its end, or abandon it when nothing more comes; None, or what went wrong."""
        while not attempt.ended.wait(0.05):
            self._count(file, attempt.received, attempt.total)
            if time.monotonic() - attempt.moved_at > self._stall_timeout:
                attempt.is_abandoned = True
                return f"sent less than {PIECE // 1024} KB in {self._stall_timeout:g} s"
        if attempt.reason is None:
            self._count(file, attempt.received, attempt.total)
        return attempt.reason

    def _count(self, file: MnistFile, received: int, total: int) -> None:
        with self._lock:
            self._sizes[file.name] = max(total or file.compressed_bytes, received)
            self._done[file.name] = received


def mnist_download() -> MnistDownload:
    """The process's one download into the user's data folder: every session sees the same progress."""
    return _shared_download(mnist_home(), os.environ.get("MNIST_EXPLORER_MIRRORS", ""))


@lru_cache(maxsize=8)
def _shared_download(folder: Path, mirrors: str) -> MnistDownload:
    return MnistDownload(folder, mirrors.split() or None)


def _put_in_place(temporary: Path, target: Path) -> None:
    """Rename; content that arrived unpacked (a proxy may do that) gets the name without .gz."""
    with temporary.open("rb") as file:
        is_gzip = file.read(2) == GZIP_MAGIC
    os.replace(temporary, target if is_gzip else target.with_name(re.sub(r"\.gz$", "", target.name)))


def _remove_abandoned(folder: Path) -> None:
    """Delete parts that a killed process left behind; a fresh one may belong to another process's download."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > ABANDONED_AFTER:
                part.unlink()
