"""What the learning rate does: the same run at four rates, trained side by side and drawn in one chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from mnistcore.runs import Run
from mnistcore.training import TrainingConfig, recipe
from ui.frame.clicks import start_run
from ui.frame.follow import follow
from ui.frame.page import link_to
from ui.frame.session import get_store, guard
from ui.frame.words import PERCENT_AXIS, STATUS_WORDS, duration, percent, status_words
from ui.pictures.live_charts import AS_GIVEN
from ui.pictures.run_curves import curves_legend, run_colors
from ui.runs.progress import pace_of
from ui.systems.newest import newest_runs

if TYPE_CHECKING:
    import pandas as pd

RATES = (0.001, 0.01, 0.1, 0.5)
MAX_POINTS = 150
SHOWN = STATUS_WORDS.keys() - {"failed"}


def rate_configs(name: str) -> dict[str, TrainingConfig]:
    """`learning rate 0.01` → the recipe's config with that rate, for each of RATES."""
    config = recipe(name).config
    return {f"learning rate {rate:g}": config.overridden({"learning_rate": rate}) for rate in RATES}


def show_rates(name: str, dataset: str) -> None:
    """The button that trains the missing runs, and the curves of the others, redrawn while some still train."""
    store = get_store()
    configs = rate_configs(name)
    found = newest_runs(store.runs(include_members=False), configs, dataset, SHOWN)
    missing = [label for label in configs if label not in found]
    if missing:
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(_button_words(len(missing)), key="scratch_train_rates"):
                with guard():
                    for label in missing:
                        own = name if configs[label] == recipe(name).config else None
                        start_run(configs[label], dataset, recipe=own, name=f"{name}, {label}")
                st.rerun()
            st.caption(_expected(found, len(missing)), width="content")
    if found:
        follow(
            lambda: {label: store.run(run.id) for label, run in found.items()}, _show_runs, every=pace_of, found=found
        )


def _button_words(missing: int) -> str:
    words = {1: "Train the other one", 2: "Train the other two", 3: "Train the other three"}
    return words.get(missing, "Train all four")


def _expected(found: Mapping[str, Run], missing: int) -> str:
    """How long that will take, by the ones that have been trained here."""
    ended = [run.seconds for run in found.values() if run.status == "finished"]
    if not ended:
        return "Each makes 2,020 passes over all images, which takes minutes; you may leave the page."
    seconds = missing * sum(ended) / len(ended)
    return f"About {duration(seconds)} of training in all; you may leave the page."


def _show_runs(runs: Mapping[str, Run]) -> None:
    """Their curves, and what came of each."""
    store = get_store()
    st.html(curves_legend(list(runs)))
    table = curve_table(runs, {label: store.history(run.id, max_points=MAX_POINTS) for label, run in runs.items()})
    for column, measure, title in zip(
        st.columns(2, gap="large"), ("accuracy", "loss"), ("Test accuracy", "Training loss"), strict=True
    ):
        with column:
            st.caption(title)
            data = table[table["measure"] == measure][["step", "value", "run"]]
            st.vega_lite_chart(data, curve_spec(measure, list(runs)), key=f"scratch_rates_{measure}")
    for label, run in runs.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            link_to("train", label.capitalize(), run=run.id)
            st.caption(_result(run), width="content")


def _result(run: Run) -> str:
    if run.status == "finished":
        return f"test accuracy {percent(run.test_accuracy, 2)}"
    if run.status == "running" and run.total_steps:
        return f"{status_words(run)}, {percent(run.step / run.total_steps, 0)} done"
    return run.message or STATUS_WORDS[run.status]


def curve_table(runs: Mapping[str, Run], histories: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Long form: step, value, run, and the measure: "accuracy" of the test images, "loss" of the training images."""
    import pandas as pd

    pieces = []
    for label in runs:
        history = histories[label]
        for measure, name in (("accuracy", "test_accuracy"), ("loss", "train_loss")):
            values = history[name].to_numpy(np.float32)
            measured = np.isfinite(values)
            steps = history["step"].to_numpy()[measured]
            pieces.append(pd.DataFrame({"step": steps, "value": values[measured], "run": label, "measure": measure}))
    return pd.concat(pieces, ignore_index=True)


def curve_spec(measure: str, labels: list[str]) -> dict[str, Any]:
    """The Vega-Lite specification of a chart, the same at every update."""
    form = PERCENT_AXIS if measure == "accuracy" else "~g"
    scale = {"domain": labels, "range": run_colors(labels)}
    y = {"field": "value", "type": "quantitative", "title": None, "axis": {"format": form, "tickCount": 5}}
    tooltip = [
        {"field": "run", "type": "nominal", "title": "Run"},
        {"field": "step", "type": "quantitative", "title": "Step", "format": ","},
        {"field": "value", "type": "quantitative", "title": measure.capitalize(), "format": ".4~g"},
    ]
    encoding = {
        "x": {"field": "step", "type": "quantitative", "title": "Iteration", "axis": {"grid": False, "tickCount": 5}},
        "y": y,
        "color": {"field": "run", "type": "nominal", "legend": None, "scale": scale},
        "tooltip": tooltip,
    }
    return {"height": 240, "mark": {"type": "line", "strokeWidth": 2, "clip": True}, "encoding": encoding | AS_GIVEN}
