"""The Runs page: its table, the comparison of runs, renaming, deleting and undoing it, export and import."""

import csv
import io
import json
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.runs.curves import with_images
from mnistcore.runs.labels import change_tags, set_archived, set_notes
from mnistcore.runs.listing import rows_as_csv
from mnistcore.runs.tables import RunRow
from mnistcore.training import parse_config
from tests.app.pages import app_at, button, html, page_at, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.frame.words import figure
from ui.pictures.run_curves import curve_points, is_measured, overlaid_curves, value_range
from ui.runs.actions import file_stem, named
from ui.runs.groups import CHOSEN, GROUPINGS
from ui.runs.table import compared_results, compared_settings, labelled, part_of_table, runs_table
from ui.runs.ticks import SHOWN, TABLE, TICKED, keep_ticks

opened = partial(page_at, "runs")


def opened_with(store: RunStore, *rows: int) -> AppTest:
    """The page with these rows of its table ticked."""
    page = opened()
    page.session_state[TICKED] = {store.runs()[row].id for row in rows}
    return page.run()


def test_without_runs_it_offers_to_train_one() -> None:
    page = opened().run()
    assert not page.exception
    assert page.title[0].value == "Runs"
    assert "Train a first network" in [button.label for button in page.button]


def test_the_table_shows_every_run_newest_first(store: RunStore) -> None:
    trained_run(store, name="first")
    trained_run(store, name="second", layers=[{"kind": "dense", "units": 12}])
    page = opened().run()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["name"]) == ["second", "first"]
    assert list(table["network"]) == ["784-12-10", "784-10"]
    assert set(table["dataset"]) == {"easy digits"}
    assert list(table["status"]) == ["finished", "finished"]
    assert table["test_accuracy"].between(0, 100).all()
    assert "Choose between runs by their validation figures" in texts(page)
    assert len(page.dataframe) == 1


def test_two_runs_are_compared_on_the_same_images(store: RunStore) -> None:
    for name, rate in (("slow", 1e-6), ("fast", 0.01)):
        trained_run(store, name=name, learning_rate=rate)
    page = opened_with(store, 0, 1)
    page.toggle(key="runs_same_images").set_value(True).run()
    assert not page.exception
    assert "the first network is better." in texts(page)
    page.segmented_control(key="same_images").set_value("Only the first reads").run()
    assert not page.exception
    assert "the first reads" in html(page)
    assert "what the first and the second network read" in texts(page)


def test_two_runs_ticked_are_compared(store: RunStore) -> None:
    trained_run(store, name="slow", learning_rate=0.001)
    trained_run(store, name="fast", learning_rate=0.01)
    page = opened_with(store, 0, 1)
    assert not page.exception
    results, settings = page.dataframe[1].value, page.dataframe[2].value
    assert list(results.columns) == ["fast", "slow"]
    assert list(settings.index) == ["Learning rate"]
    assert list(settings.loc["Learning rate"]) == ["0.01", "0.001"]
    (chart,) = page.get("plotly_chart")
    assert len(json.loads(chart.proto.spec)["data"]) == 4  # two runs, training and validation


def test_smoothing_is_of_training_curves_alone(store: RunStore) -> None:
    trained_run(store)
    page = opened_with(store, 0)
    smooth, as_measured = (
        json.loads(page.slider(key="curve_smoothing").set_value(percent).run().get("plotly_chart")[0].proto.spec)[
            "data"
        ]
        for percent in (20, 0)
    )
    training, validation = (smooth[part]["y"] == as_measured[part]["y"] for part in (0, 1))
    assert (training, validation) == (False, True)


def test_deleting_can_be_undone(store: RunStore) -> None:
    trained_run(store, name="keep")
    trained_run(store, name="regret")
    page = opened_with(store, 0)
    button(page, "Delete").click().run()
    assert [run.name for run in store.runs()] == ["keep"]
    assert "Deleted “regret”." in texts(page)
    button(page, "Undo").click().run()
    assert [run.name for run in store.runs()] == ["regret", "keep"]
    assert "Deleted" not in texts(page)
    assert not page.exception


def test_renaming_begins_with_the_name_there_is(store: RunStore) -> None:
    trained_run(store, name="old")
    page = opened_with(store, 0)
    button(page, "Rename").click().run()
    assert [field.value for field in page.text_input if field.label == "New name"] == [
        "old"
    ]  # tests/browser/test_runs_page.py goes on from here


def test_a_run_is_taken_along_and_imported_elsewhere(store: RunStore, tmp_path: Path) -> None:
    run_id = trained_run(store, name="traveller")
    elsewhere = RunStore(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    imported = elsewhere.run(elsewhere.import_run(store.export_run(run_id)))
    assert compared_settings([store.run(run_id)], only_differences=False).equals(
        compared_settings([imported], only_differences=False)
    )
    found, kept = elsewhere.load_weights(imported.id), store.load_weights(run_id)
    assert (found.network.parameters == kept.network.parameters).all()
    assert found.step == kept.step


def test_settings_that_are_alike_are_left_out_unless_asked_for(store: RunStore) -> None:
    trained_run(store, name="plain")
    trained_run(store, name="deep", layers=[{"kind": "dense", "units": 8, "activation": "tanh"}, {"kind": "dropout"}])
    runs = store.runs()
    assert list(compared_settings(runs).index) == ["Layers"]
    assert list(compared_settings(runs).loc["Layers"]) == ["8 tanh → dropout 0.2", "no hidden layer"]
    assert "Seed" in compared_settings(runs, only_differences=False).index
    assert runs_table(store.rows(), {})["network"].tolist() == ["784-8-10", "784-10"]
    assert compared_results(runs).loc["Status"].tolist() == ["finished", "finished"]


def test_every_kind_of_layer_has_its_words(store: RunStore) -> None:
    layers = [
        {"kind": "conv2d", "kernel": 3, "stride": 2, "padding": 1, "bias": False},
        {"kind": "batch_norm"},
        {"kind": "average_pool2d", "kernel": 3, "stride": 1},
        {"kind": "max_pool2d"},
        {"kind": "flatten"},
        {"kind": "dense", "units": 8, "activation": "tanh"},
        {"kind": "dropout"},
    ]
    run = store.run(store.create_run(parse_config({"layers": layers})))
    assert run.name == "conv 8×3×3 stride 2, batch norm, average pool 3×3 stride 1, pool, 8 · adam"
    (row,) = runs_table(store.rows(), {}).to_dict("records")
    assert (row["network"], row["activation"]) == (run.name.removesuffix(" · adam"), "ReLU, tanh")
    assert compared_settings([run], only_differences=False).loc["Layers"].tolist() == [
        "conv 8×3×3 stride 2 ReLU, padding 1, no bias → batch norm → average pool 3×3 stride 1 → pool → flatten"
        " → 8 tanh → dropout 0.2"
    ]
    deep = store.run(store.create_run(parse_config({"layers": [{"kind": "conv2d", "padding": 2}] * 19 + layers[4:5]})))
    assert len(deep.name) <= 150
    assert deep.name.endswith(" … · adam")


def test_runs_of_one_name_are_told_apart(store: RunStore) -> None:
    ids = [trained_run(store) for _ in range(2)]
    for run_id in ids:
        store.rename(run_id, "twin")
    assert sorted(labelled(store.runs())) == sorted(f"twin · {run_id[:4]}" for run_id in ids)
    assert file_stem(store.run(ids[0])) == f"twin-{ids[0]}"
    assert set(runs_table(store.rows(), {})["name"]) == {"twin"}


def test_curves_leave_out_what_was_not_measured() -> None:
    history = pd.DataFrame(
        {"step": [1, 2, 3], "train_accuracy": [0.1, 0.2, 0.3], "validation_accuracy": [None, 0.25, None]}
    )
    points = curve_points({"a": history}, "step", "accuracy")
    assert points[points["part"] == "validation"][["x", "value"]].values.tolist() == [[2, 0.25]]
    assert len(points) == 4
    training, validation = overlaid_curves({"a": history}, "step", "accuracy").data
    assert (training.name, validation.name) == ("a, training", "a, validation")
    assert (list(validation.x), list(validation.y)) == ([2], [0.25])


def test_ticks_stay_with_their_runs_when_one_comes_or_goes(store: RunStore) -> None:
    ids = [trained_run(store, name=name) for name in ("old", "new")]
    page = opened_with(store, 1)
    assert list(page.dataframe[1].value.columns) == ["old"]
    trained_run(store, name="newest")
    assert list(page.run().dataframe[1].value.columns) == ["old"]
    assert page.session_state["runs-table"]["selection"]["rows"] == [2]
    store.delete(ids[1])
    assert list(page.run().dataframe[1].value.columns) == ["old"]
    store.delete(ids[0])
    assert len(page.run().dataframe) == 1
    assert not page.exception


def test_the_last_deletions_can_each_be_undone(store: RunStore) -> None:
    for name in ("first", "*second*", "third"):
        trained_run(store, name=name)
    page = opened_with(store, 0)
    button(page, "Delete").click().run()
    page.session_state[TICKED] = {run.id for run in store.runs()}
    button(page.run(), "Delete 2 runs").click().run()
    assert "Deleted “\\*second\\*” and “first”. Deleted “third”." in texts(page)
    [undo for undo in page.button if undo.label == "Undo"][1].click().run()
    assert [run.name for run in store.runs()] == ["third"]
    button(page, "Undo").click().run()
    assert [run.name for run in store.runs()] == ["third", "*second*", "first"]
    assert "Undo" not in [found.label for found in page.button]


def test_several_deleted_runs_in_words() -> None:
    assert named(["a"]) == "“a”"
    assert named(["a", "b", "c"]) == "“a”, “b” and “c”"
    assert named(["a", "b", "c", "d"]) == "“a”, “b”, “c” and 1 more run"


def test_a_second_click_on_delete_deletes_nothing_more(store: RunStore) -> None:
    run_id = trained_run(store, name="once")
    page = opened_with(store, 0)
    store.delete(run_id)  # by the first of two clicks
    button(page, "Delete").click().run()
    assert not page.exception
    assert not page.error


def test_delete_is_the_last_of_the_buttons(store: RunStore) -> None:
    for name in ("a", "b"):
        trained_run(store, name=name)
    for rows in ((0,), (0, 1)):
        labels = [found.label for found in opened_with(store, *rows).button]
        assert labels[-2].startswith("Delete")  # the one behind it imports a run
        assert len(labels) > 2


def test_settings_are_words_and_constants_that_are_not_in_use_are_left_out(store: RunStore) -> None:
    trained_run(store, name="plain", optimizer="sgd", schedule="one_cycle", shuffle=False)
    (run,) = store.runs()
    settings = compared_settings([run], only_differences=False, titles={run.dataset: "my digits"})["plain"]
    assert settings["Optimizer"] == "SGD"
    assert settings["Schedule"] == "one cycle"
    assert settings["Schedule: warm-up fraction"] == "0.3"
    assert settings["Data set"] == "my digits"
    assert settings["Shuffled every epoch"] == "no"
    assert not [title for title in settings.index if "momentum" in title.lower() or "_" in title]


def test_a_loss_has_four_significant_digits() -> None:
    assert [figure(loss) for loss in (0.0712634, 2.30258, 12345.6, 1.2347e37, 3e-7, None)] == [
        "0.07126", "2.303", "12,346", "1.235 × 10³⁷", "3.000 × 10⁻⁷", "–",
    ]  # fmt: skip


def test_a_diverged_run_is_seen_and_does_not_press_the_others_flat() -> None:
    columns = {part: [0.3, 0.2] for part in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")}
    good = pd.DataFrame({"step": [10, 1000]} | columns)
    bad = pd.DataFrame({"step": [1], "train_loss": [1e30], "train_accuracy": [0.1]}).reindex(columns=good.columns)
    nothing = bad.iloc[:0]
    assert is_measured(bad, "step", "accuracy")
    assert not is_measured(nothing, "step", "accuracy")
    low, high = value_range(curve_points({"good": good, "bad": bad}, "step", "accuracy"))
    assert low <= 0.1 < 0.2 <= high
    assert value_range(curve_points({"good": good, "bad": bad}, "step", "loss"))[1] < 10
    modes = [trace.mode for trace in overlaid_curves({"<b>": bad}, "step", "accuracy").data]
    assert modes[0] == "markers"
    assert overlaid_curves({"<b>": bad}, "step", "accuracy").data[0].name == "&lt;b&gt;, training"


def test_a_run_without_a_curve_is_said_to_have_none(store: RunStore) -> None:
    trained_run(store, name="good")
    trained_run(store, name="bad", learning_rate=100.0, loss="linear_squared_error", optimizer="sgd")
    assert store.runs()[0].status == "diverged"
    page = opened_with(store, 0, 1)
    assert not page.exception
    legend = next(element.proto.body for element in page.get("html") if "good" in element.proto.body)
    assert ("bad" in legend) != ("“bad” has no curve: it diverged before anything was measured." in texts(page))


def test_importing_on_the_page(store: RunStore, tmp_path: Path) -> None:
    elsewhere = RunStore(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    packed = elsewhere.export_run(trained_run(elsewhere, name="from afar"))
    page = opened().run()
    page.file_uploader[0].upload("run.zip", packed, "application/zip")
    button(page, "Import").click().run()
    assert not page.exception
    assert [run.name for run in store.runs()] == ["from afar"]
    assert "Imported “from afar”." in page.success[0].value


def test_importing_something_else_is_refused(store: RunStore) -> None:
    page = opened().run()
    page.file_uploader[0].upload("cat.zip", b"no archive at all", "application/zip")
    button(page, "Import").click().run()
    assert not page.exception
    assert "choose a ZIP file that MNIST Explorer wrote" in page.error[0].value
    assert store.runs() == []


def test_a_run_in_progress_is_watched_and_cannot_be_deleted(store: RunStore) -> None:
    trained_run(store)
    with store.database.begin() as connection:
        connection.execute(update(RunRow).values(status="running", heartbeat_at=time.time()))
    page = opened_with(store, 0)
    assert not page.exception
    assert "One run is in progress." in texts(page)
    assert button(page, "Delete").disabled


def add_runs(store: RunStore) -> dict[str, str]:
    """Three runs that have ended, oldest first, by name; nothing is trained."""
    settings = {"good": ({"optimizer": "adam"}, 0.98), "fair": ({"optimizer": "sgd"}, 0.95), "poor": ({}, 0.9)}
    ids = {}
    for name, (config, accuracy) in settings.items():
        ids[name] = store.create_run(parse_config(config), name=name)
        figures = {"validation_accuracy": accuracy, "test_accuracy": accuracy - 0.01, "seconds": 100 * accuracy}
        with store.database.begin() as connection:
            changed = update(RunRow).where(RunRow.id == ids[name])
            connection.execute(changed.values(status="finished", epoch=1.0, step=10, **figures))
    return ids


def names(page: AppTest, table: int = 0) -> list[str]:
    return list(page.dataframe[table].value["name"])


def test_runs_are_found_by_what_is_typed(store: RunStore) -> None:
    ids = add_runs(store)
    change_tags(store.database, [ids["poor"]], add=["to-show"])
    page = opened().run()
    for typed, found in (
        ("accuracy > 94%", ["fair", "good"]),
        ("optimizer = SGD", ["fair"]),
        ("to-show", ["poor"]),
        ("status = finished activation = relu", ["poor", "fair", "good"]),
    ):
        page.text_input(key="runs-find").set_value(typed).run()
        assert names(page) == found, typed
        assert (f"{len(found)} of 3 runs" in texts(page)) == (len(found) < 3)
    assert not page.exception


def test_a_search_that_finds_nothing_or_is_not_understood_is_no_dead_end(store: RunStore) -> None:
    add_runs(store)
    page = opened().run()
    page.text_input(key="runs-find").set_value("elephant").run()
    assert "0 of 3 runs" in texts(page)
    assert not page.dataframe
    button(page, "Clear the search").click().run()
    assert len(names(page)) == 3
    page.text_input(key="runs-find").set_value("speed > 3").run()
    assert "Nothing is called “speed”: compare one of accuracy" in page.error[0].value
    assert len(names(page)) == 3
    assert not page.exception


def test_ticks_stay_when_the_table_is_filtered(store: RunStore) -> None:
    ids = add_runs(store)
    page = opened()
    page.session_state[TICKED] = {ids["good"], ids["poor"]}
    page.run()
    page.text_input(key="runs-find").set_value("good").run()
    assert page.session_state["runs-table"]["selection"]["rows"] == [0]
    assert "Ticked, but not among the runs above: “poor”." in texts(page)
    page.text_input(key="runs-find").set_value("").run()
    assert page.session_state["runs-table"]["selection"]["rows"] == [0, 2]


def test_a_tick_in_a_filtered_table_leaves_the_others_alone() -> None:
    state = {TICKED: {"hidden", "shown"}, SHOWN: ["shown", "new"], TABLE: {"selection": {"rows": [1]}}}
    with patch.object(st, "session_state", state):
        keep_ticks()
    assert state[TICKED] == {"hidden", "new"}


def test_archived_runs_are_hidden_until_asked_for(store: RunStore) -> None:
    ids = add_runs(store)
    page = opened()
    page.session_state[TICKED] = {ids["good"]}
    page.run()
    assert not page.toggle
    button(page, "Archive").click().run()
    assert names(page) == ["poor", "fair"]
    assert store.run(ids["good"]).archived
    page.toggle(key="runs-archived").set_value(True).run()
    assert names(page) == ["poor", "fair", "good"]
    button(page, "Bring back").click().run()
    assert not store.run(ids["good"]).archived
    set_archived(store.database, list(ids.values()), True)
    page = opened().run()
    assert "All runs are archived." in texts(page)
    assert not page.exception


def test_groups_say_how_many_and_how_good_and_one_can_be_chosen(store: RunStore) -> None:
    ids = add_runs(store)
    change_tags(store.database, [ids["good"], ids["fair"]], add=["kept"])
    change_tags(store.database, [ids["good"]], add=["best"])
    page = opened().run()
    page.selectbox(key="runs-group-by").select("optimizer").run()
    table = page.dataframe[0].value.set_index("group")
    assert list(table.index) == ["Adam", "SGD"]
    assert table.loc["Adam"].round(6).to_dict() == {"runs": 2, "mean": 94, "best": 98, "lowest": 90}
    assert len(names(page, 1)) == 3
    page.session_state[CHOSEN] = ("optimizer", "SGD")
    assert names(page.run(), 1) == ["fair"]
    assert "1 of 3 runs" in texts(page)
    page.selectbox(key="runs-group-by").select("tags").run()
    table = page.dataframe[0].value.set_index("group")
    assert table["runs"].to_dict() == {"best": 1, "kept": 2, "–": 1}
    for grouping in GROUPINGS:
        page.selectbox(key="runs-group-by").select(grouping).run()
        assert not page.exception, grouping


def test_figures_stand_beside_their_difference_to_the_baseline(store: RunStore) -> None:
    ids = add_runs(store)
    page = opened()
    page.session_state[TICKED] = {ids["fair"]}
    page.run()
    button(page, "Pin as baseline").click().run()
    assert "Baseline: “fair”, validation accuracy 95.00 %." in texts(page)
    table = page.dataframe[0].value.set_index("name")
    assert list(table.columns[1:5:1]) == [
        "validation_accuracy", "validation_accuracy_difference", "test_accuracy", "test_accuracy_difference",
    ]  # fmt: skip
    assert table["validation_accuracy_difference"].round(6).to_dict() == {"good": 3, "fair": 0, "poor": -5}
    assert table["seconds_difference"].round(6).to_dict() == {"good": 3, "fair": 0, "poor": -5}
    assert "Pin as baseline" not in [found.label for found in page.button]
    button(page, "Unpin").click().run()
    assert "Baseline" not in texts(page)
    assert "seconds_difference" not in page.dataframe[0].value
    assert not page.exception


def test_the_table_is_kept_while_nothing_changes(store: RunStore) -> None:
    ids = add_runs(store)
    with patch("ui.runs.table.runs_table", wraps=runs_table) as built:
        rows = store.rows()
        assert list(part_of_table(rows, rows, {})["name"]) == ["poor", "fair", "good"]
        assert list(part_of_table(store.rows(), rows[1:2], {})["name"]) == ["fair"]
        assert built.call_count == 1
        store.rename(ids["fair"], "fairer")
        rows = store.rows()
        assert list(part_of_table(rows, rows[1:2], {})["name"]) == ["fairer"]
        assert part_of_table(rows, rows, {rows[0]["dataset"]: "titled"})["dataset"][0] == "titled"
    assert built.call_count == 3


def test_tags_and_notes_are_changed_on_the_page(store: RunStore) -> None:
    ids = add_runs(store)
    change_tags(store.database, list(ids.values()), add=["old"])
    page = opened()
    page.session_state[TICKED] = {ids["good"]}
    page.run()
    page.text_area[0].set_value("Shown in class")
    page.multiselect[1].select("old")
    button(page, "Save").click().run()
    assert (store.run(ids["good"]).tags, store.run(ids["good"]).notes) == ((), "Shown in class")
    assert list(page.dataframe[0].value["notes"]) == ["", "", "Shown in class"]
    page.session_state[TICKED] = set(ids.values())
    page.run()
    assert not page.text_area
    page.multiselect[0].set_value(["old"])
    button(page, "Save").click().run()
    assert {store.run(run_id).tags for run_id in ids.values()} == {("old",)}
    assert not page.exception


def test_the_table_as_it_is_filtered_goes_into_a_csv_file(store: RunStore) -> None:
    ids = add_runs(store)
    set_notes(store.database, ids["fair"], "two\nlines")
    page = opened().run()
    with patch("mnistcore.runs.listing.rows_as_csv", wraps=rows_as_csv) as written:
        page.text_input(key="runs-find").set_value("accuracy > 94%").run()
        assert not written.called
    found = [row for row in store.rows() if row["validation_accuracy"] > 0.94]
    table = list(csv.DictReader(io.StringIO(rows_as_csv(found).decode())))
    assert [(row["name"], row["notes"]) for row in table] == [("fair", "two\nlines"), ("good", "")]
    assert "Export as CSV" in [found.proto.label for found in page.get("download_button")]


def test_curves_against_the_images_seen(store: RunStore, tmp_path: Path) -> None:
    trained_run(store)  # 300 images, 100 of them for validation, two epochs
    page = opened_with(store, 0)
    next(choice for choice in page.segmented_control if choice.label == "Against").set_value("images").run()
    (chart,) = page.get("plotly_chart")
    assert not page.exception
    spec = json.loads(chart.proto.spec)
    assert spec["layout"]["xaxis"]["title"]["text"] == "Training images seen"
    assert "no curve" not in texts(page)


def test_images_seen_are_counted_again_in_every_epoch() -> None:
    history = pd.DataFrame({"epoch": [0.1, 1.0, 2.0]})
    assert list(with_images(history, 200)["images"]) == [20, 200, 400]


def test_of_many_runs_ticked_the_first_are_compared(store: RunStore) -> None:
    for number in range(14):
        store.create_run(parse_config({}), name=f"run {number}")
    page = opened()
    page.session_state[TICKED] = {run.id for run in store.runs()}
    page.run()
    assert "Curves and settings of the first 12 of 14 ticked runs." in texts(page)
    assert len(page.dataframe[1].value.columns) == 12
    assert not page.exception


def test_two_to_four_on_the_same_digits_race_again(store: RunStore) -> None:
    digits = easy_digits()
    ids = [trained_run(store, digits, name=f"run {number}", epochs=1) for number in range(5)]
    app = app_at("runs")
    app.session_state[TICKED] = set(ids[:2])
    app.run()
    button(app, "Race them again").click().run()
    assert not app.exception
    assert app.query_params["race"] == ",".join(run.id for run in reversed(store.runs()[:2]))
    assert {run.config for run in store.runs()[:2]} == {store.run(run_id).config for run_id in ids[:2]}
    for ticked in (ids[:1], ids):
        page = opened()
        page.session_state[TICKED] = set(ticked)
        assert "Race them again" not in [found.label for found in page.run().button]
