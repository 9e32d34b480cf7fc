"""A race with real worker processes: more runs than workers begin together, and none waits for another's end."""

from collections.abc import Iterator

import numpy as np
import pytest
from tiny_digits import parameters_after, tiny_config, tiny_dataset

from mnistcore.errors import RunError
from mnistcore.runs import Engine, RunStore
from mnistcore.runs.racing import StartLine
from tests.waiting import wait_for

LONG = {"epochs": 100_000}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunStore, Engine, str]]:
    """One engine of a single worker: (store, engine, name of a tiny data set)."""
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('racing')}/runs.db")
    with Engine(store, workers=1) as started:
        yield store, started, store.add_dataset(tiny_dataset())
    store.close()


def processes(store: RunStore, run_ids: list[str]) -> set[str | None]:
    return {store.run(run_id).worker for run_id in run_ids}


def test_three_runs_train_at_once_on_one_worker_and_are_held_and_released_together(shared) -> None:
    store, engine, dataset = shared
    ids = engine.race([(tiny_config(seed=seed, **LONG), f"racer {seed}") for seed in range(3)], dataset)
    assert [store.run(run_id).name for run_id in ids] == ["racer 0", "racer 1", "racer 2"]
    later = engine.submit(tiny_config(epochs=2), dataset=dataset)
    wait_for(lambda: all(store.run(run_id).step > 0 for run_id in ids))
    assert all(store.run(run_id).status == "running" for run_id in ids)
    assert len(processes(store, ids)) == 3
    engine.hold_together(ids)
    wait_for(lambda: all(store.run(run_id).is_held for run_id in ids))
    held = [store.run(run_id).step for run_id in ids]
    assert store.run(later).status == "queued"  # the workers that were added are for the race alone
    engine.release_together(ids)
    wait_for(lambda: all(store.run(run_id).step > step for run_id, step in zip(ids, held, strict=True)))
    for run_id in ids:
        engine.stop(run_id)
    wait_for(lambda: store.run(later).status == "finished")
    assert {store.run(run_id).status for run_id in ids} == {"stopped"}
    wait_for(lambda: len(engine._dispatcher._cluster._local.workers) == 1)


def test_a_run_of_a_race_ends_with_the_weights_that_it_would_have_alone(shared) -> None:
    store, engine, dataset = shared
    ids = engine.race([(tiny_config(epochs=3), None), (tiny_config(epochs=3, seed=8), None)], dataset)
    wait_for(lambda: all(store.run(run_id).status == "finished" for run_id in ids))
    weights = store.load_weights(ids[0])
    assert np.array_equal(weights.network.parameters, parameters_after(weights.step, epochs=3))


def test_where_one_cannot_be_stored_none_is_and_the_number_is_bounded(shared) -> None:
    store, engine, dataset = shared
    before = {run.id for run in store.runs()}
    lost = tiny_config(start_from={"run": "0123456789ab"})
    with pytest.raises(RunError, match="0123456789ab"):
        engine.race([(tiny_config(), None), (lost, None)], dataset)
    with pytest.raises(RunError, match="2 to 4 networks, got 5"):
        engine.race([(tiny_config(), None)] * 5, dataset)
    assert {run.id for run in store.runs()} == before


def test_those_at_the_start_line_wait_for_one_that_has_no_worker_but_not_for_ever(shared, monkeypatch) -> None:
    store, _, dataset = shared
    ids = [store.create_run(tiny_config(), dataset, owner="nobody", hold_at=0) for _ in range(2)]
    line = StartLine()
    line.add([*ids, "0123456789ab"])  # one that was removed meanwhile
    line.look(store)
    assert line.is_waiting
    store_run = store.run

    def held_run(run_id: str):
        from dataclasses import replace

        found = store_run(run_id)
        return replace(found, status="running", total_steps=9) if run_id == ids[0] else found

    monkeypatch.setattr(store, "run", held_run)
    line.look(store)
    assert line.is_waiting
    monkeypatch.setattr("mnistcore.runs.racing.START_SECONDS", 0.0)
    line.look(store)
    assert not line.is_waiting
