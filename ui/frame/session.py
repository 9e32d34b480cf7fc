"""What every session shares: the run store, the engine and the data sets, each opened once per server process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.errors import ExplorerError

if TYPE_CHECKING:
    from mnistcore.data import Dataset
    from mnistcore.runs import Engine, RunStore

PREPARE_AFTER = 1.5  # seconds: the first page comes first

log = logging.getLogger(__name__)


def get_store() -> RunStore:
    """The run store that `MNIST_EXPLORER_STORE` names, else the one in the user's data folder."""
    from mnistcore.runs import default_store_url

    return _open_store(default_store_url())


def get_engine() -> Engine:
    """The engine of this server: its workers start in the background, and interrupted runs are recovered."""
    from mnistcore.runs import default_store_url

    return _start_engine(default_store_url())


def get_dataset(name: str) -> Dataset:
    """The data set `name` as one read-only copy shared by all sessions.

    Raises DataError or RunError when it cannot be found; wrap the call in `guard()`.
    """
    return get_store().open_dataset(name)


def prepare_store() -> None:
    """Once per server: a store that has never had a run is given the network that ships with the program."""
    from mnistcore.runs import default_store_url

    try:
        _give_network(default_store_url())
    except ExplorerError as error:
        log.warning("%s", error)  # a page that opens the store shows it too


@st.cache_resource(show_spinner=False)
def _give_network(url: str) -> str | None:
    from mnistcore.pretrained import import_pretrained

    return import_pretrained(_open_store(url))


@st.cache_resource(show_spinner=False)
def prepare_data() -> threading.Thread:
    """Prepare the data in the background, once per server: download MNIST if missing, load what runs learn from."""
    from mnistcore.data import find_mnist, mnist_download

    if find_mnist() is None:
        mnist_download().start()
    thread = threading.Thread(target=_prepare, name="prepare-data", daemon=True)
    thread.start()
    return thread


def _prepare() -> None:
    time.sleep(PREPARE_AFTER)
    from mnistcore.data import default_dataset_name, load_dataset

    try:
        # Also what the network that ships with the program has learned from: its pages show it first.
        load_dataset("mnist-drawn" if default_dataset_name() == "mnist" else "generated")
    except ExplorerError as error:
        log.warning("%s", error)  # the page that wants it says so too


@contextmanager
def guard() -> Iterator[None]:
    """Show the message of an ExplorerError where it occurs, and stop the page there.

    An outage of the store is raised: the router shows it.
    """
    try:
        yield
    except ExplorerError as error:
        from mnistcore.runs import StoreUnavailableError

        if isinstance(error, StoreUnavailableError):
            raise
        st.error(str(error), icon=":material/error:")
        st.stop()


@st.cache_resource(show_spinner=False)
def _open_store(url: str) -> RunStore:
    from threadpoolctl import threadpool_limits

    from mnistcore.runs import RunStore

    # For the rest of the server's life: while a run trains, BLAS threads wait for each other. 10,000 images through
    # lenet then took 1.9 to 3.1 s with two of them, 0.2 to 0.4 s with one.
    threadpool_limits(1, "blas")
    return RunStore(url)


_engines: list[Engine] = []


@st.cache_resource(show_spinner=False)
def _start_engine(url: str) -> Engine:
    from mnistcore.experiments import advance
    from mnistcore.runs import Engine

    engine = Engine(_open_store(url), coordinate=advance)
    _engines.append(engine)
    return engine


def close_engines() -> None:
    """Stop the workers of this server."""
    while _engines:
        _engines.pop().close()
