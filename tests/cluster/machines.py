"""A real PostgreSQL and a real Dask cluster, each in processes of its own, which tests stop, kill and start again.

All of them listen on 127.0.0.1 only.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
USER = "postgres"  # PostgreSQL refuses to run as root


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_programs() -> Path | None:
    """Where `initdb` and `pg_ctl` lie, which Debian keeps off the path; None where there is no PostgreSQL."""
    found = shutil.which("pg_ctl")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: float(place.parent.name))
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


class Postgres:
    """A database server with a folder of its own, which `remove` takes away with all that is in it."""

    def __init__(self) -> None:
        programs = postgres_programs()
        assert programs is not None
        self._programs, self.port = programs, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="explorer-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
        self._run("initdb", "-A", "trust", "-U", USER, "--no-sync", "-D", self.data)
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """The postmaster, which all others belong to."""
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Returns when it takes connections."""
        options = f"-p {self.port} -k {self.folder} -h 127.0.0.1 -c fsync=off -c max_connections=500"
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def kill(self) -> None:
        """As a machine that fails: nobody is told, nothing is tidied up. Its other processes end when they notice."""
        server = psutil.Process(self.pid)
        processes = [server, *server.children()]
        server.kill()
        _, left = psutil.wait_procs(processes, timeout=60)
        assert left == []

    def remove(self) -> None:
        with suppress(AssertionError, OSError):  # it may be stopped already
            self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)


class DaskCluster:
    """`dask scheduler` and `dask worker` as Dask's documentation says, in a folder that is not ours.

    ``package``: where each of them finds our package, None for nowhere.
    """

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port, self.log, self.temporary = free_port(), folder / "dask.log", folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.environment = os.environ | {"TMPDIR": str(self.temporary)} | environment
        self.environment.pop("PYTHONPATH", None)
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def _start(self, *arguments: str, package: Path | None) -> "subprocess.Popen[bytes]":
        environment = self.environment | ({"PYTHONPATH": str(package)} if package else {})
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "dask", *arguments]
            return subprocess.Popen(
                command, cwd=self.temporary, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_scheduler(self, package: Path | None = ROOT) -> None:
        where = ("--host", "127.0.0.1", "--port", str(self.port), "--dashboard-address", "127.0.0.1:0")
        self.scheduler = self._start("scheduler", *where, package=package)
        wait_for(self._listens)

    def _listens(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def start_worker(self, package: Path | None = ROOT, threads: int = 1) -> None:
        where = ("--host", "127.0.0.1", "--nthreads", str(threads), "--dashboard-address", "127.0.0.1:0")
        self.workers.append(self._start("worker", self.address, *where, package=package))

    def kill_scheduler(self) -> None:
        """Its workers end with it, of themselves."""
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = None

    def kill_workers(self) -> None:
        """With their nannies."""
        for worker in self.workers:
            _kill_group(worker)
        self.workers.clear()

    def end(self) -> None:
        """As a person ends it: nothing is to be left then, neither process nor file."""
        for process in filter(None, [*self.workers, self.scheduler]):
            process.terminate()
            process.wait(timeout=60)

    def close(self) -> None:
        """Kill all of it that is left."""
        self.kill_workers()
        if self.scheduler is not None:
            _kill_group(self.scheduler)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def processes_with(marker: str) -> dict[int, str]:
    """The living processes that have these characters in their environment: process id → command line."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if command and marker in (place / "environ").read_bytes().decode(errors="replace"):
                found[int(place.name)] = command
    return found
