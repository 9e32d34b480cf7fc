"""Experiments in the store: no member twice, none lost, the same in the end whoever was killed in between."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments import (
    Member,
    actions,
    advance,
    create_experiment,
    experiment,
    experiments,
    members,
    parse_experiment,
    parse_variation,
    records,
)
from mnistcore.experiments.coordinator import tried
from mnistcore.experiments.results import best_of, combinations, compare, comparison_words, plan_words, summary
from mnistcore.runs import RunStore, execute_run, lifecycle
from mnistcore.runs.chosen_steps import comparable_steps
from mnistcore.runs.lifecycle import ActiveRun
from mnistcore.runs.run_queue import in_turn

WORKERS = 2
VARY = {"learning_rate": parse_variation("log:1e-4:1.0"), "units": parse_variation("4,12")}


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


@pytest.fixture
def begin(store: RunStore) -> Callable[..., str]:
    """Begin an experiment on the tiny digits: six combinations at random unless told otherwise."""
    dataset = store.add_dataset(tiny_dataset())

    def run(**settings: Any) -> str:
        usual: dict[str, Any] = {"base": tiny_config(epochs=3), "vary": VARY, "sampler": "random", "runs": 6}
        return create_experiment(store, parse_experiment(usual | {"dataset": dataset} | settings))

    return run


def work_off(store: RunStore, most: int = 1000) -> int:
    """What engine and workers do, one run after the other, until nothing is queued any more; how many were done."""
    done = 0
    while queued := advance(store, WORKERS):
        for run_id, owner in queued:
            if done == most:
                return done
            execute_run(store.url, run_id, owner)
            done += 1
    return done


def places(found: list[Member]) -> list[tuple[int, int]]:
    return [(member.combination, member.repeat) for member in found]


def outcome(store: RunStore, experiment_id: str) -> list[tuple[Any, ...]]:
    """All that must not depend on who was killed when: values, status and weights of each member."""
    return [
        (member.values, member.status, member.pauses_at, store.load_weights(member.run_id).network.parameters.tobytes())
        for member in members(store, experiment_id)
    ]


def test_a_grid_runs_every_combination_with_every_seed_and_ends(store: RunStore, begin: Callable[..., str]) -> None:
    vary = {"units": parse_variation("4,12"), "learning_rate": parse_variation("0.001,0.01")}
    experiment_id = begin(vary=vary, sampler="grid", runs=None, seeds=2)
    assert work_off(store) == 8
    found = members(store, experiment_id)
    assert places(found) == [(number, repeat) for number in range(4) for repeat in range(2)]
    assert [member.values["units"] for member in found] == [4, 4, 4, 4, 12, 12, 12, 12]
    assert {member.status for member in found} == {"finished"}
    assert experiment(store, experiment_id).status == "finished"
    runs = [store.run(member.run_id) for member in found]
    assert [run.config.seed for run in runs] == [0, 1] * 4
    assert runs[0].name == "units 4, learning_rate 0.001 · seed 0"
    assert (runs[3].experiment, runs[3].combination, runs[3].repeat) == (experiment_id, 1, 1)
    assert advance(store, WORKERS) == []


def test_no_more_wait_than_there_are_workers(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin()
    assert len(advance(store, WORKERS)) == WORKERS
    assert advance(store, WORKERS) == []
    assert len(members(store, experiment_id)) == WORKERS
    single = store.create_run(tiny_config())
    assert len(store.runs()) == WORKERS + 1
    assert [run.id for run in store.runs(include_members=False)] == [single]


def test_servers_that_share_a_store_make_no_member_twice(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin(runs=20)
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: advance(store, 20), range(8)))
    assert sum(map(len, rounds)) == 20
    assert places(members(store, experiment_id)) == [(number, 0) for number in range(20)]


def test_halving_lets_the_better_third_go_on_and_says_so(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin(stop_early=True)
    work_off(store)
    found = members(store, experiment_id)
    finished = [member for member in found if member.status == "finished"]
    stopped = [member for member in found if member.status == "paused"]
    assert (len(finished), len(stopped)) == (2, 4)
    lowest = min(member.at_shares[1 / 3] for member in finished)
    assert lowest >= max(member.at_shares[1 / 3] for member in stopped)
    assert "Stopped early: after 33% of its steps" in (store.run(stopped[0].run_id).message or "")
    assert experiment(store, experiment_id).is_over
    actions.let_finish(store, stopped[0].run_id)
    execute_run(store.url, stopped[0].run_id)
    assert store.run(stopped[0].run_id).status == "finished"
    with pytest.raises(RunError, match="Only a run that was stopped early can be let finish"):
        actions.let_finish(store, finished[0].run_id)


@pytest.mark.parametrize("stop_early", [False, True])
def test_killed_at_any_moment_it_ends_with_the_same_members(
    store: RunStore, begin: Callable[..., str], stop_early: bool
) -> None:
    undisturbed = begin(stop_early=stop_early)
    work_off(store)
    disturbed = begin(stop_early=stop_early)
    rng = np.random.default_rng(0)
    while not experiment(store, disturbed).is_over:
        queued = advance(store, WORKERS)  # the server is killed here: its submissions are known to nobody
        store.close()
        for member in members(store, disturbed):
            run = store.run(member.run_id)
            if run.status == "queued" and rng.random() < 0.7:
                execute_run(store.url, run.id)  # another engine takes it over
        assert queued or experiment(store, disturbed).is_over or stop_early or members(store, disturbed)
    assert outcome(store, disturbed) == outcome(store, undisturbed)


def test_pause_resume_and_stop_reach_every_member(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin()
    advance(store, WORKERS)
    actions.pause_experiment(store, experiment_id)
    assert {member.status for member in members(store, experiment_id)} == {"paused"}
    assert advance(store, WORKERS) == []
    with pytest.raises(RunError, match="Only an experiment that is running can be paused"):
        actions.pause_experiment(store, experiment_id)
    actions.resume_experiment(store, experiment_id)
    waiting = lifecycle.active_runs(store.database)
    assert len(waiting) == WORKERS
    assert all(run.heartbeat_at == 0 for run in waiting)  # whichever engine looks first takes them
    for run in waiting:
        execute_run(store.url, run.id)
    work_off(store, most=2)
    actions.stop_experiment(store, experiment_id)
    for run in lifecycle.active_runs(store.database):
        execute_run(store.url, run.id)
    assert not any(store.run(member.run_id).is_active for member in members(store, experiment_id))
    assert experiment(store, experiment_id).status == "stopped"
    with pytest.raises(RunError, match="is over already"):
        actions.stop_experiment(store, experiment_id)


def test_it_is_extended_and_narrowed_but_what_is_common_stays(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin(runs=2)
    work_off(store)
    before = experiment(store, experiment_id).config
    narrow = {"learning_rate": parse_variation("log:1e-3:1e-2"), "units": VARY["units"]}
    records.change_config(store, experiment_id, parse_experiment(dict(before) | {"runs": 5, "vary": narrow}))
    assert experiment(store, experiment_id).status == "running"
    work_off(store)
    found = members(store, experiment_id)
    assert len(found) == 5
    assert all(1e-3 <= member.values["learning_rate"] <= 1e-2 for member in found[2:])
    with pytest.raises(ConfigError, match="base: it stays as it is for the whole experiment"):
        records.change_config(store, experiment_id, parse_experiment(dict(before) | {"base": tiny_config(epochs=9)}))
    other = parse_experiment(dict(before) | {"vary": {"batch_size": parse_variation("16,32")}})
    with pytest.raises(ConfigError, match="vary: learning_rate, units vary in this experiment"):
        records.change_config(store, experiment_id, other)


def test_its_time_is_up(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin(runs=None, minutes=1)
    assert len(advance(store, WORKERS)) == WORKERS
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE experiments SET running_since = running_since - 61")
    for run in lifecycle.active_runs(store.database):
        execute_run(store.url, run.id)
    assert advance(store, WORKERS) == []
    found = experiment(store, experiment_id)
    assert (found.status, found.message) == ("finished", "Its time is up.")


def test_what_diverged_counts_as_guessing_and_what_runs_as_running(store: RunStore, begin: Callable[..., str]) -> None:
    base = tiny_config(loss="linear_squared_error", optimizer="sgd")
    vary = {"learning_rate": parse_variation("100,0.01")}
    experiment_id = begin(base=base, vary=vary, sampler="grid", runs=None)
    work_off(store)
    found = members(store, experiment_id)
    assert [member.status for member in found] == ["diverged", "finished"]
    known = tried(found)
    assert (known[0].accuracy, known[0].is_over) == (0.1, True)
    assert known[1].accuracy is not None
    assert known[1].accuracy > 0.3
    best = best_of(combinations(found))
    assert best is not None
    assert best.values == {"learning_rate": 0.01}


def test_members_use_one_shard_so_that_their_weights_do_not_depend_on_the_machine(
    store: RunStore, begin: Callable[..., str]
) -> None:
    experiment_id = begin(runs=1)
    work_off(store)
    with store.database.connect() as connection:
        from mnistcore.runs.tables import RunRow

        shards = {row.id: row.shards for row in connection.execute(RunRow.__table__.select())}
    assert shards == {members(store, experiment_id)[0].run_id: 1}


def test_runs_that_somebody_starts_go_first_and_experiments_share_fairly() -> None:
    def run(name: str, status: str = "queued", of: str | None = None) -> ActiveRun:
        return ActiveRun(name, status, "owner", 0, 1.0, of)

    active = [run("a1", "running", "a"), *(run(f"a{i}", of="a") for i in (2, 3)), run("b1", of="b"), run("b2", of="b")]
    order = [each.id for each in in_turn([*active, run("single")]) if each.status == "queued"]
    assert order == ["single", "b1", "a2", "b2", "a3"]


@pytest.mark.parametrize("settings", [{"epochs": 1}, {"epochs": 3}, {"epochs": 3, "max_steps": 17}])
def test_members_are_evaluated_at_the_same_steps_however_fast_the_machine_is(
    store: RunStore, begin: Callable[..., str], monkeypatch: pytest.MonkeyPatch, settings: dict[str, int]
) -> None:
    def steps(seconds: float, share: float) -> list[int]:
        monkeypatch.setattr("mnistcore.training.loop.EVALUATION_SECONDS", seconds)
        monkeypatch.setattr("mnistcore.training.loop.EVALUATION_SHARE", share)
        experiment_id = begin(base=tiny_config(**settings), runs=1)
        work_off(store)
        history = store.history(members(store, experiment_id)[0].run_id)
        return history.loc[history["validation_accuracy"].notna(), "step"].tolist()

    assert steps(0.0, 1e9) == steps(1e9, 0.0)


@pytest.mark.parametrize(
    ("per_epoch", "total", "steps"),
    [
        (100, 500, {100, 200, 300, 400}),
        (100, 100, {25, 50, 75}),
        (100, 170, {50, 100, 150}),
        (10, 2500, set(range(30, 2500, 30))),
    ],
)
def test_where_members_are_evaluated(per_epoch: int, total: int, steps: set[int]) -> None:
    assert comparable_steps(per_epoch, total) == steps


def test_the_newest_experiment_comes_first_and_an_unknown_one_is_refused(store: RunStore, begin: Any) -> None:
    first, second = begin(), begin()
    assert {each.id for each in experiments(store)} == {first, second}
    assert experiments(store)[0].name == "learning rate × units"
    with pytest.raises(RunError, match="There is no experiment “zzz”"):
        experiment(store, "zzz")


def test_what_came_of_it_in_words(store: RunStore, begin: Callable[..., str]) -> None:
    experiment_id = begin(seeds=2, runs=8)
    config = experiment(store, experiment_id).config
    assert plan_words(config) == "8 runs of 4 combinations, 2 seeds each."
    work_off(store)
    found = combinations(members(store, experiment_id))
    words = summary(config, members(store, experiment_id))
    assert words.startswith("Which setting matters shows from 8 combinations on; 4 have ended. Best so far: ")
    difference = compare(found[0], found[1])
    assert difference is not None
    assert difference.count == 2
    assert comparison_words(None).startswith("One seed says nothing about chance")
    assert "95 % interval" in comparison_words(difference)


def test_a_store_without_experiments_is_upgraded_with_all_that_it_holds(store: RunStore) -> None:
    run_id = store.create_run(tiny_config(), dataset=store.add_dataset(tiny_dataset()))
    with store.database.begin() as connection:
        connection.exec_driver_sql("DROP INDEX runs_by_member")
        connection.exec_driver_sql("DROP TABLE experiments")
        for column in ("experiment", "combination", "repeat", "varied", "pauses_at", "shards"):
            connection.exec_driver_sql(f"ALTER TABLE runs DROP COLUMN {column}")
        connection.exec_driver_sql("UPDATE schema_version SET version = 2")
    store.close()
    again = RunStore()
    assert again.run(run_id).experiment is None
    assert experiments(again) == []
    assert execute_run(again.url, run_id) == "finished"
