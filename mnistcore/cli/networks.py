"""`evaluate` and `predict`: a trained network's accuracy on a data set, or its answers to pictures."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from mnistcore.cli.data import DataOption, SetOption, open_named_dataset, parse_settings, tell
from mnistcore.cli.output import JsonOption, percent, print_json
from mnistcore.cli.runs import RunArgument, find_run
from mnistcore.data import Dataset, atomic_write, split_indices
from mnistcore.data.imports import ImportSettings, images_to_classify, parse_import_settings, pixel_notes, read_images
from mnistcore.data.imports.kinds import kind_of
from mnistcore.drawing import Preparation, prepare_picture
from mnistcore.errors import ConfigError, DataError
from mnistcore.exports.submission import submission_csv
from mnistcore.insight.confusion import accuracy_interval
from mnistcore.runs import Run, RunStore
from mnistcore.training import evaluate as evaluate_network

PARTS = ("test", "validation", "train")
PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp"}


def evaluate(
    run: RunArgument,
    data: DataOption = None,
    settings: SetOption = None,
    part: Annotated[str, typer.Option(help="test, validation or train.")] = "test",
    as_json: JsonOption = False,
) -> None:
    """Loss and accuracy of a run's network; by default on the test images of the data it was trained on."""
    if part not in PARTS:
        raise DataError(f"--part must be test, validation or train, got {part!r}")
    store = RunStore()
    chosen = find_run(store, run)
    name, dataset = open_named_dataset(store, data or chosen.dataset, parse_settings(settings), is_quiet=as_json)
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
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A picture of a digit, or of several in a row; or a file or folder of images."
        ),
    ],
    output: Annotated[Path | None, typer.Option(help="Where to write the CSV; by default stdout.")] = None,
    part: Annotated[str | None, typer.Option(help="Of files with both: only train or test.")] = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """The digit in a picture, or in each of many images: a CSV with ImageId and Label, as competitions ask for it.

    A picture is prepared just as the Draw page prepares it; several digits in it are read from left to right.
    """
    if not source.exists():
        raise DataError(f"no such picture, file or folder: {source}")
    if part not in (None, "train", "test"):
        raise DataError(f"--part must be train or test, got {part!r}")
    store = RunStore()
    chosen = find_run(store, run)
    if is_picture(source):
        if given := next(
            (name for name, value in (("--output", output), ("--part", part), ("--set", settings)) if value), None
        ):
            raise ConfigError(f"{given} is for files and folders of many images, {source} is one picture")
        _predict_picture(store, chosen, source, as_json)
    else:
        _predict_set(store, chosen, source, output, part, parse_import_settings(parse_settings(settings)), as_json)


def is_picture(source: Path) -> bool:
    """Whether a file is one picture, by its name or its first bytes."""
    if not source.is_file():
        return False
    with source.open("rb") as file:
        return source.suffix.lower() in PICTURES or kind_of(file.read(1024), source.name) == "picture"


def _predict_set(
    store: RunStore,
    run: Run,
    source: Path,
    output: Path | None,
    part: str | None,
    settings: ImportSettings,
    as_json: bool,
) -> None:
    reading = read_images([(source.resolve().name, source)], settings)
    found = images_to_classify(reading, settings, part)
    network, step = store.load_weights(run.id)
    predictions = network.predict(found.images).argmax(axis=1)
    content = submission_csv(found.names, predictions)
    if output is not None:
        with atomic_write(output) as file:
            file.write(content)
    correct = None if found.labels is None else int((predictions == found.labels).sum())
    if as_json:
        values = {"run_id": run.id, "step": step, "file": str(source), "images": len(predictions), "correct": correct}
        values |= {"output": str(output)} if output is not None else {"predictions": predictions.tolist()}
        return print_json(values)
    tell(pixel_notes(reading.sets, settings.changes))
    if output is None:
        print(content.decode(), end="")
    else:
        print(f"{len(predictions):,} answers of {run.name} are in {output}")
    if correct is not None:
        share = percent(correct / len(predictions))
        tell([f"{correct:,} of {len(predictions):,} ({share}) are as the labels in {source} say"])
    return None


def prepared_picture(picture: Path) -> Preparation:
    """What is read from a picture file; DataError names the file, also where there is no digit in it."""
    try:
        preparation = prepare_picture(picture.read_bytes())
    except DataError as error:
        raise DataError(f"{picture}: {error}") from None
    if preparation.is_empty:
        raise DataError(f"{picture}: {preparation.hint}")
    return preparation


def _predict_picture(store: RunStore, run: Run, picture: Path, as_json: bool) -> None:
    preparation = prepared_picture(picture)
    network, step = store.load_weights(run.id)
    probabilities = network.predict(np.stack([digit.image for digit in preparation.digits]))
    if as_json:
        return print_json(
            {
                "run_id": run.id,
                "step": step,
                "file": str(picture),
                **_answers(probabilities),
                "inverted": preparation.inverted,
                "hint": preparation.hint,
            }
        )
    if len(probabilities) > 1:
        print("".join(str(digit) for digit in probabilities.argmax(axis=1)))
    for number, shares in enumerate(probabilities, 1):
        if len(probabilities) > 1:
            print(f"\ndigit {number} from the left")
        for digit in np.argsort(-shares)[:3]:
            print(f"{digit}  {percent(float(shares[digit]))}")
    if preparation.hint:
        typer.echo(preparation.hint, err=True)
    return None


def _answers(probabilities: np.ndarray) -> dict[str, Any]:
    """What the network says to each of the (n, 10) digits; as the answer to the picture too, where that shows one."""
    digits = [{"prediction": int(shares.argmax()), "probabilities": shares.tolist()} for shares in probabilities]
    alone = digits[0] if len(digits) == 1 else {"prediction": None, "probabilities": None}
    return {**alone, "digits": digits}
