"""Memory of a run: float32 throughout, and nothing allocated anew in a step."""

import gc
import math
import tracemalloc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.training import train
from mnistcore.training.stepper import Stepper


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_every_array_stays_float32(optimizer: str):
    layers = [{"units": 8, "activation": "sigmoid"}, {"kind": "dropout"}, {"units": 6, "activation": "leaky_relu"}]
    state = begin(
        layers=layers,
        optimizer=optimizer,
        weight_decay=0.01,
        learning_rate=0.001,
        schedule="one_cycle",
        early_stopping=2,
        weight_average=0.9,
    )
    finish(state)
    kinds = {name: array.dtype for name, array in arrays_within(state, "state") if array.dtype.kind == "f"}
    assert "state._network.parameters" in kinds
    assert {name: kind for name, kind in kinds.items() if kind != np.float32} == {}


def arrays_within(thing: Any, name: str, seen: set[int] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """Every array that can be reached from an object of the core, with the way to it."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, np.ndarray):
        yield name, thing
    elif isinstance(thing, (list, tuple, dict)):
        items = thing.items() if isinstance(thing, dict) else enumerate(thing)
        for key, value in items:
            yield from arrays_within(value, f"{name}[{key}]", seen)
    elif type(thing).__module__.startswith("mnistcore"):
        for key, value in vars(thing).items():
            yield from arrays_within(value, f"{name}.{key}", seen)


@pytest.mark.usefixtures("reports_all")
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_steps_allocate_no_batch_and_no_gradient(optimizer: str, monkeypatch: pytest.MonkeyPatch):
    """A batch is 200 kB here and a weight matrix 800 kB: neither is allocated anew, and nothing piles up."""
    # A second process would begin to help at some moment, and from then on a copy of the parameters is kept.
    monkeypatch.setattr("mnistcore.training.data_parallel.PROCESS_WORK", math.inf)
    layers = [{"units": 256}, {"kind": "dropout"}]
    state = begin(layers=layers, optimizer=optimizer, epochs=1000, validation_size=0)
    progresses = train(state)
    while state.step < 20:
        next(progresses)
    tracemalloc.start()
    try:
        next(progresses)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        while state.step < 100:
            next(progresses)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 20_000
    assert peak - before < 150_000


def test_the_images_are_copied_once_when_a_run_is_prepared():
    """Into the shared buffers, with no other copy on the way: that one took 43 MB of MNIST."""
    state = begin(tiny_dataset(4000), layers=[{"units": 8}])
    images = state.dataset.train_images
    tracemalloc.start()
    try:
        with Stepper(state) as stepper:
            _, peak = tracemalloc.get_traced_memory()
            assert np.array_equal(stepper.parallel.buffers.images.sum(axis=1), images.sum(axis=(1, 2)))
    finally:
        tracemalloc.stop()
    assert images.nbytes < peak < 1.6 * images.nbytes


def test_a_run_leaves_no_circle_behind_that_keeps_its_buffers():
    """A worker that had trained four networks held the buffers of all, 200 MB, until Python looked for circles."""
    gc.collect()
    gc.disable()
    try:
        state = begin()
        with Stepper(state) as stepper:
            stepper.advance(3)
            buffers = weakref.ref(stepper.parallel.buffers), weakref.ref(stepper.parallel.workers[0])
        del state, stepper
        assert [buffer() for buffer in buffers] == [None, None]
        for _ in train(begin(epochs=1)):
            pass
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        assert not [one for one in gc.garbage if type(one).__module__.startswith("mnistcore")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
