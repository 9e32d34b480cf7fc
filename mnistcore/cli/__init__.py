"""The command line: what the dashboard can do, without a browser."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from threadpoolctl import threadpool_limits

from mnistcore import __version__
from mnistcore.cli.classroom import classroom
from mnistcore.cli.dashboard import dashboard
from mnistcore.cli.data import data_commands
from mnistcore.cli.experiments import experiment_commands
from mnistcore.cli.explain import explain
from mnistcore.cli.export import export
from mnistcore.cli.networks import evaluate, predict
from mnistcore.cli.reproduction import reproduce
from mnistcore.cli.runs import run_commands
from mnistcore.cli.training import recipes, train
from mnistcore.errors import ExplorerError

COMMAND = "mnist-explorer"

app = typer.Typer(name=COMMAND, add_completion=False, pretty_exceptions_enable=False)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"{COMMAND} {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_tell_version, help="Print the version and exit.")
    ] = False,
) -> None:
    """Train networks on handwritten digits and look into them, with or without a browser."""


app.command("app")(dashboard)
app.command("class")(classroom)
app.add_typer(data_commands, name="data")
app.command()(recipes)
app.command()(train)
app.command()(evaluate)
app.command()(predict)
app.command()(explain)
app.command()(export)
app.command()(reproduce)
app.add_typer(experiment_commands, name="experiment")
app.add_typer(run_commands, name="runs")

# Typer raises click's own class in some versions and its built-in copy in others; both derive BadParameter from it.
_ClickException: type[Exception] = typer.BadParameter.__mro__[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (default: `sys.argv`) and return its exit code.

    0: done. 1: a training failed or diverged. 2: bad input, told in one line on stderr. 130: interrupted.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        # Beside other processes BLAS threads wait for each other: 10,000 images through the shipped network take 25 s
        # of processor time with two of them, 1.7 s with one.
        with threadpool_limits(1, "blas"):
            code = typer.main.get_command(app).main(arguments, prog_name=_program(), standalone_mode=False)
    except ExplorerError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(_file_message(error))
    except _ClickException as error:
        return _refuse(_usage_message(error))
    except (typer.Abort, KeyboardInterrupt):
        print("interrupted", file=sys.stderr)
        return 130
    return code if isinstance(code, int) else 0


def _program() -> str:
    """What the user has typed, for usage messages."""
    return COMMAND if Path(sys.argv[0]).stem == COMMAND else "python -m mnistcore"


def _refuse(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _file_message(error: OSError) -> str:
    """A file or folder that cannot be read or written, and the system's reason."""
    path = error.filename2 or error.filename
    reason = error.strerror or str(error)
    return f"{path} cannot be used: {reason}" if path is not None else reason


def _usage_message(error: Any) -> str:
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}. See {context.command_path} --help." if context else f"{message}."
