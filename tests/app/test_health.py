"""The health of the layers in the live view: ribbons, the fault in words, and what is said where there are none."""

import pytest

from mnistcore.runs import RunStore
from tests.app.pages import html, open_page, texts
from tests.app.small_runs import trained_run

pytestmark = pytest.mark.usefixtures("few_generated_digits")
SATURATED = {"layers": [{"units": 12, "activation": "sigmoid"}], "initialization": {"kind": "normal"}}


def test_a_fault_is_said_and_its_ribbons_are_shown(store: RunStore) -> None:
    settings = SATURATED | {"initialization": {"kind": "normal", "standard_deviation": 5.0}, "learning_rate": 1e-4}
    run_id = trained_run(store, **settings)
    page = open_page("train", run=run_id)
    (warning,) = (found.value for found in page.warning if "saturated" in found.value)
    assert "of the outputs of layer 1 are saturated" in warning
    assert "Use ReLU, or smaller initial weights." in warning
    assert html(page).count("data:image/svg+xml") >= 6  # outputs, gradient and update of two layers
    assert "% saturated" in html(page)
    assert "From left to right steps 0 to " in texts(page)


def test_a_healthy_run_says_that_nothing_stands_out(store: RunStore) -> None:
    page = open_page("train", run=trained_run(store, layers=[{"units": 12, "activation": "tanh"}]))
    assert not page.warning
    assert "Nothing stands out: the gradient that arrives in the first layer is " in texts(page)


def test_a_run_without_records_says_why(store: RunStore) -> None:
    run_id = trained_run(store)
    with store.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM health")
    page = open_page("train", run=run_id)
    assert "No health of the layers was recorded with this run" in texts(page)
    assert "svg" not in html(page)
