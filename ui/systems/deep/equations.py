"""What the deep network computes and what keeps it from overfitting, as equations beside the code that does it."""

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
        "Six times in a row: what is multiplied by less than one each time vanishes.",
        **fast_twins.DENSE_BACKWARD,
    ),
    Equation(
        "The sigmoid's derivative",
        r"f' = y\,(1 - y) \le \tfrac{1}{4}",
        sigmoid_derivative,
        "At best a quarter of the gradient passes; through six layers, at best a four-thousandth.",
        **fast_twins.SIGMOID_BACKWARD,
    ),
    Equation(
        "ReLU's derivative",
        r"f' = \begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
        relu_derivative,
        "All of it or nothing: a unit that is silent for every image never learns again.",
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
        "So a silent unit still learns, a hundred times more slowly.",
        **fast_twins.LEAKY_RELU_BACKWARD,
    ),
    Equation(
        "Initial weights: He",
        r"\operatorname{Var}(w) = \tfrac{2}{n_\text{in}}",
        he,
        "So large that sizes stay the same from layer to layer, though ReLU drops half of the numbers.",
        **fast_twins.INITIALIZATION,
    ),
    Equation(
        "Initial weights: Glorot",
        r"|w| \le \sqrt{\tfrac{6}{n_\text{in} + n_\text{out}}}",
        glorot,
        "For sigmoid and tanh, which drop nothing: sizes stay much the same on the way forward and on the way back.",
        **fast_twins.INITIALIZATION,
    ),
    Equation(
        "Adam",
        r"\begin{aligned} m &\leftarrow \beta_1 m + (1-\beta_1)\, g \\ v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2 \\ "
        r"w &\leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \end{aligned}",
        adam,
        "Divided by the usual size of a weight's gradient, small gradients move it as far as large ones.",
        **fast_twins.ADAM,
    ),
    Equation(
        "L2, or weight decay",
        r"g \leftarrow g + \lambda w",
        l2,
        "Weights shrink unless the loss gains from their size.",
        **fast_twins.L2,
    ),
    Equation(
        "Dropout",
        r"\begin{gathered} y = x \odot m \\ m_i = \begin{cases} 0 & \text{with probability } r \\"
        r"\tfrac{1}{1 - r} & \text{else} \end{cases} \end{gathered}",
        dropout_mask,
        "In training only: no unit can rely on another being there.",
        **fast_twins.DROPOUT,
    ),
)
