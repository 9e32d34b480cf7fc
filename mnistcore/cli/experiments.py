"""`experiment …`: many runs with one purpose, run here or by whatever engine works on the same store."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from mnistcore.cli.data import DataOption, open_named_dataset, parse_settings
from mnistcore.cli.experiment_output import csv_table, described, print_experiment, print_status
from mnistcore.cli.output import JsonOption, percent, print_json, print_rows, progress_bar
from mnistcore.cli.training import ConfigOption, RecipeOption, SetOption, interruption
from mnistcore.data import atomic_write
from mnistcore.errors import ConfigError
from mnistcore.experiments import (
    Experiment,
    actions,
    advance,
    create_experiment,
    experiment,
    experiments,
    members,
    parse_experiment,
    parse_variation,
    records,
)
from mnistcore.experiments.results import plan_words
from mnistcore.reports import experiment_report
from mnistcore.runs import Engine, RunStore
from mnistcore.runs.own_recipes import any_recipe
from mnistcore.training import parse_config

experiment_commands = typer.Typer(help="Experiments: let settings vary, and see which of them matter.")

IdArgument = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="An id from `experiment list`, or latest.")]
VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        metavar="SETTING=VALUES",
        help="A list, as in batch_size=16,64,256, or a range: learning_rate=log:1e-4:1e-1, dropout=range:0.0:0.5.",
    ),
]


@experiment_commands.command("run")
def run_experiment(
    file: Annotated[Path | None, typer.Argument(help="A JSON file as `experiment show --json` prints it.")] = None,
    recipe_name: RecipeOption = None,
    config_file: ConfigOption = None,
    data: DataOption = None,
    settings: SetOption = None,
    vary: VaryOption = None,
    seeds: Annotated[int, typer.Option(help="How many seeds each combination runs with.")] = 1,
    sampler: Annotated[str, typer.Option(help="Who chooses next: grid, random or tpe.")] = "random",
    runs: Annotated[int | None, typer.Option(help="At most so many runs, all seeds counted.")] = None,
    minutes: Annotated[float | None, typer.Option(help="At most so many minutes.")] = None,
    stop_early: Annotated[bool, typer.Option("--stop-early", help="Only the better third goes on.")] = False,
    name: Annotated[str | None, typer.Option(help="The experiment's name.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run an experiment here. Ctrl-C pauses it, and says how to go on."""
    store = RunStore()
    dataset_name, _ = open_named_dataset(store, data)
    if file is not None:
        config = parse_experiment(_read(file) | {"dataset": dataset_name})
    else:
        chosen = {"seeds": seeds, "sampler": sampler, "runs": runs, "minutes": minutes, "stop_early": stop_early}
        base = _base(store, recipe_name, config_file).overridden(parse_settings(settings))
        config = parse_experiment({"base": base, "dataset": dataset_name, "vary": _variations(vary or []), **chosen})
    experiment_id = create_experiment(store, config, name)
    typer.echo(f"{experiment_id}: {plan_words(config)}", err=True)
    _work(store, experiment_id, as_json)


@experiment_commands.command("list")
def list_experiments(as_json: JsonOption = False) -> None:
    """All experiments, newest first."""
    store = RunStore()
    found = experiments(store)
    if as_json:
        return print_json({"experiments": [described(store, each) for each in found]})
    rows = [(each.id, each.status, str(len(members(store, each.id))), each.name) for each in found]
    return print_rows(("experiment", "status", "runs", "name"), rows)


@experiment_commands.command()
def show(name: IdArgument, as_json: JsonOption = False) -> None:
    """What came of an experiment: which setting matters, and the best combinations."""
    store = RunStore()
    print_experiment(store, _found(store, name).id, as_json)


@experiment_commands.command()
def pause(name: IdArgument, as_json: JsonOption = False) -> None:
    """Pause an experiment and its runs, wherever they are worked on."""
    store = RunStore()
    actions.pause_experiment(store, found := _found(store, name).id)
    print_status(store, found, as_json)


@experiment_commands.command()
def resume(name: IdArgument, as_json: JsonOption = False) -> None:
    """Go on with an experiment, here; also one whose program was killed."""
    store = RunStore()
    found = _found(store, name)
    if found.status == records.PAUSED:
        actions.resume_experiment(store, found.id)
    elif found.is_over:
        raise ConfigError(f"the experiment “{found.name}” is {found.status}: extend it to make more runs")
    _work(store, found.id, as_json)


@experiment_commands.command()
def extend(
    name: IdArgument,
    runs: Annotated[int | None, typer.Option(help="So many runs in all.")] = None,
    minutes: Annotated[float | None, typer.Option(help="So many minutes in all.")] = None,
    vary: VaryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Allow more runs or minutes, or narrow or widen a range; then go on, here."""
    store = RunStore()
    found = _found(store, name)
    changes: dict[str, Any] = {key: value for key, value in (("runs", runs), ("minutes", minutes)) if value is not None}
    if vary:
        changes["vary"] = found.config.vary | _variations(vary)
    if not changes:
        raise ConfigError("give --runs, --minutes or --vary: what is to change")
    records.change_config(store, found.id, parse_experiment(dict(found.config) | changes))
    _work(store, found.id, as_json)


@experiment_commands.command()
def stop(name: IdArgument, as_json: JsonOption = False) -> None:
    """End an experiment; its runs stop after their current step."""
    store = RunStore()
    actions.stop_experiment(store, found := _found(store, name).id)
    print_status(store, found, as_json)


@experiment_commands.command()
def export(
    name: IdArgument,
    output: Annotated[Path | None, typer.Option(help="A CSV file; without it the table goes to stdout.")] = None,
) -> None:
    """The runs of an experiment as CSV: settings, seed, status, best validation accuracy and its step."""
    store = RunStore()
    found = _found(store, name)
    text = csv_table(found.config, members(store, found.id))
    if output is None:
        return print(text, end="")
    output.write_text(text, encoding="utf-8")
    return print(f"{output}: {len(members(store, found.id)):,} runs")


@experiment_commands.command()
def report(
    name: IdArgument,
    output: Annotated[Path | None, typer.Option(help="The HTML file; by default one here, named after it.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
) -> None:
    """An experiment as one page to read offline and to print: what it says, curves, combinations, the best run."""
    store = RunStore()
    found = _found(store, name)
    target = output or Path(f"experiment-{found.id}.html")
    if target.exists() and not force:
        raise ConfigError(f"{target} exists: choose another --output, or add --force to overwrite it")
    with atomic_write(target) as file:
        file.write(experiment_report(store, found.id))
    print(f"The report on “{found.name}” is in {target}")


def _base(store: RunStore, recipe_name: str | None, config_file: Path | None) -> Any:
    if recipe_name is not None and config_file is not None:
        raise ConfigError("give --recipe or --config FILE, not both")
    if config_file is not None:
        return parse_config(_read(config_file))
    return any_recipe(store, recipe_name or "first-network")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{file} is not JSON ({error})") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{file} holds no JSON object")
    return dict(found.get("config", found))


def _variations(texts: list[str]) -> dict[str, Any]:
    found = {}
    for text in texts:
        name, is_given, values = text.partition("=")
        if not is_given:
            raise ConfigError(f"--vary must be SETTING=VALUES, as in batch_size=16,64,256, got {text!r}")
        found[name.strip()] = parse_variation(values.strip())
    return found


def _found(store: RunStore, name: str) -> Experiment:
    if name == "latest":
        newest = next(iter(experiments(store)), None)
        if newest is None:
            raise ConfigError("there is no experiment yet: begin one with `experiment run`")
        return newest
    return experiment(store, name)


def _work(store: RunStore, experiment_id: str, as_json: bool) -> None:
    """Work on it with an engine of our own, until it is over; Ctrl-C pauses it."""
    with interruption() as interrupted, Engine(store, coordinate=advance) as engine, progress_bar() as bar:
        task = bar.add_task("starting", total=None)
        while not interrupted.wait(0.5):
            found, made = experiment(store, experiment_id), members(store, experiment_id)
            if found.is_over or found.status == records.PAUSED:
                break
            over = sum(member.is_over for member in made)
            best = max((member.accuracy for member in made if member.accuracy is not None), default=None)
            total = None if found.config.combinations is None else found.config.combinations * found.config.seeds
            words = engine.error or f"{over:,} runs ended, best validation {percent(best)}"
            bar.update(task, completed=over, total=total, description=words)
        else:
            actions.pause_experiment(store, experiment_id)
    if interrupted.is_set():
        typer.echo(f"Paused: go on with `experiment resume {experiment_id}`.", err=True)
        raise typer.Exit(130)
    print_experiment(store, experiment_id, as_json)
