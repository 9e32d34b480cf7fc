"""`reproduce`: train the systems again and compare them with what was published."""

from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from rich.progress import TaskID

from mnistcore.cli.output import JsonOption, percent, print_json, print_rows, progress_bar
from mnistcore.data import Dataset, load_dataset
from mnistcore.errors import ConfigError
from mnistcore.pretrained.build import build_pretrained
from mnistcore.reproduction import FIVE, SYSTEMS, System
from mnistcore.reproduction.measuring import measure, summarize
from mnistcore.reproduction.report import HEAD, figure_rows, update_page
from mnistcore.reproduction.results import result, save_result
from mnistcore.training import RECIPES, Progress

SHIPPED = "pretrained"


def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=f"{', '.join(SYSTEMS)} or {SHIPPED}.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The champions too, not only the five systems.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train systems on MNIST from three seeds each, and compare their figures with the published ones.

    Without names, it trains the five systems. The results are stored and shown on the systems' pages; in a checkout,
    docs/reproduction.md is updated too. `pretrained` trains the network that ships with the program.
    """
    chosen = list(dict.fromkeys(names or (_trainable() if everything else FIVE)))
    if unknown := [name for name in chosen if name not in (*SYSTEMS, SHIPPED)]:
        raise ConfigError(f"there is no system {unknown[0]!r}: choose from {', '.join(SYSTEMS)} or {SHIPPED}")
    dataset = load_dataset("mnist")
    found = [_build(as_json) if name == SHIPPED else _reproduce(SYSTEMS[name], dataset, as_json) for name in chosen]
    if as_json:
        print_json(found[0] if len(found) == 1 else {"systems": found})


def _trainable() -> list[str]:
    """All systems whose recipe there is."""
    return [name for name, system in SYSTEMS.items() if system.recipe in RECIPES]


def _reproduce(system: System, dataset: Dataset, as_json: bool) -> dict[str, Any]:
    """Measure one system, store what comes out and, unless it is for a script, print it."""
    found = result(system, summarize([_measured(system, dataset, seed) for seed in system.seeds]))
    try:
        save_result(system.name, found)
        update_page()
    except OSError as error:  # the program may be installed where it cannot write
        typer.echo(f"note: the result cannot be stored ({error.strerror})", err=True)
    if not as_json:
        print(f"{system.title}: {found['verdict']}")
        print_rows(HEAD, figure_rows(system, found["measured"]))
        print()
    return {"name": system.name} | found


def _build(as_json: bool) -> dict[str, Any]:
    """Train the network that ships, and put it where it ships from."""
    dataset = load_dataset("mnist-drawn")  # it has to read what people draw, too
    with progress_bar() as bar:
        task = bar.add_task(SHIPPED, total=None)
        sheet = build_pretrained(dataset, partial(_advance, bar, task, SHIPPED, 0))
    if not as_json:
        size = f"{sheet['parameters']:,} parameters in {sheet['bytes']:,} bytes"
        accuracy = percent(sheet["test_accuracy"])
        print(f"{sheet['name']}: recipe {sheet['recipe']}, {size}, test accuracy {accuracy}")
    return sheet


def _measured(system: System, dataset: Dataset, seed: int) -> dict[str, float]:
    with progress_bar() as bar:
        task = bar.add_task(system.name, total=None)
        found = measure(system, dataset, seed, partial(_advance, bar, task))
    figures = ", ".join(f"{system.goal(key).words} {system.goal(key).shown(value)}" for key, value in found.items())
    typer.echo(f"{system.name}, seed {seed}: {figures}", err=True)
    return found


def _advance(bar: Bar, task: TaskID, name: str, seed: int, progress: Progress) -> None:
    words = f"{name}, seed {seed}: step {progress.step:,} of {progress.total_steps:,}"
    bar.update(task, completed=progress.step, total=progress.total_steps, description=words)
