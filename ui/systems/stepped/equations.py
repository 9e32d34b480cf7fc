"""What the stepped-down network computes, as equations beside their code."""

from mnistcore.plain.activations import relu, relu_derivative
from mnistcore.plain.dense import dense, dense_backward
from mnistcore.plain.losses import softmax_cross_entropy, softmax_cross_entropy_gradient
from mnistcore.plain.optimizers import adam, l2
from mnistcore.training.schedules import AdaptiveRate
from ui.systems import fast_twins
from ui.systems.system import Equation

EQUATIONS = (
    Equation(
        "A layer",
        r"z = xW + b, \qquad y = \max(z, 0)",
        dense,
        "784 pixels become 100 numbers, then 50, 25 and 10: each layer has to say it with fewer numbers.",
        **fast_twins.DENSE,
    ),
    Equation(
        "ReLU",
        r"y = \max(z, 0)",
        relu,
        "Negative numbers become zero; without this, all layers together would amount to a single one.",
        **fast_twins.RELU,
    ),
    Equation(
        "Softmax and cross-entropy",
        r"\begin{gathered} p_k = \frac{e^{z_k}}{\sum_j e^{z_j}} \\ L = -\log p_{\text{label}} \end{gathered}",
        softmax_cross_entropy,
        "The loss is small only where the correct digit gets nearly all of the probability.",
        **fast_twins.CROSS_ENTROPY,
    ),
    Equation(
        "Where learning begins",
        r"\frac{\partial L}{\partial z} = p - \text{onehot}(\text{label})",
        softmax_cross_entropy_gradient,
        "Softmax and logarithm together leave a plain difference: the prediction minus the target.",
        **fast_twins.CROSS_ENTROPY_GRADIENT,
    ),
    Equation(
        "Back through a layer",
        r"\frac{\partial L}{\partial W} = x^{\top}\delta, \qquad \frac{\partial L}{\partial x} = \delta W^{\top}",
        dense_backward,
        "δ is the gradient before the activation; ∂L/∂x is passed back to the layer before.",
        **fast_twins.DENSE_BACKWARD,
    ),
    Equation(
        "Back through ReLU",
        r"\frac{\partial y}{\partial z} = \begin{cases} 1 & y > 0 \\ 0 & \text{else} \end{cases}",
        relu_derivative,
        "A unit whose output was zero for an image learns nothing from it.",
        **fast_twins.RELU_BACKWARD,
    ),
    Equation(
        "Adam",
        r"\begin{aligned} m &\leftarrow \beta_1 m + (1-\beta_1)\, g \\ v &\leftarrow \beta_2 v + (1-\beta_2)\, g^2 \\ "
        r"w &\leftarrow w - \eta \, \frac{\hat m}{\sqrt{\hat v} + \varepsilon} \end{aligned}",
        adam,
        "Each weight has its own step size: large where its gradients keep their direction.",
        **fast_twins.ADAM,
    ),
    Equation(
        "L2, scikit-learn's alpha",
        r"g \leftarrow g + \lambda w, \qquad \lambda = \frac{\alpha}{\text{batch size}} = \frac{10^{-4}}{200}",
        l2,
        "Every weight is pulled towards zero a little; biases are not.",
        **fast_twins.L2,
    ),
    Equation(
        "An adaptive learning rate",
        r"\eta \leftarrow \tfrac{1}{5}\,\eta \quad \text{after 2 epochs without a lower training loss}",
        AdaptiveRate.observe,
        "The write-up asked for it too, but scikit-learn applies it only with plain SGD, not with Adam.",
    ),
)
