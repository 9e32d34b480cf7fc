"""`make load`: many tabs on one dashboard while runs train, what it takes in memory, and for long.

python -m benchmarks.load                      memory, cold and crowd: about ten minutes
python -m benchmarks.load soak --minutes 120   a live run on an open page
python -m benchmarks.load crowd --tabs 10      fewer tabs
python -m benchmarks.load class --phones 60    a class that draws, and a restart in mid-lesson
python -m benchmarks.load latency              what a hand waits for in a browser, and what watching costs a run
"""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.load.classroom import lesson
from benchmarks.load.dashboard import running_dashboard
from benchmarks.load.latency import latency
from benchmarks.load.opened import count_opened
from benchmarks.load.scenarios import Figures, cold, crowd, memory
from benchmarks.load.soak import soak
from mnistcore.data import find_mnist

GOALS: dict[str, dict[str, float]] = {  # at most
    "memory": {"server_mb": 400, "largest_worker_mb": 250, "errors": 0},
    "cold": {"loads_a_process": 1, "errors": 0},
    "crowd": {"p95_s": 1.5, "errors": 0},
    "soak": {"heap_growth": 0.05, "server_growth": 0.05},
    "class": {"p95_s": 2.0, "lost": 0, "errors": 0},
    "latency": {"stroke_ms": 200, "page_ms": 250, "first_curve_ms": 1500, "slower_watched": 0.15},
}
MOST_TABS, MOST_MINUTES = 200, 24 * 60


def main() -> None:
    """Do what was asked for, print the figures, and exit with 1 if one of them is beyond its goal."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scenarios: dict[str, Callable[[argparse.Namespace], Figures]] = {
        "memory": _memory, "cold": _cold, "crowd": _crowd, "soak": _soak, "class": _class, "latency": _latency
    }  # fmt: skip
    missed = 0
    for name in options.names or ("memory", "cold", "crowd"):
        before = os.getloadavg()[0]
        figures = scenarios[name](options)
        print(f"{name} (load of the machine {before:.1f} before, {os.getloadavg()[0]:.1f} after)")
        for key, value in figures.items():
            goal = GOALS[name].get(key)
            is_missed = goal is not None and not value <= goal
            missed += is_missed
            words = "" if goal is None else f"   goal: at most {goal:g}{', MISSED' if is_missed else ''}"
            print(f"  {key:<24}{value:>10.3f}{words}", flush=True)
    sys.exit(bool(missed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.load", description="Many tabs on one dashboard.")
    parser.add_argument("names", nargs="*", choices=[*GOALS, []], metavar="NAME", help=f"{', '.join(GOALS)}")
    parser.add_argument("--tabs", type=int, default=30, help="how many are open (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120, help="how long the crowd stays (%(default)s)")
    parser.add_argument("--pause", type=float, default=10, help="mean seconds a tab looks at a page (%(default)s)")
    parser.add_argument("--phones", type=int, default=60, help="how many are in the class (%(default)s)")
    parser.add_argument("--minutes", type=float, default=20, help="how long the soak takes (%(default)s)")
    parser.add_argument("--every", type=float, default=15, help="seconds between its samples (%(default)s)")
    options = parser.parse_args()
    if not 1 <= options.phones <= MOST_TABS:
        parser.error(f"--phones takes 1 to {MOST_TABS}")
    if not (1 <= options.tabs <= MOST_TABS and 0 < options.minutes <= MOST_MINUTES and options.pause > 0):
        parser.error(f"--tabs takes 1 to {MOST_TABS}, --minutes up to {MOST_MINUTES:,}, --pause more than 0")
    return options


def _memory(_: argparse.Namespace) -> Figures:
    with running_dashboard() as dashboard:
        return asyncio.run(memory(dashboard))


def _cold(options: argparse.Namespace) -> Figures:
    """With copies of MNIST's files, whose opening is counted."""
    source = find_mnist()
    if source is None:
        raise SystemExit("MNIST is not on this machine: see `mnist-explorer data download`")
    with tempfile.TemporaryDirectory(prefix="mnist-load-data-") as folder:
        for file in source.iterdir():
            if file.is_file():
                shutil.copy(file, folder)
        with count_opened(Path(folder)) as opened, running_dashboard(MNIST_EXPLORER_DATA=folder) as dashboard:
            figures = asyncio.run(cold(dashboard, options.tabs))
            processes = 1 + len(dashboard.worker_megabytes())
        images = max(count for name, count in opened.items() if name.startswith("train-images"))
        return figures | {"opened": images, "processes": processes, "loads_a_process": images / processes}


def _crowd(options: argparse.Namespace) -> Figures:
    with running_dashboard() as dashboard:
        return asyncio.run(crowd(dashboard, options.tabs, options.seconds, options.pause))


def _class(options: argparse.Namespace) -> Figures:
    return lesson(options.phones, options.seconds, options.pause)


def _latency(_: argparse.Namespace) -> Figures:
    return latency()


def _soak(options: argparse.Namespace) -> Figures:
    with running_dashboard() as dashboard:
        return soak(dashboard, options.minutes, options.every, lambda line: print(line, file=sys.stderr, flush=True))


if __name__ == "__main__":
    main()
