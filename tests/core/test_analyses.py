"""Analyses: asked for once, worked on elsewhere, kept; and what becomes of those that fail, end early or are lost."""

import sqlite3
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import RunError
from mnistcore.runs import Analysis, Engine, RunStore, analyses, analysis_job, execute_run
from mnistcore.runs.tables import AnalysisRow
from tests.waiting import wait_for

Analyse = Callable[[RunStore, dict[str, Any]], Iterator[tuple[float, dict[str, Any]]]]


@pytest.fixture
def store() -> RunStore:
    return RunStore()


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Callable[[Analyse], str]:
    """Have a function be a kind of analysis."""

    def register(analyse: Analyse) -> str:
        module = types.ModuleType("mnistcore.analyses.sample")
        module.analyse = analyse  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return "sample"

    monkeypatch.setattr(analysis_job, "REPORT_SECONDS", 0)
    return register


def find(store: RunStore, arguments: dict[str, Any]) -> Analysis:
    found = store.analysis("sample", arguments)
    assert found is not None
    return found


def make(store: RunStore, arguments: dict[str, Any]) -> Analysis:
    key, owner = analyses.queue(store.database, "sample", arguments)
    assert owner is not None
    analysis_job.work(store, key, owner)
    return find(store, arguments)


def test_results_grow_are_kept_and_belong_to_their_arguments(store: RunStore, kind: Callable[[Analyse], str]):
    seen = []

    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        squares: list[int] = []
        for number in range(arguments["count"]):
            squares.append(number**2)
            yield (number + 1) / arguments["count"], {"squares": squares}
            seen.append(find(store, arguments))

    kind(analyse)
    assert store.analysis("sample", {"count": 3}) is None
    done = make(store, {"count": 3})
    assert (done.status, done.progress, done.result) == ("finished", 1.0, {"squares": [0, 1, 4]})
    assert [(found.status, found.result) for found in seen[:2]] == [
        ("running", {"squares": [0]}),
        ("running", {"squares": [0, 1]}),
    ]
    assert analyses.queue(store.database, "sample", {"count": 3}) == (done.key, None)
    assert store.analysis("sample", {"count": 2}) is None
    store.forget_analysis(done.key)
    assert store.analysis("sample", {"count": 3}) is None


def test_the_order_of_arguments_makes_no_difference():
    assert analyses.analysis_key("a", {"x": 1, "y": [2.5]}) == analyses.analysis_key("a", {"y": [2.5], "x": 1})
    assert analyses.analysis_key("a", {"x": 1}) != analyses.analysis_key("b", {"x": 1})


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RunError("the level is 5: choose 1 to 4"), "the level is 5: choose 1 to 4"),
        (MemoryError(), "not enough memory"),
        (KeyError("x"), "KeyError"),
    ],
)
def test_what_fails_says_why_and_may_be_tried_again(
    store: RunStore, kind: Callable[[Analyse], str], error: Exception, message: str
):
    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        yield 0.5, {}
        raise error

    kind(analyse)
    failed = make(store, {})
    assert failed.status == "failed"
    assert message in (failed.message or "")
    assert analyses.queue(store.database, "sample", {})[1] is not None
    assert find(store, {}).message is None


def test_a_cancelled_one_stops_and_writes_no_more(store: RunStore, kind: Callable[[Analyse], str]):
    closed = []

    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        try:
            yield 0.2, {"before": 1}
            analyses.cancel(store.database, find(store, arguments).key)
            for _ in range(1000):  # far more than are needed to notice it
                yield 0.4, {"after": 1}
        finally:
            closed.append(True)

    kind(analyse)
    found = make(store, {})
    assert (found.status, found.result) == ("cancelled", {"before": 1})
    assert closed == [True]


def test_a_submission_that_was_cancelled_or_taken_over_is_not_worked_on(
    store: RunStore, kind: Callable[[Analyse], str]
):
    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        yield 1.0, {"by": "somebody"}

    kind(analyse)
    key, owner = analyses.queue(store.database, "sample", {})
    assert owner is not None
    analyses.cancel(store.database, key)
    analysis_job.work(store, key, owner)
    assert find(store, {}).status == "cancelled"
    analyses.queue(store.database, "sample", {})
    analysis_job.work(store, key, owner)
    assert find(store, {}).status == "queued"


def test_one_that_nobody_works_on_any_more_can_be_asked_for_again(store: RunStore):
    _, owner = analyses.queue(store.database, "sample", {})
    assert owner is not None
    assert analyses.queue(store.database, "sample", {})[1] is None
    analyses.hold(store.database, [owner], heartbeat_at=0.0)
    assert store.analysis("sample", {}) is None
    assert analyses.queue(store.database, "sample", {})[1] is not None


def test_what_is_too_large_or_has_no_module_is_refused(store: RunStore, kind: Callable[[Analyse], str]):
    with pytest.raises(RunError, match="at most 20,000 characters"):
        store.analysis("sample", {"text": "x" * 20_000})
    with pytest.raises(RunError, match=r"no analysis '\.\./secrets'"):
        store.analysis("../secrets", {})
    with pytest.raises(ValueError, match="JSON"):
        store.analysis("sample", {"x": float("nan")})

    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        yield 1.0, {"text": "x" * 4_000_000}

    kind(analyse)
    assert "at most 4,000,000 characters" in (make(store, {}).message or "")


def test_only_the_newest_results_are_kept(store: RunStore, kind: Callable[[Analyse], str], monkeypatch):
    def analyse(store: RunStore, arguments: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
        yield 1.0, arguments

    kind(analyse)
    for number in range(4):
        make(store, {"number": number})
    monkeypatch.setattr(analyses, "KEPT", 2)
    analyses.purge(store.database)
    assert [store.analysis("sample", {"number": number}) is not None for number in range(4)] == [
        False,
        False,
        True,
        True,
    ]


def test_what_nobody_works_on_any_more_does_not_stay_for_ever(
    store: RunStore, kind: Callable[[Analyse], str], monkeypatch
):
    abandoned, awaited = (analyses.queue(store.database, "sample", {"number": number})[1] for number in range(2))
    assert abandoned is not None
    analyses.hold(store.database, [abandoned], heartbeat_at=0)
    monkeypatch.setattr(analyses, "KEPT", 0)
    analyses.purge(store.database)
    with store.database.connect() as connection:
        assert list(connection.execute(select(AnalysisRow.owner)).scalars()) == [awaited]


def test_a_store_of_the_first_version_gets_the_table_and_keeps_its_runs(tmp_path: Path):
    path = tmp_path / "old.db"
    old = RunStore(f"sqlite:///{path}")
    from mnistcore.training import recipe

    run_id = old.create_run(recipe("first-network").config)
    old.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE analyses")
        connection.execute("UPDATE schema_version SET version = 1")
    connection.close()
    store = RunStore(f"sqlite:///{path}")
    assert store.run(run_id).status == "queued"
    assert store.analysis("sample", {}) is None
    analyses.queue(store.database, "sample", {})
    assert RunStore(f"sqlite:///{path}").analysis("sample", {}) is not None


def ended(store: RunStore, kind: str, arguments: dict[str, Any]) -> Analysis | None:
    """The analysis, once no worker has anything to do with it any more."""
    found = store.analysis(kind, arguments)
    return None if found is None or found.status in ("queued", "running") else found


def test_a_worker_makes_what_the_engine_takes_on(store: RunStore):
    arguments = {"config": {"epochs": -1}, "dataset": "generated"}
    dataset = tiny_dataset()
    run_id = store.create_run(tiny_config(), dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint)
    execute_run(store.url, run_id)
    stress = {"runs": [{"id": run_id, "step": store.run(run_id).step}], "dataset": store.run(run_id).dataset}
    stress |= {"distortion": "noise", "count": 50, "seed": 0}
    with Engine(store, workers=1) as engine:
        engine.analyse("stress", stress)
        key = engine.analyse("batch_sizes", arguments)
        unknown = engine.analyse("of_the_future", {})
        assert engine.analyse("batch_sizes", arguments) == key
        done, failed, of_the_future = (
            wait_for(lambda asked=asked: ended(store, *asked))
            for asked in (("stress", stress), ("batch_sizes", arguments), ("of_the_future", {}))
        )
    assert done.status == "finished", done.message
    assert done.result is not None
    assert len(done.result["accuracy"][run_id]) == len(done.result["levels"])
    assert (failed.status, of_the_future.status) == ("failed", "failed")
    assert "epochs" in (failed.message or "")
    assert of_the_future.key == unknown
    assert "there is no analysis 'of_the_future'" in (of_the_future.message or "")
