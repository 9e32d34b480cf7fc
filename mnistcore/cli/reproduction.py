"""`reproduce`: train the systems again and compare them with what was published."""

from functools import partial
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from rich.progress import TaskID

from mnistcore.cli.output import JsonOption, percent, print_json, print_rows, progress_bar
from mnistcore.data import Dataset, load_dataset
from mnistcore.errors import ConfigError
from mnistcore.pretrained.build import build_films, build_pretrained
from mnistcore.reproduction import FIVE, SYSTEMS, System
from mnistcore.reproduction.measuring import measure, summarize
from mnistcore.reproduction.report import HEAD, figure_rows, update_page
from mnistcore.reproduction.results import result, save_result
from mnistcore.training import RECIPES, Progress

SHIPPED = ("pretrained", "films")


def reproduce(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help=f"{', '.join([*SYSTEMS, *SHIPPED])}.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="The champions too, not only the five systems.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Train systems on MNIST from three seeds each, and compare their figures with the published ones.

    Without names, it trains the five systems. The results are stored and shown on the systems' pages; in a checkout,
    docs/reproduction.md is updated too. `pretrained` trains the network that ships with the program, `films` the two
    that ship with all their snapshots.
    """
    chosen = list(dict.fromkeys(names or (_trainable() if everything else FIVE)))
    if unknown := [name for name in chosen if name not in (*SYSTEMS, *SHIPPED)]:
        raise ConfigError(f"there is no system {unknown[0]!r}: choose from {', '.join([*SYSTEMS, *SHIPPED])}")
    dataset = load_dataset("mnist")
    found = []
    for name in chosen:
        found += _build(name, as_json) if name in SHIPPED else [_reproduce(SYSTEMS[name], dataset, as_json)]
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


def _build(name: str, as_json: bool) -> list[dict[str, Any]]:
    """Train networks that ship, and put them where they ship from."""
    with progress_bar() as bar:
        watch = partial(_advance, bar, bar.add_task(name, total=None), name, 0)
        if name == "films":
            sheets = build_films(load_dataset("mnist"), watch)
        else:  # it has to read what people draw, too
            sheets = [build_pretrained(load_dataset("mnist-drawn"), watch)]
    if not as_json:
        for sheet in sheets:
            size = f"{sheet['parameters']:,} parameters in {sheet['bytes']:,} bytes"
            of = f"recipe {sheet['recipe']}" if sheet["recipe"] else f"{sheet['snapshots']} snapshots"
            print(f"{sheet['name']}: {of}, {size}, test accuracy {percent(sheet['test_accuracy'])}")
    return sheets


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
