"""A second, quick click on a button that starts something starts nothing twice."""

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from tests.app.pages import open_page
from tests.app.small_runs import trained_run
from ui.frame import clicks


class Clock:
    """Stands in for the module `time`: it goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.delenv("MNIST_EXPLORER_DATA", raising=False)
    found = Clock()
    monkeypatch.setattr(clicks, "time", found)
    return found


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def test_the_second_click_shows_the_run_of_the_first_one_and_a_later_click_starts_another(
    clock: Clock, store: RunStore
) -> None:
    page = open_page("train")
    press(page, "Train this network")
    clock.now += 1.9
    press(page, "Train this network")
    (run,) = store.runs()
    assert run.id in page.query_params["run"]
    clock.now += 0.2
    press(page, "Train this network")
    assert len(store.runs()) == 2


def test_another_network_is_another_run_however_quickly_it_follows(clock: Clock, store: RunStore) -> None:
    page = open_page("train")
    press(page, "Train this network")
    next(field for field in page.text_input if field.label == "Epochs").set_value("3").run()
    press(page, "Train this network")
    assert [run.config.epochs for run in store.runs()] == [3, 5]


def test_a_click_meant_for_reproduce_does_not_stop_the_run(clock: Clock) -> None:
    page = open_page("perceptrons")
    press(page, "Reproduce")
    engine = clicks.get_engine()
    press(page, "Stop")
    assert engine.commands == []
    clock.now += 2.1
    press(page, "Stop")
    assert [command for command, _ in engine.commands] == ["stop"]


def test_a_run_is_imported_once(clock: Clock, store: RunStore) -> None:
    content = store.export_run(trained_run(store))
    page = open_page("runs")
    for _ in range(2):
        page.file_uploader[0].set_value(("run.zip", content, "application/zip"))
        press(page, "Import")
    assert len(store.runs()) == 2
