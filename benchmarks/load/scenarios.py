"""What `make load` does to a dashboard, a scenario each; all return figures by name."""

import asyncio
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field

from benchmarks.load.dashboard import ROOT, Dashboard
from benchmarks.load.tab import Seen, Tab
from mnistcore.runs import RunStore, lifecycle
from mnistcore.training import TrainingConfig, parse_config
from ui.frame.page import PAGES

Figures = dict[str, float]
ROUNDS = 3
START_SECONDS = 300
SESSION_SECONDS = 125  # for two minutes Streamlit keeps what a closed tab may come back to
LONG = {"epochs": 100_000}
SETTINGS: tuple[dict[str, object], ...] = (
    {},
    {"layers": [{"units": 100}] * 4, "batch_size": 200},
    {"layers": [], "batch_size": 16, "optimizer": "sgd"},
    {"layers": [{"units": 50, "activation": "sigmoid"}], "batch_size": 32},
)


@dataclass
class Visits:
    """How long pages took and what went wrong, over all tabs."""

    seconds: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def note(self, page: str, seen: Seen) -> None:
        """Add one visit."""
        self.seconds.append(seen.seconds)
        self.errors += [f"{page}: {error}" for error in seen.errors]


def percentile(values: list[float], share: float) -> float:
    """The value that ``share`` of all are below or equal to; nan without values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


async def memory(dashboard: Dashboard) -> Figures:
    """One tab opens every page three times; what server and workers take then."""
    visits = Visits()
    async with Tab(dashboard.url) as tab:
        for _ in range(ROUNDS):
            for page in PAGES:
                visits.note(page, await tab.open(page))
                await tab.fetch_files()
    return {
        "server_mb": dashboard.megabytes(),
        "largest_worker_mb": max(dashboard.worker_megabytes(), default=0.0),
        "errors": len(visits.errors) + count_tracebacks(dashboard),
    }


async def cold(dashboard: Dashboard, tabs: int) -> Figures:
    """On a server that nobody has used yet, so many tabs open a page each at the same moment."""
    visits = Visits()
    async with AsyncExitStack() as stack:
        opened = await asyncio.gather(*(stack.enter_async_context(Tab(dashboard.url)) for _ in range(tabs)))
        pages = [list(PAGES)[number % len(PAGES)] for number in range(tabs)]
        seen = await asyncio.gather(*(tab.open(page, timeout=600) for tab, page in zip(opened, pages, strict=True)))
        for page, one in zip(pages, seen, strict=True):
            visits.note(page, one)
    return {
        "median_s": statistics.median(visits.seconds),
        "last_s": max(visits.seconds),
        "server_mb": dashboard.megabytes(),
        "errors": len(visits.errors) + count_tracebacks(dashboard),
    }


async def crowd(dashboard: Dashboard, tabs: int, seconds: float, pause: float, seed: int = 0) -> Figures:
    """So many tabs go from page to page while four runs train, each looking at a page for ``pause`` s on average.

    Afterwards all are closed, and their memory is to come back.
    """
    visits, rng = Visits(), random.Random(seed)
    async with Tab(dashboard.url) as first:  # every page once: a server that has been in use for a while
        for page in PAGES:
            await first.open(page, timeout=600)
    before = dashboard.megabytes()
    with training_runs(dashboard) as run_ids:
        until = time.monotonic() + seconds
        async with AsyncExitStack() as stack:
            opened = await asyncio.gather(*(stack.enter_async_context(Tab(dashboard.url)) for _ in range(tabs)))
            await asyncio.gather(*(_wander(tab, visits, run_ids, until, pause, rng) for tab in opened))
            busiest = dashboard.megabytes()
        store = RunStore(dashboard.store_url)
        trained = sum(store.run(run_id).step > 0 for run_id in run_ids)
        store.close()
    await asyncio.sleep(SESSION_SECONDS)
    async with Tab(dashboard.url) as last:  # what is kept too long goes when the next one comes
        await last.open("home")
    await asyncio.sleep(5)
    return {
        "pages": len(visits.seconds),
        "median_s": statistics.median(visits.seconds),
        "p95_s": percentile(visits.seconds, 0.95),
        "slowest_s": max(visits.seconds),
        "poll_p95_s": percentile(visits.polls, 0.95),
        "runs_trained": trained,
        "before_mb": before,
        "with_tabs_mb": busiest,
        "after_mb": dashboard.megabytes(),
        "largest_worker_mb": max(dashboard.worker_megabytes(), default=0.0),
        "errors": len(visits.errors) + count_tracebacks(dashboard),
    }


async def _wander(tab: Tab, visits: Visits, run_ids: list[str], until: float, pause: float, rng: random.Random) -> None:
    while time.monotonic() < until:
        await asyncio.sleep(rng.expovariate(1 / pause))
        page = rng.choice(list(PAGES))
        query = f"run={rng.choice(run_ids)}" if page == "train" else ""
        visits.note(page, await tab.open(page, query))
        visits.polls += tab.polled
        tab.polled.clear()


@contextmanager
def training_runs(dashboard: Dashboard) -> Iterator[list[str]]:
    """Four runs that would train for days: two on the server's workers, two on the command line beside it."""
    store = RunStore(dashboard.store_url)
    configs = [parse_config(LONG | settings) for settings in SETTINGS]
    queued = [_queue(store, config) for config in configs[:2]]
    others = [_train_beside(dashboard, config) for config in configs[2:]]
    try:
        deadline = time.monotonic() + START_SECONDS
        while sum(run.status == "running" and run.step > 0 for run in store.runs()) < len(configs):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not all four runs began to train within {START_SECONDS} s")
            time.sleep(0.2)
        yield [run.id for run in store.runs() if run.status == "running"]
    finally:
        for process in others:
            process.terminate()
        for run_id in queued:
            lifecycle.stop(store.database, run_id, lifecycle.new_owner())
        for process in others:
            process.wait(timeout=60)
        store.close()


def _queue(store: RunStore, config: TrainingConfig) -> str:
    """Leave a run to the server, as another server would that has ended."""
    owner = lifecycle.new_owner()
    run_id = store.create_run(config, dataset="mnist", owner=owner)
    lifecycle.release(store.database, [owner])
    return run_id


def _train_beside(dashboard: Dashboard, config: TrainingConfig) -> "subprocess.Popen[bytes]":
    file = dashboard.home / f"config-{lifecycle.new_owner()}.json"
    file.write_text(config.model_dump_json())
    command = ["nice", sys.executable, "-m", "mnistcore", "train", "--config", str(file), "--data", "mnist"]
    return subprocess.Popen(
        command, cwd=ROOT, env=dashboard.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def count_tracebacks(dashboard: Dashboard) -> int:
    """How many errors the server has printed."""
    return dashboard.log().count("Traceback (most recent call last)")
