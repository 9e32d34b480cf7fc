"""Trains the network that ships with the program, and writes its archive and its data sheet."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mnistcore import pretrained
from mnistcore.data import Dataset, atomic_write, split_indices
from mnistcore.errors import RunError
from mnistcore.nn import Network
from mnistcore.reproduction.results import machine
from mnistcore.runs import Run, RunStore, work
from mnistcore.runs.archive import pack_run
from mnistcore.runs.weights import Weights
from mnistcore.training import Progress, evaluate, recipe

MAX_BYTES = 2_000_000
RECIPE = "drawn-digits"


def build_pretrained(dataset: Dataset, watch: Callable[[Progress], object]) -> dict[str, Any]:
    """Train the recipe on ``dataset`` ("mnist-drawn"), write archive and sheet where they ship from; returns the sheet.

    The weights are rounded to float16, which halves the archive; the accuracies are measured after that.
    """
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore(f"sqlite:///{Path(temporary) / 'runs.db'}")
        try:
            run_id = store.create_run(recipe(RECIPE).config, dataset.name, dataset.fingerprint, RECIPE, pretrained.NAME)
            for progress in work(store, run_id):
                watch(progress)
            run, history = store.run(run_id), store.history(run_id)
            if run.status != "finished":
                raise RunError(f"the training of {RECIPE} has {run.status}: {run.message}")
            network, step = store.load_weights(run_id)
            network = _rounded(network)
        finally:
            store.close()
    measured = _measure(network, run, dataset)
    history.loc[history.index[-1], list(measured)] = list(measured.values())
    packed = pack_run(replace(run, **measured), history, Weights(network, step))  # type: ignore[arg-type]
    if len(packed) > MAX_BYTES:
        raise RunError(f"the archive would have {len(packed):,} bytes, at most {MAX_BYTES:,} may ship: use fewer units")
    sheet = _sheet(run, measured, len(packed))
    written = (json.dumps(sheet, indent=1, ensure_ascii=False) + "\n").encode()
    for path, data in ((pretrained.ARCHIVE, packed), (pretrained.SHEET, written)):
        with atomic_write(path) as file:
            file.write(data)
    return sheet


def _rounded(network: Network) -> Network:
    """The same network with weights that float16 can hold: their last bits are zero, and vanish in a ZIP."""
    network.load_parameters(network.parameters.astype(np.float16).astype(np.float32))
    return network


def _measure(network: Network, run: Run, dataset: Dataset) -> dict[str, float]:
    """Loss and accuracy of these weights on the held-out images and the test set."""
    split = split_indices(dataset.train_labels, run.config.validation_size, run.config.train_size, run.config.seed)
    test = evaluate(network, dataset.test_images, dataset.test_labels)
    measured = {"test_loss": test.loss, "test_accuracy": test.accuracy}
    if len(split.validation):
        validation = evaluate(network, dataset.train_images, dataset.train_labels, split.validation)
        measured |= {"validation_loss": validation.loss, "validation_accuracy": validation.accuracy}
    return measured


def _sheet(run: Run, measured: dict[str, float], size: int) -> dict[str, Any]:
    return {
        "name": run.name,
        "recipe": run.recipe,
        "settings": run.config.differences(),
        "seed": run.config.seed,
        "data": run.dataset,
        "parameters": run.parameter_count,
        "weights": "float16 precision",
        "test_accuracy": round(measured["test_accuracy"], 6),
        "validation_accuracy": round(measured["validation_accuracy"], 6) if "validation_accuracy" in measured else None,
        "training_seconds": round(run.seconds, 1),
        "bytes": size,
        "date": date.today().isoformat(),
        "machine": machine(),
        "command": "python -m mnistcore reproduce pretrained",
    }
