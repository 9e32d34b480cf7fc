"""The textbook core: numbers worked out by hand, central differences in float64, and functions that can be copied."""

import builtins
import dis
import importlib
import inspect
import math
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import examples

from mnistcore import plain
from mnistcore.plain import Layer
from mnistcore.plain.batch_norm import batch_norm, running_statistics
from mnistcore.plain.convolution import conv2d, conv2d_backward
from mnistcore.plain.dropout import dropout_mask
from mnistcore.plain.losses import LOSSES, softmax
from mnistcore.plain.network import LAYERS
from mnistcore.plain.optimizers import OPTIMIZERS, adamw, l2
from mnistcore.plain.pooling import average_pool2d, average_pool2d_backward, max_pool2d, max_pool2d_backward

MODULES = [
    importlib.import_module(f"mnistcore.plain.{module.name}")
    for module in pkgutil.iter_modules(plain.__path__)
    if module.name != "network"
]
FUNCTIONS = [
    value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isfunction(value) and value.__module__ == module.__name__
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_a_function_copied_into_a_notebook_works_alone_and_says_what_it_does(function: Any):
    notebook: dict[str, Any] = {"np": np}
    exec(inspect.getsource(function), notebook)  # its annotations too must be there
    used = {step.argval for step in dis.get_instructions(function) if step.opname == "LOAD_GLOBAL"}
    assert used - set(dir(builtins)) <= {"np"}
    assert function.__doc__


def test_there_are_functions_to_copy():
    assert len(FUNCTIONS) > 40


def central_differences(function: Callable[[np.ndarray], float], at: np.ndarray, width: float = 1e-5) -> np.ndarray:
    """The gradient of a function of a flat array."""
    point, gradient = at.copy(), np.empty(len(at))
    for index, value in enumerate(at):
        point[index] = value + width
        above = function(point)
        point[index] = value - width
        gradient[index] = (above - function(point)) / (2 * width)
        point[index] = value
    return gradient


# Activations


def some_z(dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 2, (3, 4, 5)).astype(dtype)


@pytest.mark.parametrize("name", sorted(plain.ACTIVATIONS))
def test_a_derivative_is_the_slope(name: str):
    activation, derivative = plain.ACTIVATIONS[name]
    z = some_z()
    slopes = (activation(z + 1e-6) - activation(z - 1e-6)) / 2e-6
    np.testing.assert_allclose(derivative(z), slopes, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(
    ("name", "z", "y", "slope"),
    [
        ("sigmoid", 0, 1 / 2, 1 / 4),
        ("sigmoid", math.log(3), 3 / 4, 3 / 16),  # 1 / (1 + 1/3), and 3/4 · 1/4
        ("sigmoid", -1e4, 0, 0),
        ("tanh", math.log(2), 3 / 5, 16 / 25),  # (2 - 1/2) / (2 + 1/2), and 1 - 9/25
        ("relu", -2, 0, 0),
        ("relu", 0, 0, 0),
        ("relu", 3, 3, 1),
        ("leaky_relu", -2, -0.02, 0.01),
        ("leaky_relu", 0, 0, 0.01),
        ("leaky_relu", 3, 3, 1),
        ("identity", -2, -2, 1),
    ],
)
def test_activations_worked_out_by_hand(name: str, z: float, y: float, slope: float):
    activation, derivative = plain.ACTIVATIONS[name]
    assert activation(np.array([z], float))[0] == pytest.approx(y, abs=1e-15)
    assert derivative(np.array([z], float))[0] == pytest.approx(slope, abs=1e-15)


# Losses


def some_logits() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(0, 3, (7, 10)), rng.integers(0, 10, 7)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_gradient_of_the_mean_loss_is_its_slope(name: str):
    loss, gradient = LOSSES[name]
    logits, labels = some_logits()
    slopes = central_differences(lambda flat: loss(flat.reshape(7, 10), labels).mean(), logits.ravel())
    np.testing.assert_allclose(gradient(logits, labels).ravel(), slopes, rtol=1e-6, atol=1e-10)


def test_softmax_cross_entropy_worked_out_by_hand():
    """exp of the logits is 1, 2, 5: probabilities 1/8, 2/8, 5/8, and a loss of log 8/2 for the second class."""
    logits, labels = np.log([[1.0, 2, 5], [1, 2, 5]]), np.array([1, 2])
    np.testing.assert_allclose(softmax(logits)[0], [0.125, 0.25, 0.625])
    loss, gradient = LOSSES["softmax_cross_entropy"]
    np.testing.assert_allclose(loss(logits, labels), [math.log(4), math.log(8 / 5)])
    # (p - one-hot) / 2 images
    np.testing.assert_allclose(gradient(logits, labels), [[0.0625, -0.375, 0.3125], [0.0625, 0.125, -0.1875]])


def test_the_other_losses_worked_out_by_hand():
    """σ(log 3) = 3/4 and σ(0) = 1/2; the label is the first of two classes."""
    logits, labels = np.array([[math.log(3), 0]]), np.array([0])
    for name, loss, gradient in [
        # ½ (1/16 + 1/4); (y - t) y (1 - y): -1/4 · 3/16 and 1/2 · 1/4
        ("sigmoid_squared_error", 5 / 32, [-3 / 64, 1 / 8]),
        # -log 3/4 - log 1/2; y - t
        ("sigmoid_binary_cross_entropy", math.log(8 / 3), [-1 / 4, 1 / 2]),
        # ½ (log 3 - 1)²; z - t
        ("linear_squared_error", (math.log(3) - 1) ** 2 / 2, [math.log(3) - 1, 0]),
    ]:
        assert LOSSES[name][0](logits, labels) == pytest.approx([loss])
        np.testing.assert_allclose(LOSSES[name][1](logits, labels)[0], gradient, atol=1e-15)


@pytest.mark.parametrize("name", ["softmax_cross_entropy", "sigmoid_binary_cross_entropy"])
def test_a_confident_mistake_costs_its_whole_logit(name: str):
    logits = np.zeros((1, 10))
    logits[0, 0] = 1e4
    assert LOSSES[name][0](logits, np.array([1]))[0] == pytest.approx(1e4, rel=1e-2)
    assert np.isfinite(LOSSES[name][1](logits, np.array([1]))).all()


# Layers


def check_layer(kind: str, x: np.ndarray, parameters: dict[str, np.ndarray], **settings: Any) -> None:
    """Gradients of inputs and parameters are the slopes of Σ y · dy, for some dy."""
    forward, backward, names = LAYERS[kind]
    y = forward(x, **parameters, **settings)
    dy = np.random.default_rng(8).standard_normal(y.shape)
    given = {name: values for name, values in parameters.items() if name != "b"}
    found = backward(x, dy, **given, **settings)
    dx, *gradients = found if isinstance(found, tuple) else (found,)
    assert dx.shape == x.shape
    slopes = central_differences(
        lambda flat: (forward(flat.reshape(x.shape), **parameters, **settings) * dy).sum(), x.ravel()
    )
    np.testing.assert_allclose(dx.ravel(), slopes, rtol=1e-6, atol=1e-7)
    for name, gradient in zip(names, gradients, strict=True):
        at = parameters[name]
        slopes = central_differences(
            lambda flat, name=name, at=at: (
                forward(x, **parameters | {name: flat.reshape(at.shape)}, **settings) * dy
            ).sum(),
            at.ravel(),
        )
        assert gradient.shape == at.shape
        np.testing.assert_allclose(gradient.ravel(), slopes, rtol=1e-6, atol=1e-7)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


@examples
@given(n=st.integers(1, 4), inputs=st.integers(1, 5), units=st.integers(1, 5))
def test_dense_gradients_are_slopes(n: int, inputs: int, units: int):
    check_layer("dense", normal(n, inputs), {"W": normal(inputs, units, seed=1), "b": normal(units, seed=2)})


def test_dense_worked_out_by_hand():
    """x = (1, 2), W = ((1, 3), (2, 4)), b = (10, 20): z = (1 + 4 + 10, 3 + 8 + 20)."""
    forward, backward, _ = LAYERS["dense"]
    x, W = np.array([[1.0, 2]]), np.array([[1.0, 3], [2, 4]])
    np.testing.assert_array_equal(forward(x, W, np.array([10.0, 20])), [[15, 31]])
    dx, dW, db = backward(x, np.array([[1.0, -1]]), W)
    np.testing.assert_array_equal(dx, [[1 - 3, 2 - 4]])
    np.testing.assert_array_equal(dW, [[1, -1], [2, -2]])
    np.testing.assert_array_equal(db, [1, -1])


@pytest.mark.parametrize(
    ("n", "shape", "filters", "kernel", "stride", "padding"),
    [
        (2, (1, 5, 6), 2, 3, 1, 0),
        (1, (2, 6, 5), 3, 2, 1, 1),
        (2, (3, 7, 6), 2, 3, 2, 1),
        (2, (1, 7, 7), 2, 2, 3, 0),  # pixels that no window sees
        (1, (1, 3, 3), 2, 3, 2, 3),  # windows that see nothing but padding
        (2, (2, 3, 3), 2, 1, 2, 1),
    ],
)
def test_convolution_gradients_are_slopes_and_its_sums_those_of_loops(
    n: int, shape: tuple[int, int, int], filters: int, kernel: int, stride: int, padding: int
):
    x, W, b = normal(n, *shape), normal(shape[0], kernel, kernel, filters, seed=1), normal(filters, seed=2)
    check_layer("conv2d", x, {"W": W, "b": b}, stride=stride, padding=padding)
    z = conv2d(x, W, b, stride, padding)
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    for image, f, i, j in np.ndindex(z.shape):
        window = padded[image, :, stride * i : stride * i + kernel, stride * j : stride * j + kernel]
        assert z[image, f, i, j] == pytest.approx(b[f] + (window * W[..., f]).sum(), abs=1e-12)
    assert z.shape[2] == (shape[1] + 2 * padding - kernel) // stride + 1
    np.testing.assert_allclose(conv2d(x, W, None, stride, padding), z - b[:, None, None], atol=1e-12)


def test_a_convolution_worked_out_by_hand():
    """The pixels are 0 to 8, the filter is ((1, 2), (0, -1)), the bias 0.5: the first sum is 0 + 2 - 4 + 0.5."""
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    W = np.array([[1.0, 2], [0, -1]]).reshape(1, 2, 2, 1)
    np.testing.assert_array_equal(conv2d(x, W, np.array([0.5]))[0, 0], [[-1.5, 0.5], [4.5, 6.5]])
    dx, dW, db = conv2d_backward(x, np.array([[[[1.0, 0], [0, 10]]]]), W)
    np.testing.assert_array_equal(dx[0, 0], [[1, 2, 0], [0, 10 - 1, 20], [0, 0, -10]])
    np.testing.assert_array_equal(dW[0, ..., 0], [[0 + 40, 1 + 50], [3 + 70, 4 + 80]])
    np.testing.assert_array_equal(db, [11])


@pytest.mark.parametrize("kind", ["max_pool2d", "average_pool2d"])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 2), (2, 1), (1, 2), (2, 3), (5, 1)])
def test_pooling_gradients_are_slopes(kind: str, kernel: int, stride: int):
    check_layer(kind, normal(2, 2, 7, 6), {}, kernel=kernel, stride=stride)


def test_pooling_worked_out_by_hand():
    x = np.array([[1.0, 5, 2, 2], [3, 5, 0, 2]]).reshape(1, 1, 2, 4)
    np.testing.assert_array_equal(max_pool2d(x)[0, 0], [[5, 2]])
    dy = np.array([[[[7.0, 8]]]])  # of equal ones the first has won: both times in the upper row
    np.testing.assert_array_equal(max_pool2d_backward(x, dy)[0, 0], [[0, 7, 8, 0], [0, 0, 0, 0]])
    np.testing.assert_array_equal(average_pool2d(x)[0, 0], [[14 / 4, 6 / 4]])
    np.testing.assert_array_equal(average_pool2d_backward(x, dy)[0, 0], [[7 / 4, 7 / 4, 2, 2]] * 2)
    overlap = max_pool2d_backward(np.array([[[[1.0, 9, 1], [0, 0, 0]]]]), np.array([[[[1.0, 10]]]]), 2, 1)
    np.testing.assert_array_equal(overlap[0, 0], [[0, 11, 0], [0, 0, 0]])  # both windows' largest


@pytest.mark.parametrize("shape", [(7, 3), (2, 4), (3, 2, 3, 2), (1, 2, 2, 3)])
@pytest.mark.parametrize("is_own", [True, False])
def test_batch_norm_gradients_are_slopes(shape: tuple[int, ...], is_own: bool):
    parameters = {"gain": normal(shape[1], seed=1), "b": normal(shape[1], seed=2)}
    if not is_own:
        parameters |= {"mean": normal(shape[1], seed=3), "variance": normal(shape[1], seed=4) ** 2 + 0.5}
    check_layer("batch_norm", 3 * normal(*shape) + 5, parameters)


def test_batch_norm_worked_out_by_hand():
    """1 and 5 have mean 3 and variance 4: they become -1 and 1, times the gain 10, plus 7."""
    x = np.array([[1.0], [5]])
    found = batch_norm(x, np.array([10.0]), np.array([7.0]), epsilon=0)
    np.testing.assert_array_equal(found, [[-3], [17]])
    # A gain of 1, a mean of 1 and a variance of 16: (x - 1) / 4.
    running = np.array([1.0]), np.array([16.0])
    np.testing.assert_array_equal(batch_norm(x, np.ones(1), np.zeros(1), *running, epsilon=0), [[0], [1]])
    np.testing.assert_allclose(running_statistics(x, *running), [[0.9 + 0.3], [14.4 + 0.4]])
    assert running_statistics(x[:1], *running) == running
    # With two images, the gradients are all used up by what the mean and the variance take.
    dx, dgain, db = LAYERS["batch_norm"][1](x, np.array([[1.0], [2]]), np.array([10.0]), epsilon=0)
    np.testing.assert_allclose(dx, 0, atol=1e-15)
    assert (dgain[0], db[0]) == (-1 + 2, 1 + 2)


def test_dropout_drops_its_share_and_keeps_the_mean():
    mask = dropout_mask(np.ones((400, 50)), 0.25, np.random.default_rng(0))
    assert set(np.unique(mask)) == {0, 1 / 0.75}
    assert mask.mean() == pytest.approx(1, abs=0.02)
    check_layer("dropout", normal(3, 4), {}, mask=mask[:3, :4])
    check_layer("dropout", normal(3, 4), {})


def test_flatten_gradients_are_slopes():
    check_layer("flatten", normal(2, 3, 2, 2), {})


# Initial weights


def test_initial_weights_have_their_spread():
    rng = np.random.default_rng(0)
    assert plain.he((300, 200), 300, rng).std() == pytest.approx(math.sqrt(2 / 300), rel=0.01)
    limit = math.sqrt(6 / 500)
    drawn = plain.glorot((300, 200), 300, 200, rng)
    assert 0.999 * limit < np.abs(drawn).max() <= limit
    assert drawn.std() == pytest.approx(limit / math.sqrt(3), rel=0.01)
    drawn = plain.uniform((300, 200), -1, 3, rng)
    assert (drawn.min(), drawn.max()) == pytest.approx((-1, 3), abs=1e-3)
    assert plain.normal((300, 200), 0.05, rng).std() == pytest.approx(0.05, rel=0.01)


# Optimizers


def after_steps(kind: str, gradients: list[float], learning_rate: float = 0.1, **constants: float) -> float:
    """A parameter that begins at 1, after steps with these gradients."""
    p, state = np.array(1.0), ()
    for g in gradients:
        p, state = OPTIMIZERS[kind](p, np.array(g), state, learning_rate, **constants)
    return float(p)


@pytest.mark.parametrize(
    ("kind", "gradients", "expected"),
    [
        ("sgd", [1, 2], 1 - 0.1 - 0.2),
        ("momentum", [1, 2], 1 - 0.1 * 1 - 0.1 * (0.9 + 2)),
        ("nesterov", [1, 2], 1 - 0.1 * (1 + 0.9) - 0.1 * (2 + 0.9 * 2.9)),
        ("rmsprop", [2], 1 - 0.1 * 2 / math.sqrt(0.1 * 4)),
        ("adam", [2], 1 - 0.1),  # the first step of Adam has the length of the rate, whatever the gradient
        ("adam", [-1e-3], 1 + 0.1),
        # m = 0.9 · 0.1 + 0.1 · 3 = 0.39, of 1 - 0.81; v = 0.999 · 0.001 + 0.001 · 9 = 0.009999, of 1 - 0.998001
        ("adam", [1, 3], 0.9 - 0.1 * (0.39 / 0.19) / math.sqrt(0.009999 / 0.001999)),
        ("adamw", [2], 1 - 0.1),
    ],
)
def test_steps_worked_out_by_hand(kind: str, gradients: list[float], expected: float):
    assert after_steps(kind, gradients) == pytest.approx(expected, rel=1e-4)


def test_weight_decay_worked_out_by_hand():
    assert l2(np.array(2.0), np.array(1.0), 0.5) == 1 + 0.5 * 2
    p, _ = adamw(np.array(2.0), np.array(0.0), (), 0.1, weight_decay=0.5)
    assert p == pytest.approx(2 * (1 - 0.1 * 0.5))


# The network


def tiny() -> list[Layer]:
    """Two inputs, two ReLU units and two classes."""
    first = {"W": np.array([[1.0, -1], [2, 1]]), "b": np.array([0.0, 1])}
    return [Layer("dense", first, "relu"), Layer("dense", {"W": np.array([[1.0, 0], [0, 1]])})]


def test_a_step_of_a_tiny_network_worked_out_by_hand():
    """x = (1, 0): z = (1, 0), of which the second is at ReLU's corner; the logits (1, 0), squared error, label 1.

    delta = (1, 0 - 1) = dy; through ReLU dz = (1, 0); so dW of the first layer is ((1, 0), (0, 0)), db (1, 0).
    """
    layers, x, labels = tiny(), np.array([[1.0, 0]]), np.array([1])
    passes = plain.forward(layers, x)
    np.testing.assert_array_equal(passes[0].z, [[1, 0]])
    np.testing.assert_array_equal(passes[1].y, [[1, 0]])
    loss, gradient = LOSSES["linear_squared_error"]
    assert loss(passes[-1].y, labels) == [(1 + 1) / 2]
    returns = plain.backward(layers, passes, gradient(passes[-1].y, labels))
    np.testing.assert_array_equal(returns[1].gradients["W"], [[1, -1], [0, 0]])
    assert set(returns[1].gradients) == {"W"}  # it has no bias
    np.testing.assert_array_equal(returns[0].dz, [[1, 0]])
    np.testing.assert_array_equal(returns[0].gradients["W"], [[1, 0], [0, 0]])
    np.testing.assert_array_equal(returns[0].gradients["b"], [1, 0])
    np.testing.assert_array_equal(returns[0].dx, [[1, 2]])
    after, states = plain.update(layers, returns, learning_rate=0.5, weight_decay=0.2)
    # Weights: w - 0.5 (g + 0.2 w) = 0.9 w - 0.5 g; biases: b - 0.5 g.
    np.testing.assert_allclose(after[0].parameters["W"], [[0.9 - 0.5, -0.9], [1.8, 0.9]])
    np.testing.assert_array_equal(after[0].parameters["b"], [-0.5, 1])
    np.testing.assert_allclose(after[1].parameters["W"], [[0.9 - 0.5, 0.5], [0, 0.9]])
    assert states == [{"W": (), "b": ()}, {"W": ()}]
    np.testing.assert_array_equal(layers[0].parameters["W"], tiny()[0].parameters["W"])  # the old one stays


def mixed(dtype: type = np.float64) -> list[Layer]:
    """One of each kind, for images (n, 1, 7, 7); W (channels, kernel, kernel, filters)."""
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> np.ndarray:
        return plain.normal(shape, 0.4, rng).astype(dtype)

    norm = {"gain": 1 + drawn(3), "b": drawn(3), "mean": drawn(3), "variance": 1 + drawn(3) ** 2}
    return [
        Layer("conv2d", {"W": drawn(1, 3, 3, 3), "b": drawn(3)}, "tanh", {"stride": 1, "padding": 1}),
        Layer("batch_norm", norm, "leaky_relu"),
        Layer("max_pool2d", {}, settings={"kernel": 2, "stride": 1}),
        Layer("dropout", {}, settings={"rate": 0.3}),
        Layer("average_pool2d", {}, settings={"kernel": 2, "stride": 2}),
        Layer("flatten"),
        Layer("dense", {"W": drawn(27, 5), "b": drawn(5)}, "sigmoid"),
        Layer("dense", {"W": drawn(5, 10), "b": drawn(10)}),
    ]


@pytest.mark.parametrize("is_training", [True, False])
def test_back_propagation_through_every_kind_of_layer_gives_slopes(is_training: bool):
    layers, x, labels = mixed(), normal(3, 1, 7, 7, seed=5), np.array([1, 2, 3])
    loss, gradient = LOSSES["softmax_cross_entropy"]

    def passes(layers: list[Layer], x: np.ndarray) -> list[plain.Pass]:
        return plain.forward(layers, x, np.random.default_rng(7) if is_training else None, is_training)

    done = passes(layers, x)
    returns = plain.backward(layers, done, gradient(done[-1].y, labels))
    slopes = central_differences(
        lambda flat: loss(passes(layers, flat.reshape(x.shape))[-1].y, labels).mean(), x.ravel()
    )
    np.testing.assert_allclose(returns[0].dx.ravel(), slopes, rtol=1e-5, atol=1e-9)
    for index, back in enumerate(returns):
        for name, found in back.gradients.items():
            own = layers[index].parameters

            def at(flat: np.ndarray, index: int = index, name: str = name, own: dict = own) -> float:
                changed = Layer(**vars(layers[index]) | {"parameters": own | {name: flat.reshape(own[name].shape)}})
                return loss(passes([*layers[:index], changed, *layers[index + 1 :]], x)[-1].y, labels).mean()

            np.testing.assert_allclose(found.ravel(), central_differences(at, own[name].ravel()), rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.longdouble])
@pytest.mark.parametrize("kind", sorted(OPTIMIZERS))
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_every_float_type_stays_what_it_is(dtype: type, kind: str, loss: str):
    layers, x, labels = mixed(dtype), normal(3, 1, 7, 7).astype(dtype), np.array([1, 2, 3])
    passes = plain.forward(layers, x, np.random.default_rng(7), is_training=True)
    returns = plain.backward(layers, passes, LOSSES[loss][1](passes[-1].y, labels))
    after, states = plain.update(layers, returns, 0.01, kind, weight_decay=0.1)
    after, states = plain.update(after, returns, 0.01, kind, states, weight_decay=0.1)
    after = plain.update_statistics(after, passes)
    found = [softmax(passes[-1].y), LOSSES[loss][0](passes[-1].y, labels)]
    found += [array for done in passes for array in (done.x, done.z, done.y)]
    found += [array for back in returns for array in (back.dy, back.dz, back.dx, *back.gradients.values())]
    found += [array for layer in after for array in layer.parameters.values()]
    found += [part for state in states for own in state.values() for part in own if isinstance(part, np.ndarray)]
    assert {array.dtype for array in found} == {np.dtype(dtype)}


def test_nothing_is_overwritten():
    layers, x = mixed(), normal(3, 1, 7, 7)
    arrays = [x, *(array for layer in layers for array in layer.parameters.values())]
    for array in arrays:
        array.setflags(write=False)
    passes = plain.forward(layers, x, np.random.default_rng(7), is_training=True)
    for done in passes:
        for array in (done.z, done.y):
            array.setflags(write=False)
    returns = plain.backward(layers, passes, LOSSES["softmax_cross_entropy"][1](passes[-1].y, np.array([1, 2, 3])))
    for kind in OPTIMIZERS:
        after, states = plain.update(layers, returns, 0.01, kind, weight_decay=0.1)
        plain.update(after, returns, 0.01, kind, states, weight_decay=0.1)
    plain.update_statistics(layers, passes)


def test_it_learns():
    """The or of two inputs is told from its opposite after a few steps, with every optimizer."""
    x, labels = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 1])
    loss, gradient = LOSSES["softmax_cross_entropy"]
    for kind in OPTIMIZERS:
        rng = np.random.default_rng(0)
        layers = [
            Layer("dense", {"W": plain.he((2, 8), 2, rng), "b": np.zeros(8)}, "relu"),
            Layer("dense", {"W": plain.he((8, 2), 8, rng), "b": np.zeros(2)}),
        ]
        states: list[dict[str, tuple]] = []
        for _ in range(200):
            passes = plain.forward(layers, x)
            returns = plain.backward(layers, passes, gradient(passes[-1].y, labels))
            layers, states = plain.update(layers, returns, 0.5 if kind == "sgd" else 0.05, kind, states)
        logits = plain.forward(layers, x)[-1].y
        assert (logits.argmax(axis=1) == labels).all(), kind
        assert loss(logits, labels).mean() < 0.2, kind
