"""What the stepped-down network computes, as equations beside the code that does it."""

from mnistcore.nn.activations import relu, relu_backward
from mnistcore.nn.layers import Dense
from mnistcore.nn.losses import SoftmaxCrossEntropy
from mnistcore.nn.optimizers import Optimizer
from mnistcore.training.schedules import AdaptiveRate
from ui.system import Equation

EQUATIONS = (
    Equation(
        "A layer",
        r"z = xW + b, \qquad y = \max(z, 0)",
        Dense.forward,
        "784 pixels become 100 numbers, these 50, then 25, then 10. Each step down has fewer numbers to say it with.",
    ),
    Equation(
        "ReLU", r"y = \max(z, 0)", relu, "What is negative becomes zero: without this all layers would amount to one."
    ),
    Equation(
        "Softmax and cross-entropy",
        r"p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\log p_{\text{label}}",
        SoftmaxCrossEntropy.losses,
        "The loss is small only where the right digit gets nearly all of the probability.",
    ),
    Equation(
        "Where learning begins",
        r"\frac{\partial L}{\partial z} = p - \text{onehot}(\text{label})",
        SoftmaxCrossEntropy.gradient,
        "Softmax and logarithm together leave a plain difference: the prediction minus the target.",
    ),
    Equation(
        "Back through a layer",
        r"\frac{\partial L}{\partial W} = x^{\top}\delta, \qquad \frac{\partial L}{\partial x} = \delta W^{\top}",
        Dense.backward,
        "δ is the gradient before the activation; what is passed on is the next layer's.",
    ),
    Equation(
        "Back through ReLU",
        r"\frac{\partial y}{\partial z} = \begin{cases} 1 & y > 0 \\ 0 & \text{else} \end{cases}",
        relu_backward,
        "A unit that was silent for an image learns nothing from it.",
    ),
    Equation(
        "Adam",
        r"\begin{aligned} m &\leftarrow \beta_1 m + (1-\beta_1)\, g \\ v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2 \\ "
        r"w &\leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \end{aligned}",
        Optimizer._adam,
        "Each weight has a step size of its own: large where its gradients keep their direction.",
    ),
    Equation(
        "L2, scikit-learn's alpha",
        r"g \leftarrow g + \lambda w, \qquad \lambda = \frac{\alpha}{\text{batch size}} = \frac{10^{-4}}{200}",
        Optimizer.update_block,
        "Every weight is pulled towards zero a little; biases are not.",
    ),
    Equation(
        "An adaptive learning rate",
        r"\eta \leftarrow \tfrac{1}{5}\,\eta \quad \text{after 2 epochs without a lower training loss}",
        AdaptiveRate.observe,
        "The write-up asked for it too; but scikit-learn heeds that setting with plain SGD only, not with Adam.",
    ),
)
