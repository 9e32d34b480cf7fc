"""The code that training runs in place of the textbook's, and what it gains: for the equations of several pages."""

from typing import TypedDict

from mnistcore.nn import Dense, Dropout, Optimizer, activations, initialization, losses


class Twin(TypedDict):
    """The last two fields of an Equation."""

    fast: object
    gain: str


DENSE: Twin = {
    "fast": Dense.forward,
    "gain": "The sums are written into a buffer that is made once, and the activation overwrites them there: a step "
    "allocates no memory.",
}
DENSE_BACKWARD: Twin = {
    "fast": Dense.backward,
    "gain": "The gradients are written where the optimizer reads them, and the first layer works out no `dx`, which "
    "nobody would read.",
}
RELU: Twin = {
    "fast": activations.relu,
    "gain": "Overwrites `z`. The maximum against an array of zeros takes a third of the time that it takes against a "
    "number.",
}
RELU_BACKWARD: Twin = {
    "fast": activations.relu_backward,
    "gain": "Overwrites `dy`. The sign bit of each number tells whether it passes: half the time of a comparison and a "
    "product.",
}
SIGMOID: Twin = {"fast": activations.sigmoid, "gain": "Overwrites `z`, step by step: no other array is needed."}
SIGMOID_BACKWARD: Twin = {
    "fast": activations.sigmoid_backward,
    "gain": "Starts from the outputs `y`, which are there from the way forward, so that no `tanh` is worked out again.",
}
LEAKY_RELU: Twin = {
    "fast": activations.leaky_relu,
    "gain": "Overwrites `z`: as the slope is less than 1, the larger of `z` and `slope · z` is the one that counts.",
}
LEAKY_RELU_BACKWARD: Twin = {
    "fast": activations.leaky_relu_backward,
    "gain": "Overwrites `dy`, and takes the sign from the outputs, which is that of the sums.",
}
SOFTMAX: Twin = {"fast": losses._softmax, "gain": "Every pass writes into the same array."}
CROSS_ENTROPY: Twin = {
    "fast": losses.SoftmaxCrossEntropy.losses,
    "gain": "The logits are turned first: NumPy is several times faster along ten long rows than along ten columns.",
}
CROSS_ENTROPY_GRADIENT: Twin = {
    "fast": losses.SoftmaxCrossEntropy.gradient,
    "gain": "The logits are turned first: NumPy is several times faster along ten long rows than along ten columns. "
    "No one-hot array is made: 1/n is taken off at each label.",
}
SIGMOID_SQUARED_ERROR_GRADIENT: Twin = {
    "fast": losses.SigmoidSquaredError.gradient,
    "gain": "Written into one buffer; no one-hot array is made: 1 is taken off at each label.",
}
LINEAR_SQUARED_ERROR_GRADIENT: Twin = {
    "fast": losses.LinearSquaredError.gradient,
    "gain": "Written into one buffer; no one-hot array is made: 1 is taken off at each label.",
}
SGD: Twin = {
    "fast": Optimizer._sgd,
    "gain": "Overwrites all parameters, which lie one behind the other in memory, in blocks that fit the processor's "
    "cache.",
}
ADAM: Twin = {
    "fast": Optimizer._adam,
    "gain": "M and V are m and v without their factors (1 − β), which go into the two numbers of the step: the same "
    "update with two passes over memory fewer, in blocks that fit the processor's cache.",
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
    "gain": "The random numbers are overwritten by the factors, and these are kept for the way back.",
}
