"""Starting from the weights of a run: chosen in Train, in its address, shown with the run and among all runs."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore, execute_run
from tests.app.pages import button, open_page, texts
from tests.app.small_runs import trained_run

pytestmark = pytest.mark.usefixtures("without_mnist")


def start_box(page: AppTest):
    return next(box for box in page.selectbox if box.label == "Start from the weights of")


def address(page: AppTest) -> dict:
    value = page.query_params["config"]
    return json.loads(value if isinstance(value, str) else value[0])


def config_of(run_id: str, **settings: object) -> str:
    return json.dumps({"layers": [], "validation_size": 100, "start_from": run_id, **settings})


def test_a_run_of_the_same_shape_is_chosen_trained_and_named(store: RunStore) -> None:
    source = trained_run(store, name="teacher")
    trained_run(store, name="other shape", layers=[{"units": 5}])
    dataset = store.run(source).dataset
    page = open_page("train", config=json.dumps({"layers": [], "validation_size": 100, "dataset": dataset}))
    assert start_box(page).value == "random"
    assert len(start_box(page).options) == 2  # the other one does not fit
    start_box(page).set_value(source).run()
    step = store.run(source).step
    in_address = address(page)
    assert in_address["start_from"] == {"run": source, "step": step, "content": None}
    button(page, "Train this network").click().run()
    assert not page.exception
    run = store.runs(1)[0]
    assert run.config.start_from is not None
    assert (run.config.start_from.run, run.config.start_from.step) == (source, step)
    assert execute_run(store.url, run.id) == "finished"
    again = open_page("train", run=run.id)
    assert f"from the weights of teacher, step {step:,}" in texts(again)
    store.delete(source)
    settings = open_page("runs", find=run.id)
    assert not settings.exception


def test_what_a_run_has_learned_is_gone_on_with_by_a_click(store: RunStore) -> None:
    source = trained_run(store, name="teacher")
    page = open_page("train", run=source)
    button(page, "Go on from its weights").click().run()
    assert start_box(page).value == source
    start_box(page).set_value("random").run()
    assert "start_from" not in address(page)


def test_weights_that_do_not_fit_cannot_be_started_from_and_both_shapes_are_named(store: RunStore) -> None:
    source = trained_run(store, name="teacher")
    page = open_page("train", config=config_of(source, layers=[{"units": 7}]))
    problem = " ".join(error.value for error in page.error)
    assert "784-10 (7,850 parameters)" in problem
    assert "784-7-10 (5,575 parameters)" in problem
    assert button(page, "Train this network").disabled
    start_box(page).set_value("random").run()
    assert not page.error
    assert not button(page, "Train this network").disabled


def test_a_source_that_is_gone_is_named_and_can_be_left(store: RunStore) -> None:
    page = open_page("train", config=config_of("0123456789ab"))
    assert "0123456789ab" in " ".join(error.value for error in page.error)
    start_box(page).set_value("random").run()
    assert not page.error
