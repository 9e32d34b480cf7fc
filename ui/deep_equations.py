"""What the deep network computes and what keeps it from overfitting, as equations beside the code that does it."""

from mnistcore.nn.activations import leaky_relu, leaky_relu_backward, relu_backward, sigmoid_backward
from mnistcore.nn.initialization import initialize
from mnistcore.nn.layers import Dense, Dropout
from mnistcore.nn.losses import SoftmaxCrossEntropy
from mnistcore.nn.optimizers import Optimizer
from ui.system import Equation

EQUATIONS = (
    Equation(
        "Softmax and cross-entropy",
        r"L = -\log p_{\text{label}}, \qquad \frac{\partial L}{\partial z} = p - \text{onehot}(\text{label})",
        SoftmaxCrossEntropy.gradient,
        "The gradient at the output: the prediction minus the target.",
    ),
    Equation(
        "Back through a layer",
        r"\delta_{l} = \left(\delta_{l+1} W_{l+1}^{\top}\right) \odot f'(z_l)",
        Dense.backward,
        "Six times in a row: what is multiplied by less than one each time vanishes.",
    ),
    Equation(
        "The sigmoid's derivative",
        r"f' = y\,(1 - y) \le \tfrac{1}{4}",
        sigmoid_backward,
        "At best a quarter of the gradient passes; through six layers, at best a four-thousandth.",
    ),
    Equation(
        "ReLU's derivative",
        r"f' = \begin{cases} 1 & z > 0 \\ 0 & \text{else} \end{cases}",
        relu_backward,
        "All of it or nothing: a unit that is silent for every image never learns again.",
    ),
    Equation(
        "Leaky ReLU",
        r"y = \begin{cases} z & z > 0 \\ 0.01\,z & \text{else} \end{cases}",
        leaky_relu,
        "The sixth layer's activation: below zero it leaks a little.",
    ),
    Equation(
        "Leaky ReLU's derivative",
        r"f' = \begin{cases} 1 & z > 0 \\ 0.01 & \text{else} \end{cases}",
        leaky_relu_backward,
        "So a silent unit still learns, a hundred times more slowly.",
    ),
    Equation(
        "Initial weights",
        r"\text{Glorot: } |w| \le \sqrt{\tfrac{6}{n_\text{in} + n_\text{out}}}, \qquad "
        r"\text{He: } \operatorname{Var}(w) = \tfrac{2}{n_\text{in}}",
        initialize,
        "So large that sizes stay the same from layer to layer; He's allows for ReLU dropping half of them.",
    ),
    Equation(
        "Adam",
        r"\begin{aligned} m &\leftarrow \beta_1 m + (1-\beta_1)\, g \\ v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2 \\ "
        r"w &\leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \end{aligned}",
        Optimizer._adam,
        "Divided by the usual size of a weight's gradient, small gradients move it as far as large ones.",
    ),
    Equation(
        "L2, or weight decay",
        r"g \leftarrow g + \lambda w",
        Optimizer.update_block,
        "Weights shrink unless the loss gains from their size.",
    ),
    Equation(
        "Dropout",
        r"y = \frac{x \odot m}{1 - r}, \qquad m_i = 1 \text{ with probability } 1 - r, \text{ else } 0",
        Dropout.forward,
        "In training only: no unit can rely on another being there.",
    ),
)
