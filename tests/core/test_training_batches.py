"""Batches and the split: every image once an epoch, figures before the update, the gradient of the whole batch."""

import math

import numpy as np
import pytest
from oracle import Reference
from tiny_digits import begin, finish, tiny_dataset, with_previous

from mnistcore.errors import DataError
from mnistcore.nn import Network
from mnistcore.nn.losses import LOSSES
from mnistcore.training import evaluate, train


@pytest.mark.parametrize("batch_size", [1, 7, 64, 499, 500, 501, 10_000, "full"])
def test_any_batch_size_sees_every_image_once_an_epoch(batch_size: int | str):
    state = begin(batch_size=batch_size, epochs=2, layers=[])
    last = finish(state)[-1]
    size = 500 if isinstance(batch_size, str) else min(batch_size, 500)
    assert last.step == last.total_steps == 2 * math.ceil(500 / size)
    assert state.images_seen == 1000
    assert (last.epoch, last.epochs, last.outcome) == (2, 2, "finished")


def test_larger_batches_than_the_data_are_the_full_batch():
    weights = []
    for batch_size in (500, 777, "full"):
        state = begin(batch_size=batch_size, epochs=5, shuffle=False)
        finish(state)
        weights.append(state.network.parameters.tobytes())
    assert weights[0] == weights[1] == weights[2]


@pytest.mark.usefixtures("reports_all")
def test_an_epoch_is_a_permutation_and_the_next_one_another():
    seen: dict[int, list[int]] = {0: [], 1: []}
    state = begin(batch_size=60, epochs=2)
    for progress, before in with_previous(train(state)):
        if before is not None and progress.step > before.step:
            seen[(progress.step - 1) // state.steps_per_epoch].extend(progress.batch_indices)
    for epoch in seen.values():
        assert sorted(epoch) == state.split.train.tolist()
    assert seen[0] != seen[1]


@pytest.mark.usefixtures("reports_all")
def test_without_shuffling_images_come_in_their_order():
    state = begin(batch_size=60, epochs=2, shuffle=False)
    seen = [
        progress.batch_indices
        for progress, before in with_previous(train(state))
        if before is None or progress.step > before.step
    ]
    order = np.concatenate(seen)
    np.testing.assert_array_equal(order, np.tile(state.split.train, 2))


@pytest.mark.usefixtures("reports_all")
def test_the_batch_is_shown_as_it_was_classified_before_the_update():
    data, state = tiny_dataset(), begin(batch_size=90, learning_rate=0.05)
    network = Network(state.config, np.random.default_rng(0))
    network.load_parameters(state.network.parameters)
    changed = 0
    for progress, before in with_previous(train(state)):
        if before is not None and progress.step > before.step:
            assert progress.batch_indices.dtype == progress.batch_predictions.dtype == np.int64
            assert 1 <= len(progress.batch_indices) == len(progress.batch_predictions) <= 64
            images = data.train_images[progress.batch_indices]
            np.testing.assert_array_equal(progress.batch_predictions, network.predict(images).argmax(axis=1))
            changed += (progress.batch_predictions != state.network.predict(images).argmax(axis=1)).any()
        network.load_parameters(state.network.parameters)
    assert changed  # or the test could not tell before from after


@pytest.mark.usefixtures("reports_all")
def test_training_figures_are_those_of_the_batch_before_the_update():
    data, state = tiny_dataset(), begin(batch_size=64)
    network = Network(state.config, np.random.default_rng(0))
    for progress, before in with_previous(train(state)):
        if before is None or progress.outcome:
            continue
        if progress.step > before.step:
            expected = evaluate(network, data.train_images, data.train_labels, progress.batch_indices)
            assert progress.train_loss == pytest.approx(expected.loss, rel=1e-5)
            assert progress.train_accuracy == pytest.approx(expected.accuracy)
        network.load_parameters(state.network.parameters)


@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_a_full_batch_in_pieces_takes_the_step_of_the_whole_gradient(loss: str):
    """2,300 images go through in pieces; one SGD step with weight decay must equal the float64 gradient's."""
    data = tiny_dataset(2_400)
    state = begin(
        data, batch_size="full", epochs=1, loss=loss, layers=[], optimizer="sgd", learning_rate=0.5, weight_decay=0.01
    )
    reference = Reference(state.network)
    x = data.train_images[state.split.train].reshape(-1, 784) / 255
    labels = data.train_labels[state.split.train].astype(int)
    before = state.network.parameters.astype(np.float64)
    finish(state)
    gradient, _ = reference.gradients(x, labels)
    gradient[: state.network.weight_count] += 0.01 * before[: state.network.weight_count]
    np.testing.assert_allclose(state.network.parameters, before - 0.5 * gradient, atol=2e-6)


def test_max_steps_ends_in_the_middle_of_an_epoch():
    last = finish(begin(batch_size=64, max_steps=11))[-1]
    assert (last.step, last.total_steps, last.outcome) == (11, 11, "finished")
    assert last.epoch == pytest.approx((500 + 3 * 64) / 500)


def test_train_size_limits_what_is_left_after_validation():
    state = begin(train_size=37, validation_size=50)
    assert (len(state.split.train), len(state.split.validation)) == (37, 50)
    assert not set(state.split.train) & set(state.split.validation)


@pytest.mark.parametrize("settings", [{"train_size": 1}, {"validation_size": 599}, {"train_size": 500}])
def test_the_smallest_and_largest_parts_train(settings: dict[str, int]):
    assert finish(begin(**settings))[-1].outcome == "finished"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train_size": 501}, "train_size is 501, but 500 images are left after 100 for validation; choose 1 to 500"),
        ({"validation_size": 600}, "validation_size is 600, but there are 600 training images; choose 0 to 599"),
        ({"validation_size": 5000}, "validation_size is 5,000, but there are 600 training images"),
        ({"validation_size": 599, "train_size": 2}, "train_size is 2, but 1 images are left after 599"),
    ],
)
def test_parts_larger_than_the_data_are_refused(settings: dict[str, int], message: str):
    with pytest.raises(DataError, match=message):
        begin(**settings)
