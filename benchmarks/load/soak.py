"""A real browser on the live page of a run that goes on and on: whether its heap and the server's memory stay flat."""

import asyncio
import statistics
import time
from collections.abc import Callable

from benchmarks.chromium import new_tab, running_browser
from benchmarks.load.dashboard import Dashboard
from benchmarks.load.scenarios import Figures, training_runs
from benchmarks.load.tab import Tab

SETTLING = 0.1  # of the time: until the charts are full and every cache is warm


def soak(dashboard: Dashboard, minutes: float, every: float, tell: Callable[[str], None]) -> Figures:
    """Watch for so many minutes, with a sample every so many seconds, each after the browser has collected its garbage.

    The growth is that of the mean from the first half to the second, once the run has settled.
    """
    heap: list[float] = []
    server: list[float] = []
    asyncio.run(_first_visit(dashboard))  # which starts the workers
    with training_runs(dashboard) as run_ids, running_browser() as browser:
        page = new_tab(browser)
        page.goto(f"{dashboard.url}/train?run={run_ids[0]}", wait_until="domcontentloaded")
        page.wait_for_selector('[data-testid="stVegaLiteChart"]')
        session = page.context.new_cdp_session(page)
        start = time.monotonic()
        while (gone := time.monotonic() - start) < 60 * minutes:
            session.send("HeapProfiler.collectGarbage")
            heap.append(page.evaluate("performance.memory.usedJSHeapSize") / 1e6)
            server.append(dashboard.megabytes())
            tell(f"{gone / 60:5.1f} min: browser heap {heap[-1]:.1f} MB, server {server[-1]:.0f} MB")
            page.wait_for_timeout(1000 * every)
    return {"minutes": minutes, "samples": len(heap), **_growth("heap", heap), **_growth("server", server)}


async def _first_visit(dashboard: Dashboard) -> None:
    async with Tab(dashboard.url) as tab:
        await tab.open("home")


def _growth(name: str, values: list[float]) -> Figures:
    settled = values[int(SETTLING * len(values)) :]
    first, second = (statistics.fmean(half) for half in (settled[: len(settled) // 2], settled[len(settled) // 2 :]))
    return {f"{name}_first_half_mb": first, f"{name}_second_half_mb": second, f"{name}_growth": second / first - 1}
