"""One file from one mirror: pooch in a thread that can be abandoned when the mirror stalls."""

import threading
import time
from contextlib import suppress
from pathlib import Path

MAX_FILE_BYTES = 64 * 1024**2
PIECE = 16 * 1024


class _AttemptEndedError(Exception):
    """Raised into pooch from its progress object: the only way to end a download from outside."""


class Attempt:
    """One file from one mirror in its own thread; also the progress object that pooch reports to.

    No time-out covers a name look-up or a reply that trickles, so a stalled attempt is abandoned, not waited for.
    """

    def __init__(self, url: str, target: Path, timeouts: tuple[float, float]) -> None:
        self.total = 0
        self.received = 0
        self.moved_at = time.monotonic()
        self.is_abandoned = False
        self.reason: str | None = None
        self.ended = threading.Event()
        self.thread = threading.Thread(
            target=self._run, args=(url, target, timeouts), name="mnist-download-file", daemon=True
        )

    def update(self, size: int) -> None:
        self.received += size
        self.moved_at = time.monotonic()
        if self.is_abandoned:
            raise _AttemptEndedError("was abandoned")
        if self.received > MAX_FILE_BYTES:
            raise _AttemptEndedError(f"sent more than {MAX_FILE_BYTES:,} bytes")

    def reset(self) -> None:
        self.received = 0

    def close(self) -> None:
        """Nothing to close; pooch calls it at the end."""

    def _run(self, url: str, target: Path, timeouts: tuple[float, float]) -> None:
        # Imported here: the app starts without the 0.2 s that these take.
        import requests
        from pooch import HTTPDownloader

        fetch = HTTPDownloader(
            progressbar=self, chunk_size=PIECE, timeout=timeouts, headers={"Accept-Encoding": "identity"}
        )
        try:
            fetch(url, str(target), None)
        except _AttemptEndedError as error:
            self.reason = str(error)
        except requests.HTTPError as error:
            self.reason = f"answered {error.response.status_code if error.response is not None else 'an error'}"
        except requests.ConnectTimeout:
            self.reason = f"did not answer within {timeouts[0]:g} s"
        except requests.ReadTimeout:
            self.reason = f"sent nothing for {timeouts[1]:g} s"
        except requests.ConnectionError as error:
            slow = "timed out" in str(error)
            self.reason = f"sent nothing for {timeouts[1]:g} s" if slow else "could not be reached"
        except requests.exceptions.ChunkedEncodingError:
            self.reason = "broke off before the end"
        except Exception as error:  # whatever a mirror provokes, the next one is tried
            self.reason = f"failed ({type(error).__name__}: {error})"
        finally:
            if self.is_abandoned:
                with suppress(OSError):
                    target.unlink(missing_ok=True)
            self.ended.set()
