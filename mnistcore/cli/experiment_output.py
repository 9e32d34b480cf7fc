"""Experiments in the terminal: as words and tables, as JSON, and as CSV."""

import csv
import io
from typing import Any

from mnistcore.cli.output import percent, print_json, print_rows
from mnistcore.experiments import (
    Experiment,
    ExperimentConfig,
    experiment,
    members,
)
from mnistcore.experiments.results import best_of, combinations, summary
from mnistcore.runs import RunStore


def csv_table(config: ExperimentConfig, found: list[Any]) -> str:
    """One row a run."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["run", *config.vary, "seed", "status", "validation_accuracy", "step"])
    for member in found:
        values = [member.values.get(name) for name in config.vary]
        seed = (config.base.seed + member.repeat) % 2**32
        status = "stopped early" if member.status == "paused" and member.is_at_pause else member.status
        writer.writerow([member.run_id, *values, seed, status, member.accuracy, member.best_step])
    return buffer.getvalue()


def print_status(store: RunStore, experiment_id: str, as_json: bool) -> None:
    found = experiment(store, experiment_id)
    print_json(described(store, found)) if as_json else print(f"{found.name}: {found.status}")


def described(store: RunStore, found: Experiment) -> dict[str, Any]:
    made = members(store, found.id)
    best = best_of(combinations(made))
    return {
        "experiment": found.id,
        "name": found.name,
        "status": found.status,
        "message": found.message,
        "seconds": found.seconds,
        "runs": len(made),
        "best": None if best is None else {"values": best.values, "validation_accuracy": best.mean, "runs": best.runs},
        "config": found.config.model_dump(mode="json"),
    }


def print_experiment(store: RunStore, experiment_id: str, as_json: bool) -> None:
    found, made = experiment(store, experiment_id), members(store, experiment_id)
    words = summary(found.config, made)
    if as_json:
        return print_json(described(store, found) | {"summary": words})
    print(f"{found.name}: {found.status}, {len(made):,} runs\n{words}")
    ranked = sorted(combinations(made), key=lambda each: -(each.mean or 0.0))[:10]
    rows = [
        (*(str(each.values.get(name)) for name in found.config.vary), percent(each.mean), _state(each))
        for each in ranked
    ]
    return print_rows((*found.config.vary, "validation", ""), rows)


def _state(each: Any) -> str:
    if each.diverged:
        return f"{each.diverged} diverged"
    return "stopped early" if each.stopped_early else "" if each.is_over else "running"
