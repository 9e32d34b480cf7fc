"""The report of an experiment: what it says, its curves and combinations, and the run that came out best."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from mnistcore.errors import ExplorerError
from mnistcore.experiments import experiment, members
from mnistcore.experiments.config import variation_text
from mnistcore.experiments.results import (
    Combination,
    best_of,
    combinations,
    compare,
    comparison_words,
    plan_words,
    setting_words,
    state_words,
    summary,
    value_words,
)
from mnistcore.experiments.tables import best_run, combination_words, importance_rows, ranked, validation_curves
from mnistcore.experiments.views import seed_bands
from mnistcore.nn.outline import outline_layer
from mnistcore.palette import RUN_COLORS
from mnistcore.reports.figures import Line, line_chart
from mnistcore.reports.page import document, facts, note, percent, section, table
from mnistcore.reports.run import confusions, dataset_title, flat, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from mnistcore.experiments import Experiment, Member
    from mnistcore.runs import RunStore

MOST_ROWS, MOST_CURVES = 40, 5


def experiment_report(store: RunStore, experiment_id: str) -> bytes:
    """One HTML page (UTF-8) on an experiment, as far as it is; ConfigError or RunError for an unknown one."""
    this, made = experiment(store, experiment_id), members(store, experiment_id)
    found = ranked(combinations(made))
    dataset = dataset_title(store, this.config.dataset)
    layers = " → ".join(map(outline_layer, this.config.base.layers)) or "no hidden layer"
    base = flat(this.config.base.model_dump(mode="json", exclude={"layers"}))
    shared = {name: text for name, text in base.items() if name not in this.config.vary}
    words = f"<p>{escape(summary(this.config, made))}</p>"
    sections = [
        section("What came of it", words, facts(_figures(this, made, found))),
        _curves(this, found, validation_curves(store, this.id)),
        _combinations(this, found),
        _importances(this, made),
        *_best(store, found),
        section("Settings apart from what varies", facts({"data set": dataset, "layers": layers} | shared)),
    ]
    return document(this.name, f"{plan_words(this.config)} Trained on {dataset}.", [part for part in sections if part])


def _figures(this: Experiment, made: Sequence[Member], found: Sequence[Combination]) -> dict[str, str]:
    rows = {
        "Experiment": this.id,
        "State": this.status,
        "Runs": f"{len(made):,}",
        "Training time": f"{this.seconds:,.1f} s",
    }
    diverged = sum(member.status == "diverged" for member in made)
    rows |= {"Diverged": f"{diverged:,}"} if diverged else {}
    best = best_of(found)
    if best is not None:
        rows["Best combination"] = combination_words(this.config, best.values)
        rows["Its validation accuracy"] = _accuracy(best)
        others = [each for each in found if each.mean is not None and each is not best]
        if others:
            rows["Against the second best"] = comparison_words(compare(others[0], best)).replace(
                "The second", "The best"
            )
    return rows | {f"Varied: {setting_words(name)}": variation_text(one) for name, one in this.config.vary.items()}


def _accuracy(each: Combination) -> str:
    """``97.58 %``, or of several seeds the mean and its range."""
    if len(each.known) < 2:
        return percent(each.mean)
    low, high = min(each.known), max(each.known)
    return f"{percent(each.mean)}, mean of {len(each.known)} seeds ({100 * low:.2f} to {percent(high)})"


def _curves(this: Experiment, found: Sequence[Combination], measured: pd.DataFrame) -> str:
    """The validation accuracy of the best combinations, over their seeds."""
    if not len(measured):
        return ""
    bands = seed_bands(measured)
    lines: list[Line] = []
    for each in found[:MOST_CURVES]:
        points = bands[bands["combination"] == each.number][["epoch", "mean"]].to_numpy(np.float64)
        if len(points):
            name = combination_words(this.config, each.values)
            lines.append(Line(name, RUN_COLORS[len(lines)], points[:, 0], points[:, 1]))
    if not lines:
        return ""
    told = "Mean over the seeds, of" if this.config.seeds > 1 else "Of"
    chart = line_chart(lines, "Epoch", "Validation accuracy", is_percent=True)
    return section("Learning curves", chart, note(f"{told} the best combinations. A steep start may leave the chart."))


def _combinations(this: Experiment, found: Sequence[Combination]) -> str:
    if not found:
        return ""
    names = [setting_words(name) for name in this.config.vary]
    rows = [
        (
            ", ".join(value_words(each.values.get(name)) for name in this.config.vary),
            percent(each.mean),
            "–"
            if each.range is None or len(each.known) < 2
            else f"{100 * each.range[0]:.2f} to {percent(each.range[1])}",
            f"{len(each.known)}",
            state_words(each),
        )
        for each in found[:MOST_ROWS]
    ]
    left_out = len(found) - len(rows)
    parts = [table((", ".join(names), "Validation accuracy", "Range over seeds", "Runs", "State"), rows)]
    if left_out:
        parts.append(note(f"The best {MOST_ROWS} of {len(found):,} combinations."))
    return section("Combinations", *parts)


def _importances(this: Experiment, made: Sequence[Member]) -> str:
    shares = importance_rows(this.config, made) if len(this.config.vary) > 1 else None
    if shares is None:
        return ""
    rows = [(f"{row.setting} ({row.of})", f"{100 * row.share:.0f} %") for row in shares.itertuples(index=False)]
    told = "How much of the differences in accuracy each setting explains by itself."
    return section("What matters", table(("Setting", "Share"), rows), note(told))


def _best(store: RunStore, found: Sequence[Combination]) -> list[str]:
    """Confusions and weight images of the best run."""
    best = best_of(found)
    if best is None:
        return []
    run = store.run(best_run(best))
    try:
        network, step = store.load_weights(run.id)
    except ExplorerError as error:  # deleted since, or not yet stored
        return [section("The best run", note(str(error)))]
    return [section("The best run", facts({"Run": run.id, "Name": run.name})), confusions(store, run, network, step),
            weights(network)]  # fmt: skip
