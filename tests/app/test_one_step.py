"""A run paused between two snapshots: each page names the step of the very weights that it shows."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.data import Dataset
from mnistcore.drawing import prepare
from mnistcore.insight.weight_images import unit_weights, weighted_layers
from mnistcore.nn import Network
from mnistcore.runs import Run, RunStore
from tests.app.drawings import draw, one
from tests.app.pages import page_at
from tests.app.small_runs import analysed, easy_digits, network_after, paused_run
from ui.pictures.digits import probability_bars
from ui.runs import evaluation, readers
from ui.weights.replay import unit_images


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return easy_digits()


@pytest.fixture
def run(store: RunStore, dataset: Dataset) -> Run:
    return store.run(paused_run(store, dataset))


@pytest.fixture
def network(run: Run, dataset: Dataset) -> Network:
    return network_after(run.config, dataset, 147)


def words(page: AppTest) -> str:
    assert not page.exception
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def bars(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if 'role="status"' in element.proto.body]


def test_the_newest_weights_are_not_those_of_the_last_snapshot(
    store: RunStore, run: Run, network: Network, dataset: Dataset
) -> None:
    """Or the tests below could not tell one from the other."""
    *_, snapshot, newest = store.snapshot_steps(run.id)
    assert (snapshot < 140, newest) == (True, 147)
    images = np.stack([prepare(one()).image, dataset.test_images[0]])
    before = store.load_weights(run.id, snapshot).network.predict(images)
    assert [probability_bars(row) for row in before] != [probability_bars(row) for row in network.predict(images)]


def test_draw(run: Run, network: Network) -> None:
    page = draw(page_at("draw", run=run.id), one())
    assert "weights after step 147; it is paused" in words(page)
    assert bars(page) == [probability_bars(network.predict(prepare(one()).image[None])[0]).strip()]


def test_confusions(store: RunStore, run: Run, network: Network, dataset: Dataset) -> None:
    page = page_at("confusions", run=run.id).run()
    assert "is paused: these are its newest weights, after step 147." in words(page)
    found = evaluation.answers(store, run, dataset, "test")
    assert found.step == 147
    np.testing.assert_array_equal(found.probabilities, network.predict(dataset.test_images))


def test_trace(store: RunStore, run: Run, network: Network, dataset: Dataset) -> None:
    page = page_at("trace", run=run.id).run()
    assert "newest weights, after step 147." in words(page)
    (slider,) = (found for found in page.select_slider if found.label == "Snapshot after training step")
    assert slider.value == 147
    assert "weights after step 147" in words(page)
    assert bars(page)[0] in {probability_bars(row).strip() for row in network.predict(dataset.test_images)}
    early = store.snapshot_steps(run.id)[3]
    slider.set_value(early).run()
    assert f"weights after step {early}" in words(page)


def test_stress_lab(store: RunStore, run: Run, network: Network, dataset: Dataset) -> None:
    page = page_at("stress", run=run.id).run()
    (measure,) = (found for found in page.button if found.label.startswith("Measure on"))
    measure.click().run()
    assert not page.exception
    facts = {"dataset": run.dataset, "fingerprint": dataset.fingerprint, "count": 100, "seed": 0, "distortion": "shift"}
    arguments = {"runs": [{"id": run.id, "step": 147}], **facts}
    asked = store.analysis("stress", arguments)
    assert asked is not None
    store.forget_analysis(asked.key)
    result = analysed(store, "stress", arguments)
    plain = result["accuracy"][run.id][result["levels"].index(0)]
    assert plain == pytest.approx((network.logits(dataset.test_images).argmax(axis=1) == dataset.test_labels).mean())


def test_weights(store: RunStore, run: Run, network: Network) -> None:
    page = page_at("weights", run=run.id).run()
    assert "newest weights, after step 147." in words(page)
    (slider,) = page.select_slider
    assert slider.value == 147
    (layer,) = weighted_layers(run.config)
    shown = unit_images(store, run, 147, layer, range(10)).images
    np.testing.assert_array_equal(shown, unit_weights(network, layer)[:, 0])


def test_a_page_that_is_open_while_the_run_goes_on_names_what_it_then_shows(
    store: RunStore, run: Run, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights are read after the step that names the cache's key, by when there may be newer ones."""
    monkeypatch.setattr(RunStore, "newest_step", lambda store, run_id: 7)
    found, step = readers.network_of(store, run)
    assert step == 147
    assert found.parameters.tobytes() == network_after(run.config, dataset, 147).parameters.tobytes()
    assert evaluation.answers(store, run, dataset, "validation").step == 147
