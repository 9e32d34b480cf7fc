"""Recipes: each begins, takes steps on a tiny data set, and learns; one of them on real MNIST."""

import pytest
from tiny_digits import finish, tiny_dataset

from mnistcore.data import Dataset
from mnistcore.errors import ConfigError
from mnistcore.training import RECIPES, TrainingState, count_steps, evaluate, recipe

NAMES = ["first-network", "perceptrons", "stepped-mlp", "from-scratch", "deep-leaky", "linear-online", "lenet"]
UNHEALTHY = ["saturated-sigmoids", "vanishing-gradients", "exploding-gradients"]  # see test_training_health.py


def test_the_recipes_have_a_sentence_each():
    assert list(RECIPES)[: len(NAMES)] == NAMES
    for name, entry in RECIPES.items():
        assert entry.name == name
        assert entry.title
        assert entry.summary.endswith(".")
    assert [name for name in NAMES if not RECIPES[name].published] == ["first-network", "lenet"]


def test_an_unknown_recipe_lists_those_there_are():
    with pytest.raises(ConfigError, match=r"there is no recipe 'lenet-9': choose one of first-network, perceptrons, "):
        recipe("lenet-9")
    assert recipe("perceptrons") is RECIPES["perceptrons"]


@pytest.mark.parametrize("name", [name for name in RECIPES if name not in UNHEALTHY])
def test_every_recipe_learns_a_tiny_data_set(name: str):
    data = tiny_dataset()
    validation_size = min(RECIPES[name].config.validation_size, 100)
    config = RECIPES[name].config.overridden({"validation_size": validation_size, "max_steps": 15})
    state = TrainingState.begin(config, data)
    before = evaluate(state.network, data.train_images, data.train_labels, state.split.train)
    last = finish(state)[-1]
    assert last.outcome == "finished"
    assert last.step == state.total_steps >= 10
    assert last.train_loss < before.loss
    assert last.train_accuracy > before.accuracy


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("from-scratch", 2020),
        ("linear-online", 60_000),
        ("stepped-mlp", 20 * 275),
        ("deep-leaky", 10 * 110),
    ],
)
def test_recipes_take_the_steps_that_were_published_on_sixty_thousand_images(name: str, steps: int):
    config = RECIPES[name].config
    assert count_steps(config, 60_000 - config.validation_size)[1] == steps


@pytest.mark.mnist
def test_the_first_network_learns_real_mnist(mnist: Dataset):
    config = recipe("first-network").config.overridden({"train_size": 12_000, "epochs": 2})
    last = finish(TrainingState.begin(config, mnist))[-1]
    assert last.test_accuracy >= 0.90
    assert last.validation_accuracy >= 0.90
