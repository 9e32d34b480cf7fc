"""Shards of a batch in one process or two, which must come to the same, and what the steps may not depend on."""

import collections
import math
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from oracle import Reference
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.data import Dataset
from mnistcore.training import TrainingState, train
from mnistcore.training.shard_worker import count_shards
from mnistcore.training.shared_buffers import SharedBuffers
from mnistcore.training.stepper import Stepper
from tests.waiting import wait_for

Settings = dict[str, Any]

# The first layer is row-parallel (some rows of the gradient from all images), the others all-reduce theirs.
DENSE = [{"units": 300}, {"units": 12, "activation": "tanh"}]
CONVOLUTION = [
    {"kind": "conv2d", "filters": 4},
    {"kind": "max_pool2d"},
    {"kind": "batch_norm", "activation": "relu"},
    {"kind": "dropout", "rate": 0.3},
    {"kind": "flatten"},
    {"units": 20},
    {"kind": "batch_norm"},
]
LAST_IS_ONE = {"train_size": 129, "batch_size": 64, "epochs": 2}


class ReadyStepper(Stepper):
    """A stepper whose second process, if it has one, takes part from the first step on."""

    newest: "ReadyStepper"

    def __enter__(self) -> Stepper:
        ReadyStepper.newest = self
        if (process := self.parallel.process) is not None:
            wait_for(lambda: process.is_ready or process._process.poll() is not None)
            assert process._process.poll() is None
        return super().__enter__()


@pytest.fixture
def with_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Runs of two shards have a second process from the first step on. Yields where their files lie."""
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", 0)
    monkeypatch.setattr("mnistcore.training.loop.Stepper", ReadyStepper)
    monkeypatch.setattr("mnistcore.training.data_parallel.WAITING_SHARE", math.inf)  # and it never rests
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def trained(dataset: Dataset | None = None, **settings: Any) -> TrainingState:
    """A run to its end, in one process."""
    state = begin(dataset, **settings)
    finish(state)
    return state


def assert_same(state: TrainingState, expected: TrainingState) -> None:
    """Bit for bit."""
    assert state.step == expected.step == expected.total_steps
    assert state.network.parameters.tobytes() == expected.network.parameters.tobytes()
    assert state.slots.tobytes() == expected.slots.tobytes()
    assert state.result.parameters.tobytes() == expected.result.parameters.tobytes()


def assert_gone(files: Path) -> None:
    """The second process has ended, and left nothing."""
    process = ReadyStepper.newest.parallel.process
    assert process is not None
    assert process._process.returncode is not None
    assert list(files.iterdir()) == []


def test_a_second_process_makes_no_difference_to_dense_layers(with_process: Path, monkeypatch: pytest.MonkeyPatch):
    settings: Settings = LAST_IS_ONE | {"layers": DENSE, "weight_decay": 0.01, "weight_average": 0.9}
    state = begin(**settings)
    finish(state)
    assert_gone(with_process)
    plans = ReadyStepper.newest.parallel.workers[0].plans
    row_parallel = {count: [layer.units for layer, *_ in plan.row_parallel] for count, plan in plans.items()}
    assert row_parallel == {64: [300], 1: []}
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    assert_same(state, trained(**settings))
    assert ReadyStepper.newest.parallel.process is None


def test_a_run_left_with_a_second_process_goes_on_without(
    with_process: Path, monkeypatch: pytest.MonkeyPatch, reports_all: None
):
    """Convolution, whose dropout and statistics must not depend on who takes the steps."""
    settings: Settings = LAST_IS_ONE | {"layers": CONVOLUTION, "early_stopping": 5, "augmentation": {"rotation": 20}}
    settings["weight_average"] = 0.9
    state = begin(**settings)
    progresses = train(state)
    while next(progresses).step < 2:
        pass
    while next(progresses).step < 4:  # the last batch of an epoch, of one image, and the first of the next
        pass
    checkpoint = state.to_bytes()
    assert ReadyStepper.newest.parallel.process._number == 4
    progresses.close()
    assert_gone(with_process)
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    whole, resumed = trained(**settings), TrainingState.from_bytes(checkpoint, tiny_dataset())
    assert np.isfinite(whole.network.parameters).all()
    finish(resumed)
    assert_same(resumed, whole)
    finish(state)
    assert_same(state, whole)


def test_a_second_process_makes_no_difference_to_a_batch_in_pieces(with_process: Path, monkeypatch: pytest.MonkeyPatch):
    settings: Settings = {
        "layers": [{"kind": "dropout"}, {"units": 16}, {"kind": "batch_norm"}],
        "batch_size": "full",
        "train_size": 2_001,
        "epochs": 3,
    }
    state = begin(tiny_dataset(2_400), **settings)
    finish(state)
    assert_gone(with_process)
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    assert_same(state, trained(tiny_dataset(2_400), **settings))


MOMENTS = {"while it computes its shard": "backpropagate", "in the middle of its update": "reduce_and_update"}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("layers", [DENSE, CONVOLUTION], ids=["dense", "convolution"])
def test_a_second_process_that_is_killed_makes_no_difference(
    layers: list[Any],
    moment: str,
    with_process: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    """The main process waits in mid-step when it is killed: what it then finds in the shared memory is not used."""
    monkeypatch.setattr("mnistcore.training.worker_process.ALIVE_SECONDS", 0.01)
    settings: Settings = LAST_IS_ONE | {"layers": layers, "epochs": 4}
    state = begin(**settings)
    progresses = train(state)
    while next(progresses).step < 3:
        pass
    parallel = ReadyStepper.newest.parallel
    process, part = parallel.process, getattr(parallel.workers[0], MOMENTS[moment])
    assert process is not None

    def kill_first(count: int, start: int, *rest: float) -> None:
        if process._process.poll() is None:
            process._process.kill()
            process._process.wait()
            spoil(parallel.buffers)
        part(count, start, *rest)

    monkeypatch.setattr(parallel.workers[0], MOMENTS[moment], kill_first)
    collections.deque(progresses, maxlen=0)
    assert caplog.messages == [
        "the second process of a run has ended (signal 9 (SIGKILL)): the run goes on in one, with the same result"
    ]
    assert parallel.process is None
    assert list(with_process.iterdir()) == []
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    assert_same(state, trained(**settings))


def spoil(buffers: SharedBuffers) -> None:
    """The worst that a process can leave behind: nothing that it may write to is as it was."""
    for array in (buffers.parameters, buffers.slots, buffers.gradients, buffers.outputs, buffers.logits):
        array += 1


def test_a_second_process_that_is_killed_within_a_batch_in_pieces_makes_no_difference(
    with_process: Path, monkeypatch: pytest.MonkeyPatch, reports_all: None
):
    settings: Settings = {"layers": [{"units": 16}], "batch_size": "full", "train_size": 2_001, "epochs": 4}
    state = begin(tiny_dataset(2_400), **settings)
    progresses = train(state)
    while not (next(progresses).step == 2 and state.images_in_step):
        pass
    process = ReadyStepper.newest.parallel.process
    assert process is not None
    process._process.kill()
    collections.deque(progresses, maxlen=0)
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    assert_same(state, trained(tiny_dataset(2_400), **settings))


def test_a_second_process_that_ends_while_it_starts_up_is_done_without(
    with_process: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("mnistcore.training.loop.Stepper", Stepper)
    monkeypatch.setattr("mnistcore.training.data_parallel.ALIVE_SECONDS", 0.0)
    monkeypatch.setattr("mnistcore.training.worker_process.sys.executable", "/bin/false")
    state = begin(layers=DENSE, epochs=100_000)
    progresses = train(state)
    wait_for(lambda: next(progresses).step and "exit code 1" in caplog.text)
    progresses.close()
    assert list(with_process.iterdir()) == []


def test_a_second_process_that_cannot_start_is_done_without(with_process: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError("no room for another process")

    monkeypatch.setattr("mnistcore.training.data_parallel.WorkerProcess", refuse)
    assert trained(layers=DENSE, epochs=1).step == 8
    assert ReadyStepper.newest.parallel.process is None


SHARDED: dict[str, Settings] = {
    "dense, last batch of one": LAST_IS_ONE | {"layers": DENSE, "optimizer": "momentum"},
    "last batch of two": {"train_size": 130, "batch_size": 64, "layers": DENSE, "optimizer": "sgd"},
    "batches of three": {"train_size": 8, "batch_size": 3, "layers": DENSE, "optimizer": "nesterov"},
    "decay": {"layers": [{"units": 99, "bias": False}], "optimizer": "momentum", "weight_decay": 0.1},
    "no hidden layer": {"layers": [], "optimizer": "sgd", "loss": "linear_squared_error", "output_bias": False},
    "convolution": {
        "layers": [
            {"kind": "conv2d", "filters": 4, "stride": 2},
            {"kind": "max_pool2d"},
            {"kind": "conv2d", "filters": 3, "kernel": 3, "padding": 1, "activation": "tanh"},
            {"kind": "average_pool2d"},
            {"kind": "flatten"},
            {"units": 50},
        ],
        "optimizer": "momentum",
        "train_size": 129,
    },
    "pieces": {"layers": [{"units": 16}], "batch_size": "full", "train_size": 2_300, "optimizer": "sgd"},
    "pieces, and one image more": {"layers": [{"units": 16}], "batch_size": 1_001, "train_size": 2_002},
    "pieces, the last one small": {"layers": [{"units": 128}], "batch_size": 1_100, "train_size": 2_200},
}


@pytest.mark.parametrize("name", SHARDED)
def test_two_shards_take_the_steps_of_one(name: str, monkeypatch: pytest.MonkeyPatch):
    """Within float32 rounding; with a plain gradient step, in which rounding stays as small as it is."""
    settings = {"optimizer": "sgd", "learning_rate": 0.05} | SHARDED[name]
    dataset = tiny_dataset(2_400) if settings.get("train_size", 0) > 500 else tiny_dataset()
    monkeypatch.setattr("mnistcore.training.shard_worker.SHARD_WORK", math.inf)
    one = trained(dataset, **settings)
    monkeypatch.setattr("mnistcore.training.shard_worker.SHARD_WORK", 0)
    before = begin(dataset, **settings)
    two = trained(dataset, **settings)
    assert count_shards(two.network, two.batch_size) == 2
    moved = np.abs(one.network.parameters - before.network.parameters).max()
    assert moved > 1e-3
    np.testing.assert_allclose(two.network.parameters, one.network.parameters, rtol=1e-4, atol=1e-3 * moved)
    np.testing.assert_allclose(two.slots, one.slots, rtol=1e-4, atol=1e-3 * np.abs(one.slots).max(initial=0))


def dark_dataset() -> Dataset:
    """The tiny data set with a border that is black in all training images, but not in the test images."""
    tiny = tiny_dataset()
    images = tiny.train_images.copy()
    images[:, :6], images[:, :, 25:] = 0, 0
    return Dataset.build("dark", images, tiny.train_labels, tiny.test_images, tiny.test_labels)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "nesterov"])
def test_weights_of_pixels_that_are_always_black_stay_and_the_others_learn_as_ever(optimizer: str):
    dataset = dark_dataset()
    is_seen = dataset.train_images.max(axis=0).ravel() > 0
    assert 300 < is_seen.sum() < 784
    settings: Settings = {"optimizer": optimizer, "epochs": 1, "learning_rate": 0.01, "train_size": 300}
    state = begin(dataset, **settings)
    before = state.network.layers[0].W.copy()
    progresses = finish(state)
    after = state.network.layers[0].W
    np.testing.assert_array_equal(after[~is_seen], before[~is_seen])
    assert (after[is_seen] != before[is_seen]).any(axis=1).all()
    # The same run behind a dropout layer that drops nothing, whose weights are all there in each step.
    layers = [{"kind": "dropout", "rate": 1e-12}, {"units": 12, "activation": "tanh"}]
    plain = trained(dataset, layers=layers, **settings)
    np.testing.assert_allclose(state.network.parameters, plain.network.parameters, rtol=1e-3, atol=2e-5)
    reference = Reference(state.network)  # which sees the border in the test images, and its weights
    logits = reference.logits(dataset.test_images.reshape(-1, 784) / 255)
    assert progresses[-1].test_accuracy == pytest.approx((logits.argmax(axis=1) == dataset.test_labels).mean())


def test_weights_of_black_pixels_decay_with_the_others():
    dataset = dark_dataset()
    is_seen = dataset.train_images.max(axis=0).ravel() > 0
    settings: Settings = {"optimizer": "sgd", "weight_decay": 0.5, "learning_rate": 0.1, "epochs": 1}
    state = begin(dataset, **settings)
    before = state.network.layers[0].W[~is_seen].copy()
    finish(state)
    factor = (1 - 0.1 * 0.5) ** state.step
    np.testing.assert_allclose(state.network.layers[0].W[~is_seen], before * factor, rtol=1e-4)


def test_images_that_are_all_black_train_the_biases():
    labels = np.arange(60, dtype=np.uint8) % 10
    labels[labels > 4] = 7
    dataset = Dataset.build(
        "night", np.zeros((60, 28, 28), np.uint8), labels, np.zeros((9, 28, 28), np.uint8), labels[:9]
    )
    for layers in ([], [{"units": 5}]):
        state = begin(dataset, layers=layers, validation_size=0, epochs=30, learning_rate=0.05)
        before = state.network.layers[0].W.copy()
        last = finish(state)[-1]
        assert last.outcome == "finished"
        np.testing.assert_array_equal(state.network.layers[0].W, before)
        assert state.network.predict(dataset.test_images).argmax(axis=1).tolist() == [7] * 9


@pytest.mark.parametrize(
    ("batch_size", "shards"), [(50, 1), (50, 2), ("full", 1), (1_200, 2)], ids=["one", "two", "pieces", "two in pieces"]
)
def test_running_statistics_follow_those_of_the_passes(
    batch_size: int | str, shards: int, monkeypatch: pytest.MonkeyPatch
):
    """A norm on the pixels themselves: their mean and variance do not depend on any weight."""
    monkeypatch.setattr("mnistcore.training.shard_worker.SHARD_WORK", 0 if shards == 2 else math.inf)
    dataset = tiny_dataset(2_400)
    train_size = 100 if batch_size == 50 else 2_300
    layers = [{"kind": "batch_norm"}, {"units": 4}]
    state = begin(dataset, layers=layers, batch_size=batch_size, train_size=train_size, epochs=2, shuffle=False)
    finish(state)
    x = dataset.train_images[state.split.train].reshape(train_size, 784) / 255
    mean, variance = np.zeros(784), np.ones(784)
    size = train_size if batch_size == "full" else int(batch_size)
    for _ in range(2):
        for start in range(0, train_size, size):
            batch = x[start : start + size]
            pieces = np.array_split(batch, math.ceil(len(batch) / 1000))
            passes = [part for piece in pieces for part in np.array_split(piece, shards)]
            mean += 0.1 * (np.mean([part.mean(axis=0) for part in passes], axis=0) - mean)
            variance += 0.1 * (np.mean([part.var(axis=0) for part in passes], axis=0) - variance)
    views = state.network.views(0, state.network.parameters)
    np.testing.assert_allclose(views["mean"], mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(views["variance"], variance, rtol=1e-3, atol=1e-5)
