"""A run that starts from another's weights: the same weights bit for bit, whatever becomes of the other run."""

import time

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update
from test_runs_job import busy as busy
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.cli import main
from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments import parse_experiment
from mnistcore.experiments.records import create_experiment, experiment
from mnistcore.pretrained import import_pretrained
from mnistcore.runs import RunStore, execute_run, lifecycle, work
from mnistcore.runs.database import writing
from mnistcore.runs.records import SHIPPED_ID
from mnistcore.runs.tables import RunRow, StartRow, WeightsRow
from mnistcore.training import TrainingState, parse_config, train

NORMED = [{"units": 12, "activation": "identity"}, {"kind": "batch_norm", "activation": "relu"}]


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


def trained(store: RunStore, **settings: object) -> str:
    run_id = store.create_run(tiny_config(**settings), store.add_dataset(tiny_dataset()))
    assert execute_run(store.url, run_id) == "finished", store.run(run_id).message
    return run_id


def from_weights_of(run_id: str, step: int | None = None, **settings: object):
    return tiny_config(start_from={"run": run_id, "step": step}, **settings)


def vanish(store: RunStore, run_id: str) -> None:
    store.delete(run_id)
    assert store.purge_deleted() == 1


def count_starts(store: RunStore) -> int:
    with store.database.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(StartRow)).scalar_one())


def test_it_starts_with_those_weights_and_ends_as_plain_training_from_them_does(store: RunStore):
    source = trained(store, layers=NORMED)
    weights = store.load_weights(source).network.parameters
    config = from_weights_of(source, layers=NORMED, seed=5, learning_rate=0.003)
    run_id = store.create_run(config, store.add_dataset(tiny_dataset(seed=7)))
    vanish(store, source)  # between the start and the first step
    execute_run(store.url, run_id)
    np.testing.assert_array_equal(store.load_weights(run_id, 0).network.parameters, weights.astype(np.float16))
    state = TrainingState.begin(config, tiny_dataset(seed=7), weights)
    for _ in train(state):
        pass
    np.testing.assert_array_equal(store.load_weights(run_id).network.parameters, state.network.parameters)


def test_the_same_settings_and_weights_give_the_same_network_after_the_other_run_is_gone(store: RunStore):
    source = trained(store)
    first = trained(store, start_from=source)
    vanish(store, source)
    again = store.create_run(store.run(first).config, store.run(first).dataset)
    execute_run(store.url, again)
    weights = [store.load_weights(run_id).network.parameters for run_id in (first, again)]
    np.testing.assert_array_equal(*weights)
    assert store.run(again).config == store.run(first).config
    assert count_starts(store) == 1  # the same content is kept once


def test_a_run_that_was_killed_goes_on_without_the_weights_that_it_started_from(store: RunStore, busy, reports_all):
    source = trained(store)
    through = trained(store, start_from=source)
    run_id = store.create_run(from_weights_of(source), store.run(source).dataset)
    for progress in work(store, run_id):
        if progress.step >= 5:
            break
    with writing(store.database) as connection:
        connection.execute(delete(StartRow))
    vanish(store, source)
    lifecycle.resume(store.database, run_id, "owner")
    assert execute_run(store.url, run_id, "owner") == "finished"
    np.testing.assert_array_equal(*(store.load_weights(each).network.parameters for each in (run_id, through)))


def test_a_run_killed_before_its_first_checkpoint_starts_from_the_same_weights_again(store: RunStore):
    source = trained(store)
    weights = store.load_weights(source).network.parameters
    run_id = store.create_run(from_weights_of(source), store.run(source).dataset, owner="first")
    assert lifecycle.claim(store.database, run_id, "first") is not None  # and is heard of no more
    with writing(store.database) as connection:  # the other run learned on meanwhile
        other = np.zeros(store.run(source).parameter_count, "<f4").tobytes()
        connection.execute(update(WeightsRow).where(WeightsRow.run_id == source).values(parameters=other))
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(heartbeat_at=0.0))
    lifecycle.resume(store.database, run_id, "second")
    execute_run(store.url, run_id, "second")
    np.testing.assert_array_equal(store.load_weights(run_id, 0).network.parameters, weights.astype(np.float16))


def test_a_snapshot_of_a_step_can_be_started_from(store: RunStore):
    source = trained(store)
    step = store.snapshot_steps(source)[3]
    run_id = trained(store, start_from={"run": source, "step": step})
    start = store.run(run_id).config.start_from
    assert start is not None
    assert (start.run, start.step, len(start.content or "")) == (source, step, 64)
    first, wanted = store.load_weights(run_id, 0), store.load_weights(source, step)
    np.testing.assert_array_equal(first.network.parameters, wanted.network.parameters)


def test_another_shape_is_refused_and_both_are_named(store: RunStore):
    source = trained(store)
    with pytest.raises(RunError, match="do not fit") as refusal:
        store.create_run(from_weights_of(source, layers=[{"units": 13}]), store.run(source).dataset)
    assert "784-12-10 (9,550 parameters)" in str(refusal.value)
    assert "784-13-10 (10,345 parameters)" in str(refusal.value)
    # As many numbers, laid out otherwise.
    pair = [{"units": 20, "bias": False}, {"units": 30, "bias": False}], [{"units": 30}, {"units": 20}]
    for layers in pair:
        with pytest.raises(RunError, match="do not fit"):
            store.create_run(from_weights_of(source, layers=layers), store.run(source).dataset)
    assert len(store.runs()) == 1
    # Activation, dropout and loss have no weights.
    layers = [{"units": 12, "activation": "relu"}, {"kind": "dropout"}]
    trained(store, start_from=source, layers=layers, loss="sigmoid_squared_error")


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ({"run": "0123456789ab"}, "The run to start from, 0123456789ab, is not in this store"),
        ({"run": "SOURCE", "step": 3_000}, "has no weights of step 3,000"),
        ({"run": "SOURCE", "content": "0" * 64, "step": 16}, "are not those that the settings name any more"),
    ],
)
def test_weights_that_are_not_there_are_named(store: RunStore, start: dict, message: str):
    source = trained(store)
    start = start | {"run": start["run"].replace("SOURCE", source)}
    with pytest.raises(RunError, match=message):
        store.create_run(tiny_config(start_from=start), store.run(source).dataset)


@pytest.mark.parametrize("start", ["latest", "../runs.db", {"run": "0123456789ab", "step": -1}, {"step": 1}, 7])
def test_what_names_no_run_is_refused(start: object):
    with pytest.raises(ConfigError, match="start_from"):
        parse_config({"start_from": start})


def test_training_never_takes_random_weights_in_place_of_those_named():
    with pytest.raises(ConfigError, match="start_from names the weights of run 0123456789ab"):
        TrainingState.begin(from_weights_of("0123456789ab"), tiny_dataset())


def test_the_network_that_ships_is_a_source_and_the_archive_of_such_a_run_can_be_imported(store: RunStore):
    import_pretrained(store)
    small = {"validation_size": 10, "train_size": 40, "max_steps": 2, "start_from": SHIPPED_ID}
    config = store.run(SHIPPED_ID).config.overridden(small)
    run_id = store.create_run(config, store.add_dataset(tiny_dataset(train_size=60, test_size=20)))
    assert execute_run(store.url, run_id) == "finished"
    shipped = store.load_weights(SHIPPED_ID).network.parameters
    np.testing.assert_array_equal(store.load_weights(run_id, 0).network.parameters, shipped.astype(np.float16))
    elsewhere = RunStore(store.url.replace("runs.db", "elsewhere.db"))
    copy = elsewhere.import_run(store.export_run(run_id))
    assert elsewhere.run(copy).config == store.run(run_id).config
    assert elsewhere.export_run(copy)
    with pytest.raises(RunError, match="is not in this store"):
        elsewhere.create_run(elsewhere.run(copy).config, "generated-600")
    elsewhere.close()


def test_members_of_an_experiment_start_there_too_after_the_source_is_gone(store: RunStore):
    source = trained(store)
    base = from_weights_of(source)
    vary = {"learning_rate": {"kind": "values", "values": [0.001, 0.01]}}
    config = parse_experiment({"base": base, "dataset": "generated-600", "vary": vary, "sampler": "grid"})
    experiment_id = create_experiment(store, config)
    vanish(store, source)
    stored = experiment(store, experiment_id).config
    run_id = store.create_run(stored.member({"learning_rate": 0.01}, 0), store.add_dataset(tiny_dataset()))
    assert execute_run(store.url, run_id) == "finished"
    with pytest.raises(ConfigError, match="all runs start from the weights of a 784-12-10"):
        parse_experiment({"base": base, "vary": {"units": {"kind": "values", "values": [12, 20]}}, "sampler": "grid"})


def test_weights_go_when_nothing_names_them_any_more(store: RunStore):
    source = trained(store)
    first, second = (trained(store, start_from=source, seed=seed) for seed in (1, 2))
    with writing(store.database) as connection:
        connection.execute(update(StartRow).values(created_at=time.time() - 2 * 86_400))
    vanish(store, first)
    assert count_starts(store) == 1
    vanish(store, second)
    assert count_starts(store) == 0


def test_the_command_line_goes_on_with_a_run(store: RunStore, capsys: pytest.CaptureFixture[str]):
    source = trained(store)
    data = ["--data", "generated-600", "--set", "max_steps=2", "--json"]
    assert main(["train", "--start-from", source[:6], *data]) == 0
    run = store.runs(1)[0]
    assert run.config.layers == store.run(source).config.layers
    assert run.config.start_from is not None
    assert (run.config.start_from.run, run.config.start_from.step) == (source, store.newest_step(source))
    assert main(["train", "--start-from", f"{source}@0", *data]) == 0
    assert store.runs(1)[0].config.start_from.step == 0
    capsys.readouterr()
    for reference, problem in (("latest@soon", "RUN or RUN@STEP"), (f"{source}@77", "no weights of step 77")):
        assert main(["train", "--start-from", reference, *data]) == 2
        assert problem in capsys.readouterr().err
    assert (
        main(["train", "--recipe", "first-network", "--set", "validation_size=9", "--start-from", source, *data]) == 2
    )
    assert "784-128-10 (101,770 parameters)" in capsys.readouterr().err
