"""`evaluate` and `predict`: a trained network's accuracy on a data set, or its answer to one picture."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from mnistcore.cli.data import DataOption, open_named_dataset
from mnistcore.cli.output import JsonOption, percent, print_json
from mnistcore.cli.runs import RunArgument, find_run
from mnistcore.data import Dataset, split_indices
from mnistcore.drawing import prepare_picture
from mnistcore.errors import DataError
from mnistcore.insight.confusion import accuracy_interval
from mnistcore.runs import Run, RunStore
from mnistcore.training import evaluate as evaluate_network

PARTS = ("test", "validation", "train")


def evaluate(
    run: RunArgument,
    data: DataOption = None,
    part: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
    as_json: JsonOption = False,
) -> None:
    """Loss and accuracy of a run's network; by default on the test images of the data it was trained on."""
    if part not in PARTS:
        raise DataError(f"--part must be test, validation or train, got {part!r}")
    store = RunStore()
    chosen = find_run(store, run)
    name, dataset = open_named_dataset(store, data or chosen.dataset)
    images, labels = _part_of(dataset, part, chosen)
    network, step = store.load_weights(chosen.id)
    result = evaluate_network(network, images, labels)
    low, high = accuracy_interval(result.correct, result.count)
    if as_json:
        return print_json(
            {
                "run_id": chosen.id,
                "step": step,
                "data": name,
                "part": part,
                "loss": float(result.loss),
                "accuracy": float(result.accuracy),
                "correct": int(result.correct),
                "count": int(result.count),
                "accuracy_interval": [float(low), float(high)],
            }
        )
    print(f"{chosen.name}, weights after step {step:,}, on the {part} images of {name}")
    print(f"accuracy  {percent(result.accuracy)} ({result.correct:,} / {result.count:,}), "
          f"95 % interval {percent(low)} to {percent(high)}")  # fmt: skip
    print(f"loss      {result.loss:.4f}")
    return None


def _part_of(dataset: Dataset, part: str, run: Run) -> tuple[np.ndarray, np.ndarray]:
    if part == "test":
        return dataset.test_images, dataset.test_labels
    config = run.config
    split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
    indices = split.train if part == "train" else split.validation
    if len(indices) == 0:
        raise DataError(f"the run has no {part} images: its validation_size is {config.validation_size}")
    return dataset.train_images[indices], dataset.train_labels[indices]


def predict(
    run: RunArgument,
    picture: Annotated[Path, typer.Argument(metavar="FILE", help="A PNG or JPEG of one digit.")],
    as_json: JsonOption = False,
) -> None:
    """The digit in a picture, prepared just as the Draw page prepares it."""
    if not picture.is_file():
        raise DataError(f"no such picture: {picture}")
    store = RunStore()
    chosen = find_run(store, run)
    try:
        preparation = prepare_picture(picture.read_bytes())
    except DataError as error:
        raise DataError(f"{picture}: {error}") from None
    if preparation.is_empty:
        raise DataError(f"{picture}: {preparation.hint}")
    network, step = store.load_weights(chosen.id)
    probabilities = network.predict(preparation.image[np.newaxis])[0]
    prediction = int(probabilities.argmax())
    if as_json:
        return print_json(
            {
                "run_id": chosen.id,
                "step": step,
                "file": str(picture),
                "prediction": prediction,
                "probabilities": [float(probability) for probability in probabilities],
                "inverted": preparation.inverted,
                "hint": preparation.hint,
            }
        )
    for digit in np.argsort(-probabilities)[:3]:
        print(f"{digit}  {percent(float(probabilities[digit]))}")
    if preparation.hint:
        typer.echo(preparation.hint, err=True)
    return None
