"""The code that training runs instead of the textbook's, and what it gains: for the equations of several pages."""

from typing import TypedDict

from mnistcore.nn import Dense, Dropout, Optimizer, activations, initialization, losses


class Twin(TypedDict):
    """The last two fields of an Equation."""

    fast: object
    gain: str


DENSE: Twin = {
    "fast": Dense.forward,
    "gain": "The sums are written into a buffer allocated once, and the activation overwrites them there: a step "
    "allocates no memory.",
}
DENSE_BACKWARD: Twin = {
    "fast": Dense.backward,
    "gain": "The gradients are written where the optimizer reads them, and the first layer skips `dx`, which nothing "
    "needs.",
}
RELU: Twin = {
    "fast": activations.relu,
    "gain": "Overwrites `z`. The maximum with an array of zeros takes a third of the time of that with a scalar.",
}
RELU_BACKWARD: Twin = {
    "fast": activations.relu_backward,
    "gain": "Overwrites `dy`. The sign bit of each number tells whether its gradient passes, in half the time of a "
    "comparison and a product.",
}
SIGMOID: Twin = {"fast": activations.sigmoid, "gain": "Overwrites `z`, step by step: no other array is needed."}
SIGMOID_BACKWARD: Twin = {
    "fast": activations.sigmoid_backward,
    "gain": "Starts from the outputs `y`, kept from the forward pass, so no `tanh` is computed again.",
}
LEAKY_RELU: Twin = {
    "fast": activations.leaky_relu,
    "gain": "Overwrites `z`: as the slope is less than 1, the result is the larger of `z` and `slope · z`.",
}
LEAKY_RELU_BACKWARD: Twin = {
    "fast": activations.leaky_relu_backward,
    "gain": "Overwrites `dy`, and takes the signs from the outputs, which have those of the sums.",
}
SOFTMAX: Twin = {"fast": losses._softmax, "gain": "Every pass writes into the same array."}
CROSS_ENTROPY: Twin = {
    "fast": losses.SoftmaxCrossEntropy.losses,
    "gain": "The logits are transposed first: NumPy is several times faster along ten long rows than ten columns.",
}
CROSS_ENTROPY_GRADIENT: Twin = {
    "fast": losses.SoftmaxCrossEntropy.gradient,
    "gain": "The logits are transposed first: NumPy is several times faster along ten long rows than along ten "
    "columns. No one-hot array is made: 1/n is subtracted at each label.",
}
SIGMOID_SQUARED_ERROR_GRADIENT: Twin = {
    "fast": losses.SigmoidSquaredError.gradient,
    "gain": "Written into one buffer; no one-hot array is made: 1 is subtracted at each label.",
}
LINEAR_SQUARED_ERROR_GRADIENT: Twin = {
    "fast": losses.LinearSquaredError.gradient,
    "gain": "Written into one buffer; no one-hot array is made: 1 is subtracted at each label.",
}
SGD: Twin = {
    "fast": Optimizer._sgd,
    "gain": "Overwrites all parameters, which are contiguous in memory, in blocks that fit the processor's cache.",
}
ADAM: Twin = {
    "fast": Optimizer._adam,
    "gain": "M and V are m and v without their factors (1 − β), which are folded into two constants: the same update "
    "with two fewer passes over memory, in blocks that fit the processor's cache.",
}
L2: Twin = {
    "fast": Optimizer.update_block,
    "gain": "A block of parameters at a time: the decay is added while the block is in the processor's cache.",
}
INITIALIZATION: Twin = {
    "fast": initialization.initialize,
    "gain": "Draws straight into the network's parameters, in float32; the same generator gives the same numbers.",
}
DROPOUT: Twin = {
    "fast": Dropout.forward,
    "gain": "The random numbers are overwritten by the factors, which are kept for the backward pass.",
}
