"""The Map page: where images lie, by what, after which step, and which of them are chosen."""

import base64
import json
import re
from functools import partial
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from mnistcore.insight.layer_values import layer_values, pixel_values, valued_layers
from mnistcore.insight.projection import principal_axes, project
from mnistcore.runs import RunStore, analyses
from mnistcore.runs.database import reading
from mnistcore.runs.tables import AnalysisRow
from mnistcore.training.config import parse_config
from tests.app.drawings import draw, one
from tests.app.pages import app_at, button, html, open_page, texts
from tests.app.small_runs import analysed, easy_digits, trained_run
from ui.frame.page import PAGES
from ui.map.colors import kinds_of
from ui.map.frames import PIXELS, Frame, alike_images, some_images
from ui.map.points import KEY
from ui.map.tsne import tsne_arguments

opened = partial(open_page, "map")
CONVOLUTION = [
    {"kind": "conv2d", "filters": 3, "kernel": 5},
    {"kind": "max_pool2d", "kernel": 2},
    {"kind": "flatten"},
    {"units": 8},
]


def sent(page: AppTest) -> dict[str, Any]:
    """What the page gave to the map in the browser."""
    (found,) = [one for one in page.get("bidi_component") if "limits" in str(one.proto)]
    data: dict[str, Any] = json.loads(found.proto.json)
    return data


def array(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def store_analyses(store: RunStore) -> list[Any]:
    """All that were asked for, as the database has them."""
    with reading(store.database) as connection:
        return list(connection.execute(select(AnalysisRow.__table__)))


def choose(page: AppTest, places: list[Any], how: str = "lasso") -> AppTest:
    """What a line drawn around these points does."""
    page.session_state[KEY] = {"chosen": {"set": sent(page)["set"], "places": places, "how": how}}
    return page.run()


@pytest.mark.usefixtures("few_generated_digits")
def test_without_runs_it_shows_the_pixels_and_offers_to_train_one() -> None:
    page = opened()
    assert "Train a first network" in [button.label for button in page.button]
    assert "Of the 784 pixels, the two directions with the most variance" in texts(page)
    data = sent(page)
    assert len(array(data["labels"], "u1")) == 100
    assert data["answers"] is None
    page = choose(page, [1, 2])
    assert not page.exception
    assert "**2 images** inside your line, labelled" in texts(page)


def test_the_points_are_a_layers_principal_components_on_the_axes_of_the_end(store: RunStore) -> None:
    dataset = easy_digits()
    run_id = trained_run(store, dataset, layers=[{"units": 12}])
    page = opened(run=run_id)
    layer = valued_layers(store.run(run_id).config)[0]
    steps = store.snapshot_steps(run_id)
    values, probabilities = layer_values(store.load_weights(run_id, steps[-1]).network, dataset.test_images, layer)
    axes = principal_axes(values)
    data = sent(page)
    np.testing.assert_allclose(array(data["xy"], "<f4").reshape(-1, 2), project(axes, values), atol=1e-5)
    assert (array(data["answers"], "u1") == probabilities.argmax(axis=1)).all()
    assert (array(data["labels"], "u1") == dataset.test_labels).all()
    page.select_slider(key=f"film-{run_id}").set_value(steps[0]).run()
    assert not page.exception
    early, _ = layer_values(store.load_weights(run_id, steps[0]).network, dataset.test_images, layer)
    moved = sent(page)
    np.testing.assert_allclose(array(moved["xy"], "<f4").reshape(-1, 2), project(axes, early), atol=1e-5)
    assert moved["limits"] == data["limits"]
    assert (moved["set"], moved["plane"]) == (data["set"], data["plane"])


def test_by_pixels_the_points_stay_and_only_the_answers_change(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id, by="pixels", color="right")
    values = pixel_values(easy_digits().test_images)
    data = sent(page)
    wanted = project(principal_axes(values), values)
    np.testing.assert_allclose(array(data["xy"], "<f4").reshape(-1, 2), wanted, atol=1e-5)
    page.select_slider(key=f"film-{run_id}").set_value(store.snapshot_steps(run_id)[0]).run()
    assert sent(page)["xy"] == data["xy"]
    assert sent(page)["answers"] != data["answers"]


def test_every_layer_of_a_convolution_can_be_chosen_and_is_in_the_address(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=CONVOLUTION, epochs=1))
    for option in page.selectbox(key="choose_by").options:
        page.selectbox(key="choose_by").set_value(option).run()
        assert not page.exception
        assert len(sent(page)["marks"]) == 10
    assert page.query_params["by"] == "4"
    page.selectbox(key="choose_by").set_value(page.selectbox(key="choose_by").options[1]).run()
    assert "its maps averaged over 2 × 2" in texts(page)  # 3 maps of 24 × 24


def test_colours_by_answer_by_right_and_by_certainty() -> None:
    labels = np.array([3, 5, 8], np.uint8)
    frame = Frame(np.zeros((3, 2), np.float32), np.array([3, 6, 8]), np.array([0.3, 0.96, 0.999]))
    assert [kinds_of(color, labels, frame)[0].tolist() for color in ("label", "answer", "right", "certainty")] == [
        [3, 5, 8],
        [3, 6, 8],
        [0, 1, 0],
        [0, 3, 4],
    ]
    marks = kinds_of("right", labels, frame)[1]
    assert [mark.cross for mark in marks] == [False, True]  # told apart by shape as well
    assert kinds_of("certainty", labels, Frame(frame.places))[0].tolist() == [3, 5, 8]


def test_the_images_chosen_are_shown_mistakes_first(store: RunStore) -> None:
    run_id, dataset = trained_run(store, epochs=1, learning_rate=0.001), easy_digits()
    page = opened(run=run_id)
    answers = store.load_weights(run_id).network.predict(dataset.test_images).argmax(axis=1)
    right = int((answers == dataset.test_labels).sum())
    assert 0 < right < 100
    page = choose(page, list(range(100)), "box")
    assert not page.exception
    assert "**100 images** in your box, labelled 0 (10), 1 (10)" in texts(page)
    assert f"Read correctly: {right} / 100." in texts(page)
    assert "60 of 100, mistakes first." in texts(page)
    wrong = min(60, 100 - right)
    assert "".join(re.findall("[✓✗]", html(page))) == "✗" * wrong + "✓" * (60 - wrong)


@pytest.mark.parametrize("places", [[100, -1, 7], [7, "8", None]])
def test_what_no_map_can_have_sent_is_left_out(store: RunStore, places: list[Any]) -> None:
    page = choose(opened(run=trained_run(store)), places, "around")
    assert not page.exception
    assert "**1 image** around the one that you pointed at, labelled 7 (1)." in texts(page)


def test_a_choice_among_other_images_is_none(store: RunStore) -> None:
    page = choose(opened(run=trained_run(store)), [1, 2, 3])
    page.segmented_control(key="map_part").set_value("train").run()
    assert not page.exception
    assert "Draw a line around some points" in texts(page)
    assert len(array(sent(page)["labels"], "u1")) == 300


def test_a_digit_that_was_drawn_lands_on_the_map(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 12}])
    assert sent(opened(run=run_id))["extra"] is None
    app = draw(app_at("draw", run=run_id).run(), one())
    app.switch_page(PAGES["map"].file).run()
    assert not app.exception
    assert "The ring is the digit that you drew on *Draw*, read as" in texts(app)
    assert set(sent(app)["extra"]) == {"x", "y"}


def test_t_sne_is_asked_for_watched_and_shown(store: RunStore) -> None:
    run_id = trained_run(store, easy_digits(test=120), layers=[{"units": 12}])
    page = opened(run=run_id, plane="tsne")
    button(page, "Arrange 120 images").click().run()
    assert not page.exception
    (found,) = store_analyses(store)
    forming = {"places": np.random.default_rng(0).normal(size=(120, 2)).round(3).tolist(), "rounds": 1}
    analyses.report(store.database, found.owner, status="running", progress=0.25, result=json.dumps(forming))
    page.run()
    assert not page.exception
    assert page.get("vega_lite_chart")
    analyses.cancel(store.database, found.key)
    made = analysed(store, "tsne", json.loads(found.arguments))
    page = opened(run=run_id, plane="tsne", color="right")
    assert not page.get("vega_lite_chart")
    data = sent(page)
    np.testing.assert_allclose(array(data["xy"], "<f4").reshape(-1, 2), made["places"], rtol=1e-6)
    assert len(data["marks"]) == 2
    page = choose(page, [5, 6], "lasso")
    assert "**2 images** inside your line" in texts(page)
    app = draw(app_at("draw", run=run_id).run(), one())
    app.query_params["plane"] = "tsne"
    app.switch_page(PAGES["map"].file).run()
    assert not app.exception
    (words,) = re.findall(r"amid the 7 images that are most like it, labelled ([\d, ]+)\.", texts(app))
    assert len(words.split(", ")) == 7
    x, y = sent(app)["extra"]["x"], sent(app)["extra"]["y"]
    low, high = np.min(made["places"], axis=0), np.max(made["places"], axis=0)
    assert low[0] <= x <= high[0]
    assert low[1] <= y <= high[1]


def test_images_most_alike_are_those_at_the_least_distance(store: RunStore) -> None:
    dataset = easy_digits(test=60)
    run = store.run(trained_run(store, dataset, layers=[{"units": 12}]))
    image = dataset.train_images[3]
    step = store.snapshot_steps(run.id)[-1]
    network = store.load_weights(run.id, step).network
    for layer in (PIXELS, 0):
        found = alike_images(store, run, step, dataset, "test", 60, layer, image.tobytes())
        images = some_images(dataset, "test", 60).images
        one_and_all = np.concatenate([image[None], images])
        values = one_and_all.reshape(61, -1) / 255 if layer == PIXELS else network.activations(one_and_all)[0]
        distances = np.linalg.norm(values[1:].astype(np.float64) - values[0], axis=1)
        np.testing.assert_array_equal(found, np.argsort(distances, kind="stable")[:7])


def test_by_pixels_one_result_serves_every_run(store: RunStore) -> None:
    dataset = easy_digits()
    first, second = (store.run(trained_run(store, dataset, seed=seed, epochs=1)) for seed in (0, 1))
    asked = [tsne_arguments(run, 7, PIXELS, "mnist", dataset, "test", 100) for run in (first, second, None)]
    assert asked[0] == asked[1] == asked[2]
    assert tsne_arguments(first, 7, 0, "mnist", dataset, "test", 100) != asked[0]


def test_a_run_without_weights_has_a_friendly_page(store: RunStore) -> None:
    dataset = easy_digits()
    config = parse_config({"layers": [], "validation_size": 100})
    page = opened(run=store.create_run(config, store.add_dataset(dataset), dataset.fingerprint))
    assert "No weights to look at yet" in texts(page)
