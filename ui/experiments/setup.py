"""Setting an experiment up: six that are ready, and one's own."""

from __future__ import annotations

import streamlit as st

from mnistcore.errors import ConfigError, RunError
from mnistcore.experiments.ready import READY, Ready, comparable
from mnistcore.experiments.results import plan_words
from mnistcore.runs import Run, RunStore
from mnistcore.training import RECIPES, TrainingConfig
from ui.experiments.choice import start
from ui.experiments.own import Base, build_own
from ui.frame.dataset_choice import choose_dataset, training_images
from ui.frame.selection import FIRST_RECIPE, run_titles, why_missing
from ui.frame.words import plain

WIDTH = 318  # of a card: three in a row of the page, one on a phone


def set_up(store: RunStore) -> None:
    """The data set, the ready experiments, and one's own; a run in the address comes first, to be varied."""
    run = _asked_run(store)
    dataset = choose_dataset()
    images = None if dataset is None else training_images(dataset)
    if run is not None:
        _own(store, run, dataset, images)
        _ready(store, dataset, images)
    else:
        _ready(store, dataset, images)
        _own(store, run, dataset, images)


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


def _ready(store: RunStore, dataset: str | None, images: int | None) -> None:
    st.subheader("Ready to start", anchor=False)
    with st.container(horizontal=True, gap="medium"):
        for ready in READY.values():
            with st.container(gap="xsmall", width=WIDTH):
                _card(store, ready, dataset, images)


def _card(store: RunStore, ready: Ready, dataset: str | None, images: int | None) -> None:
    st.markdown(f"**{ready.title}**  \n{ready.summary}")
    try:
        config = ready.config(dataset or "mnist", images or 60_000)
    except ConfigError as error:
        st.caption(plain(f"This data set is too small: {error}."))
        return
    st.caption(plan_words(config))
    if st.button("Start", key=f"start_{ready.name}", disabled=dataset is None):
        start(store, config, ready.title)


def _own(store: RunStore, run: Run | None, dataset: str | None, images: int | None) -> None:
    st.subheader("Your own" if run is None else "Vary this run", anchor=False)
    title = "" if run is None else run_titles([run])[run.id]
    titles = ({"run": title} if run else {}) | {known.name: known.title for known in RECIPES.values()}
    configs: dict[str, TrainingConfig] = {known.name: known.config for known in RECIPES.values()}
    if run is not None:
        configs["run"] = run.config
    first = "run" if run is not None else FIRST_RECIPE
    key = f"experiment_base_{run.id if run else ''}"
    chosen = st.selectbox("Start from", list(titles), list(titles).index(first), titles.__getitem__, key=key)
    base = Base(f"{run.id if run else ''}_{chosen}", comparable(configs[chosen]))
    config, problem = build_own(base, dataset, images)
    if config is None:
        st.error(problem, icon=":material/error:")
    else:
        st.markdown(plan_words(config))
    if st.button("Start the experiment", type="primary", disabled=config is None) and config is not None:
        start(store, config)
