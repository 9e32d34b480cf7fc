"""`explain`: why a trained network answers as it does, pixel by pixel, adding up."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from mnistcore.cli.data import DataOption, open_named_dataset
from mnistcore.cli.networks import prepared_picture
from mnistcore.cli.output import JsonOption, percent, print_json, print_rows
from mnistcore.cli.runs import RunArgument, find_run
from mnistcore.errors import ConfigError, DataError
from mnistcore.insight.ledger import Ledger, pixel_ledger, ranked_digits
from mnistcore.runs import Run, RunStore

TEST = "test:"
STRONGEST = 5


def explain(
    run: RunArgument,
    image: Annotated[
        str, typer.Argument(metavar="FILE|test:INDEX", help="A picture of a digit, or a test image by its number.")
    ],
    against: Annotated[
        int | None, typer.Option(metavar="DIGIT", help="The rival; by default the digit with the next best score.")
    ] = None,
    step: Annotated[int | None, typer.Option(help="A snapshot's step; by default the newest or kept weights.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """What each pixel adds to the lead of the answer's score over a rival's: integrated gradients from a blank sheet.

    Exact for a network without hidden layers; of others the remainder, usually under 1 %, is shown.
    """
    store = RunStore()
    chosen = find_run(store, run)
    pixels = _load_image(store, chosen, image, data, as_json)
    network, step = store.load_weights(chosen.id, step)
    ranked, scores = ranked_digits(network, pixels)
    answer = int(ranked[0])
    rival = int(ranked[1]) if against is None else against
    if rival == answer or not 0 <= rival < len(scores):
        raise ConfigError(f"--against must be a digit other than the answer, {answer}, got {rival}")
    ledger = pixel_ledger(network, pixels, answer, rival)
    if as_json:
        return print_json({"run_id": chosen.id, "step": step, "image": image} | ledger_values(ledger))
    print(f"{chosen.name}, weights after step {step:,}, reads {image} as {answer} rather than {rival}")
    _print_ledger(ledger, scores)
    return None


def ledger_values(ledger: Ledger) -> dict[str, Any]:
    """A ledger in the types of JSON; ``contributions`` are 28 rows of 28 numbers."""
    return {
        "answer": ledger.answer,
        "rival": ledger.rival,
        "difference": ledger.difference,
        "blank_sheet": ledger.blank,
        "sum": ledger.total,
        "remainder": ledger.remainder,
        "remainder_share": ledger.remainder_share,
        "contributions": ledger.contributions.tolist(),
    }


def _print_ledger(ledger: Ledger, scores: np.ndarray) -> None:
    answer, rival = ledger.answer, ledger.rival
    sides = [(digit, *ledger.side(sign)) for digit, sign in ((answer, 1), (rival, -1))]
    parts = [("blank sheet, what the biases say", ledger.blank)]
    parts += [(f"{count} pixels for {digit}", value) for digit, value, count in sides]
    parts += [
        ("sum", ledger.total),
        (f"score of {answer} minus score of {rival}", ledger.difference),
        (f"remainder, {percent(ledger.remainder_share)} of it", ledger.remainder),
    ]
    width = max(len(words) for words, _ in parts)
    print(f"score of {answer}: {scores[answer]:.4f}, score of {rival}: {scores[rival]:.4f}\n")
    for words, value in parts:
        print(f"{words.ljust(width)}  {value:+10.4f}")
    order = np.argsort(-np.abs(ledger.contributions), axis=None)[:STRONGEST]
    places = [divmod(int(place), ledger.contributions.shape[1]) for place in order]
    print("\nThe pixels that count most; rows and columns from 0, --json has all:")
    rows = [(str(row), str(column), f"{ledger.contributions[row, column]:+.4f}") for row, column in places]
    print_rows(("row", "column", "contribution"), rows)


def _load_image(store: RunStore, run: Run, text: str, data: str | None, is_quiet: bool) -> np.ndarray:
    """The (28, 28) uint8 image that a test image's number or a picture's file names."""
    if text.startswith(TEST):
        number = text.removeprefix(TEST)
        _, dataset = open_named_dataset(store, data or run.dataset, is_quiet=is_quiet)
        last = len(dataset.test_images) - 1
        if not number.isdecimal() or int(number) > last:
            raise DataError(f"test:INDEX must be a whole number from 0 to {last:,}, got {text!r}")
        return dataset.test_images[int(number)]
    if data is not None:
        raise ConfigError("--data is for test:INDEX, not for a picture")
    picture = Path(text)
    if not picture.is_file():
        raise DataError(f"no such picture: {text}; a test image is named as test:0")
    preparation = prepared_picture(picture)
    if len(preparation.digits) > 1:
        raise DataError(f"{picture} shows {len(preparation.digits)} digits: give a picture of one")
    return preparation.image
