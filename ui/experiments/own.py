"""An experiment of one's own: what varies over which values, who chooses next, and how much it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from mnistcore.errors import ConfigError
from mnistcore.experiments import ExperimentConfig, parse_experiment
from mnistcore.experiments.config import MAX_RUNS, Variation
from mnistcore.experiments.ready import USUAL, checked_variation
from mnistcore.experiments.results import setting_words
from mnistcore.experiments.settings import present_values
from mnistcore.training import TrainingConfig
from ui.frame.number_field import Number, number_field, number_text, say
from ui.frame.setting_numbers import number_of
from ui.frame.words import DISPLAY_NAMES, plain

SAMPLERS = {"grid": "Every combination", "random": "At random", "tpe": "Guided by what is known so far"}
GRAMMAR = (
    "A list: `16,64,256`. A range on a logarithmic scale: `log:1e-4:1e-1`. An even range: `range:0.0:0.5`, "
    "of whole numbers `range:1:4`."
)
SEEDS = Number("Seeds", is_whole=True, low=1, high=100)
RUNS = Number("Runs at most", is_whole=True, low=1, high=MAX_RUNS, is_optional=True)
MINUTES = Number("Minutes at most", is_whole=False, above=0, high=100_000, is_optional=True)
USUAL_RUNS = 24
FIRST_VARIED = "learning_rate"
SWITCH_WIDTH = 212


@dataclass(frozen=True)
class Base:
    """What the runs have in common; its widgets are called by its name."""

    name: str
    config: TrainingConfig


class _Fields:
    """The fields drawn so far, what was typed into them, and what is wrong with any."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.values: dict[str, Any] = {}
        self.problems: list[str] = []

    def number(self, name: str, number: Number, value: float | None, **options: Any) -> None:
        key = f"experiment_{self.base.name}_{name}"
        problem = number_field(number, key, number_text(value), **options)
        say(problem)
        if problem:
            self.problems.append(problem)
        else:
            self.values[name] = number.parse(st.session_state.get(key, number_text(value)))


def build_own(base: Base, dataset: str | None, images: int | None) -> tuple[ExperimentConfig | None, str]:
    """The experiment that the fields say; None and why not while something is wrong."""
    fields = _Fields(base)
    left, right = st.columns(2)
    for column, name in ((left, "epochs"), (right, "train_size")):
        with column:
            taken = number_of(name)
            assert taken is not None
            fields.number(name, taken, getattr(base.config, name), placeholder="all")
    common = base.config.overridden(fields.values)
    vary = _what_varies(common, fields)
    sampler, stop_early = _how(fields)
    if fields.problems:
        return None, fields.problems[0]
    if dataset is None or images is None:
        return None, "Choose a data set."
    if not vary:
        return None, "Choose at least one setting that varies."
    settings = {name: fields.values[name] for name in ("seeds", "runs", "minutes")}
    settings |= {"base": common, "dataset": dataset, "vary": vary, "sampler": sampler, "stop_early": stop_early}
    try:
        config = parse_experiment(settings)
    except ConfigError as error:
        return None, plain(_sentence(str(error)))
    return (None, problem) if (problem := _too_few(config, images)) else (config, "")


def _what_varies(common: TrainingConfig, fields: _Fields) -> dict[str, Variation]:
    """A switch for each setting: what it varies over, or what it is in all runs; below it what is wrong."""
    st.markdown("**What varies**")
    st.caption(GRAMMAR)
    found: dict[str, Variation] = {}
    for first in range(0, len(USUAL), 2):
        for name, column in zip(list(USUAL)[first : first + 2], st.columns(2), strict=False):
            with column, st.container(horizontal=True, vertical_alignment="center"):
                title = _capital(setting_words(name))
                if st.toggle(title, name == FIRST_VARIED, key=f"experiment_varies_{name}", width=SWITCH_WIDTH):
                    if (variation := _variation(common, name, title, fields)) is not None:
                        found[name] = variation
                else:
                    st.caption(_in_all_runs(common, name), width="stretch")
    return found


def _variation(common: TrainingConfig, name: str, title: str, fields: _Fields) -> Variation | None:
    with st.container(width="stretch", gap=None):
        key = f"experiment_vary_{name}"
        text = st.text_input(f"{title}, values", USUAL[name], key=key, autocomplete="off", label_visibility="collapsed")
        try:
            return checked_variation(common, name, text)
        except ConfigError as error:
            problem = plain(f"{title}: {_without(name, str(error)).rstrip('.')}.")
            say(problem)
            fields.problems.append(problem)
            return None


def _in_all_runs(common: TrainingConfig, name: str) -> str:
    """`0.001 in all runs`."""
    values = present_values(common, name)
    if name == "train_size" and values == [None]:
        return "all of them"
    words = [
        DISPLAY_NAMES.get(str(value), f"{value:g}" if isinstance(value, float) else str(value)) for value in values
    ]
    return f"{', '.join(words)} in all runs" if words else "none in all runs"


def _how(fields: _Fields) -> tuple[str, bool]:
    """Who chooses next, how often, how much at most, and whether the hopeless are stopped early."""
    sampler = st.segmented_control(
        "Who chooses next",
        list(SAMPLERS),
        default="random",
        required=True,
        format_func=SAMPLERS.__getitem__,
        key="experiment_sampler",
    )
    seeds, runs, minutes = st.columns(3)
    with seeds:
        fields.number(
            "seeds", SEEDS, 1, help="Each combination runs with the same seeds: repeats show what chance does."
        )
    with runs:
        fields.number("runs", RUNS, USUAL_RUNS, placeholder="no limit", help="All seeds counted.")
    with minutes:
        fields.number("minutes", MINUTES, None, placeholder="no limit")
    stop_early = st.toggle("Stop the hopeless early", key="experiment_stop_early")
    return sampler or "random", stop_early


def _too_few(config: ExperimentConfig, images: int) -> str | None:
    """Why the data set has too few images for it, if it has."""
    sizes = getattr(config.vary.get("train_size"), "values", (config.base.train_size,))
    wanted = max((size for size in sizes if isinstance(size, int)), default=1)
    if config.base.validation_size + wanted <= images:
        return None
    return (
        f"The data set has {images:,} training images, too few for {wanted:,} to train on and "
        f"{config.base.validation_size:,} to validate on: lower the number of training images."
    )


def _without(name: str, problem: str) -> str:
    """The problem without the setting's name before it: the field has it."""
    return problem.removeprefix(f"{name}: ")


def _sentence(problem: str) -> str:
    return f"{_capital(problem).rstrip('.')}."


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
