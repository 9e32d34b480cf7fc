"""The Weights page: the galleries, the replay of snapshots, runs that have nothing to show yet."""

from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from mnistcore.insight import weighted_layers
from mnistcore.runs import RunStore
from mnistcore.training.config import parse_config
from tests.app.drawings import draw, one
from tests.app.pages import open_page, page_at, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.pictures.weight_images import weight_histogram
from ui.runs.film import PLAYING, moment_words
from ui.weights.replay import is_single_layer, templates, unit_images, weight_counts

opened = partial(page_at, "weights")
HIDDEN = [{"kind": "dense", "units": 70}]
CONVOLUTION = [
    {"kind": "conv2d", "filters": 4},
    {"kind": "max_pool2d", "kernel": 4, "stride": 4},
    {"kind": "conv2d", "filters": 3, "kernel": 3},
    {"kind": "batch_norm"},
    {"kind": "flatten"},
    {"kind": "dense", "units": 6},
]


def test_without_runs_it_offers_to_train_one() -> None:
    page = opened().run()
    assert not page.exception
    assert "Train a first network" in [button.label for button in page.button]


def test_a_single_layer_has_one_image_per_digit(store: RunStore) -> None:
    page = opened(run=trained_run(store)).run()
    assert not page.exception
    assert "One weight image per digit" in texts(page)
    assert len(page.get("image")) == 10


def test_a_deeper_network_has_templates_and_units(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=HIDDEN)).run()
    assert not page.exception
    assert "Evidence for each digit" in texts(page)
    assert "What each of the 70 units looks for" in texts(page)
    assert len(page.get("image")) == 11
    units = next(box for box in page.selectbox if box.label == "Units")
    assert units.options == ["1 to 64 of 70", "65 to 70 of 70"]
    units.set_value(64).run()
    assert not page.exception


def test_the_slider_replays_the_snapshots(store: RunStore) -> None:
    run_id = trained_run(store)
    steps = store.snapshot_steps(run_id)
    page = opened(run=run_id).run()
    slider = page.select_slider[0]
    assert slider.value == steps[-1]
    slider.set_value(steps[0]).run()
    assert not page.exception
    assert f"After step {steps[0]:,}" in texts(page)


def test_the_slider_stands_where_it_was_when_the_visitor_comes_back(store: RunStore) -> None:
    run_id = trained_run(store)
    steps = store.snapshot_steps(run_id)
    page = opened(run=run_id).run()
    page.select_slider[0].set_value(steps[1]).run()
    for view in ("digit", "weights"):
        page.query_params["view"] = view
        page.run()
        assert page.select_slider[0].value == steps[1]
    assert page.query_params["step"] == str(steps[1])


def test_play_goes_on_by_itself_and_ends_at_the_newest(store: RunStore) -> None:
    run_id = trained_run(store)
    steps = store.snapshot_steps(run_id)
    page = opened(run=run_id).run()
    page.button(key="film-play").click().run()
    assert page.session_state[PLAYING]
    assert page.select_slider[0].value in steps[:3]
    for _ in steps:
        page.run()
    assert not page.exception
    assert page.select_slider[0].value == steps[-1]
    assert not page.session_state[PLAYING]
    assert page.button(key="film-play").label == "Play"


def test_a_run_without_weights_has_a_friendly_page(store: RunStore) -> None:
    dataset = easy_digits()
    config = parse_config({"layers": [], "validation_size": 100})
    run_id = store.create_run(config, dataset=store.add_dataset(dataset), fingerprint=dataset.fingerprint)
    page = opened(run=run_id).run()
    assert not page.exception
    assert "No weights to look at yet" in texts(page)
    assert "is waiting for a free worker" in texts(page)


def test_without_its_data_set_the_first_layer_still_shows(store: RunStore) -> None:
    run_id = trained_run(store, layers=HIDDEN)
    store.delete_dataset(store.run(run_id).dataset)
    page = opened(run=run_id).run()
    assert not page.exception
    assert "Only the weights can be shown" in page.info[0].value
    assert "Layer by layer" in texts(page)


def test_galleries_hold_the_units_on_view_and_the_limit_of_all(store: RunStore) -> None:
    dataset = easy_digits()
    run = store.run(trained_run(store, dataset, layers=HIDDEN))
    step = store.snapshot_steps(run.id)[-1]
    layer = weighted_layers(run.config)[0]
    first, second = (unit_images(store, run, step, layer, units) for units in (range(64), range(64, 70)))
    assert first.images.shape == (64, 28, 28)
    assert second.images.shape == (6, 28, 28)
    assert first.limit == second.limit > 0
    assert templates(store, run, step, dataset).images.shape == (10, 28, 28)
    assert not is_single_layer(run)


def test_the_histogram_counts_every_weight(store: RunStore) -> None:
    run = store.run(trained_run(store))
    (layer,) = weighted_layers(run.config)
    counts, edges = weight_counts(store, run, store.snapshot_steps(run.id)[-1], layer, 0.01)
    assert counts.sum() == 7840
    assert edges[0] == pytest.approx(-0.01)
    chart = weight_histogram(counts, edges).to_dict()
    assert chart["encoding"]["x"]["scale"]["domain"] == pytest.approx([-0.01, 0.01])
    assert np.diff(edges) == pytest.approx(0.02 / len(counts), rel=1e-3)


def test_every_layer_of_a_convolution_can_be_looked_at(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=CONVOLUTION)).run()
    assert not page.exception
    layer = next(box for box in page.selectbox if box.label == "Layer")
    assert [name.split(" ")[0] for name in layer.options] == ["1", "3", "6", "output"]
    assert "The 4 filters, slid over the image" in texts(page)
    layer.set_value(1).run()
    assert "Filter 1 sums over the 4 maps before it, with one 3 × 3 kernel for each." in texts(page)
    next(box for box in page.selectbox if box.label == "Filter").set_value(2).run()
    assert "Filter 3 sums over the 4 maps" in texts(page)
    next(box for box in page.selectbox if box.label == "Layer").set_value(2).run()
    assert "Unit 1: its weight for each place of the 3 maps of 4 × 4 before it." in texts(page)
    next(box for box in page.selectbox if box.label == "Layer").set_value(3).run()
    assert "One row for each digit" in texts(page)
    assert not page.exception


def test_the_live_view_shows_a_convolutions_filters(store: RunStore) -> None:
    page = open_page("train", run=trained_run(store, layers=CONVOLUTION))
    assert "The first layer's filters, all 4, which slide over the image" in texts(page)
    assert "conv 4×5×5, pool" in texts(page)


def test_a_digit_is_followed_through_every_layer(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=CONVOLUTION), view="digit").run()
    assert not page.exception
    shown = texts(page)
    for words in ("4 maps of 24 × 24", "4 maps of 6 × 6", "3 maps of 4 × 4", "48 units", "6 units", "10 units"):
        assert words in shown
    number = page.text_input[0]
    assert number.label == "Number, 0 to 99"
    number.set_value("3").run()
    labels = easy_digits().test_labels
    assert f"It is labelled {labels[3]}." in texts(page)
    assert any('class="digit-verdict"' in element.proto.body for element in page.get("html"))
    next(box for box in page.selectbox if box.label == "At random").set_value(int(labels[0])).run()
    assert labels[int(page.text_input[0].value)] == labels[0]
    assert not page.exception


def test_a_digit_can_be_drawn_and_followed(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=HIDDEN), view="digit").run()
    page.segmented_control(key="choose_digit").set_value("draw").run()
    assert page.query_params["digit"] == "draw"
    assert "70 units" not in texts(page)  # nothing is drawn yet
    draw(page, one())
    assert not page.exception
    assert "70 units" in texts(page)


def test_the_caption_says_where_in_training(store: RunStore) -> None:
    run = store.run(trained_run(store))
    caption = moment_words(store.history(run.id), run.step)
    assert caption.startswith(f"After step {run.step:,} · epoch 2.00 · validation accuracy")


def test_a_figure_of_another_step_says_of_which_and_one_that_is_missing_is_left_out() -> None:
    history = pd.DataFrame(
        {"step": [0, 700, 1000], "epoch": [0.0, 0.82, 1.17], "validation_accuracy": [0.078, np.nan, 0.961]}
    )
    assert moment_words(history, 700) == "After step 700 · epoch 0.82 · validation accuracy 7.8 % at step 0"
    assert moment_words(history, 723) == "After step 723 · validation accuracy 7.8 % at step 0"
    assert moment_words(history, 1000) == "After step 1,000 · epoch 1.17 · validation accuracy 96.1 %"
    assert moment_words(history.iloc[1:2], 700) == "After step 700 · epoch 0.82"


def test_the_newest_weights_of_a_run_in_progress_are_named_and_followed(store: RunStore) -> None:
    run_id = trained_run(store)
    steps = store.snapshot_steps(run_id)
    running = replace(store.run(run_id), status="running", heartbeat_at=datetime.now(timezone.utc))
    with patch.object(RunStore, "runs", return_value=[running]), patch.object(RunStore, "snapshot_steps") as seen:
        seen.return_value = steps[:-2]
        page = opened(run=run_id).run()
        assert not page.exception
        assert f"is still training: these are its newest weights, after step {steps[-3]:,}." in texts(page)
        seen.return_value = steps
        next(button for button in page.button if button.label == "Look again").click().run()
        assert page.select_slider[0].value == steps[-1]
        page.select_slider[0].set_value(steps[0]).run()
        page.run()
        assert page.select_slider[0].value == steps[0]
