"""An experiment as tables for further charts: best so far, bands over seeds, accuracy against cost, all settings at
once, and who ran where and when."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from mnistcore.experiments.config import ExperimentConfig, Range
from mnistcore.experiments.coordinator import accuracy_of
from mnistcore.experiments.halving import Member
from mnistcore.experiments.results import Combination, setting_words, value_words
from mnistcore.experiments.tables import combination_words
from mnistcore.runs import RunStore
from mnistcore.runs.database import reading
from mnistcore.runs.finding import Test, parse_search
from mnistcore.runs.tables import RunRow

if TYPE_CHECKING:
    import pandas as pd

COSTS = {"seconds": "Training seconds", "parameters": "Parameters"}


def search_combinations(config: ExperimentConfig, text: str) -> Test:
    """What was typed, as a test of combinations' rows: settings by their names, ``accuracy``; words anywhere in them.

    ConfigError says what cannot be understood.
    """
    fields = {"accuracy": "accuracy"} | {name.lower(): name for name in config.vary}
    fields |= {name.lower().removesuffix(".kind"): name for name in config.vary}
    return parse_search(text, fields, (*config.vary, "state"))


def found_by(test: Test, combination: Combination, state: str) -> bool:
    """Whether a combination is found by a search."""
    return test(combination.values | {"accuracy": combination.mean, "state": state})


def timings(store: RunStore, experiment_id: str) -> pd.DataFrame:
    """A row a run that has begun: run, combination, status, worker, seconds of training, parameters, and when it began
    and ended, in seconds since the first one began."""
    import pandas as pd

    names = ("id", "combination", "status", "worker", "seconds", "parameter_count", "started_at", "ended_at")
    statement = select(*(getattr(RunRow, name) for name in names), RunRow.heartbeat_at)
    wanted = (RunRow.experiment == experiment_id) & RunRow.started_at.is_not(None)
    with reading(store.database) as connection:
        rows = connection.execute(statement.where(wanted).order_by(RunRow.started_at)).all()
    found = pd.DataFrame(rows, columns=[*names, "heartbeat_at"])
    found = found.rename(columns={"id": "run", "parameter_count": "parameters"})
    first = found["started_at"].min() if len(found) else 0.0
    ended = found["ended_at"].astype(float).fillna(found["heartbeat_at"].astype(float))
    found["began"], found["ended"] = found["started_at"] - first, ended.clip(lower=found["started_at"]) - first
    return found.assign(worker=found["worker"].fillna("unknown")).drop(
        columns=["started_at", "ended_at", "heartbeat_at"]
    )


def best_so_far(config: ExperimentConfig, members: Sequence[Member], when: pd.DataFrame) -> pd.DataFrame:
    """A row a run in the order in which they ended: runs (1, 2, …), seconds since the first began, accuracy, the best
    accuracy up to it, and its settings in words."""
    import pandas as pd

    by_run = {member.run_id: member for member in members if member.accuracy is not None}
    ended = when[when["run"].isin(by_run)].sort_values("ended")
    accuracies = np.array([accuracy_of(by_run[run]) for run in ended["run"]], np.float64)
    return pd.DataFrame(
        {
            "runs": np.arange(1, len(ended) + 1),
            "seconds": ended["ended"].to_numpy(),
            "accuracy": accuracies,
            "best": np.maximum.accumulate(accuracies),
            "words": [combination_words(config, by_run[run].values) for run in ended["run"]],
        }
    )


def seed_bands(curves: pd.DataFrame) -> pd.DataFrame:
    """Mean, lowest and highest accuracy over the seeds of each combination, at the steps that all of them reached."""
    grouped = curves.groupby(["combination", "step"], as_index=False)
    bands = grouped.agg(
        epoch=("epoch", "mean"),
        mean=("accuracy", "mean"),
        low=("accuracy", "min"),
        high=("accuracy", "max"),
        count=("accuracy", "size"),
    )
    runs = curves.groupby("combination")["run"].nunique()
    return bands[bands["count"] == bands["combination"].map(runs)].drop(columns="count").reset_index(drop=True)


def accuracy_and_cost(config: ExperimentConfig, found: Sequence[Combination], when: pd.DataFrame) -> pd.DataFrame:
    """A row a combination that has been measured: number, accuracy, mean seconds of training, parameters, words."""
    import pandas as pd

    cost = when.groupby("combination")[list(COSTS)].mean()
    rows = [
        {"number": each.number, "accuracy": each.mean, "words": combination_words(config, each.values)}
        | {name: float(cost.loc[each.number, name]) for name in COSTS}
        for each in found
        if each.mean is not None and each.number in cost.index
    ]
    return pd.DataFrame(rows, columns=["number", "accuracy", "words", *COSTS])


def front(points: pd.DataFrame, cost: str) -> np.ndarray:
    """(n,) bool: which points are better than all that cost no more (Pareto's front); of equal ones the first."""
    order = np.lexsort((points.index, -points["accuracy"], points[cost]))
    accuracies = points["accuracy"].to_numpy()[order]
    before = np.concatenate([[-np.inf], np.maximum.accumulate(accuracies)[:-1]])
    is_best = np.zeros(len(points), bool)
    is_best[order] = accuracies > before
    return is_best


def parallel_axes(config: ExperimentConfig, found: Sequence[Combination]) -> list[dict[str, Any]]:
    """Axes for parallel coordinates, as Plotly's ``Parcoords`` takes them: each setting, then the accuracy.

    A value is its place on its axis: of a range on a log scale its logarithm, of a list its number in the list.
    """
    known = [each for each in found if each.mean is not None]
    axes = [_axis(config, name, [each.values.get(name) for each in known]) for name in config.vary]
    accuracies = [100 * (each.mean or 0.0) for each in known]
    return [*axes, {"label": "validation, %", "values": accuracies, "tickformat": ".4~g"}]


def _axis(config: ExperimentConfig, name: str, values: Sequence[Any]) -> dict[str, Any]:
    variation, label = config.vary[name], setting_words(name)
    if isinstance(variation, Range):
        ticks = sorted({variation.at(share) for share in (0, 0.25, 0.5, 0.75, 1)})
        scale = math.log10 if variation.log else float
        numbers = [float(value) for value in (*values, *ticks)]
        reach = [scale(min(numbers)), scale(max(numbers))]  # a range may have been narrower or wider before
        words = {"tickvals": [scale(tick) for tick in ticks], "ticktext": [value_words(tick) for tick in ticks]}
        return {"label": label, "values": [scale(value) for value in values], "range": reach} | words
    known = {json.dumps(value): value for value in (*variation.values, *values)}
    places = {text: place for place, text in enumerate(known)}
    words = {"tickvals": list(places.values()), "ticktext": [value_words(value) for value in known.values()]}
    return {"label": label, "values": [places[json.dumps(value)] for value in values]} | words
