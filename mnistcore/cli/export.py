"""`export`: a trained network as a file for other programs."""

from pathlib import Path
from typing import Annotated

import typer

from mnistcore.cli.output import JsonOption, print_json
from mnistcore.cli.runs import RunArgument, find_run
from mnistcore.data import atomic_write
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from mnistcore.take_home import FORMS, take_home


def export(
    run: RunArgument,
    form: Annotated[str, typer.Option("--as", metavar="FORM", help=f"{', '.join(FORMS)}.")],
    output: Annotated[
        Path | None, typer.Option(help="The file or folder to write to; by default a file here, named after the run.")
    ] = None,
    step: Annotated[int | None, typer.Option(help="A snapshot's step; by default the newest or kept weights.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that exists.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take a trained network home: as a file that works without MNIST Explorer."""
    if form not in FORMS:
        raise ConfigError(f"--as must be one of {', '.join(FORMS)}, got {form!r}")
    store = RunStore()
    chosen = find_run(store, run)
    taken = take_home(store, chosen.id, form, step)
    folder = output if output is not None and output.is_dir() else None
    target = (folder or Path()) / taken.file_name if output is None or folder else output
    if target.exists() and not force:
        raise ConfigError(f"{target} exists: choose another --output, or add --force to overwrite it")
    with atomic_write(target) as file:
        file.write(taken.content)
    if as_json:
        size = len(taken.content)
        return print_json({"run_id": chosen.id, "step": taken.step, "as": form, "path": str(target), "bytes": size})
    print(f"{chosen.name}, weights after step {taken.step:,}, is in {target} ({len(taken.content):,} bytes)")
    return None
