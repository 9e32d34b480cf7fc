"""Changed images: they flip what the network says, no smaller change of their kind does, and nonsense is none."""

import numpy as np
import pytest
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.insight.adversarial import fewest_pixels, loss_gradient, smallest_fgsm
from mnistcore.insight.nonsense import nonsense_images
from mnistcore.nn import Network
from mnistcore.nn.losses import LOSSES
from mnistcore.training import parse_config

CONVOLUTION = [{"kind": "conv2d", "filters": 3}, {"kind": "max_pool2d", "kernel": 4, "stride": 4}, {"kind": "flatten"}]


@pytest.fixture(scope="module", params=["dense", "convolution", "perceptrons"])
def network(request: pytest.FixtureRequest) -> Network:
    layers = {"dense": [{"units": 12}], "convolution": CONVOLUTION, "perceptrons": []}[request.param]
    loss = "sigmoid_squared_error" if request.param == "perceptrons" else "softmax_cross_entropy"
    state = begin(layers=layers, loss=loss, epochs=4, learning_rate=0.01)
    finish(state)
    return state.network


def answer(network: Network, image: np.ndarray) -> int:
    return int(network.logits(image[None])[0].argmax())


def test_the_smallest_fgsm_step_flips_and_one_less_does_not(network: Network):
    for image in tiny_dataset().test_images[:4]:
        flip = smallest_fgsm(network, image)
        assert flip is not None
        assert flip.before == answer(network, image)
        assert flip.after == answer(network, flip.image) != flip.before
        assert flip.certainty == pytest.approx(network.predict(flip.image[None])[0, flip.after])
        assert 1 <= flip.largest <= 255
        assert np.abs(flip.change_of(image)).max() == flip.largest
        direction = np.sign(loss_gradient(network, image[None], np.array([flip.before]))[0])
        for less in range(flip.largest):
            smaller = np.clip(image + less * direction, 0, 255).astype(np.uint8)
            assert answer(network, smaller) == flip.before


def test_few_pixels_flip_and_each_of_them_is_needed(network: Network):
    for image in tiny_dataset().test_images[4:7]:
        flip = fewest_pixels(network, image)
        assert flip is not None
        places = np.argwhere(flip.image != image)
        assert len(places) == flip.pixels >= 1
        assert set(np.unique(flip.image[tuple(places.T)])) <= {0, 255}
        assert answer(network, flip.image) == flip.after != answer(network, image)
        for row, column in places:
            without = flip.image.copy()
            without[row, column] = image[row, column]
            assert answer(network, without) == flip.before


def test_what_nothing_flips_has_no_flip():
    constant = Network(parse_config({"layers": [], "initialization": "zeros"}), np.random.default_rng(0))
    constant.layers[0].b[3] = 1
    image = tiny_dataset().test_images[0]
    assert smallest_fgsm(constant, image) is None
    assert fewest_pixels(constant, image, limit=3) is None


@pytest.mark.parametrize("loss", LOSSES)
def test_the_gradient_of_the_loss_is_the_slope_between_two_grey_levels(loss: str):
    network = Network(
        parse_config({"layers": [{"units": 5, "activation": "tanh"}], "loss": loss}), np.random.default_rng(1)
    )
    images, labels = tiny_dataset().test_images[:3], np.array([1, 4, 4])
    gradient = loss_gradient(network, images, labels)
    for row, column in ((14, 14), (9, 20)):
        up, down = images.copy(), images.copy()
        up[:, row, column], down[:, row, column] = 140, 120
        slope = (
            network.loss.losses(network.logits(up), labels).astype(np.float64)
            - network.loss.losses(network.logits(down), labels)
        ) / (20 / 255)
        middle = images.copy()
        middle[:, row, column] = 130
        np.testing.assert_allclose(loss_gradient(network, middle, labels)[:, row, column], slope, rtol=0.02, atol=1e-4)
    assert gradient.dtype == np.float32


def test_nonsense_is_varied_and_the_same_for_a_seed():
    digits = tiny_dataset().test_images[:2]
    first, again = (nonsense_images(digits, np.random.default_rng(0)) for _ in range(2))
    assert len({title for title, _ in first}) == len(first) >= 12
    for (title, image), (_, same) in zip(first, again, strict=True):
        assert image.shape == (28, 28), title
        assert image.dtype == np.uint8
        np.testing.assert_array_equal(image, same)
    by_title = dict(first)
    assert not by_title["nothing"].any()
    np.testing.assert_array_equal(by_title["an inverted digit"], 255 - digits[0])
    np.testing.assert_array_equal(
        np.sort(by_title["a digit's pixels, shuffled"], axis=None), np.sort(digits[0], axis=None)
    )
