"""Checkpoints: taken at any Progress, also within a step, they go on to the same weights, bit for bit."""

import io
import itertools
import json
from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_config, tiny_dataset

from mnistcore.data import Dataset
from mnistcore.errors import RunError
from mnistcore.training import Progress, TrainingState, train

DROPOUT = [{"units": 8, "activation": "tanh"}, {"kind": "dropout", "rate": 0.3}, {"units": 6}]
LARGE = 2_400  # images: more than go through in one piece

RUNS: dict[str, dict[str, Any]] = {
    "adam with dropout": {"train_size": 150, "epochs": 4, "layers": DROPOUT, "augmentation": {"elastic": 1}},
    "adamw, decay, cosine": {
        "train_size": 150,
        "epochs": 4,
        "optimizer": "adamw",
        "weight_decay": 0.1,
        "schedule": "cosine",
    },
    "momentum, adaptive": {
        "train_size": 150,
        "epochs": 6,
        "optimizer": "momentum",
        "learning_rate": 0.05,
        "schedule": {"kind": "adaptive", "patience": 1, "tolerance": 0.1},
    },
    "two epochs of patience": {
        "train_size": 100,
        "batch_size": 50,
        "epochs": 7,
        "schedule": {"kind": "adaptive", "patience": 2, "tolerance": 1},
    },
    "rmsprop, max_steps in mid-epoch": {"train_size": 150, "epochs": 9, "optimizer": "rmsprop", "max_steps": 10},
    "early stopping": {"train_size": 150, "epochs": 12, "learning_rate": 0.3, "early_stopping": 2, "layers": DROPOUT},
    "mean of the weights, early stopping": {
        "train_size": 150,
        "epochs": 9,
        "learning_rate": 1.0,
        "early_stopping": 1,
        "weight_average": 0.3,
        "layers": [{"units": 9}],
    },
    "single images, in order": {"train_size": 12, "batch_size": 1, "optimizer": "sgd", "shuffle": False},
}
LARGE_RUNS: dict[str, dict[str, Any]] = {
    "full batch": {"batch_size": "full", "epochs": 3, "layers": DROPOUT, "optimizer": "nesterov"},
    "large batches": {"batch_size": 1_150, "epochs": 2, "layers": DROPOUT},
    "full batch, adaptive": {
        "batch_size": "full",
        "epochs": 6,
        "optimizer": "sgd",
        "learning_rate": 0.5,
        "schedule": {"kind": "adaptive", "patience": 1, "tolerance": 0.1},
    },
    "large batches, early stopping": {
        "batch_size": 1_200,
        "epochs": 6,
        "learning_rate": 2.0,
        "early_stopping": 1,
        "layers": DROPOUT,
    },
}


def outcome(progress: Progress) -> tuple[Any, ...]:
    """All that the last Progress says, except how long it took."""
    figures = (progress.train_loss, progress.validation_loss, progress.test_loss, progress.test_accuracy)
    return (*figures, progress.step, progress.epoch, progress.learning_rate, progress.outcome, progress.message)


def resume_everywhere(settings: dict[str, Any], dataset: Dataset) -> list[Progress]:
    """Run through; then again from a checkpoint at every Progress, and compare the ends."""
    undisturbed = begin(dataset, **settings)
    expected = outcome(finish(undisturbed)[-1])
    state = begin(dataset, **settings)
    seen = []
    for progress in train(state):
        seen.append(progress)
        resumed = TrainingState.from_bytes(state.to_bytes(), dataset)
        assert resumed.step == progress.step
        assert outcome(finish(resumed)[-1]) == expected, f"resumed at step {progress.step}, epoch {progress.epoch}"
        assert resumed.network.parameters.tobytes() == undisturbed.network.parameters.tobytes()
        assert resumed.slots.tobytes() == undisturbed.slots.tobytes()
        assert resumed.result.parameters.tobytes() == undisturbed.result.parameters.tobytes()
    assert state.network.parameters.tobytes() == undisturbed.network.parameters.tobytes()
    return seen


@pytest.mark.usefixtures("reports_all")
@pytest.mark.parametrize("name", RUNS)
def test_a_checkpoint_at_any_step_ends_in_the_same_weights(name: str):
    seen = resume_everywhere(RUNS[name], tiny_dataset())
    assert {progress.step for progress in seen} == set(range(seen[-1].step + 1))
    if name.endswith("early stopping"):
        assert seen[-1].outcome == "stopped_early"
    if name == "momentum, adaptive":
        assert len({progress.learning_rate for progress in seen}) > 2


@pytest.mark.usefixtures("reports_all")
@pytest.mark.parametrize("name", LARGE_RUNS)
def test_a_checkpoint_within_a_step_ends_in_the_same_weights(name: str):
    seen = resume_everywhere(LARGE_RUNS[name], tiny_dataset(LARGE))
    assert any(after.step == before.step and after.epoch > before.epoch for before, after in itertools.pairwise(seen))
    if name == "large batches, early stopping":
        assert seen[-1].outcome == "stopped_early"
    if name == "full batch, adaptive":
        assert len({progress.learning_rate for progress in seen}) > 2


def test_when_it_reports_makes_no_difference_to_the_weights(monkeypatch: pytest.MonkeyPatch):
    """Time decides only when to look."""
    runs = [(begin(**RUNS[name]), begin(**RUNS[name])) for name in RUNS]
    runs += [
        (begin(tiny_dataset(LARGE), **LARGE_RUNS[name]), begin(tiny_dataset(LARGE), **LARGE_RUNS[name]))
        for name in LARGE_RUNS
    ]
    for rarely, _ in runs:
        finish(rarely)
    for name in ("REPORT_SECONDS", "EVALUATION_SECONDS"):
        monkeypatch.setattr(f"mnistcore.training.loop.{name}", 0.0)
    for rarely, often in runs:
        finish(often)
        assert rarely.network.parameters.tobytes() == often.network.parameters.tobytes()


@pytest.mark.usefixtures("reports_all")
@pytest.mark.parametrize("name", ["full batch", "large batches"])
def test_ceasing_to_iterate_within_a_step_and_training_again_loses_nothing(name: str):
    dataset = tiny_dataset(LARGE)
    undisturbed, state = begin(dataset, **LARGE_RUNS[name]), begin(dataset, **LARGE_RUNS[name])
    finish(undisturbed)
    for _ in range(4):
        progresses = train(state)
        for _ in range(4):
            next(progresses)
        progresses.close()
    finish(state)
    assert state.network.parameters.tobytes() == undisturbed.network.parameters.tobytes()


def test_a_checkpoint_of_a_checkpoint_and_a_chain_of_them():
    undisturbed, state = begin(**RUNS["adam with dropout"]), begin(**RUNS["adam with dropout"])
    finish(undisturbed)
    while state.step < state.total_steps:
        progresses = train(state)
        start = state.step
        while state.step <= start and state.step < state.total_steps:
            next(progresses)
        data = state.to_bytes()
        state = TrainingState.from_bytes(data, tiny_dataset())
        assert state.to_bytes() == data
    assert state.network.parameters.tobytes() == undisturbed.network.parameters.tobytes()


def test_a_changed_learning_rate_is_kept():
    state = begin(epochs=2)
    progresses = train(state)
    while next(progresses).step < 3:
        pass
    state.learning_rate = 0.25
    resumed = TrainingState.from_bytes(state.to_bytes(), tiny_dataset())
    assert resumed.learning_rate == 0.25
    finish(resumed)
    for _ in progresses:
        pass
    assert resumed.network.parameters.tobytes() == state.network.parameters.tobytes()


def test_a_resumed_run_counts_its_seconds_on():
    state = begin(epochs=1)
    progresses = train(state)
    while next(progresses).step < 3:
        pass
    spent = state.seconds
    resumed = TrainingState.from_bytes(state.to_bytes(), tiny_dataset())
    first = next(train(resumed))
    assert first.step == state.step
    assert spent <= first.seconds < spent + 1


@pytest.mark.parametrize("early_stopping", [None, 2])
def test_a_checkpoint_is_plain_arrays(early_stopping: int | None):
    state = begin(early_stopping=early_stopping)
    finish(state)
    with np.load(io.BytesIO(state.to_bytes()), allow_pickle=False) as arrays:
        kinds = {name: arrays[name].dtype.name for name in arrays.files}
    best = {} if early_stopping is None else {"best_parameters": "float32"}
    assert kinds == {"meta": "uint8", "parameters": "float32", "slots": "float32"} | best


def test_another_data_set_is_refused():
    data = begin().to_bytes()
    with pytest.raises(RunError, match="the checkpoint belongs to another data set than 'tiny': choose that one"):
        TrainingState.from_bytes(data, tiny_dataset(seed=99))


def altered(**changes: Any) -> bytes:
    """A checkpoint with some arrays replaced, or left out by None."""
    state = TrainingState.begin(tiny_config(), tiny_dataset())
    with np.load(io.BytesIO(state.to_bytes())) as stored:
        arrays = {name: stored[name] for name in stored.files} | changes
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in arrays.items() if array is not None})
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        begin().to_bytes()[:-100],
        altered(meta=None),
        altered(slots=None),
        altered(meta=np.frombuffer(b"[]", np.uint8)),
        altered(meta=np.frombuffer(json.dumps({"fingerprint": tiny_dataset().fingerprint}).encode(), np.uint8)),
        altered(parameters=np.zeros(3, np.float32)),
        altered(parameters=np.array([{}], dtype=object)),
        altered(slots=np.zeros((2, 3), np.float32)),
    ],
    ids=["empty", "text", "truncated", "no meta", "no slots", "list", "little", "size", "pickle", "slots"],
)
def test_damaged_checkpoints_are_refused(data: bytes):
    with pytest.raises(RunError, match=r"^the checkpoint cannot be read: start the run again$"):
        TrainingState.from_bytes(data, tiny_dataset())
