"""Runs that learn nothing say so while they train and at their end, with the reason; sound ones say nothing."""

from typing import Any

import numpy as np
import pytest
from tiny_digits import tiny_dataset

from mnistcore.data import Dataset
from mnistcore.runs import RunStore, work
from mnistcore.training import Progress, TrainingState, parse_config, recipe, train
from mnistcore.training.guessing import GUESSING

SMALL = {"train_size": 6000, "validation_size": 2000, "epochs": 2, "evaluate_at_steps": [50, 150]}
SIGMOIDS = [{"units": 32, "activation": "sigmoid"}]
CASES: dict[str, tuple[dict[str, Any], str, str]] = {
    "relu at 5": (
        {"optimizer": "sgd", "learning_rate": 5},
        "units of layer 1 are dead: they output 0 for every image. The updates were too large: they have moved",
        "Start again with a lower learning rate (it was 5).",
    ),
    "adam at 1": (
        {"learning_rate": 1},
        "units of layer 1 are dead: they output 0 for every image. The updates were too large: they have moved",
        "Start again with a lower learning rate (it was 1).",
    ),
    "tanh, adam at 1": (
        {"layers": [{"units": 32, "activation": "tanh"}] * 2, "learning_rate": 1},
        "of the outputs of layer 1 are saturated. The updates were too large: they have moved",
        "Start again with a lower learning rate (it was 1).",
    ),
    "zeros": (
        {"initialization": "zeros"},
        "All 128 units of layer 1 have the same weights, so they all learn the same.",
        "Start again with other initial weights, such as He or Glorot (they were 'zeros').",
    ),
    "saturated sigmoids": (
        {"layers": SIGMOIDS, "initialization": {"kind": "uniform", "low": 0, "high": 10}, "optimizer": "sgd"},
        "100 % of the outputs of layer 1 are saturated. They were so from the beginning.",
        "Start again with other initial weights, such as He or Glorot (they were 'uniform').",
    ),
    "saturated outputs": (
        {"layers": [{"units": 32, "activation": "leaky_relu"}] * 6, "learning_rate": 1},
        "The network's outputs are saturated for 200 of 200 images. The updates were too large: they have moved",
        "Start again with a lower learning rate (it was 1).",
    ),
    "convolution": (
        {"layers": [{"kind": "conv2d", "filters": 4, "stride": 2}, "flatten"], "optimizer": "sgd", "learning_rate": 20},
        "units of layer 1 are dead: they output 0 for every image. The updates were too large: they have moved",
        "Start again with a lower learning rate (it was 20).",
    ),
    "tiny updates": (
        {"optimizer": "sgd", "learning_rate": 1e-7},
        "The updates are too small: they have moved no layer's weights by more than 0.00",
        "Start again with a higher learning rate (it was 1e-07).",
    ),
    "vanishing gradients": (
        {"layers": SIGMOIDS * 6, "optimizer": "sgd", "epochs": 8, "learning_rate": 0.01}
        | {"evaluate_at_steps": [100, 300, 700]},
        "The updates hardly reach layer ",
        "Start again with ReLU, fewer layers or Adam.",
    ),
}  # fmt: skip


def watch(config: dict[str, Any], dataset: Dataset) -> list[Progress]:
    layers = [{"kind": layer} if isinstance(layer, str) else layer for layer in config.get("layers", [{}])]
    return list(train(TrainingState.begin(parse_config(SMALL | config | {"layers": layers}), dataset)))


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_learns_nothing_says_so_with_reason_and_remedy(case: str, mnist: Dataset):
    config, reason, remedy = CASES[case]
    *before, last = watch(config, mnist)
    while_training = [progress.message for progress in before if progress.message]
    assert while_training  # while it runs, not only in the end
    assert last.outcome == "finished"
    for message in (while_training[-1], last.message):
        assert message is not None
        assert message.startswith(f"{GUESSING}: after ")
        assert "of 2,000 validation images are classified correctly, and always answering 1 would get " in message
        assert reason in message
        assert message.endswith(remedy)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("perceptrons", {"max_steps": 300}),
        ("from-scratch", {"max_steps": 150, "train_size": 1000, "evaluate_at_steps": [20, 50, 100, 149]}),
        ("deep-leaky", {"max_steps": 40, "evaluate_at_steps": [20, 30]}),
        ("linear-online", {"max_steps": 2000}),
        ("first-network", {"learning_rate": 1e-5, "max_steps": 900, "evaluate_at_steps": [20, 100, 860]}),
    ],
)
def test_slow_but_sound_runs_are_never_accused(name: str, settings: dict[str, Any], mnist: Dataset):
    config = recipe(name).config.overridden(settings)
    progresses = list(train(TrainingState.begin(config, mnist)))
    assert {progress.message for progress in progresses} == {None}


def test_a_run_that_ends_while_its_loss_is_falling_is_told_to_go_on(mnist: Dataset):
    config = recipe("from-scratch").config.overridden({"max_steps": 12, "train_size": 500, "learning_rate": 0.004})
    last = list(train(TrainingState.begin(config.overridden({"evaluate_at_steps": [6]}), mnist)))[-1]
    assert last.message is not None
    assert last.message.endswith("The loss is still falling: train for longer, or with a higher learning rate.")


def test_labels_that_have_nothing_to_do_with_the_images_are_no_fault_of_the_network():
    tiny = tiny_dataset(1200)
    labels = np.random.default_rng(5).permutation(tiny.train_labels)
    shuffled = Dataset.build("shuffled", tiny.train_images, labels, tiny.test_images, tiny.test_labels)
    last = watch({"train_size": 900, "validation_size": 300, "epochs": 8, "evaluate_at_steps": []}, shuffled)[-1]
    assert last.message is not None
    assert last.message.endswith("the weights have moved: look at the images and labels of the data set.")


def test_a_run_that_gets_beyond_guessing_is_no_longer_said_to_guess(mnist: Dataset):
    """Sigmoids that begin saturated, and free themselves."""
    free = {"layers": SIGMOIDS, "initialization": {"kind": "uniform", "low": -10, "high": 10}, "learning_rate": 0.05}
    progresses = watch(free | {"evaluate_at_steps": [20]}, mnist)
    assert progresses[-1].validation_accuracy > 0.2  # type: ignore[operator]
    assert progresses[-1].message is None


def test_the_store_keeps_what_is_said_while_the_run_trains(mnist: Dataset):
    store = RunStore()
    config = parse_config(SMALL | {"learning_rate": 1})
    run_id = store.create_run(config, dataset="mnist", fingerprint=mnist.fingerprint)
    seen = [store.run(run_id).is_guessing for progress in work(store, run_id) if not progress.outcome]
    assert seen[0] is False
    run = store.run(run_id)
    assert (run.status, run.is_guessing) == ("finished", True)
    assert run.message is not None
    assert run.message.startswith(GUESSING)
