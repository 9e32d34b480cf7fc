"""Time in the user's hand on the Train page: the speed at the start and of a run in progress, and how far it goes."""

from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore, lifecycle, work
from mnistcore.training import TrainingConfig, parse_config
from tests.app.pages import button, open_page
from tests.app.small_runs import easy_digits
from ui.frame.session import get_engine
from ui.live.speed import Clicks

pytestmark = pytest.mark.usefixtures("few_generated_digits")

opened = partial(open_page, "train")


def speed_of(page: AppTest, run_id: str):
    return page.selectbox(key=f"run_speed_{run_id}")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(None, (None, None)), ("10", (10.0, None)), ("stepwise", (None, 0)), ("no speed", (None, None))],
)
def test_the_speed_in_the_address_is_that_of_the_run_that_is_started(asked, expected, store: RunStore) -> None:
    page = opened(**({"speed": asked} if asked else {}), config='{"validation_size":100}')
    button(page, "Train this network").click().run()
    (run,) = store.runs()
    assert (run.speed, run.hold_at) == expected


def test_the_speed_that_is_chosen_is_in_the_address() -> None:
    page = opened()
    page.selectbox(key="choose_speed").set_value("1").run()
    assert page.query_params["speed"] == "1"
    page.selectbox(key="choose_speed").set_value("fastest").run()
    assert "speed" not in page.query_params
    assert not page.exception


def test_a_run_in_progress_changes_its_speed_and_goes_on_when_it_is_held(store: RunStore) -> None:
    config = parse_config({"layers": [], "epochs": 1000, "batch_size": 20, "validation_size": 100})
    dataset = easy_digits()
    run_id = store.create_run(config, store.add_dataset(dataset), dataset.fingerprint, speed=25.0, hold_at=2)
    training = work(store, run_id)
    while not store.run(run_id).is_held:
        next(training)
    page = opened(run=run_id)
    assert "step 2 of 10,000 · held here" in page.get("progress")[0].proto.text
    assert not any(found.label == "Pause" for found in page.button)
    assert speed_of(page, run_id).options[-1] == "25 steps a second"
    speed_of(page, run_id).set_value("1").run()
    button(page, "Go on").click().run()
    assert get_engine().commands == [("set_speed", run_id, 1.0), ("go_on", run_id)]
    assert not page.exception
    training.close()


def test_every_click_is_passed_on_once() -> None:
    clicks = Clicks()
    clicks.settle(["one_batch", "one_batch", "no such thing"], "run")
    clicks.settle(["one_batch", "one_batch", "no such thing", "one_epoch"], "run")
    clicks.settle(["one_batch", "one_batch", "no such thing", "one_epoch"], "run")
    assert get_engine().commands == [("one_batch", "run"), ("one_batch", "run"), ("one_epoch", "run")]


def test_what_came_too_late_is_said(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = store.create_run(TrainingConfig(), "generated")
    page = opened(run=run_id)
    monkeypatch.setattr(
        get_engine(), "set_speed", lambda run_id, speed: lifecycle.set_speed(store.database, run_id, speed)
    )
    lifecycle.stop(store.database, run_id, "owner")
    speed_of(page, run_id).set_value("1").run()
    assert not page.exception
    assert any("its speed cannot be changed any more" in warning.value for warning in page.warning)
