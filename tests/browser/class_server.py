"""A dashboard that was started for a class, as `make class` starts it, and the key that it has printed."""

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import environ
from pathlib import Path

from dashboard import NO_NETWORK, ROOT, Server, end_process

KEY = re.compile(r"key=([\w-]+)")


@contextmanager
def running_class(home: Path, port: int | None = None) -> Iterator[tuple[Server, str]]:
    """Start it on 127.0.0.1 as seen from phones; the server, and the teacher's key."""
    if port is None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mnistcore", "class", "--port", str(port), "--address", "127.0.0.1"]
    server = Server(f"http://127.0.0.1:{port}", home, home / "server.log")
    with server.log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ | NO_NETWORK | {"MNIST_EXPLORER_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield server, _key_of(server, process)
    finally:
        end_process(process)


def _key_of(server: Server, process: "subprocess.Popen[bytes]", seconds: float = 30) -> str:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/join", timeout=1):
            found = KEY.search(server.log.read_text())
            assert found is not None
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"the class did not begin:\n{server.log.read_text()}")
