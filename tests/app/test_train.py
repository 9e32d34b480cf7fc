"""The Train page: the builder and its address, the start, the live view of a run in every state."""

import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import ui.runs.progress
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore, lifecycle, work
from mnistcore.runs.own_recipes import own_recipes
from mnistcore.training import RECIPES, TrainingConfig, parse_config, recipe
from tests.app.pages import app_at, button, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.frame.page import PAGES
from ui.frame.selection import MAX_ADDRESS, parse_config_address
from ui.frame.session import get_engine
from ui.pictures.live_charts import MEASURED, PLAIN, curve_data, curve_spec, legend_html, settled_domain, shown_domain
from ui.runs.history import MAX_POINTS, LiveHistory
from ui.train import controls, draft
from ui.train.add_buttons import KEY

pytestmark = pytest.mark.usefixtures("without_mnist")

opened = partial(open_page, "train")


def widget(elements, label: str):
    return next(found for found in elements if found.label == label)


def address(page: AppTest) -> dict:
    value = page.query_params.get("config")
    if not value:
        return {}
    return json.loads(value if isinstance(value, str) else value[0])


def test_a_validation_accuracy_of_an_earlier_step_says_of_which(store: RunStore) -> None:
    run = store.run(trained_run(store))
    history = pd.DataFrame({"step": [0, run.step - 1], "validation_accuracy": [0.078, float("nan")]})
    assert ui.runs.progress._moment(run, history)["Validation accuracy, step 0"] == "7.8 %"
    history.loc[2] = [run.step, 0.9]
    assert ui.runs.progress._moment(run, history)["Validation accuracy"] == "90.0 %"


def test_the_whole_range_while_a_run_is_young_then_what_matters_of_it(store: RunStore) -> None:
    over = store.run(trained_run(store))
    values = [0.1, 0.5, 0.91, 0.92, 0.93, 0.94]
    data = pd.DataFrame({"x": [0.0, 0.1, 3.0, 4.0, 5.0, 6.0], "value": values, "part": "Training"})
    young = replace(over, status="running", epoch=0.4, step=6, total_steps=300)
    settled = replace(young, epoch=6.0, step=90)
    assert shown_domain(young, data, "accuracy", whole=False) == [0.0, 1.0]
    assert shown_domain(settled, data, "accuracy", whole=False) == [0.9, 1.0]
    assert shown_domain(over, data, "accuracy", whole=False) == pytest.approx([0.9085, 0.9415])
    assert shown_domain(over, data, "accuracy", whole=True) == [0.0, 1.0]
    assert shown_domain(over, data, "loss", whole=True) is None


def test_it_opens_with_the_first_network_and_a_short_address() -> None:
    page = opened()
    assert not page.exception
    assert widget(page.selectbox, "Start from").value == "first-network"
    assert "128 numbers · 100,480 parameters" in texts(page)
    assert "Total: **101,770 parameters**" in texts(page)
    assert "config" not in page.query_params


def test_what_is_changed_is_in_the_address_and_comes_back_from_it() -> None:
    page = opened()
    widget(page.text_input, "Units").set_value("32")
    widget(page.selectbox, "Optimizer").set_value("momentum")
    page.run()
    widget(page.text_input, "Momentum").set_value("0.8")
    page.run()
    assert not page.exception
    short = address(page)
    assert short["layers"][0]["units"] == 32
    assert short["optimizer"]["momentum"] == 0.8
    assert widget(page.selectbox, "Start from").value == "own network"
    again = opened(config=json.dumps(short))
    assert not again.warning
    assert widget(again.text_input, "Units").value == "32"
    assert widget(again.selectbox, "Optimizer").value == "momentum"
    assert widget(again.text_input, "Momentum").value == "0.8"
    assert address(again) == short


def test_layers_are_added_moved_and_removed() -> None:
    page = opened()
    clicks = {"token": page.session_state["draft_layers"].token, "kinds": ["dense", "dropout"]}
    page.session_state[KEY] = {"made": clicks}
    page.run()
    kinds = [layer["kind"] for layer in address(page)["layers"]]
    assert kinds == ["dense", "dense", "dropout"]
    page.button(key="up_2").click().run()
    assert [layer["kind"] for layer in address(page)["layers"]] == ["dense", "dropout", "dense"]
    assert page.button(key="up_0").disabled
    page.button(key="remove_0").click().run()
    assert [layer.get("units") for layer in address(page)["layers"]] == [None, 64]
    page.button(key="repeat_1").click().run()
    assert [layer.get("units") for layer in address(page)["layers"]] == [None, 64, 64]
    assert not page.exception


def test_a_moved_layer_takes_its_values_along() -> None:
    page = opened(config='{"layers":[{"units":10},{"units":20}]}')
    page.text_input(key="draft.layer.0.units").set_value("11")
    page.run()
    page.button(key="down_0").click().run()
    assert [layer["units"] for layer in address(page)["layers"]] == [20, 11]


def test_a_browser_that_missed_the_first_run_still_learns_every_value() -> None:
    page = opened().run()  # the second run: a value set by way of the session would be silent now
    assert widget(page.text_input, "Units").proto.default == "128"
    assert widget(page.text_input, "Learning rate").proto.default == "0.001"
    assert widget(page.checkbox, "Bias").proto.default is True
    assert widget(page.selectbox, "Optimizer").proto.default == controls.OPTIMIZERS.index("adam")


def test_a_quick_second_click_comes_with_the_old_address_and_undoes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened()
    widget(page.text_input, "Epochs").set_value("6").run()
    old = json.dumps(address(page), separators=(",", ":"))
    widget(page.text_input, "Epochs").set_value("7").run()
    page.query_params["config"] = old
    widget(page.text_input, "Units").set_value("37").run()
    assert address(page)["epochs"] == 7
    assert address(page)["layers"][0]["units"] == 37
    page.query_params["config"] = old
    monkeypatch.setattr(draft, "is_history_navigation", lambda: True)  # somebody has gone back to it
    page.run()
    assert address(page) == {"epochs": 6}
    assert widget(page.text_input, "Units").value == "128"
    del page.query_params["config"]
    page.run()
    assert widget(page.selectbox, "Start from").value == "first-network"
    assert widget(page.text_input, "Epochs").value == "5"


def test_a_link_from_another_page_brings_its_configuration_and_a_plain_one_keeps_the_draft() -> None:
    app = app_at("train").run()
    widget(app.text_input, "Epochs").set_value("6").run()
    app.switch_page(PAGES["home"].file).run()
    app.switch_page(PAGES["train"].file).run()
    assert widget(app.text_input, "Epochs").value == "6"
    app.switch_page(PAGES["home"].file).run()
    app.switch_page(PAGES["train"].file)
    app.query_params["config"] = '{"recipe":"lenet"}'
    app.run()
    assert not app.exception
    assert widget(app.selectbox, "Start from").value == "lenet"


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_opens_and_is_trained_as_it_is(name: str, store: RunStore) -> None:
    page = opened(config=json.dumps({"recipe": name}))
    assert not page.exception
    assert not page.warning
    assert widget(page.selectbox, "Start from").value == name
    button(page, "Train this network").click().run()
    (run,) = store.runs()
    assert (run.recipe, run.config) == (name, RECIPES[name].config)


def test_choosing_a_recipe_fills_the_builder() -> None:
    page = opened()
    widget(page.selectbox, "Start from").set_value("stepped-mlp").run()
    assert [widget.value for widget in page.text_input if widget.label == "Units"] == ["100", "50", "25"]
    assert widget(page.selectbox, "Schedule").value == "adaptive"
    assert address(page) == {"recipe": "stepped-mlp"}
    assert "97 % test accuracy after 20 epochs" in texts(page)


def test_all_images_in_one_batch_and_back() -> None:
    page = opened()
    widget(page.checkbox, "All images in one batch").check().run()
    assert address(page)["batch_size"] == "full"
    widget(page.checkbox, "All images in one batch").uncheck().run()
    assert address(page) == {}
    assert widget(page.text_input, "Batch size").value == "64"


def test_settings_that_do_not_go_together_are_explained_and_cannot_be_started() -> None:
    page = opened()
    widget(page.text_input, "Early stopping: patience in epochs").set_value("3")
    widget(page.text_input, "Validation images").set_value("0")
    page.run()
    assert not page.exception
    assert (
        "“Early stopping: patience in epochs” watches the validation loss: set “Validation images” above 0."
        in page.error[0].value
    )
    assert button(page, "Train this network").disabled
    widget(page.text_input, "Validation images").set_value("1000").run()
    assert not page.error
    assert not button(page, "Train this network").disabled


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not complete JSON"),
        ("[1]", "must be a JSON object"),
        ('{"epochs":"many"}', "epochs"),
        ('{"recipe":"cat"}', "there is no recipe 'cat'"),
        ('{"colour":1}', "colour"),
        ('{"dataset":5}', "dataset must be a name"),
        ('{"layers":[' + '{"units":1},' * 3000 + '{"units":1}]}', "characters"),
        ("[" * 7000, "not complete JSON"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused_in_words(text: str, reason: str) -> None:
    page = opened(config=text)
    assert not page.exception
    assert reason in page.warning[0].value
    assert widget(page.selectbox, "Start from").value == "first-network"
    page.run()
    assert not page.exception
    assert address(page) == {}


def test_every_recipe_survives_its_address() -> None:
    for known in RECIPES.values():
        short = draft.address_of(known.config, "generated", "mnist")
        assert parse_config_address(short or "") == (known.config, "generated")
        changed = known.config.overridden({"seed": 7})
        short = draft.address_of(changed, "mnist", "mnist") or ""
        assert len(short) < MAX_ADDRESS
        assert parse_config_address(short) == (changed, None)
    assert draft.address_of(recipe("first-network").config, "mnist", "mnist") is None
    with pytest.raises(ConfigError, match="it must be a JSON object"):
        parse_config_address("3")


def test_nothing_is_trained_on_another_data_set_than_the_one_asked_for() -> None:
    page = opened(config='{"epochs":3,"dataset":"import:gone"}')
    assert not page.exception
    assert widget(page.selectbox, "Data set").value is None
    assert "is not on this machine" in page.warning[0].value
    assert widget(page.button, "Train this network").disabled
    assert address(page) == {"epochs": 3, "dataset": "import:gone"}
    widget(page.selectbox, "Data set").set_value("generated").run()
    assert not page.warning
    assert not widget(page.button, "Train this network").disabled
    assert address(page) == {"epochs": 3}


def test_a_data_set_deleted_in_another_tab_is_not_trained_on(store: RunStore) -> None:
    name = store.add_dataset(easy_digits())
    page = opened(config=json.dumps({"dataset": name, "validation_size": 100}))
    store.delete_dataset(name)
    widget(page.button, "Train this network").click().run()
    assert not page.exception
    assert page.warning[0].value == "The data set “easy digits” has been deleted. Choose a data set."
    assert store.runs() == []


@pytest.mark.parametrize("run_id", ["0" * 12, "zzz"])
def test_a_run_that_is_not_there_is_named(run_id: str) -> None:
    page = opened(run=run_id)
    assert not page.exception
    assert page.error[0].value == f"There is no run “{run_id}”: choose one from the list of runs."


def test_a_finished_run_shows_its_result_with_count_and_interval(store: RunStore) -> None:
    run_id = trained_run(store, name="done")
    page = opened(run=run_id)
    assert not page.exception
    run = store.run(run_id)
    assert f"{round(100 * run.test_accuracy)} / 100 images" in texts(page)
    assert "95 % interval" in texts(page)
    assert "one for each digit" in texts(page)
    assert "Pause" not in [found.label for found in page.button]
    assert "Trained for" in html(page)
    assert "before the network learned from it" in texts(page)


def test_a_queued_run_can_be_stopped_and_says_that_it_waits(store: RunStore) -> None:
    run_id = store.create_run(TrainingConfig(), "generated")
    page = opened(run=run_id)
    assert not page.exception
    button(page, "Stop").click().run()
    assert get_engine().commands == [("stop", run_id)]
    assert button(page, "Stopping …").disabled
    assert button(page, "Pause").disabled


def test_a_run_in_progress_has_all_its_controls(store: RunStore) -> None:
    config = parse_config({"layers": [], "epochs": 1000, "batch_size": 20, "validation_size": 100})
    dataset = easy_digits()
    run_id = store.create_run(config, store.add_dataset(dataset), dataset.fingerprint, name="busy")
    training = work(store, run_id)
    while store.run(run_id).step == 0:
        next(training)
    page = opened(run=run_id)
    assert not page.exception
    assert "of 10,000" in page.get("progress")[0].proto.text
    assert "Time left" in html(page)
    rate = page.text_input(key=f"run_rate_{run_id}")
    assert rate.value == ""  # the rate in force is among the figures, whoever has set it
    assert "0.001" in html(page)
    rate.set_value("0,25")
    button(page, "Set").click().run()
    button(page, "Pause").click().run()
    assert get_engine().commands == [("set_learning_rate", run_id, 0.25), ("pause", run_id)]
    training.close()
    page.run()
    assert store.run(run_id).status == "interrupted"
    button(page, "Resume from the last checkpoint").click().run()
    assert get_engine().commands[-1] == ("resume", run_id)
    assert not page.exception
    training = work(store, run_id)
    next(training)
    page.run()
    assert not button(page, "Pause").disabled  # what was asked for when it was running before has been done
    training.close()


@pytest.mark.parametrize("typed", ["0", "-1", "1e9", "abc", "", " ", "nan"])
def test_a_learning_rate_that_is_none_sets_nothing_and_says_why(typed: str, store: RunStore) -> None:
    run_id = store.create_run(TrainingConfig(), "generated")
    lifecycle.claim(store.database, run_id, None)
    page = opened(run=run_id)
    page.text_input(key=f"run_rate_{run_id}").set_value(typed)
    button(page, "Set").click().run()
    assert not page.exception
    assert get_engine().commands == []
    (warning,) = page.warning
    assert warning.value.startswith("Learning rate ")
    assert warning.value.endswith("Nothing was changed.")
    page.text_input(key=f"run_rate_{run_id}").set_value("1e-3")
    button(page, "Set").click().run()
    assert get_engine().commands == [("set_learning_rate", run_id, 0.001)]
    assert not page.warning


def test_a_second_click_on_stop_asks_for_nothing_more(store: RunStore) -> None:
    run_id = store.create_run(TrainingConfig(), "generated")

    def click(command: str, times: int) -> None:
        import ui.live.controls as controls
        from ui.frame.session import get_store

        run = get_store().runs()[0]
        for _ in range(times):
            controls._ask(run, command, getattr(controls.get_engine(), command))

    page = AppTest.from_function(click, args=("stop", 2)).run()
    assert not page.exception
    assert get_engine().commands == [("stop", run_id)]


@pytest.mark.parametrize(
    ("label", "typed", "reason"),
    [
        ("Learning rate", "0", "Learning rate must be above 0 and at most 100, not “0”."),
        ("Learning rate", "1e9", "Learning rate must be above 0 and at most 100, not “1e9”."),
        ("Learning rate", "", "Learning rate is empty: type a number."),
        ("Units", "12.5", "Units must be a whole number, not “12.5”."),
        ("Units", "4097", "Units must be at least 1 and at most 4,096, not “4097”."),
        ("Batch size", "abc", "Batch size must be a number, not “abc”."),
        ("Seed", "-1", "Seed must be at least 0 and below 4,294,967,296, not “-1”."),
        ("Rotation in degrees", "181", "Rotation in degrees must be at least 0 and at most 180, not “181”."),
    ],
)
def test_what_cannot_be_used_is_refused_below_its_field_and_nothing_else_is_trained(
    label: str, typed: str, reason: str
) -> None:
    page = opened()
    before = page.query_params.get("config")
    begun_with = widget(page.text_input, label).value
    widget(page.text_input, label).set_value(typed).run()
    assert not page.exception
    assert widget(page.text_input, label).value == typed
    assert f":red[{reason}]" in texts(page)
    assert [error.value for error in page.error] == [reason]
    assert button(page, "Train this network").disabled
    assert page.query_params.get("config") == before
    widget(page.text_input, label).set_value(begun_with).run()
    assert not page.error
    assert not button(page, "Train this network").disabled


def test_what_a_field_shows_is_what_is_trained(store: RunStore) -> None:
    page = opened()
    for label, typed in {
        "Units": "1e3",
        "Learning rate": "0,01",
        "Validation images": "1,000",
        "Epochs": " 7 ",
    }.items():
        widget(page.text_input, label).set_value(typed)
    page.run()
    assert not page.error
    button(page, "Train this network").click().run()
    (run,) = store.runs()
    config = run.config
    assert (config.layers[0].units, config.learning_rate, config.validation_size, config.epochs) == (
        1000,
        0.01,
        1000,
        7,
    )


def test_a_field_that_goes_away_takes_what_was_wrong_in_it_along() -> None:
    page = opened(config='{"optimizer":"momentum"}')
    widget(page.text_input, "Momentum").set_value("1").run()
    assert button(page, "Train this network").disabled
    widget(page.selectbox, "Optimizer").set_value("sgd").run()
    assert not page.error
    assert not button(page, "Train this network").disabled


def test_a_diverged_run_says_what_to_do(store: RunStore) -> None:
    run_id = trained_run(store, learning_rate=100.0, loss="linear_squared_error", optimizer="sgd")
    assert store.run(run_id).status == "diverged"
    page = opened(run=run_id)
    assert not page.exception
    assert store.run(run_id).message in page.error[0].value


def test_the_settings_of_a_run_can_be_taken_over(store: RunStore) -> None:
    run_id = trained_run(store, batch_size=33)
    page = opened(run=run_id)
    button(page, "Copy the settings of this run").click().run()
    assert widget(page.text_input, "Batch size").value == "33"
    assert address(page)["batch_size"] == 33


def test_a_history_is_read_on_and_never_grows_long() -> None:
    rows = pd.DataFrame({"step": range(3000), "train_loss": 1.0, "validation_loss": float("nan")})
    rows = rows.reindex(columns=list(_metrics()))
    asked: list[int] = []

    def history(run_id: str, after_step: int = -1, max_points: int | None = None) -> pd.DataFrame:
        asked.append(after_step)
        return rows[(rows["step"] > after_step) & (rows["step"] <= now)].iloc[:max_points].reset_index(drop=True)

    live = LiveHistory(SimpleNamespace(history=history), "0" * 12)  # type: ignore[arg-type]
    for now in range(0, 3000, 50):
        table = live.refresh(SimpleNamespace(step=now))  # type: ignore[arg-type]
        assert len(table) <= 2 * MAX_POINTS
        assert table["step"].iloc[-1] == now
        assert table["step"].is_monotonic_increasing
        assert table["step"].is_unique
    assert asked[:3] == [-1, -1, 49]


def _metrics() -> tuple[str, ...]:
    from mnistcore.runs.tables import METRICS

    return METRICS


def test_curves_leave_out_what_was_not_measured_and_the_specification_stays_the_same() -> None:
    none = float("nan")
    history = pd.DataFrame(
        {"step": [1, 2, 3], "train_loss": [3, 2, 1], "validation_loss": [none, 2.5, none], "test_loss": [none, none, 1]}
    ).assign(epoch=[1, 2, 3], train_accuracy=none)
    assert curve_data(history, "step", "loss", smoothing=0).values.tolist() == [
        [1, 3, "Training"],
        [2, 2, "Training"],
        [3, 1, "Training"],
        [2, 2.5, "Validation"],
    ]
    smooth = curve_data(history, "step", "loss", smoothing=67)  # of three epochs: over at most half of those so far
    assert smooth["part"].tolist() == [MEASURED] * 3 + ["Training"] * 3 + ["Validation"]
    assert smooth["value"].tolist() == pytest.approx([3, 2, 1, 3, 2, 4 / 3, 2.5])
    ended = curve_data(history, "step", "loss", with_test=True, is_over=True, smoothing=0)
    assert ended["part"].tolist() == ["Training", "Training", "Validation", "Test (never to choose by)"]
    assert curve_spec("step", "loss", False) == curve_spec("step", "loss", False)
    assert settled_domain(ended) is not None
    assert settled_domain(ended.iloc[:2]) is None


def test_the_legend_names_only_what_the_run_measures() -> None:
    assert "Validation" in legend_html(with_test=False)
    bare = legend_html(with_test=False, with_validation=False)
    assert [name in bare for name in ("Training", "Validation", "Test")] == [True, False, False]


def test_a_run_whose_weights_are_a_mean_shows_the_plain_ones_beside_it(store: RunStore) -> None:
    page = opened(run=trained_run(store, weight_average=0.9, validation_size=100))
    assert "mean of the weights, decay 0.9" in " ".join(text.value for text in page.caption)
    html = " ".join(element.proto.body for element in page.get("html"))
    assert "Validation, plain weights" in html
    assert "… of plain weights" in html
    history = store.history(store.runs()[0].id)
    parts = curve_data(history, "epoch", "accuracy", with_plain=True)["part"]
    assert (parts == PLAIN).sum() == history["plain_validation_accuracy"].notna().sum() > 0
    assert PLAIN in curve_spec("epoch", "accuracy", False, with_plain=True)["encoding"]["color"]["scale"]["domain"]
    assert PLAIN not in legend_html(with_test=True)


def test_time_left_follows_the_speed_so_far() -> None:
    facts = {"total_steps": 100, "step": 25, "seconds": 2.0, "speed": None, "is_held": False}

    def left(**changes: object) -> float | None:
        return ui.runs.progress.time_left(SimpleNamespace(**(facts | changes)))  # type: ignore[arg-type]

    assert left() == 6.0
    assert left(speed=1.0) == 75.0
    assert left(speed=100.0) == 6.0  # it cannot go faster than it can
    assert left(is_held=True) is None
    assert left(total_steps=None, step=0, seconds=0.0) is None


def test_a_page_looks_less_often_once_a_run_is_no_longer_young() -> None:
    def pace(*runs: dict[str, object]) -> float | None:
        usual = {"is_stepwise": False, "is_active": True, "can_resume": False, "status": "running", "seconds": 0.0}
        return ui.runs.progress.pace_of({str(n): SimpleNamespace(**(usual | run)) for n, run in enumerate(runs)})  # type: ignore[arg-type]

    old, over = {"seconds": 5.0}, {"is_active": False, "status": "finished"}
    assert pace({"status": "queued"}) == pace(old, {"is_stepwise": True}) == 0.25
    assert pace({"seconds": 4.9}) == pace(old, {}) == 0.5
    assert pace(old) == pace(old, over) == 1.0
    assert pace(over | {"can_resume": True}) == 2.0
    assert pace(over) is None


def test_an_imported_data_set_can_be_trained_on(store: RunStore) -> None:
    name = store.add_dataset(easy_digits())
    page = opened(config=json.dumps({"recipe": "perceptrons", "dataset": name, "validation_size": 100}))
    assert not page.exception
    assert "an epoch of 200 images" in texts(page)
    button(page, "Train this network").click().run()
    assert store.runs()[0].dataset == name


def test_more_images_than_the_data_set_has_are_refused_before_the_start(store: RunStore) -> None:
    name = store.add_dataset(easy_digits())
    page = opened(config=json.dumps({"dataset": name}))
    assert not page.exception
    assert "The data set has 300 training images, too few for “Validation images” 5,000: lower" in page.error[0].value
    assert button(page, "Train this network").disabled
    widget(page.text_input, "Validation images").set_value("50").run()
    assert not page.error
    widget(page.text_input, "Training images").set_value("251").run()
    assert "too few for “Validation images” 50 and “Training images” 251: lower them" in page.error[0].value


def test_a_recipe_is_kept_offered_and_removed(store: RunStore) -> None:
    page = open_page("train", config='{"learning_rate":0.03}')
    next(each for each in page.text_input if each.label == "Name").set_value("my rate")
    button(page, "Keep").click().run()
    assert "Kept as “my rate”" in page.success[0].value
    assert own_recipes(store)["my rate"].learning_rate == 0.03
    page = open_page("train")
    next(box for box in page.selectbox if box.label == "Start from").set_value("own:my rate").run()
    assert not page.exception
    assert "A recipe that you have kept." in texts(page)
    button(page, "Remove this recipe").click().run()
    assert own_recipes(store) == {}
    assert "A network of your own" in texts(page)
    assert not page.exception
