"""What the tests of a cluster share: PostgreSQL and Dask in processes of their own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.machines import DaskCluster, Postgres, postgres_programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for all tests, each of which leaves it running."""
    if postgres_programs() is None:
        reason = "no PostgreSQL found: install it (Debian: apt-get install postgresql)"
        if os.environ.get("MNIST_EXPLORER_REQUIRE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    server = Postgres()
    yield server
    server.remove()


@pytest.fixture
def dask(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DaskCluster]:
    """A cluster elsewhere, which engines are to use; nothing of it runs yet."""
    cluster = DaskCluster(tmp_path, MNIST_EXPLORER_HOME=str(own_home))
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.address)
    yield cluster
    cluster.close()
