"""What the deep network computes and what keeps it from overfitting, as equations beside their code."""

from mnistcore.plain.activations import leaky_relu, leaky_relu_derivative, relu_derivative, sigmoid_derivative
from mnistcore.plain.dense import dense_backward
from mnistcore.plain.dropout import dropout_mask
from mnistcore.plain.initialization import glorot, he
from mnistcore.plain.losses import softmax_cross_entropy_gradient
from mnistcore.plain.optimizers import adam, l2
from ui.systems import fast_twins
from ui.systems.system import Equation

EQUATIONS = (
    Equation(
        "Softmax and cross-entropy",
        r"\begin{gathered} L = -\log p_{\text{label}} \\"
        r"\frac{\partial L}{\partial z} = p - \text{onehot}(\text{label}) \end{gathered}",
        softmax_cross_entropy_gradient,
        "The gradient at the output: the prediction minus the target.",
        **fast_twins.CROSS_ENTROPY_GRADIENT,
    ),
    Equation(
        "Back through a layer",
        r"\delta_{l} = \left(\delta_{l+1} W_{l+1}^{\top}\right) \odot f'(z_l)",
        dense_backward,
        "Six times in a row: a gradient that shrinks at every layer vanishes.",
        **fast_twins.DENSE_BACKWARD,
    ),
    Equation(
        "The sigmoid's derivative",
        r"f' = y\,(1 - y) \le \tfrac{1}{4}",
        sigmoid_derivative,
        "At most a quarter of the gradient passes through one layer, and 1/4096 through six.",
        **fast_twins.SIGMOID_BACKWARD,
    ),
    Equation(
        "ReLU's derivative",
        r"f' = \begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
        relu_derivative,
        "The gradient passes whole or not at all: a unit that is zero for every image never learns again.",
        **fast_twins.RELU_BACKWARD,
    ),
    Equation(
        "Leaky ReLU",
        r"y = \begin{cases} z & z > 0 \\ 0.01\,z & \text{else} \end{cases}",
        leaky_relu,
        "The sixth layer's activation: below zero it leaks a little.",
        **fast_twins.LEAKY_RELU,
    ),
    Equation(
        "Leaky ReLU's derivative",
        r"f' = \begin{cases} 1 & z > 0 \\ 0.01 & \text{else} \end{cases}",
        leaky_relu_derivative,
        "A unit below zero still learns, a hundred times more slowly.",
        **fast_twins.LEAKY_RELU_BACKWARD,
    ),
    Equation(
        "Initial weights: He",
        r"\operatorname{Var}(w) = \tfrac{2}{n_\text{in}}",
        he,
        "Large enough to keep the outputs the same size from layer to layer, although ReLU zeroes half of them.",
        **fast_twins.INITIALIZATION,
    ),
    Equation(
        "Initial weights: Glorot",
        r"|w| \le \sqrt{\tfrac{6}{n_\text{in} + n_\text{out}}}",
        glorot,
        "For sigmoid and tanh, which zero nothing: outputs and gradients stay roughly the same size.",
        **fast_twins.INITIALIZATION,
    ),
    Equation(
        "Adam",
        r"\begin{aligned} m &\leftarrow \beta_1 m + (1-\beta_1)\, g \\ v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2 \\ "
        r"w &\leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \end{aligned}",
        adam,
        "Each gradient is divided by its usual size, so small gradients move a weight as far as large ones.",
        **fast_twins.ADAM,
    ),
    Equation(
        "L2, or weight decay",
        r"g \leftarrow g + \lambda w",
        l2,
        "Weights shrink unless their size lowers the loss.",
        **fast_twins.L2,
    ),
    Equation(
        "Dropout",
        r"\begin{gathered} y = x \odot m \\ m_i = \begin{cases} 0 & \text{with probability } r \\"
        r"\tfrac{1}{1 - r} & \text{else} \end{cases} \end{gathered}",
        dropout_mask,
        "During training only: no unit can rely on any other.",
        **fast_twins.DROPOUT,
    ),
)
