"""The network builder of the Train page: a draft from the address, its widgets, the training plan, and the start."""

from __future__ import annotations

import streamlit as st

from mnistcore.errors import ConfigError, ExplorerError
from mnistcore.runs.own_recipes import own_recipes, remove_recipe
from mnistcore.runs.store import describe_network
from mnistcore.training import RECIPES, TrainingConfig, parse_config, recipe
from ui.frame.clicks import start_run
from ui.frame.dataset_choice import chosen_in, select_dataset, training_images
from ui.frame.page import link_to, scroll_to_top, visit
from ui.frame.selection import FIRST_RECIPE, config_address, dataset_titles, parse_config_address
from ui.frame.session import get_store
from ui.frame.setting_numbers import in_words
from ui.frame.words import plain, shortened
from ui.runs.keep import keep_as_recipe
from ui.runs.race import EARLIER, RACE
from ui.runs.start import going_on
from ui.train import controls, draft
from ui.train.augmentation import build_augmentation
from ui.train.layer_list import edit_layers
from ui.train.race_start import offer_race
from ui.train.rate_finder import find_rate
from ui.train.rate_plan import show_rate_plan
from ui.train.start_choice import choose_start, start_problem
from ui.train.start_speed import Pace, choose_pace

OWN = "own network"
KEPT = "own:"  # stands before the name of a recipe of the user's own: it may be called like one of ours
GOING_ON = "The same settings, but starting from the weights of this run: on other data, or with other settings."
BOX = "draft_recipe_"  # the key of the box "Start from", up to the value that it was drawn with


def open_draft() -> None:
    """Take the draft from an address that is new, else keep the one there is, else begin with the first recipe."""
    from mnistcore.data import default_dataset_name

    asked = st.query_params.get("config")
    if draft.is_new_address(asked) or not draft.has_draft():
        config, dataset = recipe(FIRST_RECIPE).config, None
        st.session_state.pop("draft_problem", None)
        if asked is not None:
            try:
                config, dataset = parse_config_address(asked)
            except ExplorerError as error:
                st.session_state["draft_problem"] = (
                    f"The configuration in the address cannot be used: {str(error).rstrip('.')}. "
                    "Here is the first network instead."
                )
        draft.start_draft(config, dataset or default_dataset_name())
        st.session_state["draft_is_own"] = False
        # Remembered even if it cannot be used: the next run of the page must not take it up again.
        draft.keep_address(asked)
    st.session_state["draft_visit"] = visit()


def show_from_top_after_start() -> None:
    """Scroll up after a start: the live view appears above the button that starts a run."""
    if st.session_state.pop("draft_started", False):
        scroll_to_top()


def copy_settings_button(run_id: str) -> None:
    """Buttons that make the settings of a run the draft, with the weights that it starts from or those it has now."""
    run = get_store().run(run_id)
    with st.container(horizontal=True):
        st.button("Copy the settings of this run", on_click=_take_settings, args=(run.config, run.dataset))
        if run.step and run.status != "diverged":
            taken = (going_on(run), run.dataset)
            st.button("Go on from its weights", on_click=_take_settings, args=taken, help=GOING_ON)


def _take_settings(config: TrainingConfig, dataset: str) -> None:
    draft.start_draft(config, dataset)
    st.session_state["draft_is_own"] = False


def build() -> None:
    """The builder: where it begins and the start above, below them the network, and on its right how it learns.

    What is above is filled in last: whether training can start shows when every field has been read.
    """
    if problem := st.session_state.pop("draft_problem", None):
        st.warning(problem, icon=":material/info:")
    settings = draft.collect_draft()
    config, problem = _validated(settings)
    from_what, on_what, how_fast, start = st.columns([3, 3, 2, 2], vertical_alignment="bottom")
    words = st.container(gap="xsmall")
    with from_what:
        name = _start_from(config)
    with on_what:
        asked = st.session_state["draft_dataset"]
        dataset = select_dataset("Data set", dataset_titles(), asked, "draft_choose_dataset", _take_dataset)
    with how_fast:
        pace = choose_pace()
    network, training = st.columns(2, gap="large")
    with network:
        st.subheader("Network", anchor=False)
        refused = edit_layers(settings)
    with training:
        st.subheader("Training", anchor=False)
        config, problem = _settings(config, dataset, problem)
    with words:
        _start_words(name, config, dataset, refused, problem)
    is_ready = config is not None and dataset is not None
    with start:
        is_clicked = st.button("Train this network", type="primary", disabled=not is_ready, width="stretch")
    if config and dataset:
        with training:
            _further(name, config, dataset, pace)
        if is_clicked:
            _start(config, dataset, pace)


def _settings(config: TrainingConfig | None, dataset: str | None, problem: str) -> tuple[TrainingConfig | None, str]:
    """How it learns; the config, or None and why it cannot be used: now that every field has been read."""
    finder = controls.build_training()
    with st.expander("Regularisation, initial weights, sizes, seed"):
        choose_start(config)
        controls.build_more()
    build_augmentation(config if dataset else None, st.session_state["draft_dataset"])
    if config is not None and (unusable := st.session_state["draft_problems"]):
        return None, unusable[0]
    if config is not None:
        _write_address(config)
        if dataset is not None:
            with finder:
                find_rate(config, dataset)
            show_rate_plan(config)
    return config, problem


def _start_words(
    name: str | None, config: TrainingConfig | None, dataset: str | None, refused: str | None, problem: str
) -> None:
    """What there is still to do before it can be trained, else what it is: one line, so that what is below stays put
    while layers are added."""
    if config is not None and dataset is None:
        st.caption("Choose a data set to train on.")
    elif refused:
        st.caption(f"{refused} does not fit yet: the message there says what to do.")
    elif config is None:
        st.error(problem, icon=":material/error:")
    elif name and not name.startswith(KEPT):
        published = f" Published: {RECIPES[name].published}." if RECIPES[name].published else ""
        st.caption(RECIPES[name].summary + published)
    elif name:
        st.caption("A recipe that you have kept.")
    else:
        st.caption("A network of your own: the address of this page holds all its settings.")


def _further(name: str | None, config: TrainingConfig, dataset: str, pace: Pace) -> None:
    """What else can be done with the network: race it, vary its settings, keep it, or forget it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to("experiments", "Vary its settings", config=config_address(config, dataset))
        keep_as_recipe(get_store(), config, describe_network(config), "draft")
        if name and name.startswith(KEPT):
            of = (get_store(), name.removeprefix(KEPT))
            st.button("Remove this recipe", key="recipe_remove", on_click=remove_recipe, args=of)
    offer_race(config, dataset, pace)


def _validated(settings: dict) -> tuple[TrainingConfig | None, str]:
    """The config, or None and what is wrong with the settings, by themselves or for this data set."""
    try:
        config = parse_config(settings)
    except ConfigError as error:
        return None, in_words(str(error))
    if unfit := start_problem(config):
        return None, plain(unfit)
    if st.session_state["draft_dataset"] not in dataset_titles():
        return config, ""  # its select box says so, and nothing is trained before another one is chosen
    count = training_images(st.session_state["draft_dataset"])
    if config.validation_size + (config.train_size or 1) > count:
        wanted = "" if config.train_size is None else f" and train_size {config.train_size:,}"
        return None, in_words(
            f"the data set has {count:,} training images, too few for validation_size {config.validation_size:,}"
            f"{wanted}: lower them"
        )
    return config, ""


def _start_from(config: TrainingConfig | None) -> str | None:
    """Which recipe the draft is, or "own network"; the recipe's name, with KEPT before it for one of the user's own."""
    is_own, kept = st.session_state["draft_is_own"], own_recipes(get_store())
    name = None if config is None or is_own else draft.matching_recipe(config)
    if name is None and config is not None and not is_own:
        name = next((KEPT + title for title, known in kept.items() if known == config), None)
    titles = {OWN: "Own network"} | {KEPT + title: shortened(title) for title in kept}
    titles |= {known.name: known.title for known in RECIPES.values()}
    shown = list(titles).index(name or OWN)
    # A box of its own for each value: a click that follows quickly still brings the value of before. In one box that
    # would count as a choice, and undo the draft.
    st.selectbox(
        "Start from",
        list(titles),
        shown,
        key=f"{BOX}{name or OWN}",
        format_func=titles.__getitem__,
        on_change=_take_recipe,
        args=(name or OWN,),
    )
    return name


def _take_recipe(before: str) -> None:
    name = st.session_state.get(f"{BOX}{before}")
    if name in (None, before):
        return
    kept = own_recipes(get_store()) if name.startswith(KEPT) else {}
    config = (
        kept.get(name.removeprefix(KEPT)) if name.startswith(KEPT) else RECIPES[name].config if name != OWN else None
    )
    st.session_state["draft_is_own"] = config is None
    if config is not None:
        draft.start_draft(config, st.session_state["draft_dataset"])


def _take_dataset() -> None:
    st.session_state["draft_dataset"] = chosen_in("draft_choose_dataset") or st.session_state["draft_dataset"]


def _write_address(config: TrainingConfig) -> None:
    """Write the configuration into the address, so that copying it shares the configuration."""
    from mnistcore.data import default_dataset_name

    address = draft.address_of(config, st.session_state["draft_dataset"], default_dataset_name())
    draft.keep_address(address)
    if address is None:
        st.query_params.pop("config", None)
    elif st.query_params.get("config") != address:
        st.query_params["config"] = address


def _start(config: TrainingConfig, dataset: str, pace: Pace) -> None:
    """Submit the run and show its live view."""
    recipe_name = draft.matching_recipe(config)
    run_id = start_run(config, dataset, recipe=recipe_name, **pace._asdict())
    st.session_state["chosen_run"] = run_id
    st.session_state["draft_started"] = True
    for other in (RACE, EARLIER):
        st.query_params.pop(other, None)
    st.query_params["run"] = run_id
    st.rerun()
