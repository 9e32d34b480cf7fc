"""Everything is pressed, on every page, in three states of the machine: nothing may break.

A few controls of each page in one of the states, chosen from a fixed seed; `make monkey` uses every one in all three.
"""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from dashboard import Server, running_server, wait_until_still
from monkey import Monkey
from playwright.sync_api import BrowserContext

from mnistcore.errors import RunError
from mnistcore.experiments.actions import stop_experiment
from mnistcore.experiments.records import experiments
from mnistcore.runs import RunStore, execute_run, lifecycle
from mnistcore.runs.job import work
from mnistcore.training import parse_config
from tests.waiting import wait_for
from ui.frame.page import PAGES

pytestmark = pytest.mark.browser

QUICK = 2  # controls a page
STATES = ("fresh", "several", "running")
NAME = "[a](b) **c** `d` $e$ :red[f] <i>g</i> " + "long " * 32
SMALL = {"train_size": 2_000, "validation_size": 500, "epochs": 1}
ENDED = {
    "dense": {"layers": [{"units": 32}]},
    "convolution": {"layers": [{"kind": "conv2d", "filters": 4, "kernel": 5}, {"kind": "flatten"}]},
    NAME: {"layers": []},
    "diverged": {"optimizer": {"kind": "sgd"}, "learning_rate": 100.0, "loss": "linear_squared_error"},
}
LONG = {"batch_size": 16, "epochs": 2_000}


def add_ended_runs(store: RunStore) -> None:
    """One of each kind of run that does not move: finished, diverged, paused, stopped."""
    present = {run.name for run in store.runs()}
    for name, settings in ENDED.items():
        if name not in present:
            run_id = store.create_run(parse_config(SMALL | settings), dataset="mnist", name=name)
            assert execute_run(store.url, run_id) == ("diverged" if name == "diverged" else "finished")
    for name, command in (("paused", lifecycle.pause), ("stopped", lifecycle.stop)):
        if name not in present:
            run_id = store.create_run(parse_config(LONG), dataset="mnist", name=name)
            for progress in work(store, run_id):
                if progress.step > 100:
                    command(store.database, run_id, *(["the test"] if name == "stopped" else []))
            assert store.run(run_id).status == name


def stop(store: RunStore, run_id: str) -> None:
    lifecycle.stop(store.database, run_id, lifecycle.new_owner())


def add_running_run(store: RunStore, name: str = "running") -> str:
    """A run that the server's engine finds at once and works on; returns its id once it has begun to learn."""
    running = next((run for run in store.runs() if run.name == name and run.is_active), None)
    owner = lifecycle.new_owner()
    run_id = running.id if running else store.create_run(parse_config(LONG), dataset="mnist", name=name, owner=owner)
    lifecycle.release(store.database, [owner])
    wait_for(lambda: store.run(run_id).step > 100)
    return run_id


def end_all(store: RunStore) -> None:
    """Stop what is in progress: the next page begins in the state that it is about."""
    for experiment in experiments(store):
        with suppress(RunError):  # it is over; else it would go on with another member for each one that is stopped
            stop_experiment(store, experiment.id)
    for run in store.runs():
        if run.is_active:
            stop(store, run.id)
    wait_for(lambda: not any(run.is_active for run in store.runs()))


def explore_all(
    server: Server, browser: BrowserContext, state: str, controls: int | None, seed: int, prepare: Callable[[], None]
) -> None:
    """All pages in one state, each put into that state again before the monkey comes."""
    page = browser.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.set_default_timeout(30_000)
    page.goto(server.url)
    page.get_by_role("heading", level=1).wait_for()
    wait_until_still(page)
    monkey = Monkey(page, server, random.Random(f"{state} {seed}"))
    addresses = [*PAGES]
    random.Random(seed).shuffle(addresses)
    if controls is not None:  # each page in one of the states
        addresses = addresses[STATES.index(state) :: len(STATES)]
    for address in addresses:
        prepare()
        monkey.explore(address, controls)
        if controls is None:
            monkey.try_bad_addresses(address)
    page.close()
    problems = "\n".join(monkey.problems.values())
    print(f"{state}: {monkey.used} controls used, {len(monkey.problems)} problems\n{problems}")
    assert not problems, problems


@pytest.fixture
def how_many(request) -> int | None:
    return None if request.config.getoption("--every-control") else QUICK


@pytest.fixture
def seed(request) -> int:
    return request.config.getoption("--monkey-seed")


@pytest.fixture(scope="module")
def busy_server(browser, tmp_path_factory):
    """A server of its own: what the monkey does to its runs is nobody else's business."""
    with running_server(tmp_path_factory.mktemp("monkey")) as running:
        yield running


def test_on_a_fresh_machine_without_mnist(browser, tmp_path, how_many, seed):
    with running_server(tmp_path, MNIST_EXPLORER_DATA="") as server:
        store = RunStore(server.store_url)
        explore_all(server, browser, "fresh", how_many, seed, lambda: end_all(store))


def test_with_several_runs(busy_server, browser, how_many, seed):
    store = RunStore(busy_server.store_url)

    def prepare() -> None:
        end_all(store)
        add_ended_runs(store)

    explore_all(busy_server, browser, "several", how_many, seed, prepare)


def test_while_a_run_is_in_progress(busy_server, browser, how_many, seed):
    store = RunStore(busy_server.store_url)
    explore_all(busy_server, browser, "running", how_many, seed, lambda: add_running_run(store))
    end_all(store)
