"""A class on one server: many phones draw while the teacher's board is open, and the server is restarted in between.

A drawing counts as on the board once the message that shows it has reached the teacher's browser; its own drawing comes
on top. The phones speak HTTP as their page does: a look every second and a half, a drawing now and then.
"""

import asyncio
import json
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load.dashboard import ROOT, Dashboard, end
from benchmarks.load.scenarios import Figures, count_tracebacks, percentile
from benchmarks.load.tab import Tab
from mnistcore.classroom.drawings import drawings
from mnistcore.classroom.key import pass_of
from mnistcore.classroom.players import join
from mnistcore.classroom.room import join_code, set_state
from mnistcore.runs import RunStore

LOOK = 1.5  # seconds, as phone.js
KEY = re.compile(r"key=([\w-]+)")
SHOWN = re.compile(rb'"id": ?(\d+)')
SEVEN = [[250, 250], [700, 250], [450, 820]]


class Board(Tab):
    """The teacher's tab, which notes when each drawing was first shown."""

    def __init__(self, url: str, key: str, shown: dict[int, float]) -> None:
        super().__init__(url, {"Cookie": f"mnist_explorer_teacher={pass_of(key)}", "Origin": url})
        self._shown = shown

    def note(self, data: bytes) -> None:
        """Called with each message as it arrives."""
        now = time.perf_counter()
        for found in SHOWN.findall(data):
            self._shown.setdefault(int(found), now)


@dataclass
class Phone:
    """One phone: what it has sent and when, and how long the server took to answer."""

    name: str
    token: str
    port: int
    sent: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def live(self, until: float, pause: float, rng: random.Random) -> None:
        """Look and draw until the lesson is over; without a connection try again, as the page does."""
        next_drawing = time.perf_counter() + rng.expovariate(1 / pause)
        await asyncio.sleep(rng.uniform(0, LOOK))
        while time.perf_counter() < until:
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError, asyncio.TimeoutError):
                await self._ask("GET", "state")
                if time.perf_counter() >= next_drawing:
                    await self._draw(rng)
                    next_drawing = time.perf_counter() + rng.expovariate(1 / pause)
            await asyncio.sleep(LOOK)

    async def _draw(self, rng: random.Random) -> None:
        stroke = [[x + rng.randint(-40, 40), y + rng.randint(-40, 40)] for x, y in SEVEN]
        start = time.perf_counter()
        status, told = await self._ask("POST", "draw", {"digit": 7, "strokes": [stroke]})
        if status == 200:
            self.sent.append(start)
            self.answers.append(time.perf_counter() - start)
        else:
            self.refused.append(str(told))

    async def _ask(self, method: str, what: str, told: Any = None) -> tuple[int, Any]:
        body = b"" if told is None else json.dumps(told).encode()
        head = (
            f"{method} /join/{what} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"
        )
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head.encode() + body)
            answer = await asyncio.wait_for(reader.read(), 30)
        finally:
            writer.close()
        first, _, content = answer.partition(b"\r\n\r\n")
        if not content:
            raise ConnectionResetError("the server has gone")
        return int(first.split(maxsplit=2)[1]), json.loads(content)


def lesson(phones: int, seconds: float, pause: float, seed: int = 0) -> Figures:
    """So many phones draw every ``pause`` s on average for so long; in the middle the server ends and starts again."""
    with tempfile.TemporaryDirectory(prefix="mnist-class-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        home, shown = Path(folder), dict[int, float]()
        store = RunStore(f"sqlite:///{home / 'runs.db'}")
        set_state(store, doing="draw", digit=7)
        code = join_code(store)
        class_of = [Phone(f"P{i}", join(store, code, f"P{i}")[0], port) for i in range(phones)]
        rng, errors, busiest, cores = random.Random(seed), 0, 0.0, []
        for _ in range(2):
            with running_class(home, port) as (dashboard, key):
                errors += asyncio.run(_half(dashboard, key, class_of, seconds / 2, pause, rng, shown))
                errors += count_tracebacks(dashboard)
                busiest = max(busiest, dashboard.megabytes())
                cores.append(sum(dashboard.process.cpu_times()[:2]) / (time.time() - dashboard.process.create_time()))
        figures = _figures(store, class_of, shown)
        store.close()
        return figures | {"server_mb": busiest, "server_cores": max(cores), "errors": figures["errors"] + errors}


async def _half(
    dashboard: Dashboard, key: str, phones: list[Phone], seconds: float, pause: float, rng: random.Random,
    shown: dict[int, float],
) -> int:  # fmt: skip
    """Half a lesson on one server; returns how many errors the teacher's page has shown."""
    async with Board(dashboard.url, key, shown) as board:
        await board.open("class", timeout=300)
        until = time.perf_counter() + seconds
        await asyncio.gather(*(phone.live(until, pause, rng) for phone in phones))
        await asyncio.sleep(5)  # for the last drawings to appear
        return len(board.seen.errors)


def _figures(store: RunStore, phones: list[Phone], shown: dict[int, float]) -> Figures:
    stored: dict[str, list[int]] = defaultdict(list)
    for drawing in drawings(store):
        stored[drawing.name].append(drawing.id)
    delays = [
        shown[drawing] - start
        for phone in phones
        for drawing, start in zip(stored[phone.name], phone.sent, strict=False)
        if drawing in shown
    ]
    sent = sum(len(phone.sent) for phone in phones)
    return {
        "phones": len(phones),
        "drawings": sent,
        "median_s": statistics.median(delays),
        "p95_s": percentile(delays, 0.95),
        "slowest_s": max(delays),
        "answer_p95_s": percentile([one for phone in phones for one in phone.answers], 0.95),
        "lost": sent - sum(map(len, stored.values())) + (sent - len(delays)),
        "errors": sum(len(phone.refused) for phone in phones),
    }


@contextmanager
def running_class(home: Path, port: int) -> Iterator[tuple[Dashboard, str]]:
    """`make class` on this port with this data folder; the server, and the teacher's key."""
    command = [sys.executable, "-m", "mnistcore", "class", "--port", str(port), "--address", "127.0.0.1"]
    variables = dict(os.environ) | {"MNIST_EXPLORER_HOME": str(home)}
    variables.pop("MNIST_EXPLORER_STORE", None)
    with (home / "server.log").open("w") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    dashboard = Dashboard(f"http://127.0.0.1:{port}", home, psutil.Process(process.pid), variables)
    try:
        yield dashboard, _key_of(dashboard, process)
    finally:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGTERM)
        end(process)


def _key_of(dashboard: Dashboard, process: "subprocess.Popen[bytes]", seconds: float = 60) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{dashboard.url}/join", timeout=1):
            return KEY.findall(dashboard.log())[0]
        time.sleep(0.05)
    raise RuntimeError("the class did not begin")  # not with its log, which holds the key
