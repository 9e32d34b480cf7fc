"""The contest: choices within bounds become runs, nobody has two at once, and the leaderboard sorts by what counts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_digits import tiny_dataset

from mnistcore.classroom.contest import Entry, contest_view, enter_contest, open_test_set, start_contest
from mnistcore.classroom.contest_bounds import Bounds, parse_choice, validation_size_for
from mnistcore.classroom.phone import phone_state
from mnistcore.classroom.players import StrangerError, join
from mnistcore.classroom.room import end_class, join_code, set_state
from mnistcore.errors import ConfigError, DataError
from mnistcore.runs import RunStore, execute_run

CHOICE = {
    "layers": [16], "activation": "relu", "optimizer": "adam", "learning_rate": 0.01, "batch_size": 16, "epochs": 2
}  # fmt: skip


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def joined(store: RunStore, name: str = "Ada") -> str:
    return join(store, join_code(store), name)[0]


@pytest.fixture
def bounds(store: RunStore) -> Bounds:
    return Bounds(
        store.add_dataset(tiny_dataset()), train_size=100, epochs=3, parameters=20_000, tries=2, validation_size=100
    )


def queued(store: RunStore) -> Any:
    return lambda config, dataset, name: store.create_run(config, dataset, name=name)


def entry(name: str, accuracy: float | None, parameters: int, seconds: float, **more: Any) -> Entry:
    usual = {"run_id": name, "player": 1, "status": "finished", "step": 1, "total_steps": 1, "images": 1000.0}
    return Entry(
        name=name, parameters=parameters, seconds=seconds, validation_accuracy=accuracy, test_accuracy=0.5,
        **usual | more,
    )  # fmt: skip


def test_a_choice_becomes_a_config_within_the_bounds(bounds):
    config = parse_choice(CHOICE | {"layers": [16, 8]}, bounds)
    assert [layer.units for layer in config.layers] == [16, 8]
    assert (config.epochs, config.learning_rate, config.batch_size, config.train_size) == (2, 0.01, 16, 100)
    assert config.optimizer.kind == "adam"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"layers": [16] * 4}, "at most 3"),
        ({"layers": [10**9]}, "Hidden layers"),
        ({"layers": "16"}, "Hidden layers"),
        ({"layers": [True]}, "Hidden layers"),
        ({"layers": [256]}, "at most 20,000 are allowed"),
        ({"activation": "__import__"}, "Activation must be one of"),
        ({"optimizer": ["adam"]}, "Optimizer must be one of"),
        ({"learning_rate": 50}, "Learning rate must be one of"),
        ({"batch_size": 1}, "Batch size must be one of"),
        ({"batch_size": True}, "Batch size must be one of"),
        ({"epochs": 4}, "Epochs must be 1 to 3"),
        ({"epochs": 1e9}, "Epochs must be 1 to 3"),
    ],
)
def test_a_choice_beyond_the_bounds_is_refused_in_words(bounds, change, problem):
    with pytest.raises(ConfigError, match=problem):
        parse_choice(CHOICE | change, bounds)


@pytest.mark.parametrize(
    "change",
    [{"epochs": 0}, {"train_size": 10**9}, {"measure": "beauty"}, {"target": 2.0}, {"tries": 51}, {"parameters": 0}],
)
def test_bounds_that_cannot_be_ones_are_refused(store, bounds, change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        start_contest(store, replace(bounds, **change))


def test_a_small_data_set_keeps_most_of_its_images_for_training():
    assert [validation_size_for(images) for images in (60_000, 30_000, 600, 3)] == [5000, 5000, 100, 1]


def test_nobody_has_two_networks_at_once_or_more_than_their_tries(store, bounds):
    ada, ben = joined(store, "Ada"), joined(store, "Ben")
    contest = start_contest(store, bounds)
    first = enter_contest(store, ada, contest, CHOICE, queued(store))
    with pytest.raises(DataError, match="not finished yet"):
        enter_contest(store, ada, contest, CHOICE, queued(store))
    enter_contest(store, ben, contest, CHOICE, queued(store))  # which keeps nobody else waiting
    execute_run(store.url, first)
    second = enter_contest(store, ada, contest, CHOICE, queued(store))
    assert [run["status"] for run in phone_state(store, ada)["runs"]] == ["queued", "finished"]
    store.delete(first)
    execute_run(store.url, second)
    with pytest.raises(DataError, match="used your 2 tries"):
        enter_contest(store, ada, contest, CHOICE, queued(store))
    assert "Ada" not in store.run(second).name


def test_strangers_and_those_who_are_late_start_nothing(store, bounds):
    ada = joined(store)
    contest = start_contest(store, bounds)
    with pytest.raises(StrangerError):
        enter_contest(store, "nobody", contest, CHOICE, queued(store))
    with pytest.raises(DataError, match="is over"):
        enter_contest(store, ada, "another", CHOICE, queued(store))
    set_state(store, doing="draw", digit=1)
    with pytest.raises(DataError, match="is over"):
        enter_contest(store, ada, contest, CHOICE, queued(store))
    assert store.runs() == []


def test_the_test_set_stays_closed_until_the_end(store, bounds):
    ada = joined(store)
    contest = start_contest(store, bounds)
    execute_run(store.url, enter_contest(store, ada, contest, CHOICE, queued(store)))
    told = phone_state(store, ada)
    assert "test" not in told["runs"][0]
    assert (told["place"], told["others"], told["left"]) == (1, 1, 1)
    open_test_set(store, contest)
    told = phone_state(store, ada)
    run = store.runs()[0]
    assert told["runs"][0]["test"] == run.test_accuracy
    view = contest_view(RunStore())
    assert view is not None
    assert (view.is_opened, view.entries, view.active, view.best[0].name) == (True, 1, 0, "Ada")
    assert view.best[0].validation_accuracy == run.validation_accuracy
    with pytest.raises(DataError, match="is over"):
        enter_contest(store, ada, contest, CHOICE, queued(store))
    end_class(store)
    assert contest_view(store) is None
    assert len(store.runs()) == 1  # the runs stay


def test_what_counts_is_accuracy_or_speed_with_it_or_size(bounds):
    slow, quick, small = entry("slow", 0.9, 900, 10.0), entry("quick", 0.8, 800, 1.0), entry("small", 0.5, 100, 5.0)
    unfinished, empty = entry("on its way", 0.99, 1, 1.0, status="running"), entry("empty", None, 1, 1.0)

    def order(measure: str) -> list[str]:
        rule = replace(bounds, measure=measure, target=0.75)
        scored = [(one.score(rule), one.name) for one in (slow, quick, small, unfinished, empty)]
        return [name for score, name in sorted(((s, n) for s, n in scored if s is not None), reverse=True)]

    assert order("accuracy") == ["slow", "quick", "small"]
    assert order("accuracy × speed") == ["quick", "small", "slow"]
    assert order("fewest parameters") == ["quick", "slow"]
    assert quick.score(replace(bounds, measure="accuracy × speed")) == pytest.approx(0.8)  # 0.8 × 1,000 images a second
