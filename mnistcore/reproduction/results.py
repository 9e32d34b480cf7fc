"""results.json: what we have measured ourselves, with date, machine and versions; it ships with the program."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"


def load_results(path: Path = RESULTS) -> dict[str, Any]:
    """Name → what was measured of it; {} where nothing was."""
    if not path.is_file():
        return {}
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def stored(name: str) -> dict[str, Any] | None:
    """Our own measurement of a system, or None.

    ``published`` {key: value}, ``measured`` {key: {"mean", "seeds"}}, ``met``, ``verdict`` (a sentence), ``date``
    (ISO), ``machine`` {"processor", "cores", "system", "python", "numpy"}.
    """
    return load_results().get(name)
