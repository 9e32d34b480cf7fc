"""The health of the layers in the live view: ribbons, the fault in words, and what is said where there are none."""

import base64
import math
import re

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.training.health import LayerHealth, health_text
from tests.app.pages import html, open_page, texts
from tests.app.small_runs import trained_run
from ui.live.health import HEIGHT

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


def ribbons(page: AppTest) -> list[str]:
    """The drawings of the ribbons, row by row: outputs, gradient, update."""
    return [
        base64.b64decode(found).decode() for found in re.findall(r'data:image/svg\+xml;base64,([^"]+)"', html(page))
    ]


def test_a_ribbon_holds_all_outputs_however_far_from_zero(store: RunStore) -> None:
    run_id = trained_run(store)
    quantiles = [-300.0, -200.0, -100.0, -50.0, -20.0]
    layer = LayerHealth("output", tuple(quantiles), (1e-4, 1e-3, 1e-2, 0.1, 0.5), 0.1, None, None, 0.001)
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE health SET layers = ?", (health_text((layer,)),))
    page = open_page("train", run=run_id)
    outputs = ribbons(page)[0]
    heights = [float(y) for y in re.findall(r",(-?[\d.]+)[ \"]", outputs)]
    assert min(heights) == 0
    assert max(heights) == HEIGHT


def test_numbers_beyond_all_bounds_leave_a_gap_and_no_error(store: RunStore) -> None:
    run_id = trained_run(store)
    good = LayerHealth("output", (0.0, 1.0, 2.0, 3.0, 4.0), (0.0, 0.1, 0.2, 0.3, 0.4), 0.1, None, None, 0.001)
    endless = LayerHealth("output", (math.inf,) * 5, (math.nan,) * 5, math.nan, None, None, math.inf)
    with store.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM health")
        for step, layer in ((0, good), (5, endless)):
            connection.exec_driver_sql("INSERT INTO health VALUES (?, ?, ?)", (run_id, step, health_text((layer,))))
    page = open_page("train", run=run_id)
    assert not page.exception
    assert "– to –" in html(page)
    assert len(ribbons(page)) == 3


def test_a_run_without_records_says_why(store: RunStore) -> None:
    run_id = trained_run(store)
    with store.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM health")
    page = open_page("train", run=run_id)
    assert "No health of the layers was recorded with this run" in texts(page)
    assert "svg" not in html(page)
