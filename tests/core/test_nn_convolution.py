"""Convolution, pooling, batch normalisation and dropout, layer by layer, against the textbook core in float64."""

from typing import Any

import numpy as np
import pytest
from oracle import ImagesLast

from mnistcore import plain
from mnistcore.nn.build import Layer, fuse
from mnistcore.nn.convolution import Conv2d, ConvPool2d
from mnistcore.nn.layers import BatchNorm, Dropout, Outputs, Shard
from mnistcore.nn.pooling import AveragePool2d, Flatten, MaxPool2d
from mnistcore.plain.pooling import max_pool2d, max_pool2d_backward

Arrays = dict[str, np.ndarray]


class Source(Outputs):
    """What a layer reads: any numbers, images first, put where the layers want them."""

    def __init__(self, x: np.ndarray) -> None:
        self.output_shape = x.shape[1:]
        self.make_outputs(Shard(len(x)))
        self.load(x)

    def load(self, x: np.ndarray) -> None:
        self.y[...] = images_last(x)
        self.dy.fill(np.nan)


def images_last(x: np.ndarray) -> np.ndarray:
    return np.moveaxis(x, 0, -1) if x.ndim == 4 else x


def images_first(y: np.ndarray) -> np.ndarray:
    return np.moveaxis(y, -1, 0) if y.ndim == 4 else y


class Bound:
    """Layers one after the other, bound to a source, with random parameters and room for their gradients."""

    def __init__(self, x: np.ndarray, *layers: Layer, whole_numbers: bool = False) -> None:
        rng = np.random.default_rng(11)
        self.source, self.layers = Source(x), layers
        self.parameters: list[Arrays] = []
        self.gradients: list[Arrays] = []
        source: Outputs = self.source
        for layer in layers:
            own = {name: rng.standard_normal(shape, dtype=np.float32) for name, shape in layer.shapes.items()}
            if "variance" in own:
                own["variance"] = own["variance"] ** 2 + np.float32(0.5)
            if whole_numbers:
                own = {name: np.rint(2 * values) for name, values in own.items()}
            self.parameters.append(own)
            self.gradients.append({name: np.full_like(values, np.nan) for name, values in own.items()})
            layer.bind(source, own, self.gradients[-1], Shard(len(x)))
            source = layer

    def forward(self, rng: np.random.Generator | None = None) -> np.ndarray:
        for layer in self.layers:
            layer.forward(rng)
        return images_first(self.layers[-1].y)

    def backward(self, dy: np.ndarray, to_input: bool = True, accumulate: bool = False) -> np.ndarray:
        """From the gradient of the outputs, images first, to that of the source's."""
        self.layers[-1].dy[...] = images_last(dy)
        for index in range(len(self.layers) - 1, -1, -1):
            self.layers[index].backward(to_input or index > 0, accumulate)
        return images_first(self.source.dy)


def some_x(n: int, *shape: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, *shape), dtype=np.float32)


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    """Equal within what float32 sums of a few dozen terms can give."""
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5 * max(1e-3, np.abs(expected).max()))


def check(bound: Bound, settings: dict[str, int] | None = None, seed: int | None = None) -> None:
    """Outputs, and gradients of parameters and inputs under random gradients of the outputs, are the textbook's.

    With a seed, as in training.
    """
    (layer,), (own,) = bound.layers, bound.parameters
    x = images_first(bound.source.y).astype(np.float64)
    arrays = {name: values.astype(np.float64) for name, values in own.items()}
    if layer.kind == "conv2d":
        arrays["W"] = arrays["W"].reshape(x.shape[1], layer.kernel, layer.kernel, layer.filters)
    twin = [plain.Layer(layer.kind, arrays, getattr(layer, "activation", "identity"), settings or {})]
    passes = plain.forward(twin, x, None if seed is None else ImagesLast(seed), is_training=seed is not None)
    y = bound.forward(None if seed is None else np.random.default_rng(seed))
    assert y.shape == passes[0].y.shape == (len(x), *layer.output_shape)
    assert_close(y, passes[0].y)
    dy = np.random.default_rng(8).standard_normal(y.shape)
    dx = bound.backward(dy)
    (back,) = plain.backward(twin, passes, dy)
    assert_close(dx, back.dx)
    assert set(back.gradients) == set(own) - {"mean", "variance"}
    for name, gradient in back.gradients.items():
        assert_close(bound.gradients[0][name], gradient.reshape(own[name].shape))


CONVOLUTIONS = [  # images, shape, (filters, kernel, stride, padding, activation, bias)
    (2, (1, 7, 7), (2, 3, 1, 0, "identity", True)),
    (1, (2, 6, 5), (3, 2, 1, 1, "tanh", True)),
    (3, (3, 9, 8), (2, 3, 2, 1, "relu", True)),
    (2, (2, 5, 7), (4, 5, 1, 2, "sigmoid", True)),
    (5, (1, 8, 11), (1, 3, 3, 1, "leaky_relu", False)),
    (2, (2, 4, 4), (2, 1, 1, 0, "identity", False)),
    (2, (2, 4, 5), (3, 4, 1, 0, "tanh", True)),  # as high as the maps
    (2, (1, 9, 9), (2, 2, 3, 0, "identity", True)),  # pixels that no window sees
    (1, (1, 3, 3), (2, 3, 2, 3, "identity", True)),  # windows that see nothing but padding
    (2, (2, 3, 3), (2, 1, 2, 1, "identity", True)),
]


@pytest.mark.parametrize(("n", "shape", "settings"), CONVOLUTIONS)
def test_convolution_is_the_textbooks(n: int, shape: tuple[int, ...], settings: tuple[Any, ...]):
    _, _, stride, padding, _, _ = settings
    check(Bound(some_x(n, *shape), Conv2d(shape, *settings)), {"stride": stride, "padding": padding})


def test_a_convolution_worked_by_hand():
    bound = Bound(np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3), Conv2d((1, 3, 3), 1, 2, 1, 0, "identity", True))
    bound.parameters[0]["W"][:, 0], bound.parameters[0]["b"][:] = (1, 2, 0, -1), 0.5
    np.testing.assert_array_equal(bound.forward()[0, 0], [[-1.5, 0.5], [4.5, 6.5]])  # as 0 + 2 · 1 - 4 + 0.5
    dx = bound.backward(np.array([[[[1, 0], [0, 10]]]]))
    np.testing.assert_array_equal(dx[0, 0], [[1, 2, 0], [0, 9, 20], [0, 0, -10]])
    np.testing.assert_array_equal(bound.gradients[0]["W"][:, 0], [0 + 40, 1 + 50, 3 + 70, 4 + 80])
    np.testing.assert_array_equal(bound.gradients[0]["b"], [11])


@pytest.mark.parametrize("layers", ["plain", "padded", "fused", "batch_norm"])
def test_gradients_of_chunks_add_up_and_inputs_may_be_left_alone(layers: str):
    shape = (2, 6, 6)
    layer = {
        "plain": Conv2d(shape, 3, 3, 1, 0, "relu", True),
        "padded": Conv2d(shape, 3, 3, 2, 1, "tanh", True),
        "fused": ConvPool2d(shape, 3, 3, 1, 0, "relu", True),
        "batch_norm": BatchNorm(shape, "tanh"),
    }[layers]
    first, second = some_x(3, *shape), some_x(3, *shape, seed=4)
    bound = Bound(first, layer)
    dy = some_x(3, *layer.output_shape, seed=5)
    alone = []
    for x in (first, second):
        bound.source.load(x)
        bound.forward(np.random.default_rng(0))
        dx = bound.backward(dy, to_input=False)
        assert np.isnan(dx).all()
        alone.append({name: values.copy() for name, values in bound.gradients[0].items()})
    bound.source.load(first)  # whose gradients join those of the second, which are there
    bound.forward(np.random.default_rng(0))
    bound.backward(dy, accumulate=True)
    for name, values in bound.gradients[0].items():
        assert_close(values, alone[0][name].astype(np.float64) + alone[1][name])


POOLS = [(2, 2), (3, 3), (3, 2), (2, 1), (1, 1), (1, 2), (2, 3), (5, 1)]


@pytest.mark.parametrize(("kernel", "stride"), POOLS)
@pytest.mark.parametrize("kind", [MaxPool2d, AveragePool2d])
@pytest.mark.parametrize("n", [1, 3])
def test_pooling_is_the_textbooks(kind: type, kernel: int, stride: int, n: int):
    check(Bound(some_x(n, 2, 7, 6), kind((2, 7, 6), kernel, stride)), {"kernel": kernel, "stride": stride})


@pytest.mark.parametrize(("kernel", "stride"), POOLS)
def test_of_equal_pixels_the_first_row_by_row_gets_the_gradient(kernel: int, stride: int):
    x = np.random.default_rng(1).integers(0, 3, (4, 2, 7, 6)).astype(np.float32)
    x[0] = 7
    bound = Bound(x, MaxPool2d((2, 7, 6), kernel, stride))
    y = bound.forward()
    np.testing.assert_array_equal(y, max_pool2d(x, kernel, stride))
    dy = np.arange(1, y.size + 1, dtype=np.float32).reshape(y.shape)  # whole numbers: sums are exact
    np.testing.assert_array_equal(bound.backward(dy), max_pool2d_backward(x, dy, kernel, stride))


def test_flatten_turns_maps_into_rows_channel_by_channel_and_back():
    x = some_x(3, 2, 4, 5)
    bound = Bound(x, Flatten((2, 4, 5)))
    np.testing.assert_array_equal(bound.forward(), x.reshape(3, 40))
    dy = some_x(3, 40, seed=4)
    np.testing.assert_array_equal(bound.backward(dy), dy.reshape(3, 2, 4, 5))


FUSED = [  # images, shape, (filters, kernel, stride, padding)
    (3, (1, 8, 8), (2, 3, 1, 0)),
    (2, (2, 7, 9), (3, 2, 1, 0)),
    (1, (3, 10, 10), (2, 3, 2, 0)),  # a last row and column that no window sees
    (2, (2, 8, 7), (3, 3, 2, 1)),
    (4, (1, 6, 8), (2, 5, 1, 2)),
    (2, (2, 4, 6), (2, 1, 1, 0)),
    (2, (1, 11, 11), (2, 2, 3, 0)),
]


def twins(x: np.ndarray, settings: tuple[Any, ...], **options: bool) -> tuple[Bound, Bound]:
    """A convolution and 2 × 2 max-pooling, each by itself and in one, with the same parameters."""
    conv = Conv2d(x.shape[1:], *settings)
    layers: list[Layer] = [conv, MaxPool2d(conv.output_shape, 2, 2)]
    ((place, fused),) = fuse(layers)
    assert place == 0
    assert isinstance(fused, ConvPool2d)
    assert fused.output_shape == layers[-1].output_shape
    return Bound(x, *layers, **options), Bound(x, fused, **options)


@pytest.mark.parametrize(("n", "shape", "settings"), FUSED)
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "leaky_relu", "identity"])
def test_a_fused_pool_is_the_two_layers(n: int, shape: tuple[int, ...], settings: tuple[Any, ...], activation: str):
    apart, fused = twins(some_x(n, *shape), (*settings, activation, True))
    y = apart.forward()
    assert_close(fused.forward(), y.astype(np.float64))
    dy = some_x(*y.shape, seed=6)
    dx = apart.backward(dy)
    assert_close(fused.backward(dy), dx.astype(np.float64))
    for name, values in apart.gradients[0].items():
        assert_close(fused.gradients[0][name], values.astype(np.float64))


@pytest.mark.parametrize(("n", "shape", "settings"), FUSED)
@pytest.mark.parametrize("activation", ["relu", "identity"])
@pytest.mark.parametrize("bias", [True, False])
def test_of_equal_pixels_a_fused_pool_learns_from_the_first(
    n: int, shape: tuple[int, ...], settings: tuple[Any, ...], activation: str, bias: bool
):
    """In whole numbers, whose sums are exact, with ties in every map: one image is all alike, others in part.

    The first row by row or the first column by column, but in all windows alike.
    """
    x = np.rint(some_x(n, *shape))
    x[0], x[:, :, : shape[1] // 2] = 1, 0
    conv = Bound(x, Conv2d(shape, *settings, "identity", bias), whole_numbers=True)
    _, fused = twins(x, (*settings, activation, bias), whole_numbers=True)
    z = conv.forward().copy()
    y = plain.ACTIVATIONS[activation][0](max_pool2d(z))
    np.testing.assert_array_equal(fused.forward(), y)
    dy = np.rint(3 * some_x(*y.shape, seed=6))
    dx = fused.backward(dy)
    candidates = []
    for by_column in (False, True):
        dz = np.zeros_like(z)
        for image, channel, i, j in np.ndindex(y.shape):
            window = z[image, channel, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            down, right = divmod(int(window.argmax()), 2)
            if by_column:
                right, down = divmod(int(window.T.argmax()), 2)
            passes = activation == "identity" or window.max() > 0
            dz[image, channel, 2 * i + down, 2 * j + right] = dy[image, channel, i, j] * passes
        conv.forward()
        found = {"dx": conv.backward(dz).copy()} | {name: values.copy() for name, values in conv.gradients[0].items()}
        candidates.append(found)
    same = [np.array_equal(dx, candidate["dx"]) for candidate in candidates]
    assert any(same)
    for name, values in fused.gradients[0].items():
        np.testing.assert_array_equal(values, candidates[same.index(True)][name])


def test_only_what_a_fused_pool_can_do_is_fused():
    conv, odd = Conv2d((1, 8, 8), 2, 3, 1, 0, "relu", True), Conv2d((1, 9, 8), 2, 3, 1, 0, "relu", True)
    pools: list[Layer] = [MaxPool2d((2, 6, 6), 3, 2), MaxPool2d((2, 6, 6), 2, 1), AveragePool2d((2, 6, 6), 2, 2)]
    for pool in pools:
        assert fuse([conv, pool]) == [(0, conv), (1, pool)]
    assert [place for place, _ in fuse([odd, MaxPool2d((2, 7, 6), 2, 2)])] == [0, 1]
    twice: list[Layer] = [conv, MaxPool2d((2, 6, 6), 2, 2), MaxPool2d((2, 3, 3), 2, 2), Flatten((2, 1, 1))]
    assert [(place, type(layer)) for place, layer in fuse(twice)] == [(0, ConvPool2d), (2, MaxPool2d), (3, Flatten)]


NORMALISED = [(7, (4,)), (4, (3,)), (3, (2, 3, 5)), (1, (2, 4, 3))]


@pytest.mark.parametrize(("n", "shape"), NORMALISED)
@pytest.mark.parametrize("activation", ["identity", "tanh", "relu"])
def test_batch_norm_is_the_textbooks_with_the_batchs_own_statistics(n: int, shape: tuple[int, ...], activation: str):
    x = 3 * some_x(n, *shape) + 5
    bound = Bound(x, BatchNorm(shape, activation))
    check(bound, seed=0)
    axes = (0, *range(2, x.ndim))
    found = bound.gradients[0]  # where the statistics of the pass stand
    np.testing.assert_allclose(found["mean"], x.mean(axis=axes, dtype=np.float64), rtol=1e-5)
    np.testing.assert_allclose(found["variance"], x.var(axis=axes, dtype=np.float64), rtol=1e-5)


@pytest.mark.parametrize(("n", "shape"), [*NORMALISED, (1, (5,))])
def test_batch_norm_predicts_with_its_running_statistics(n: int, shape: tuple[int, ...]):
    check(Bound(some_x(n, *shape), BatchNorm(shape, "tanh")))


@pytest.mark.parametrize("shape", [(3,), (2, 3, 3)])
def test_batch_norm_of_values_that_are_all_alike_is_its_offset(shape: tuple[int, ...]):
    bound = Bound(np.full((1, *shape), 0.25, np.float32), BatchNorm(shape, "identity"))
    y = bound.forward(np.random.default_rng(0))
    b = bound.parameters[0]["b"]
    np.testing.assert_array_equal(y, np.broadcast_to(b.reshape(-1, *[1] * (len(shape) - 1)), y.shape))
    dx = bound.backward(np.ones_like(y))
    np.testing.assert_allclose(dx, 0, atol=1e-4)
    assert not bound.gradients[0]["gain"].any()


@pytest.mark.parametrize("shape", [(30,), (3, 4, 5)])
@pytest.mark.parametrize("seed", [None, 1])
def test_dropout_is_the_textbooks(shape: tuple[int, ...], seed: int | None):
    check(Bound(some_x(7, *shape), Dropout(shape, 0.25)), {"rate": 0.25}, seed)


@pytest.mark.parametrize("shape", [(300,), (3, 10, 10)])
def test_dropout_keeps_its_share_scales_it_up_and_lets_those_alone_learn(shape: tuple[int, ...]):
    x = some_x(20, *shape) + 9
    bound = Bound(x, Dropout(shape, 0.25))
    y = bound.forward(np.random.default_rng(1)).copy()
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] / 0.75, rtol=1e-6)
    assert kept.mean() == pytest.approx(0.75, abs=0.02)
    assert kept.reshape(20, -1).std(axis=1).all()  # not a whole image, nor a whole map, at once
    dy = np.full_like(x, 3)
    np.testing.assert_allclose(bound.backward(dy), kept * np.float32(4), rtol=1e-6)
    again, other = bound.forward(np.random.default_rng(1)).copy(), bound.forward(np.random.default_rng(2))
    np.testing.assert_array_equal(again, y)
    assert ((other != 0) != kept).mean() == pytest.approx(2 * 0.25 * 0.75, abs=0.03)
    np.testing.assert_array_equal(bound.forward(None), x)
    np.testing.assert_array_equal(bound.backward(dy), dy)
