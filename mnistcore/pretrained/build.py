"""Trains the networks that ship with the program, and writes their archives and data sheets."""

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
from mnistcore.training import Progress, TrainingConfig, evaluate, parse_config, recipe

MAX_BYTES = 2_000_000
RECIPE = "drawn-digits"
Watch = Callable[[Progress], object]
# Small enough for forty snapshots each, and evaluated where these are densest, for the curve behind the film.
_FILMED = {"epochs": 5, "evaluate_at_steps": [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048]}
_ROUNDS = [{"kind": "conv2d", "filters": 6}, {"kind": "max_pool2d"}, {"kind": "conv2d", "filters": 12}]
FILMED = (
    ("Filmed: 30 hidden units", {"layers": [{"units": 30}], **_FILMED}),
    (
        "Filmed: convolution",
        {"layers": [*_ROUNDS, {"kind": "max_pool2d"}, {"kind": "flatten"}, {"units": 32}], **_FILMED},
    ),
)


def build_pretrained(dataset: Dataset, watch: Watch) -> dict[str, Any]:
    """Train the recipe on ``dataset`` ("mnist-drawn"), write archive and sheet where they ship from; returns the sheet.

    The weights are rounded to float16, which halves the archive; the accuracies are measured after that.
    """
    return _build(pretrained.ARCHIVE, pretrained.NAME, RECIPE, recipe(RECIPE).config, dataset, watch)


def build_films(dataset: Dataset, watch: Watch) -> list[dict[str, Any]]:
    """The same for two small networks on ``dataset`` ("mnist"), which ship with all snapshots of their training."""
    return [
        _build(path, name, None, parse_config(settings), dataset, watch)
        for path, (name, settings) in zip(pretrained.FILMS, FILMED, strict=True)
    ]


def _build(
    path: Path, name: str, recipe_name: str | None, config: TrainingConfig, dataset: Dataset, watch: Watch
) -> dict[str, Any]:
    """Train, measure and write one; without a recipe's name its snapshots are packed too."""
    with tempfile.TemporaryDirectory() as temporary:
        store = RunStore(f"sqlite:///{Path(temporary) / 'runs.db'}")
        try:
            run_id = store.create_run(config, dataset.name, dataset.fingerprint, recipe_name, name)
            for progress in work(store, run_id):
                watch(progress)
            run, history = store.run(run_id), store.history(run_id)
            if run.status != "finished":
                raise RunError(f"the training of {name!r} has {run.status}: {run.message}")
            network, step = store.load_weights(run_id)
            network = _rounded(network)
            steps = [] if recipe_name else store.snapshot_steps(run_id)
            snapshots = {step: store.load_weights(run_id, step).network.parameters for step in steps}
        finally:
            store.close()
    measured = _measure(network, run, dataset)
    history.loc[history.index[-1], list(measured)] = list(measured.values())
    run = replace(run, **measured)  # type: ignore[arg-type]
    packed = pack_run(run, history, Weights(network, step), snapshots)
    if len(packed) > MAX_BYTES:
        raise RunError(f"the archive would have {len(packed):,} bytes, at most {MAX_BYTES:,} may ship: use fewer units")
    sheet = _sheet(run, measured, len(packed)) | ({"snapshots": len(snapshots)} if snapshots else {})
    written = (json.dumps(sheet, indent=1, ensure_ascii=False) + "\n").encode()
    for target, data in ((path, packed), (path.with_suffix(".json"), written)):
        with atomic_write(target) as file:
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
        "command": f"python -m mnistcore reproduce {'pretrained' if run.recipe else 'films'}",
    }
