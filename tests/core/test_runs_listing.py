"""Light rows of all runs; oracle: the runs themselves, whose configs are validated."""

import csv
import io
import time
from unittest.mock import patch

import pytest
from sqlalchemy import insert, update
from tiny_digits import tiny_config

from mnistcore.nn.outline import outline_network
from mnistcore.runs import RunStore, listing
from mnistcore.runs.finding import parse_search
from mnistcore.runs.labels import change_tags, set_archived, set_notes
from mnistcore.runs.listing import FIELDS, WORDS_IN, active_progress, rows_as_csv
from mnistcore.runs.tables import ExperimentRow, RunRow
from mnistcore.training import RECIPES, parse_config


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


def set_columns(store: RunStore, run_id: str, **values: object) -> None:
    with store.database.begin() as connection:
        connection.execute(update(RunRow).where(RunRow.id == run_id).values(**values))


def found(store: RunStore, text: str) -> list[str]:
    test = parse_search(text, FIELDS, WORDS_IN)
    return [row["name"] for row in store.rows() if test(row)]


@pytest.mark.parametrize("name", RECIPES)
def test_a_row_says_of_the_settings_what_the_run_says(store, name):
    run = store.run(store.create_run(RECIPES[name].config, recipe=name))
    (row,) = store.rows()
    config = run.config
    assert row["network"] == outline_network(config)
    assert row["units"] == tuple(layer.units for layer in config.layers if layer.kind == "dense")
    assert (row["loss_function"], row["optimizer"]) == (config.loss, config.optimizer.kind)
    settings = ("learning_rate", "batch_size", "epochs", "seed")
    assert [row[key] for key in settings] == [getattr(config, key) for key in settings]
    assert (row["run"], row["recipe"], row["parameters"]) == (run.id, name, run.parameter_count)
    assert row["created_at"] == run.created_at


def test_rows_are_found_by_results_settings_and_words(store):
    good = store.create_run(parse_config({"layers": [{"units": 64}, {"units": 32}]}), name="good", dataset="generated")
    store.create_run(parse_config({"optimizer": "sgd", "batch_size": "full"}), name="plain")
    set_columns(store, good, validation_accuracy=0.98, status="finished")
    change_tags(store.database, [good], add=["to-show"])
    set_notes(store.database, good, "Shown in class")
    for text in (
        "accuracy > 97%",
        "units = 32",
        "units < 60",
        "tag = to-show",
        "class",
        "784-64",
        "dataset = generated",
    ):
        assert found(store, text) == ["good"], text
    for text in ("optimizer = SGD", "batch_size = full", "units = 128", "accuracy != 0.98", "units != 32"):
        assert found(store, text) == ["plain"], text
    assert found(store, "accuracy > 0.99") == []


def test_every_name_that_may_be_compared_is_in_a_row(store):
    store.create_run(tiny_config())
    assert set(FIELDS.values()) | set(WORDS_IN) <= set(store.rows()[0])


def test_rows_follow_what_changes_and_leave_out_what_is_deleted(store):
    kept, gone = (store.create_run(tiny_config(), name=name) for name in ("kept", "gone"))
    assert [row["name"] for row in store.rows()] == ["gone", "kept"]
    set_columns(store, gone, status="finished")
    store.delete(gone)
    store.rename(kept, "renamed")
    set_archived(store.database, [kept], True)
    (row,) = store.rows()
    assert (row["name"], row["archived"], row["is_guessing"]) == ("renamed", True, None)
    set_columns(store, kept, message="No better than guessing: 10 of 100.")
    assert store.rows()[0]["is_guessing"]


def test_rows_are_the_same_list_until_something_changes(store):
    run_id = store.create_run(tiny_config())
    before = store.rows()
    assert store.rows() is before
    for change in (
        lambda: store.rename(run_id, "another name"),
        lambda: change_tags(store.database, [run_id], add=["best"]),
        lambda: set_columns(store, run_id, heartbeat_at=0.0),
    ):
        change()
        assert store.rows() is not before
        before = store.rows()


def test_configs_are_read_once(store):
    store.create_run(tiny_config())
    store.rows()
    with patch.object(listing, "_settings", side_effect=AssertionError):
        assert len(store.rows()) == 1


def test_a_config_of_an_older_version_gets_what_it_lacks(store):
    run_id = store.create_run(tiny_config())
    set_columns(store, run_id, config='{"layers": [{"kind": "dense", "units": 5}]}')
    (row,) = store.rows()
    assert (row["network"], row["optimizer"], row["batch_size"]) == ("784-5-10", "adam", 64)


def test_the_experiment_is_given_by_its_name(store):
    values = {"id": "e" * 12, "name": "learning rate", "config": "{}", "status": "finished", "created_at": 0.0}
    with store.database.begin() as connection:
        connection.execute(insert(ExperimentRow).values(**values, seconds=0.0))
    set_columns(store, store.create_run(tiny_config(), name="member"), experiment="e" * 12)
    store.create_run(tiny_config(), name="alone")
    assert found(store, 'experiment = "learning rate"') == ["member"]


def test_a_run_that_has_lost_its_worker_is_not_in_progress(store):
    lost, busy = (store.create_run(tiny_config(), name=name) for name in ("lost", "busy"))
    set_columns(store, lost, status="running", heartbeat_at=time.time() - 60)
    set_columns(store, busy, status="running", epoch=2.7)
    assert {row["name"]: row["status"] for row in store.rows()} == {"lost": "interrupted", "busy": "running"}
    assert active_progress(store.database) == {busy: ("running", 2)}


def test_rows_as_csv(store):
    run_id = store.create_run(tiny_config(), name='with "quotes", and commas')
    change_tags(store.database, [run_id], add=["a", "b"])
    (row,) = csv.DictReader(io.StringIO(rows_as_csv(store.rows()).decode()))
    assert (row["name"], row["tags"], row["validation_accuracy"]) == ('with "quotes", and commas', "a b", "")
    assert row["created_at"] == store.run(run_id).created_at.isoformat()
    assert float(row["learning_rate"]) == tiny_config().learning_rate
