"""A run that is no better than guessing: pages say so while it trains, and afterwards."""

import pytest

from mnistcore.runs import RunStore
from mnistcore.training import recipe
from tests.app.pages import open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.runs.ticks import TICKED

pytestmark = pytest.mark.usefixtures("few_generated_digits")


@pytest.fixture
def guessing(store: RunStore) -> str:
    """A run whose initial weights are all zero; what it says of itself was written by its worker."""
    settings = {"layers": [{"kind": "dense", "units": 8}], "initialization": {"kind": "zeros"}, "validation_size": 200}
    run_id = trained_run(store, easy_digits(600, 200), **settings)
    assert store.run(run_id).is_guessing
    return run_id


@pytest.mark.parametrize("status", ["running", "finished"])
def test_the_live_page_warns_with_reason_and_remedy(status: str, guessing: str, store: RunStore) -> None:
    with store.database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE runs SET status = '{status}'")
    page = open_page("train", run=guessing)
    (warning,) = page.warning
    assert warning.value.startswith("No better than guessing: after 40 steps 20 of 200 validation images")
    assert "All 8 units of layer 1 have the same weights" in warning.value
    assert "Start again with other initial weights" in warning.value
    assert not page.info


def test_runs_and_home_mark_it(guessing: str, store: RunStore) -> None:
    page = open_page("runs")
    assert list(page.dataframe[0].value["status"]) == ["finished, no better than guessing"]
    page.session_state[TICKED] = {guessing}
    assert [warning.value[:23] for warning in page.run().warning] == ["No better than guessing"]
    assert "finished, no better than guessing · " in texts(open_page("home"))


def test_the_page_of_a_system_warns(store: RunStore, guessing: str) -> None:
    config = recipe("perceptrons").config.model_dump_json()
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET recipe = 'perceptrons', config = ?", (config,))
    page = open_page("perceptrons")
    assert [warning.value[:23] for warning in page.warning] == ["No better than guessing"]
    assert "finished, no better than guessing" in texts(page)
