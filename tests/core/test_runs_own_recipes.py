"""Recipes of one's own: kept, offered, removed; in the store and on the command line."""

import json
from pathlib import Path

import pytest

from mnistcore.cli import main
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from mnistcore.runs.own_recipes import any_recipe, own_recipes, remove_recipe, save_recipe
from mnistcore.training import parse_config, recipe

CONFIG = parse_config({"layers": [{"units": 12}], "learning_rate": 0.02})


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def test_a_recipe_is_kept_as_it_is_until_it_is_removed(store: RunStore):
    assert save_recipe(store, "  my   best ", CONFIG) == "my best"
    save_recipe(store, "second", CONFIG.overridden({"epochs": 2}))
    assert list(own_recipes(store)) == ["second", "my best"]
    assert any_recipe(store, "my best") == CONFIG
    assert any_recipe(store, "lenet") == recipe("lenet").config
    for _ in "twice":
        remove_recipe(store, "my best")
    assert list(own_recipes(store)) == ["second"]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("lenet", "There is a recipe “lenet” already"),
        ("kept", "There is a recipe “kept” already"),
        (" ", "1 to 100 printable characters, got 0"),
        ("x" * 101, "1 to 100 printable characters, got 101"),
        ("a\x07b", "1 to 100 printable characters"),
    ],
)
def test_a_name_that_cannot_be_used_keeps_nothing(store: RunStore, name: str, problem: str):
    save_recipe(store, "kept", CONFIG)
    with pytest.raises(ConfigError, match=problem):
        save_recipe(store, name, CONFIG)
    assert list(own_recipes(store)) == ["kept"]


def test_the_command_line_knows_them(store: RunStore, capsys: pytest.CaptureFixture[str]):
    save_recipe(store, "my best", CONFIG)
    assert main(["recipes"]) == 0
    assert "my best" in capsys.readouterr().out
    assert main(["recipes", "my best"]) == 0
    assert parse_config(json.loads(capsys.readouterr().out)) == CONFIG
    assert main(["recipes", "nobody's"]) == 2
    assert "my best" in capsys.readouterr().err
