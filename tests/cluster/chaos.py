"""Chaos: processes are killed at random moments while runs train, and it is shown that nothing of that is to be seen.

`make chaos` kills 20 times on SQLite and 20 times on PostgreSQL with a Dask cluster elsewhere, and prints a table. The
moments and the victims follow from a seed; what a victim was doing depends on the machine.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from mnistcore.runs import RunStore, execute_run
from mnistcore.runs.records import Run
from tests.cluster.machines import ROOT, DaskCluster, Postgres, postgres_programs, processes_with
from tests.cluster.server import SEEDS, config_of
from tests.waiting import wait_for

# How each kind of process is known by its command line.
WORKER, SECOND, SERVER, DATABASE = "worker", "second process", "server", "database"
MARKS = {WORKER: "multiprocessing.spawn import spawn_main", SECOND: "mnistcore.training.worker_process"}
VICTIM_SECONDS = 15.0  # to wait for one of the kind that is to be killed
END_SECONDS = 1800.0  # a busy machine is no fault


@dataclass
class Outcome:
    """What came of it, and every fault that was found; no fault, nothing lost."""

    store: str
    killed: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    seconds: float = 0.0
    executions: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Expected:
    """An undisturbed run: its final weights, and its evaluations by step."""

    parameters: np.ndarray
    evaluations: dict[int, float]


def evaluations_of(store: RunStore, run_id: str) -> dict[int, float]:
    history = store.history(run_id)
    steps = set(store.run(run_id).config.evaluate_at_steps) | {0, int(history["step"].iloc[-1])}
    rows = history[history["step"].isin(steps)]
    return dict(zip(rows["step"].tolist(), rows["validation_loss"].tolist(), strict=True))


def undisturbed(folder: Path, epochs: int) -> Callable[[int], Expected]:
    """The run of a seed as it is when nobody disturbs it, trained in this process when it is first asked for."""
    store = RunStore(f"sqlite:///{folder}/undisturbed.db")

    @cache
    def of_seed(seed: int) -> Expected:
        run_id = store.create_run(config_of(seed, epochs), dataset="mnist")
        assert execute_run(store.url, run_id) == "finished"
        return Expected(store.load_weights(run_id).network.parameters, evaluations_of(store, run_id))

    return of_seed


@dataclass(frozen=True)
class Plan:
    """How often to kill, in which order (by seed), and how long each run is; seconds from one kill to the next."""

    kills: int
    seed: int = 0
    epochs: int = 8
    at_once: int = 2  # runs in progress
    pause: tuple[float, float] = (0.5, 4.0)


class Chaos:
    """One store, one server, and whoever kills them."""

    def __init__(self, folder: Path, plan: Plan, postgres: Postgres | None, dask: DaskCluster | None) -> None:
        self.folder, self.plan, self.postgres, self.dask = folder, plan, postgres, dask
        self.random = random.Random(plan.seed)
        self.outcome = Outcome("PostgreSQL, cluster elsewhere" if postgres else "SQLite, local workers")
        self.url = postgres.url if postgres else f"sqlite:///{folder}/runs.db"
        self.environment = os.environ | {
            "MNIST_EXPLORER_STORE": self.url,
            "MNIST_EXPLORER_HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONPATH": str(ROOT),
        }
        (folder / "tmp").mkdir(exist_ok=True)
        if dask is not None:
            self.environment["DASK_SCHEDULER_ADDRESS"] = dask.address
        self.wanted = folder / "wanted"
        self.wanted.write_text("0")
        self.store = RunStore(self.url)
        self.began = time.monotonic()
        self.server = self._start_server()

    def _start_server(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "tests.cluster.server", str(self.wanted), str(self.plan.epochs)]
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def run(self, expected: Callable[[int], Expected]) -> Outcome:
        """Kill as often as planned, wait for the runs to end, and judge."""
        wait_for(self._want_more, END_SECONDS)
        wait_for(lambda: self.victims(WORKER), END_SECONDS)
        while self.outcome.killed.total() < self.plan.kills:
            time.sleep(self.random.uniform(*self.plan.pause))
            self._want_more()
            self._kill_one()
        try:
            wait_for(self._are_all_over, END_SECONDS)
        except AssertionError:
            self.outcome.faults.append(f"not over after {END_SECONDS:g} s")
        self._judge_runs(expected)
        self.outcome.seconds = time.monotonic() - self.began
        self._end()
        return self.outcome

    def _want_more(self) -> bool:
        """So that there is always something to disturb; True once those that are wanted are there."""
        runs, wanted = self.runs(), int(self.wanted.read_text())
        if sum(run.status not in ("finished", "failed") for run in runs) < self.plan.at_once and len(runs) == wanted:
            part = self.wanted.with_suffix(".part")
            part.write_text(str(wanted + self.plan.at_once))
            part.replace(self.wanted)
        return 0 < int(self.wanted.read_text()) == len(self.runs())

    def runs(self) -> list[Run]:
        return [run for run in self.store.runs() if run.name.startswith("chaos")]

    def _are_all_over(self) -> bool:
        runs = self.runs()
        return len(runs) == int(self.wanted.read_text()) and all(run.status in ("finished", "failed") for run in runs)

    def victims(self, kind: str) -> list[int]:
        """Processes of that kind, by the folder in their environment: also those of the cluster elsewhere."""
        if kind == SERVER:
            return [self.server.pid]
        if kind == DATABASE:
            return [self.postgres.pid] if self.postgres else []
        found = processes_with(str(self.folder))
        return sorted(pid for pid, command in found.items() if MARKS[kind] in command)

    def _wait_for_victims(self, kind: str) -> tuple[str, list[int]] | None:
        """None if there have been none of that kind for long."""
        deadline = time.monotonic() + VICTIM_SECONDS
        while not (victims := self.victims(kind)) and time.monotonic() < deadline:
            self._want_more()
            time.sleep(0.1)
        return (kind, victims) if victims else None

    def _kill_one(self) -> None:
        kinds = [WORKER, SERVER]
        kinds += [SECOND] if (os.cpu_count() or 1) > 1 else []
        kinds += [DATABASE] if self.postgres else []
        # The kinds that were spared most come first, so that few kills reach all of them.
        self.random.shuffle(kinds)
        kinds.sort(key=lambda kind: self.outcome.killed[kind])
        kind, victims = next(filter(None, map(self._wait_for_victims, kinds)))
        victim = self.random.choice(victims)
        if kind == DATABASE:
            assert self.postgres is not None
            self.postgres.kill()
            time.sleep(self.random.uniform(0.2, 2))
            self.postgres.start()
        else:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(victim, signal.SIGKILL)
        if victim == self.server.pid:
            self.server.wait()
            self.server = self._start_server()
        self.outcome.killed[kind] += 1
        seconds = time.monotonic() - self.began
        print(f"{seconds:6.1f} s  {self.outcome.store}: {kind} {victim} killed", flush=True)

    def judge(self, run: Run, expected: Expected) -> list[str]:
        """What differs from an undisturbed run."""
        if run.status != "finished":
            return [f"{run.name} is {run.status} at step {run.step:,} of {run.total_steps or 0:,}: {run.message}"]
        faults = []
        if self.store.load_weights(run.id).network.parameters.tobytes() != expected.parameters.tobytes():
            faults.append(f"{run.name} has other weights")
        steps = self.store.history(run.id)["step"].tolist()
        if steps != sorted(set(steps)):
            faults.append(f"{run.name} has a step twice in its history")
        if evaluations_of(self.store, run.id) != expected.evaluations:
            faults.append(f"{run.name} has a gap in its history, or another evaluation")
        return faults

    def _judge_runs(self, expected: Callable[[int], Expected]) -> None:
        runs = self.runs()
        self.outcome.runs = len(runs)
        for run in runs:
            number = int(run.name.split()[1])
            self.outcome.faults += self.judge(run, expected(number % SEEDS))
        if len(runs) != int(self.wanted.read_text()) or len({run.name for run in runs}) != len(runs):
            self.outcome.faults.append(f"{self.wanted.read_text()} runs were submitted, {len(runs)} are there")

    def _end(self) -> None:
        """End what still runs, politely; nothing may be left of it."""
        self.store.close()
        self.server.terminate()
        if self.server.wait(timeout=60) != 0:
            self.outcome.faults.append(f"the server ended with {self.server.returncode}")
        if self.dask is not None:
            self.dask.end()
        try:
            wait_for(lambda: not processes_with(str(self.folder)), 20)
        except AssertionError:
            self.outcome.faults += [f"left: {command}" for command in processes_with(str(self.folder)).values()]
        self.outcome.faults += [f"left: {path}" for path in self.left_files()]

    def end_server(self) -> None:
        """For when something else went wrong."""
        self.server.kill()
        self.server.wait()

    def left_files(self) -> list[Path]:
        """Temporary files that nobody needs any more; Dask keeps its folder with two locks."""
        kept = {"global.lock", "purge.lock"}
        found = [path for path in (self.folder / "tmp").rglob("*") if path.is_file() and path.name not in kept]
        return [*found, *self.folder.rglob("*.part")]


def disturb(folder: Path, postgres: Postgres | None, plan: Plan, expected: Callable[[int], Expected]) -> Outcome:
    """All of it, on SQLite with local workers or on PostgreSQL with a scheduler and two workers elsewhere."""
    with ExitStack() as stack:
        dask = None
        folder.mkdir()
        if postgres is not None:
            dask = DaskCluster(folder, MNIST_EXPLORER_HOME=str(folder))
            stack.callback(dask.close)
            dask.start_scheduler()
            for _ in range(2):
                dask.start_worker()
        chaos = Chaos(folder, plan, postgres, dask)
        stack.callback(chaos.end_server)
        return chaos.run(expected)


def print_table(outcomes: list[Outcome]) -> None:
    kinds = (WORKER, SECOND, SERVER, DATABASE)
    headings = ("store", *kinds, "kills", "runs", "seconds", "faults")
    rows = [
        (one.store, *(str(one.killed[kind]) for kind in kinds), str(one.killed.total()), str(one.runs),
         f"{one.seconds:.0f}", str(len(one.faults)))
        for one in outcomes
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    for row in [headings, *rows]:
        print("  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip())
    for one in outcomes:
        for fault in one.faults:
            print(f"{one.store}: {fault}")
    if not any(one.faults for one in outcomes):
        print(
            "No run was lost or failed; all weights are, bit for bit, those of undisturbed runs; no history has a gap"
        )
        print("or a step twice; no process and no temporary file is left.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    plan, outcomes = Plan(arguments.kills, arguments.seed), []
    with tempfile.TemporaryDirectory(prefix="explorer-chaos-") as folder:
        expected = undisturbed(Path(folder), plan.epochs)
        outcomes.append(disturb(Path(folder) / "sqlite", None, plan, expected))
        if postgres_programs() is None:
            print("PostgreSQL is missing (Debian: apt-get install postgresql): only SQLite was tried")
        else:
            postgres = Postgres()
            try:
                outcomes.append(disturb(Path(folder) / "postgresql", postgres, plan, expected))
            finally:
                postgres.remove()
    print_table(outcomes)
    return 1 if any(one.faults for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
