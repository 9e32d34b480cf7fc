"""What every test shares: its place among the workers, an own data folder, and the real MNIST where it can be had."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Tests run side by side: BLAS threads would spin and wait for each other. Read when NumPy is imported, so set before.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

MONKEY = "tests/browser/test_monkey.py"
REQUIRED = os.environ.get("MNIST_EXPLORER_REQUIRE") == "1"

# The same examples in every run, and no clock: on a busy machine a slow example is not a fault.
settings.register_profile(
    "explorer", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("explorer")


def work_unit(nodeid: str) -> str:
    """What stays together on one worker: a file, or all of tests/cluster with its one PostgreSQL, or all of
    tests/browser with its one server and one Chromium.

    But not the monkey, which has servers of its own.
    """
    path = nodeid.partition("::")[0]
    if path.startswith("tests/cluster/"):
        return "cluster"
    return "browser" if path.startswith("tests/browser/") and path != MONKEY else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hands out work units; xdist's own groups (3.8) are lost on pytest 9.2, where a test's id cannot be changed."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return work_unit(nodeid)

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest units first, each on a worker: the short ones fill up what is left of both."""
    longest = ("browser", "cluster", MONKEY, "tests/core/test_engine.py", "tests/install/test_wheel.py")
    place = {unit: number for number, unit in enumerate(longest)}
    items.sort(key=lambda item: place.get(work_unit(item.nodeid), len(place)))


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the user's data folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("MNIST_EXPLORER_HOME", str(home))
    monkeypatch.delenv("MNIST_EXPLORER_STORE", raising=False)
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    return home


@pytest.fixture
def mnist():
    """The real MNIST; where it is missing the test is skipped, or fails if MNIST_EXPLORER_REQUIRE=1 demands it."""
    from mnistcore.data import find_mnist, load_dataset

    if find_mnist() is None:
        reason = "real MNIST not found: set MNIST_EXPLORER_DATA to the folder with its four files"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return load_dataset("mnist")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-control", action="store_true", help="the monkey uses every control of every page")
    parser.addoption("--monkey-seed", type=int, default=0, help="the order in which the monkey uses them")
