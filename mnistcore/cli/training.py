"""`recipes` and `train`: a training run in this process, seen live by every open page."""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from mnistcore.cli.data import DataOption, open_named_dataset, parse_settings
from mnistcore.cli.output import JsonOption, percent, print_json, print_rows, progress_bar
from mnistcore.cli.runs import find_run
from mnistcore.data import split_indices
from mnistcore.data.imports import SETTINGS
from mnistcore.errors import ConfigError, RunError
from mnistcore.runs import Run, RunStore, lifecycle, work
from mnistcore.runs.own_recipes import any_recipe, own_recipes
from mnistcore.runs.store import describe_network
from mnistcore.training import RECIPES, TrainingConfig, parse_config

RecipeOption = Annotated[str | None, typer.Option("--recipe", help="A named config: see `recipes`.")]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="A JSON file as `recipes NAME` prints it.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help=f"A setting of the training, as in learning_rate=0.01, or how --data is read: {', '.join(SETTINGS)}.",
    ),
]
StartOption = Annotated[
    str | None,
    typer.Option(
        metavar="RUN[@STEP]",
        help="Start from this run's weights, its newest or those of a step; without --recipe and --config with its "
        "settings too.",
    ),
]
NameOption = Annotated[str | None, typer.Option(help="The run's name; by default it describes the network.")]


def recipes(
    name: Annotated[str | None, typer.Argument(help="Print this recipe's whole config, to edit for --config.")] = None,
    as_json: JsonOption = False,
) -> None:
    """The named configs, ours and those that you have kept: list them, or print one."""
    if name is not None:
        config = any_recipe(RunStore(), name).model_dump(mode="json")
        return print_json(config) if as_json else print(json.dumps(config, indent=2))
    own = own_recipes(RunStore())
    if as_json:
        keys = ("name", "title", "summary", "published")
        ours = [{key: getattr(entry, key) for key in keys} for entry in RECIPES.values()]
        return print_json({"recipes": ours, "own": list(own)})
    rows = [(entry.name, entry.summary) for entry in RECIPES.values()]
    rows += [(kept, f"Your own: {describe_network(config)}.") for kept, config in own.items()]
    return print_rows(("recipe", "what it is"), rows)


def train(
    recipe_name: RecipeOption = None,
    config_file: ConfigOption = None,
    data: DataOption = None,
    settings: SetOption = None,
    start_from: StartOption = None,
    name: NameOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a network. Ctrl-C stops it and keeps its weights."""
    given = parse_settings(settings)
    of_import = {key: value for key, value in given.items() if key in SETTINGS}
    store = RunStore()
    source, start = _chosen_start(store, start_from)
    config = source if source and not (recipe_name or config_file) else _chosen_config(store, recipe_name, config_file)
    config = config.overridden(start | {key: value for key, value in given.items() if key not in SETTINGS})
    dataset_name, dataset = open_named_dataset(store, data, of_import, is_quiet=as_json)
    split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)  # refuses bad sizes
    ours = recipe_name if recipe_name in RECIPES else None
    run_id = store.create_run(config, dataset_name, dataset.fingerprint, recipe=ours, name=name or recipe_name)
    interrupted = _execute(store, run_id)
    run = store.run(run_id)
    if not as_json:
        _print_summary(run)
    print_json(_result(run))
    if interrupted:
        raise typer.Exit(130)
    if run.status in ("failed", "diverged"):
        typer.echo(f"error: the run has {run.status}: {run.message}", err=True)
        raise typer.Exit(1)


def _chosen_start(store: RunStore, reference: str | None) -> tuple[TrainingConfig | None, dict[str, Any]]:
    """The settings of the run in `RUN[@STEP]`, and the setting that starts from its weights."""
    if reference is None:
        return None, {}
    name, _, step = reference.partition("@")
    if step and not (step.isascii() and step.isdigit()):
        raise ConfigError(f"--start-from must be RUN or RUN@STEP, as in latest@500, got {reference!r}")
    run = find_run(store, name)
    return run.config, {"start_from": {"run": run.id, "step": int(step) if step else None}}


def _chosen_config(store: RunStore, recipe_name: str | None, config_file: Path | None) -> TrainingConfig:
    if (recipe_name is None) == (config_file is None):
        raise ConfigError(f"give --recipe, --config FILE or --start-from RUN; recipes: {', '.join(RECIPES)}")
    if recipe_name is not None:
        return any_recipe(store, recipe_name)
    assert config_file is not None
    try:
        return parse_config(config_file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"--config {config_file} cannot be read: {reason}") from None
    except ConfigError as error:
        raise ConfigError(f"--config {config_file}: {error}") from None


def _execute(store: RunStore, run_id: str) -> bool:
    """Work on the run as a worker would; True if the user has interrupted it."""
    with interruption() as interrupted, progress_bar() as bar:
        task = bar.add_task("starting", total=None)
        validation, is_warned = None, False
        for progress in work(store, run_id):
            validation = progress.validation_accuracy if progress.validation_accuracy is not None else validation
            words = [f"epoch {progress.epoch:.1f} of {progress.epochs}", f"{progress.images_per_second:,.0f} images/s"]
            description = "  ".join([*words, f"validation {percent(validation)}"])
            bar.update(task, completed=progress.step, total=progress.total_steps, description=description)
            if progress.message is not None and progress.outcome is None and not is_warned:
                is_warned = True
                bar.console.print(f"warning: {progress.message}", markup=False, highlight=False, soft_wrap=True)
            if interrupted.is_set():
                _stop(store, run_id)
    return interrupted.is_set()


def _stop(store: RunStore, run_id: str) -> None:
    with suppress(RunError):  # it has just ended
        lifecycle.stop(store.database, run_id, lifecycle.new_owner())  # to the worker that this is


@contextmanager
def interruption() -> Iterator[threading.Event]:
    """Turn Ctrl-C and a polite kill into an event; a second Ctrl-C ends the program at once, as ever."""
    event = threading.Event()

    def interrupt(number: int, frame: object) -> None:
        event.set()
        for signal_number, handler in previous.items():
            signal.signal(signal_number, handler)

    if threading.current_thread() is not threading.main_thread():
        yield event
        return
    previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _parts(run: Run) -> list[str]:
    """What a run is measured on; one whose weights are a mean on the validation images with the plain ones too."""
    return ["train", "validation", *(["plain_validation"] if run.config.weight_average else []), "test"]


def _result(run: Run) -> dict[str, Any]:
    keys = ["status", "message", "recipe", "dataset", "seconds", "images_per_second"]
    keys += [f"{part}_{figure}" for part in _parts(run) for figure in ("accuracy", "loss")]
    values = {key: getattr(run, key) for key in keys}
    return {"run_id": run.id, "name": run.name, "steps": run.step, "epochs": run.epoch, **values}


def _print_summary(run: Run) -> None:
    print(f"{run.name}: {run.status}{f' ({run.message})' if run.message else ''}")
    speed = "" if run.images_per_second is None else f": {run.images_per_second:,.0f} images/s"
    print(f"{run.step:,} steps, {run.epoch:g} epochs in {run.seconds:.1f} s{speed}")
    for part in ("train", "validation", "test"):
        loss = getattr(run, f"{part}_loss")
        print(f"{part:<11}{percent(getattr(run, f'{part}_accuracy')):>8}" + (f"   loss {loss:.4f}" if loss else ""))
    if run.plain_validation_accuracy is not None:
        print(f"With the plain weights of the last step validation is at {percent(run.plain_validation_accuracy)}.")
