"""What came of an experiment as tables: its combinations, its learning curves, and the points of its charts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

from mnistcore.experiments.config import ExperimentConfig, Range
from mnistcore.experiments.halving import Member
from mnistcore.experiments.importance import importances
from mnistcore.experiments.results import Combination, observations, setting_words, state_words, value_words
from mnistcore.runs import RunStore
from mnistcore.runs.database import reading
from mnistcore.runs.tables import MetricRow, RunRow

if TYPE_CHECKING:
    import pandas as pd

POINTS = 20_000  # of all curves together: what a browser draws at once
MOST_CELLS = 10  # values of a setting in a heat map
PARTS = 6  # of a range, in each of which a mean is taken
ALL, BETTER_HALF = "all combinations", "the better half of them"


def combination_words(config: ExperimentConfig, values: dict[str, Any]) -> str:
    """``learning rate 0.001, batch size 64``: what varies, with these values."""
    return ", ".join(f"{setting_words(name)} {value_words(values.get(name))}" for name in config.vary)


def validation_curves(store: RunStore, experiment_id: str) -> pd.DataFrame:
    """The validation accuracy of all runs of an experiment: run, combination, step, epoch, accuracy (0 to 1).

    Of very many points every second one, third one and so on is left, and the last one of each run.
    """
    import pandas as pd

    columns = (RunRow.id, RunRow.combination, MetricRow.step, MetricRow.epoch, MetricRow.validation_accuracy)
    statement = select(*columns).join(MetricRow, MetricRow.run_id == RunRow.id)
    wanted = (RunRow.experiment == experiment_id) & MetricRow.validation_accuracy.is_not(None)
    with reading(store.database) as connection:
        rows = connection.execute(statement.where(wanted).order_by(RunRow.combination, RunRow.repeat, MetricRow.step))
        found = pd.DataFrame(rows.all(), columns=["run", "combination", "step", "epoch", "accuracy"])
    every = -(-len(found) // POINTS)
    if every > 1:
        place, back = found.groupby("run").cumcount(), found.groupby("run").cumcount(ascending=False)
        found = found[(place % every == 0) | (back == 0)]
    return found


def combinations_table(
    config: ExperimentConfig, found: Sequence[Combination], members: Sequence[Member], curves: pd.DataFrame
) -> pd.DataFrame:
    """One row a combination, the best first: its values, accuracies in per cent, step of the best one, state, curve."""
    import pandas as pd

    by_run = {member.run_id: member for member in members}
    drawn = {run: [round(100 * value, 2) for value in rows] for run, rows in curves.groupby("run")["accuracy"]}
    rows = []
    for each in ranked(found):
        low, high = each.range or (None, None)
        best = best_run(each)
        rows.append(
            {name: _cell(each.values.get(name)) for name in config.vary}
            | {
                "mean": _per_cent(each.mean),
                "low": _per_cent(low),
                "high": _per_cent(high),
                "curve": drawn.get(best, []),
                "step": by_run[best].best_step,
                "state": state_words(each),
            }
        )
    return pd.DataFrame(rows)


def ranked(found: Sequence[Combination]) -> list[Combination]:
    """The combinations, the highest mean first; those of which nothing is known last."""
    return sorted(found, key=lambda each: (-1.0 if each.mean is None else -each.mean + 0.0, each.number))


def best_run(combination: Combination) -> str:
    """The run of a combination with the highest accuracy; its first one while none is known."""
    accuracies = [-1.0 if accuracy is None else accuracy for accuracy in combination.accuracies]
    return combination.runs[int(np.argmax(accuracies))]


def shown_from(accuracies: Sequence[float]) -> float:
    """The lowest accuracy that a chart has to show: what lies far below the better three quarters is off its scale.

    One run that diverges would else press all others into a line.
    """
    if not len(accuracies):
        return 0.0
    quarter, best = np.quantile(accuracies, 0.25), max(accuracies)
    return float(max(min(accuracies), quarter - 2 * (best - quarter) - 0.005, 0.0))


def setting_points(config: ExperimentConfig, name: str, found: Sequence[Combination], low: float) -> pd.DataFrame:
    """For a chart of one setting: a row a combination with its value, mean, lowest and highest accuracy.

    What lies below ``low`` is put there, and marked. The rows marked ``is_mean`` are the means of ``setting_means``.
    """
    import pandas as pd

    rows = [
        {
            "number": each.number,
            "x": each.values[name] if isinstance(config.vary[name], Range) else value_words(each.values[name]),
            "accuracy": max(low, each.mean),
            "low": max(low, min(each.known)),
            "high": max(low, *each.known),
            "measured": each.mean,
            "is_below": each.mean < low,
        }
        for each in found
        if each.mean is not None and name in each.values
    ]
    columns = ["number", "x", "accuracy", "low", "high", "measured", "is_below"]
    points = pd.DataFrame(rows, columns=columns).assign(is_mean=False)
    means = setting_means(config, name, points).assign(is_mean=True)
    means["accuracy"] = means["accuracy"].clip(lower=low)
    return pd.concat([points, means], ignore_index=True)


def setting_means(config: ExperimentConfig, name: str, points: pd.DataFrame) -> pd.DataFrame:
    """The mean of ``setting_points`` at each value of a setting; of a range with many, in each of its parts."""
    if isinstance(config.vary[name], Range) and points["x"].nunique() > PARTS:
        ordered = points.sort_values("x")
        parts = (np.arange(len(ordered)) * PARTS // len(ordered)).astype(int)
        grouped = ordered.groupby(parts)
        return grouped.agg(x=("x", "median"), accuracy=("measured", "mean")).reset_index(drop=True)
    return points.groupby("x", sort=isinstance(config.vary[name], Range), as_index=False).agg(
        accuracy=("measured", "mean")
    )


def importance_rows(config: ExperimentConfig, members: Sequence[Member]) -> pd.DataFrame | None:
    """Setting, share of the differences (0 to 1), and of which combinations; None before there are enough."""
    import pandas as pd

    known = observations(config, members)
    parts = {ALL: importances(config, known), BETTER_HALF: importances(config, known, better_half=True)}
    rows = [
        {"setting": setting_words(name), "share": share, "of": which}
        for which, shares in parts.items()
        for name, share in (shares or {}).items()
    ]
    return pd.DataFrame(rows) if rows else None


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Two settings in words, their values in order, and a row a pair of values: x, y, accuracy, text."""

    first: str
    second: str
    x_order: list[str]
    y_order: list[str]
    cells: pd.DataFrame


def heat_map(config: ExperimentConfig, found: Sequence[Combination], members: Sequence[Member]) -> HeatMap | None:
    """The mean accuracy at each pair of values of two settings: the two that matter most among those with few values.

    None where there are no two.
    """
    import pandas as pd

    known = [each for each in found if each.mean is not None]
    orders = {name: _in_order(config, name, known) for name in config.vary}
    by_importance = importances(config, observations(config, members)) or config.vary
    few = [name for name in by_importance if 2 <= len(orders[name]) <= MOST_CELLS]
    if len(few) < 2:
        return None
    first, second = few[:2]
    x, y = ([value_words(each.values[name]) for each in known] for name in (first, second))
    cells = pd.DataFrame({"x": x, "y": y, "accuracy": [each.mean for each in known]})
    cells = cells.groupby(["x", "y"], sort=False, as_index=False)["accuracy"].mean()
    cells["text"] = [f"{100 * value:.1f}" for value in cells["accuracy"]]
    return HeatMap(setting_words(first), setting_words(second), orders[first], orders[second], cells)


def _in_order(config: ExperimentConfig, name: str, known: Sequence[Combination]) -> list[str]:
    """The values of a setting that occur, in words: of a range ascending, of a list as they stand there."""
    variation = config.vary[name]
    found: dict[str, Any] = {json.dumps(each.values.get(name)): each.values.get(name) for each in known}
    if isinstance(variation, Range):
        return [value_words(value) for value in sorted(found.values())]
    place = {json.dumps(value): number for number, value in enumerate(variation.values)}
    return [value_words(found[text]) for text in sorted(found, key=lambda text: place.get(text, len(place)))]


def _cell(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else value_words(value)


def _per_cent(share: float | None) -> float | None:
    return None if share is None else 100 * share
