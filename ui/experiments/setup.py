"""Setting an experiment up: six that are ready, and one's own."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments import ExperimentConfig
from mnistcore.experiments.estimate import estimate_words, usual_rate
from mnistcore.experiments.ready import READY, Ready, comparable
from mnistcore.experiments.results import plan_words
from mnistcore.runs import Run, RunStore
from mnistcore.runs.own_recipes import own_recipes
from mnistcore.training import RECIPES, TrainingConfig
from ui.experiments.choice import start
from ui.experiments.own import Base, build_own
from ui.frame.dataset_choice import choose_dataset, training_images
from ui.frame.selection import FIRST_RECIPE, parse_config_address, run_titles, why_missing
from ui.frame.session import get_engine, get_store
from ui.frame.words import plain, shortened

HowLong = Callable[[ExperimentConfig], str]
WIDTH = 318  # of a card: three in a row of the page, one on a phone


def set_up(store: RunStore) -> None:
    """The data set, the ready experiments, and one's own; a run in the address comes first, to be varied."""
    run, asked = _asked_run(store), _asked_config()
    dataset = choose_dataset()
    images = None if dataset is None else training_images(dataset)
    rate = usual_rate(store)

    def how_long(config: ExperimentConfig) -> str:
        return "" if images is None else estimate_words(config, images, get_engine().workers, rate)

    if run is None and asked is None:
        _ready(dataset, images, how_long)
    _own(store, run, asked, dataset, images, how_long)
    if run is not None or asked is not None:
        _ready(dataset, images, how_long)


def _asked_run(store: RunStore) -> Run | None:
    asked = st.query_params.get("run")
    if asked is None:
        return None
    try:
        run = store.run(asked)
    except RunError:
        run = None
    if run is None or run.deleted:
        st.warning(why_missing(store, asked), icon=":material/info:")
        return None
    st.query_params.setdefault("dataset", run.dataset)
    return run


def _asked_config() -> TrainingConfig | None:
    """The network that Train has sent, with its data set."""
    text = st.query_params.get("config")
    if text is None:
        return None
    try:
        config, dataset = parse_config_address(text)
    except ConfigError as error:
        st.warning(plain(f"The network in the address cannot be used: {error}"), icon=":material/info:")
        return None
    if dataset is not None:
        st.query_params.setdefault("dataset", dataset)
    return config


def _ready(dataset: str | None, images: int | None, how_long: HowLong) -> None:
    st.subheader("Ready to start", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        for ready in READY.values():
            with st.container(gap="xsmall", width=WIDTH):
                _card(ready, dataset, images, how_long)


def _card(ready: Ready, dataset: str | None, images: int | None, how_long: HowLong) -> None:
    st.markdown(f"**{ready.title}**  \n{ready.summary}")
    try:
        config = ready.config(dataset or "mnist", images or 60_000)
    except ConfigError as error:
        st.caption(plain(f"This data set is too small: {error}."))
        return
    st.caption(f"{plan_words(config)} {how_long(config)}")
    if st.button("Start", key=f"start_{ready.name}", disabled=dataset is None):
        start(get_store(), config, ready.title)


def _own(
    store: RunStore,
    run: Run | None,
    asked: TrainingConfig | None,
    dataset: str | None,
    images: int | None,
    how_long: HowLong,
) -> None:
    """An experiment of one's own, from a run or a network that another page sent, a recipe or one's own recipe."""
    st.subheader("Your own" if run is None else "Vary this run", anchor=False)
    titles = {known.name: known.title for known in RECIPES.values()}
    configs = {known.name: known.config for known in RECIPES.values()}
    for name, config in own_recipes(store).items():
        titles[f"own:{name}"], configs[f"own:{name}"] = shortened(name), config
    first = FIRST_RECIPE
    if asked is not None:
        first, titles, configs["config"] = "config", {"config": "The network from Train"} | titles, asked
    if run is not None:
        first, titles, configs["run"] = "run", {"run": run_titles([run])[run.id]} | titles, run.config
    origin = sha256(asked.model_dump_json().encode()).hexdigest() if asked is not None else ""
    if run is not None:
        origin = run.id
    key = f"experiment_base_{origin}"
    chosen = st.selectbox("Start from", list(titles), list(titles).index(first), titles.__getitem__, key=key)
    base = Base(f"{origin}_{chosen}", comparable(configs[chosen]))
    experiment, problem = build_own(base, dataset, images)
    if experiment is None:
        st.error(problem, icon=":material/error:")
    else:
        st.markdown(f"{plan_words(experiment)} {how_long(experiment)}")
    if st.button("Start the experiment", type="primary", disabled=experiment is None) and experiment is not None:
        start(store, experiment)
