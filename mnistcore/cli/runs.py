"""`runs`: list, find, show, rename, tag, archive, delete, restore, export and import stored runs."""

from dataclasses import fields
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from mnistcore.cli.output import JsonOption, percent, print_json, print_rows
from mnistcore.data import atomic_write
from mnistcore.errors import RunError
from mnistcore.nn.outline import outline_layer
from mnistcore.pretrained import import_pretrained
from mnistcore.runs import Run, RunStore
from mnistcore.runs.backup import back_up_store
from mnistcore.runs.finding import parse_search
from mnistcore.runs.labels import change_tags, set_archived
from mnistcore.runs.listing import FIELDS, WORDS_IN

run_commands = typer.Typer(help="The stored runs.")

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `latest`.")]

RunArguments = Annotated[
    list[str], typer.Argument(metavar="RUN…", help="Ids of runs, the beginnings of some, `latest`.")
]


def find_run(store: RunStore, reference: str, include_deleted: bool = False) -> Run:
    """The run that `reference` names: a whole id, the unique beginning of one, or `latest`."""
    import_pretrained(store)  # as the dashboard does: a store that has never had a run has the network that ships
    if reference == "latest":
        newest = store.runs(1, include_deleted)
        if not newest:
            raise RunError("there are no runs: train one with `python -m mnistcore train --recipe first-network`")
        return newest[0]
    ids = (row["run"] for row in store.rows(include_deleted))
    matching = [run_id for run_id in ids if reference and run_id.startswith(reference.lower())]
    if len(matching) == 1:
        return store.run(matching[0])
    if not matching:
        raise RunError(f"no run {reference!r}: `python -m mnistcore runs list` shows the ids")
    raise RunError(f"{reference!r} is the beginning of {len(matching)} run ids: type more of it")


def status_words(run: Run) -> str:
    """Its status, and whether it has learned nothing."""
    return f"{run.status} (guessing)" if run.is_guessing else run.status


def run_values(run: Run) -> dict[str, Any]:
    """Every field of a run in the types of JSON; times in ISO 8601."""
    values = {"run_id": run.id} | {field.name: getattr(run, field.name) for field in fields(run) if field.name != "id"}
    values["config"] = run.config.model_dump(mode="json")
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


@run_commands.command("list")
def list_runs(
    limit: Annotated[int | None, typer.Option(min=1, help="Only the newest.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Deleted ones too.")] = False,
    archived: Annotated[bool, typer.Option("--archived", help="Archived ones too.")] = False,
    find: Annotated[
        str, typer.Option(metavar="WHAT", help='Only those found by words and comparisons: "accuracy > 0.97 adam".')
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """All runs that are not archived, newest first."""
    store, is_found = RunStore(), parse_search(find, FIELDS, WORDS_IN)
    if find:
        found = (row for row in store.rows(deleted) if is_found(row) and (archived or not row["archived"]))
        runs = [store.run(row["run"]) for row in islice(found, limit)]
    else:
        runs = store.runs(limit, deleted, archived)
    if as_json:
        return print_json({"runs": [run_values(run) for run in runs]})
    rows = [
        (run.id, status_words(run), f"{run.created_at:%Y-%m-%d %H:%M}", percent(run.validation_accuracy),
         percent(run.test_accuracy), run.dataset, run.name)
        for run in runs
    ]  # fmt: skip
    print_rows(("run", "status", "created (UTC)", "validation", "test", "data", "name"), rows)
    for run in runs:
        if run.status == "queued" and run.message:
            print(f"{run.id}: {run.message}")
    return None


@run_commands.command()
def show(run: RunArgument, as_json: JsonOption = False) -> None:
    """One run: its settings and results."""
    chosen = find_run(RunStore(), run, include_deleted=True)
    values = run_values(chosen)
    if as_json:
        return print_json(values)
    config = values.pop("config")
    config["layers"] = " → ".join(map(outline_layer, chosen.config.layers)) or "no hidden layer"
    print_rows(
        ("field", "value"),
        [(key, str(value)) for key, value in [*values.items(), *config.items()] if value is not None],
    )
    return None


@run_commands.command()
def rename(run: RunArgument, name: str, as_json: JsonOption = False) -> None:
    """Give a run another name."""
    store = RunStore()
    chosen = find_run(store, run)
    store.rename(chosen.id, name)
    _tell(as_json, {"run_id": chosen.id, "name": name}, f"{chosen.id} is now called {name}")


@run_commands.command()
def tag(
    runs: RunArguments,
    add: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A tag to add; may be repeated.")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="TAG", help="A tag to take away.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Add tags to runs, or take them away."""
    store = RunStore()
    ids = [find_run(store, run).id for run in runs]
    if not add and not remove:
        raise RunError("nothing to change: give --add TAG or --remove TAG")
    change_tags(store.database, ids, add or (), remove or ())
    tags = {run_id: store.run(run_id).tags for run_id in ids}
    sentence = "\n".join(f"{run_id}: {' '.join(of_run) or 'no tags'}" for run_id, of_run in tags.items())
    _tell(as_json, {"tags": tags}, sentence)


@run_commands.command("archive")
def archive_runs(
    runs: RunArguments,
    back: Annotated[bool, typer.Option("--back", help="Bring them back instead.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Hide runs from the usual lists; nothing of them is lost."""
    store = RunStore()
    ids = [find_run(store, run).id for run in runs]
    set_archived(store.database, ids, not back)
    words = "back from the archive" if back else "archived"
    _tell(as_json, {"runs": ids, "archived": not back}, f"{', '.join(ids)}: {words}")


@run_commands.command()
def delete(run: RunArgument, as_json: JsonOption = False) -> None:
    """Delete a run; `restore` brings it back."""
    store = RunStore()
    chosen = find_run(store, run)
    store.delete(chosen.id)
    _tell(as_json, {"run_id": chosen.id, "deleted": True}, f"{chosen.id} ({chosen.name}) is deleted")


@run_commands.command()
def restore(run: RunArgument, as_json: JsonOption = False) -> None:
    """Bring a deleted run back."""
    store = RunStore()
    chosen = find_run(store, run, include_deleted=True)
    store.restore(chosen.id)
    _tell(as_json, {"run_id": chosen.id, "deleted": False}, f"{chosen.id} ({chosen.name}) is back")


@run_commands.command("export")
def export_run(run: RunArgument, target: Path, as_json: JsonOption = False) -> None:
    """Write a run as a ZIP: config.json, metrics.csv, weights.npz, run.json."""
    store = RunStore()
    chosen = find_run(store, run)
    content = store.export_run(chosen.id)
    with atomic_write(target) as file:
        file.write(content)
    _tell(as_json, {"run_id": chosen.id, "path": str(target)}, f"{chosen.id} is in {target}")


@run_commands.command("import")
def import_run(source: Path, as_json: JsonOption = False) -> None:
    """Import a run that `export` or the Runs page has written."""
    if not source.is_file():
        raise RunError(f"no such file: {source}")
    run_id = RunStore().import_run(source.read_bytes())
    _tell(as_json, {"run_id": run_id}, f"imported as {run_id}")


@run_commands.command("backup")
def back_up(target: Path, as_json: JsonOption = False) -> None:
    """Copy the whole run store to a file, also while runs train; put back, it is the store again."""
    path = back_up_store(RunStore().database, target)
    _tell(as_json, {"path": str(path)}, f"all runs and imported data sets are in {path}")


def _tell(as_json: bool, values: dict[str, Any], sentence: str) -> None:
    print_json(values) if as_json else print(sentence)
