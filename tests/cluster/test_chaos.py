"""The short form of `make chaos`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mnistcore.data import Dataset
from tests.cluster.chaos import Expected, Plan, disturb, undisturbed
from tests.cluster.machines import Postgres

PLAN = Plan(kills=4, epochs=3, at_once=1, pause=(0.3, 1.0))


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Expected]:
    return undisturbed(tmp_path_factory.mktemp("undisturbed"), PLAN.epochs)


@pytest.mark.mnist
def test_kills_on_sqlite_are_not_to_be_seen(
    mnist: Dataset, tmp_path: Path, expected: Callable[[int], Expected]
) -> None:
    outcome = disturb(tmp_path / "chaos", None, PLAN, expected)
    assert outcome.faults == []
    assert outcome.killed.total() == PLAN.kills


@pytest.mark.mnist
def test_kills_on_postgresql_and_a_cluster_elsewhere_are_not_to_be_seen(
    mnist: Dataset, tmp_path: Path, expected: Callable[[int], Expected], postgres: Postgres
) -> None:
    outcome = disturb(tmp_path / "chaos", postgres, PLAN, expected)
    assert outcome.faults == []
    assert outcome.killed.total() == PLAN.kills
