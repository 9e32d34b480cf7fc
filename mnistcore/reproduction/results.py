"""results.json: what we have measured ourselves, with date, machine and versions; it ships with the program."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from mnistcore.data import atomic_write
from mnistcore.reproduction.systems import SYSTEMS, System
from mnistcore.reproduction.verdict import verdict
from mnistcore.training import recipe

RESULTS = Path(__file__).parent / "results.json"


def load_results() -> dict[str, Any]:
    """Name → what was measured of it, in the order of SYSTEMS; {} where nothing was."""
    if not RESULTS.is_file():
        return {}
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {name: found[name] for name in SYSTEMS if name in found}


def stored(name: str) -> dict[str, Any] | None:
    """Our own measurement of a system, or None: see ``result``."""
    return load_results().get(name)


def result(system: System, measured: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What ``summarize`` found, as it is stored, today and on this machine.

    ``title``, ``published`` {key: value}, ``measured`` {key: {"mean", "seeds"}}, ``met``, ``verdict`` (a sentence),
    ``seeds``, ``recipes`` {name: settings that differ from the defaults}, ``date`` (ISO), ``machine`` {"processor",
    "cores", "system", "python", "numpy"}.
    """
    met, words = verdict(system, {key: found["mean"] for key, found in measured.items()})
    return {
        "title": system.title,
        "published": system.published,
        "measured": _rounded(measured),
        "met": met,
        "verdict": words,
        "seeds": list(system.seeds),
        "recipes": {name: recipe(name).config.differences() for name in (system.recipe, *system.variants)},
        "date": date.today().isoformat(),
        "machine": machine(),
    }


def save_result(name: str, found: dict[str, Any]) -> None:
    """Put it in the place of what was stored of this system; the others stay as they are."""
    results = load_results() | {name: found}
    results = {name: results[name] for name in SYSTEMS if name in results}
    with atomic_write(RESULTS) as file:
        file.write((json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())


def machine() -> dict[str, Any]:
    """What the times depend on."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _processor() -> str:
    """The model's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _rounded(value: Any) -> Any:
    """The same with all numbers to six digits: more would be noise."""
    if isinstance(value, Mapping):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
