"""A competitor's process, and races between several of them."""

import contextlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

import psutil

from benchmarks.peers import TITLES
from benchmarks.rows import TURNS, Entry


def environment(is_one_thread: bool = False) -> dict[str, str]:
    """This process's environment without orders to libraries: everybody takes the cores it wants, and the code that its
    library has for this processor. Or everybody is told to use one thread."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENBLAS_", "OMP_", "MKL_"))}
    return kept | {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL") if is_one_thread}


class Competitor:
    """One Entry's process. While it has nothing to do it is stopped, with all its children: no idle thread may spin
    on a core that another one is measured on."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        command = [sys.executable, "-m", "benchmarks.serve", json.dumps(asdict(entry))]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, env=environment(entry.is_on_one_core)
        )
        try:
            self._read()
        except BaseException:
            self._process.kill()  # whose helpers end with it
            raise
        whole = psutil.Process(self._process.pid)
        self._tree = [whole, *whole.children(recursive=True)]
        self._stop()

    def __enter__(self) -> "Competitor":
        return self

    def __exit__(self, *_: object) -> None:
        self._wake()
        with contextlib.suppress(OSError):
            self._process.communicate()

    def _stop(self) -> None:
        for process in self._tree:
            process.suspend()

    def _wake(self) -> None:
        for process in reversed(self._tree):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _read(self) -> float:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{TITLES[self.entry.peer]} ended in row {self.entry.row}; its message is above")
        return json.loads(line)

    def ask(self, what: str) -> float:
        """Seconds that an "epoch" took, "accuracy" or "memory"; see ``benchmarks.serve``."""
        assert self._process.stdin is not None
        self._wake()
        self._process.stdin.write(what + "\n")
        self._process.stdin.flush()
        answer = self._read()
        self._stop()
        return answer


@dataclass
class Finish:
    """How a competitor came out: seconds of every epoch, the last accuracy, and peak memory in megabytes."""

    samples: list[float] = field(default_factory=list)
    accuracy: float | None = None
    megabytes: float | None = None


@contextlib.contextmanager
def competitors(entries: Iterable[Entry]) -> Iterator[list[Competitor]]:
    """Their processes, each stopped until it is asked."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Competitor(entry)) for entry in entries]


def race(entries: list[Entry], epochs: int = TURNS - 1) -> list[Finish]:
    """Have them take turns at one epoch each, after one to warm up."""
    finishes = [Finish() for _ in entries]
    with competitors(entries) as runners:
        for turn in range(epochs + 1):
            for runner, finish in zip(runners, finishes, strict=True):
                seconds = runner.ask("epoch")
                if turn:
                    finish.samples.append(seconds)
        for runner, finish in zip(runners, finishes, strict=True):
            finish.megabytes = _known(runner.ask("memory"))
            finish.accuracy = _known(runner.ask("accuracy"))
    return finishes


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
