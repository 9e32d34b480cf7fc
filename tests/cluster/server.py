"""A server for `chaos.py`: an engine on the store, which submits the runs that are wanted, until it is told to end."""

import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from mnistcore.runs import Engine, RunStore, StoreUnavailableError
from mnistcore.training import TrainingConfig, recipe
from tests.waiting import wait_for

NAMES = "chaos {}"
SEEDS = 2


def config_of(number: int, epochs: int) -> TrainingConfig:
    """Long enough for a second process; its evaluation steps have to be in the history whatever happens."""
    steps = list(range(200, 900 * epochs, 200))
    settings = {"epochs": epochs, "seed": number % SEEDS, "validation_size": 1000, "evaluate_at_steps": steps}
    return recipe("first-network").config.overridden(settings)


def submit_missing(engine: Engine, store: RunStore, wanted: int, epochs: int) -> None:
    """A server that was killed in between may have submitted some of them."""
    names = {run.name for run in store.runs()}
    for number in range(wanted):
        if NAMES.format(number) not in names:
            engine.submit(config_of(number, epochs), dataset="mnist", name=NAMES.format(number))


def serve(wanted: Path, epochs: int, ended: threading.Event) -> None:
    """``wanted``: a file that says how many runs there should be."""
    store = wait_for(open_store)
    with Engine(store, workers=2) as engine:
        while not ended.wait(0.3):
            with suppress(StoreUnavailableError):
                submit_missing(engine, store, int(wanted.read_text()), epochs)
    store.close()


def open_store() -> RunStore | None:
    """None while the database does not answer."""
    with suppress(StoreUnavailableError):
        return RunStore()
    return None


if __name__ == "__main__":
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    serve(Path(sys.argv[1]), int(sys.argv[2]), told)
