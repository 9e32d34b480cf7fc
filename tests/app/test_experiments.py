"""The Experiments page: setting one up, while it runs, and what came of it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.experiments import actions, advance, create_experiment, experiment, experiments, members
from mnistcore.experiments.config import Range, parse_experiment, parse_variation
from mnistcore.experiments.ready import READY, USUAL, checked_variation
from mnistcore.experiments.settings import present_values
from mnistcore.runs import RunStore, execute_run
from mnistcore.runs.own_recipes import own_recipes
from mnistcore.training import RECIPES, parse_config
from tests.app.pages import button, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.experiments.views import VIEWS
from ui.frame.session import get_engine

pytestmark = pytest.mark.usefixtures("few_generated_digits")
BASE = {"layers": [], "epochs": 1, "batch_size": 20, "validation_size": 100}


def begin(store: RunStore, vary: dict[str, str], **settings: Any) -> str:
    dataset = store.add_dataset(easy_digits())
    variations = {name: parse_variation(text) for name, text in vary.items()}
    usual = {"base": parse_config(BASE), "dataset": dataset, "vary": variations, "sampler": "grid"}
    return create_experiment(store, parse_experiment(usual | settings))


def work_off(store: RunStore, most: int = 1000) -> None:
    done = 0
    while queued := advance(store, 1):
        for run_id, owner in queued:
            if done == most:
                return
            execute_run(store.url, run_id, owner)
            done += 1


def shown(store: RunStore, experiment_id: str) -> AppTest:
    page = open_page("experiments", experiment=experiment_id)
    assert not page.error
    return page


def tick(page: AppTest, experiment_id: str, *numbers: int) -> AppTest:
    page.session_state["experiment-ticked"] = (experiment_id, list(numbers))
    page.run()
    assert not page.exception
    return page


def test_a_ready_experiment_starts_with_a_click(store: RunStore) -> None:
    page = open_page("experiments")
    page.button(key="start_overfitting").click().run()
    assert not page.exception
    (made,) = experiments(store)
    assert ("look_now",) in get_engine().commands
    assert (made.name, made.config.grid_size, made.config.dataset) == ("What holds overfitting back?", 18, "generated")
    assert made.id in page.query_params["experiment"]
    assert "shows from 12 runs on; 0 have ended" in texts(page)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("images", [60_000, 20_000, 6000])
def test_what_is_ready_fits_the_data_set_and_can_tell(name: str, images: int) -> None:
    config = READY[name].config("mnist", images)
    sizes = getattr(config.vary.get("train_size"), "values", (config.base.train_size or 1,))
    assert max(sizes) + config.base.validation_size <= images
    assert 10 <= config.grid_size * config.seeds <= 30


@pytest.mark.parametrize("name", USUAL)
def test_usual_values_can_be_used(name: str) -> None:
    base = RECIPES["lenet"].config if name == "filters" else RECIPES["first-network"].config
    assert checked_variation(base, name, USUAL[name])


def test_an_experiment_of_ones_own(store: RunStore) -> None:
    page = open_page("experiments")
    assert "64 in all runs" in texts(page)
    page.toggle(key="experiment_varies_batch_size").set_value(True).run()
    page.text_input(key="experiment_vary_learning_rate").set_value("log:0.001:0.1")
    page.text_input(key="experiment__first-network_runs").set_value("12")
    page.text_input(key="experiment__first-network_train_size").set_value("5000").run()
    assert "12 runs." in texts(page)
    button(page, "Start the experiment").click().run()
    (made,) = experiments(store)
    rate = made.config.vary["learning_rate"]
    assert rate == Range(low=0.001, high=0.1, log=True)
    assert list(made.config.vary) == ["learning_rate", "batch_size"]
    assert (made.config.runs, made.config.sampler, made.config.base.train_size) == (12, "random", 5000)


@pytest.mark.parametrize(
    ("key", "text", "problem"),
    [
        ("experiment_vary_learning_rate", "log:0:1", "begins above 0"),
        ("experiment_vary_learning_rate", "-1", "got '-1'"),
        ("experiment_vary_learning_rate", "1,,2", "separated by commas"),
        ("experiment__first-network_seeds", "0", "at least 1"),
        ("experiment__first-network_runs", "", "has no end of its own"),
        ("experiment__first-network_train_size", "50000", "too few for 50,000"),
    ],
)
def test_the_start_is_off_while_something_is_wrong_and_says_why(key: str, text: str, problem: str) -> None:
    page = open_page("experiments")
    page.text_input(key=key).set_value(text).run()
    assert not page.exception
    assert button(page, "Start the experiment").disabled
    assert problem in page.error[0].value


def test_every_setting_says_what_it_is_in_all_runs_until_it_varies() -> None:
    page = open_page("experiments")
    for name in USUAL:
        assert page.toggle(key=f"experiment_varies_{name}").value == (name == "learning_rate")
    assert page.caption
    page.toggle(key="experiment_varies_learning_rate").set_value(False).run()
    assert "Choose at least one setting that varies." in page.error[0].value
    for name in ("batch_size", "units", "activation"):
        page.toggle(key=f"experiment_varies_{name}").set_value(True)
    page.run()
    assert not page.exception
    assert not page.error
    assert not button(page, "Start the experiment").disabled


@pytest.mark.parametrize(
    ("name", "recipe_name", "values"),
    [
        ("learning_rate", "first-network", [0.001]),
        ("hidden_layers", "stepped-mlp", [3]),
        ("units", "stepped-mlp", [100, 50, 25]),
        ("activation", "deep-leaky", ["relu", "leaky_relu"]),
        ("activation", "perceptrons", []),
        ("dropout", "drawn-digits", [0.2]),
        ("filters", "lenet", [8, 16]),
        ("optimizer.kind", "perceptrons", ["sgd"]),
        ("train_size", "first-network", [None]),
    ],
)
def test_what_a_setting_is_where_it_does_not_vary(name: str, recipe_name: str, values: list[object]) -> None:
    assert present_values(RECIPES[recipe_name].config, name) == values


def test_a_run_is_varied_from_its_address(store: RunStore) -> None:
    run_id = trained_run(store, learning_rate=0.03)
    page = open_page("experiments", run=run_id)
    assert "Vary this run" in texts(page)
    button(page, "Start the experiment").click().run()
    (made,) = experiments(store)
    assert (made.config.base.learning_rate, made.config.dataset) == (0.03, store.run(run_id).dataset)


def test_while_it_runs_paused_and_stopped(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "0.001,0.01,0.1"})
    page = shown(store, experiment_id)
    assert "first learning curves appear" in texts(page)
    work_off(store, most=1)
    page = shown(store, experiment_id)
    assert "Whether the learning rate matters shows from 8 runs on; 1 has ended" in texts(page)
    button(page, "Pause").click().run()
    assert experiment(store, experiment_id).status == "paused"
    assert "Paused after 1 run" in page.info[0].value
    button(page, "Resume").click().run()
    button(page, "Stop").click().run()
    assert experiment(store, experiment_id).status == "stopped"
    assert not page.exception


def test_what_came_of_it_and_whether_it_is_real(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "1e-6,0.02", "batch_size": "10,20,30,50"}, seeds=2)
    work_off(store)
    page = shown(store, experiment_id)
    assert "#### Learning rate matters most (" in texts(page)
    assert len(page.get("vega_lite_chart")) == 5  # curves, two settings, heat map, importances
    table = page.dataframe[0].value
    assert len(table) == 8
    assert table["mean"].is_monotonic_decreasing
    tick(page, experiment_id, 3)
    assert page.session_state["chosen_run"] in {member.run_id for member in members(store, experiment_id)}
    tick(page, experiment_id, 4, 0)
    assert "First: learning rate 0.02, batch size 10" in texts(page)
    assert "**The first is better by " in texts(page)
    page.toggle(key="experiment_same_images").set_value(True).run()
    assert "Of 100 test images both read " in texts(page)
    assert not page.exception


def test_what_diverged_is_off_the_scale(store: RunStore) -> None:
    base = parse_config(BASE | {"loss": "linear_squared_error", "optimizer": {"kind": "sgd"}, "epochs": 12})
    experiment_id = begin(store, {"learning_rate": "100,0.02,0.021,0.022"}, base=base)
    work_off(store)
    page = shown(store, experiment_id)
    assert "1 combination lies below the scale" in texts(page)
    assert "Diverged" in html(page)


def test_what_was_stopped_early_can_go_on(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "0.001,0.01,0.02"}, stop_early=True)
    work_off(store)
    page = shown(store, experiment_id)
    assert "stopped early" in set(page.dataframe[0].value["state"])
    stopped = next(each for each in members(store, experiment_id) if each.status == "paused")
    tick(page, experiment_id, stopped.combination)
    button(page, "Let it finish").click().run()
    assert not page.exception
    execute_run(store.url, stopped.run_id)
    assert store.run(stopped.run_id).status == "finished"


def test_more_runs_are_allowed(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "log:1e-3:1e-1"}, sampler="random", runs=1)
    work_off(store)
    page = shown(store, experiment_id)
    button(page, "Allow them").click().run()
    found = experiment(store, experiment_id)
    assert (found.config.runs, found.status) == (2, "running")
    actions.stop_experiment(store, experiment_id)
    button(shown(store, experiment_id), "Allow them").click().run()
    found = experiment(store, experiment_id)
    assert (found.config.runs, found.status) == (4, "running")


def test_one_search_filters_every_view(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "0.001,0.02", "batch_size": "10,20"})
    work_off(store)
    page = shown(store, experiment_id)
    field = f"experiment_find_{experiment_id}"
    page.text_input(key=field).set_value("learning_rate > 0.01").run()
    assert not page.exception
    assert "2 of 4 combinations" in texts(page)
    assert set(page.dataframe[0].value["learning_rate"]) == {0.02}
    page.text_input(key=field).set_value("speed = 1").run()
    assert "Nothing is called “speed”" in texts(page)
    assert len(page.dataframe[0].value) == 2  # the last search that could be understood holds
    page.text_input(key=field).set_value("learning_rate > 1").run()
    assert "0 of 4 combinations" in texts(page)
    assert not page.exception


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("done", [1, 1000])
def test_every_view_shows_what_there_is(store: RunStore, view: str, done: int) -> None:
    experiment_id = begin(store, {"learning_rate": "0.001,0.02", "units": "4,8"}, seeds=2)
    work_off(store, most=done)
    page = shown(store, experiment_id)
    page.segmented_control(key="experiment_view").set_value(view).run()
    assert not page.exception
    assert not page.error
    assert page.get("vega_lite_chart") or page.get("plotly_chart")


def test_what_varies_is_narrowed_from_the_next_run_on(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "log:1e-4:1e-1"}, sampler="random", runs=8)
    work_off(store, most=1)
    page = shown(store, experiment_id)
    field = next(each for each in page.text_input if each.value == "log:0.0001:0.1")
    field.set_value("log:0.5:0.1")
    button(page, "From the next run on").click().run()
    assert "a range goes from a lower to a higher number" in page.warning[0].value
    field = next(each for each in page.text_input if each.value == "log:0.5:0.1")
    field.set_value("log:0.01:0.02")
    button(page, "From the next run on").click().run()
    assert not page.exception
    assert experiment(store, experiment_id).config.vary["learning_rate"] == Range(low=0.01, high=0.02, log=True)


def test_a_combination_is_trained_longer_and_kept_as_a_recipe(store: RunStore) -> None:
    experiment_id = begin(store, {"learning_rate": "0.001,0.02"}, seeds=2)
    work_off(store)
    before = {run.id for run in store.runs()}
    page = tick(shown(store, experiment_id), experiment_id, 1)
    page.text_input(key=f"experiment_longer_{experiment_id}_1").set_value("3").run()
    button(page, "Train").click().run()
    assert not page.exception
    longer = [run for run in store.runs() if run.id not in before]
    assert [(run.config.epochs, run.config.learning_rate, run.experiment) for run in longer] == [(3, 0.02, None)] * 2
    assert {run.config.seed for run in longer} == {0, 1}
    page = tick(page, experiment_id, 1)
    [each for each in page.text_input if each.label == "Name"][-1].set_value("my rate")
    [each for each in page.button if each.label == "Keep"][-1].click().run()
    assert own_recipes(store)["my rate"].learning_rate == 0.02


def test_a_network_from_train_is_varied_and_one_that_cannot_be_is_named(store: RunStore) -> None:
    page = open_page("experiments", config='{"learning_rate":0.03,"dataset":"generated"}')
    button(page, "Start the experiment").click().run()
    (made,) = experiments(store)
    assert (made.config.base.learning_rate, made.config.dataset) == (0.03, "generated")
    page = open_page("experiments", config='{"epochs":0}')
    assert "The network in the address cannot be used" in page.warning[0].value


def test_it_says_how_long_before_it_starts() -> None:
    page = open_page("experiments")
    assert "on 2 workers." in texts(page)
    page.text_input(key="experiment__first-network_minutes").set_value("3")
    page.text_input(key="experiment__first-network_runs").set_value("9000").run()
    assert "9,000 runs, at most 3 minutes. About 3 minutes on 2 workers." in texts(page)


def test_an_unknown_experiment_is_named() -> None:
    page = open_page("experiments", experiment="nonsense")
    assert "There is no experiment" in page.warning[0].value
    assert button(page, "Start the experiment")
