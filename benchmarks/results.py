"""results.json: what was measured, on which machine, with which versions."""

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import psutil

from benchmarks.competitor import environment
from benchmarks.digits import digits_name
from mnistcore.data import atomic_write

PATH = Path(__file__).parent / "results.json"
BUSY_PERCENT = 3  # of all cores, by other programs, from which on figures are in doubt
LIBRARIES = ("numpy", "scipy", "torch", "scikit-learn", "jax")


def load_results(path: Path = PATH) -> dict[str, Any]:
    """What was measured so far; RuntimeError if nothing was."""
    if not path.exists():
        raise RuntimeError(f"there is no {path}: run make bench first")
    return json.loads(path.read_text(encoding="utf-8"))


def results_here(path: Path = PATH) -> dict[str, Any]:
    """What was measured so far under the same conditions, to be added to; figures of another machine are no company."""
    here = conditions()
    known = load_results(path) if path.exists() else {}
    measured = {name: value for name, value in known.items() if name not in here}
    is_comparable = all(known.get(name) == value for name, value in here.items())
    return {"date": "", **here, "busy_percent": {}, "rows": {}, **(measured if is_comparable else {})}


def conditions() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_gigabytes": round(psutil.virtual_memory().total / 1e9, 1),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
            "blas": _blas(),
        },
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "data": digits_name(),
    }


def save_results(results: dict[str, Any], path: Path = PATH) -> None:
    """Write them with today's date, all numbers to six digits."""
    results["rows"] = dict(sorted(results["rows"].items()))
    results = _rounded({**results, "date": date.today().isoformat()})
    with atomic_write(path) as file:
        file.write((json.dumps(results, indent=1, ensure_ascii=False) + "\n").encode())


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def _blas() -> str:
    """What OpenBLAS calls the processor for which it has the code that competitors run with."""
    tell = "import json, numpy, threadpoolctl; print(json.dumps(threadpoolctl.threadpool_info()))"
    told = subprocess.run([sys.executable, "-c", tell], check=True, capture_output=True, text=True, env=environment())
    names = (library.get("architecture") for library in json.loads(told.stdout))
    return next(filter(None, names), "a processor that it does not name")


def _processor() -> str:
    """The model's name, where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
