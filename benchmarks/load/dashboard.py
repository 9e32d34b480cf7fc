"""A dashboard in a process of its own, on 127.0.0.1 with an own data folder, and the memory it takes."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Dashboard:
    """A running server: its address, its data folder, its process."""

    url: str
    home: Path
    process: psutil.Process
    environment: dict[str, str]

    @property
    def store_url(self) -> str:
        """The run store that its pages show."""
        return f"sqlite:///{self.home / 'runs.db'}"

    def log(self) -> str:
        """What it has printed so far."""
        return (self.home / "server.log").read_text(errors="replace")

    def megabytes(self) -> float:
        """What the server itself has in memory now (resident set, 10⁶ bytes)."""
        return self.process.memory_info().rss / 1e6

    def worker_megabytes(self) -> list[float]:
        """The same of each process that it has started, largest first."""
        sizes = []
        for child in self.process.children(recursive=True):
            with suppress(psutil.Error):
                sizes.append(child.memory_info().rss / 1e6)
        return sorted(sizes, reverse=True)


@contextmanager
def running_dashboard(**environment: str) -> Iterator[Dashboard]:
    """Start it on a free port, and end it with all that it started."""
    with tempfile.TemporaryDirectory(prefix="mnist-load-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
        variables = dict(os.environ) | {"MNIST_EXPLORER_HOME": folder, **environment}
        variables.pop("MNIST_EXPLORER_STORE", None)
        with (Path(folder) / "server.log").open("w") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        dashboard = Dashboard(f"http://127.0.0.1:{port}", Path(folder), psutil.Process(process.pid), variables)
        try:
            _wait_until_healthy(dashboard, process)
            yield dashboard
        finally:
            end(process)


def _wait_until_healthy(dashboard: Dashboard, process: "subprocess.Popen[bytes]", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{dashboard.url}/_stcore/health", timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the server did not come up:\n{dashboard.log()}")


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a server with all that it has started."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
