"""How the command line prints: readable text, or one JSON object for scripts."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else on stdout.")]


def print_json(values: Mapping[str, Any]) -> None:
    """Print one JSON object on one line; a number that is not finite becomes null, which JSON can say."""
    print(json.dumps(_plain(values), allow_nan=False), flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_rows(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table in plain columns, as wide as their widest entry, so that it can be piped."""
    widths = [max(len(row[column]) for row in [headings, *rows]) for column in range(len(headings))]
    for row in [headings, *rows]:
        print("  ".join(entry.ljust(width) for entry, width in zip(row, widths, strict=True)).rstrip())


def percent(accuracy: float | None) -> str:
    """`0.9712` as `97.12 %`; an unknown accuracy as a dash."""
    return "-" if accuracy is None else f"{accuracy:.2%}".replace("%", " %")


def progress_bar() -> Progress:
    """A bar on stderr: stdout stays free for results. Where stderr is no terminal it stays silent."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)
