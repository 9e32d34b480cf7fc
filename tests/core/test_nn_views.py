"""Nine views of an image: the mean of the answers to it moved by every shift, against images moved by SciPy."""

import numpy as np
from scipy import ndimage
from tiny_digits import begin, finish, tiny_dataset

from mnistcore.nn import Network
from mnistcore.nn.views import SHIFTS, predict_views


def test_the_answers_to_nine_moved_images_are_averaged():
    state = begin(layers=[{"units": 12, "activation": "tanh"}], epochs=3, learning_rate=0.01)
    finish(state)
    network, images = state.network, tiny_dataset().test_images[:20]
    moved = [ndimage.shift(images, (0, *shift), order=0) for shift in SHIFTS]
    expected = np.mean([network.predict(each) for each in moved], axis=0)
    found = predict_views(network, images)
    assert len(SHIFTS) == len({*SHIFTS}) == 9
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert not np.allclose(found, network.predict(images), atol=1e-3)


def test_what_lies_at_the_edge_leaves_the_image_and_does_not_come_in_on_the_other_side():
    class Brightness:
        """Answers how bright the four edges are, in place of a network."""

        def predict(self, images: np.ndarray) -> np.ndarray:
            edges = images[:, 0].sum(1), images[:, -1].sum(1), images[:, :, 0].sum(1), images[:, :, -1].sum(1)
            return np.pad(np.stack(edges, axis=1) / 255, ((0, 0), (0, 6))).astype(np.float32)

    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 0, 14] = 255  # in the top row: there in three of nine views, out of the image in three
    stand_in: Network = Brightness()  # type: ignore[assignment]
    np.testing.assert_allclose(predict_views(stand_in, images)[0, :4], [1 / 3, 0, 0, 0], atol=1e-6)
