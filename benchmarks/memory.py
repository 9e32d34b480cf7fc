"""How much memory a process takes at most; measured on Linux, nan elsewhere."""

import math
import os
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def resident() -> float:
    """Megabytes (10⁶ bytes) that this process has in memory now."""
    return _status(os.getpid(), "VmRSS")


def forget_peak() -> None:
    """Have the peak count from now on."""
    if _STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """The most megabytes that this process has had in memory, and those it has started, each at its own peak.

    What a started process shares with others to write in counts once: it is in this process's figure already.
    """
    started = psutil.Process().children(recursive=True)
    return _status(os.getpid(), "VmHWM") + sum(_status(child.pid, "VmHWM") - _shared(child.pid) for child in started)


def _status(pid: int, field: str) -> float:
    if not _STATUS.exists():
        return math.nan
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(kilobytes) * 1024 / 1e6


def _shared(pid: int) -> float:
    """Megabytes that a process has in mappings which are shared and writable."""
    total, is_shared = 0, False
    if not _STATUS.exists():
        return math.nan
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        first, second, *_ = [*line.split(), ""]
        if not first.endswith(":"):
            is_shared = second.startswith("rw") and second.endswith("s")
        elif is_shared and first == "Rss:":
            total += int(second)
    return total * 1024 / 1e6
