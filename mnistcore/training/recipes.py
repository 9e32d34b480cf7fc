"""Recipes: named configs, among them the five systems that this product grew out of, and convolution beside them."""

from mnistcore.data.augmentation import AugmentationConfig
from mnistcore.errors import ConfigError
from mnistcore.nn import DenseConfig, InitializationConfig, OptimizerConfig
from mnistcore.training.config import ScheduleConfig, TrainingConfig
from mnistcore.training.recipe_parts import Recipe, champion, convolution, dense, fast, four_rounds, unhealthy

_DEEP = (*dense(100, 100, 100, 100, 100), DenseConfig(units=100, activation="leaky_relu"))

_ALL = (
    Recipe(
        "first-network",
        "A first network",
        "One hidden layer of 128 units: a few seconds of training show what a small network can do.",
        "",
        TrainingConfig(layers=dense(128), epochs=5),
    ),
    Recipe(
        "perceptrons",
        "Ten perceptrons",
        "One sigmoid perceptron per digit, no hidden layer: quick to learn, and easy to fool.",
        "80 % test accuracy in a few hundred steps, 90 % later",
        TrainingConfig(
            layers=(),
            loss="sigmoid_squared_error",
            initialization=InitializationConfig(kind="zeros"),
            optimizer=OptimizerConfig(kind="sgd"),
            learning_rate=0.5,
            batch_size=16,
            epochs=5,
            evaluate_at_steps=(*range(0, 1001, 50), *range(1_500, 17_001, 500)),
            follow_test=True,
        ),
    ),
    Recipe(
        "stepped-mlp",
        "Stepped-down network",
        "Hidden layers of 100, 50 and 25 units narrow down to ten digits, as in scikit-learn's MLPClassifier.",
        "97 % test accuracy after 20 epochs",
        TrainingConfig(
            layers=dense(100, 50, 25),
            initialization=InitializationConfig(kind="glorot"),
            schedule=ScheduleConfig(kind="adaptive"),
            batch_size=200,
            epochs=20,
            weight_decay=5e-7,  # scikit-learn's alpha of 1e-4, which it divides by the batch size
        ),
    ),
    Recipe(
        "from-scratch",
        "From scratch, full batch",
        "One hidden layer and plain gradient descent over all images at once, 2,020 times.",
        "80.57 % test accuracy after 2,020 iterations",
        TrainingConfig(
            layers=dense(128),
            initialization=InitializationConfig(kind="glorot"),  # the write-up names none; see docs/reproduction.md
            optimizer=OptimizerConfig(kind="sgd"),
            batch_size="full",
            epochs=2020,
            validation_size=0,
            follow_test=True,
        ),
    ),
    Recipe(
        "deep-leaky",
        "Six hidden layers",
        "Five ReLU layers and a leaky one of 100 units each: where a deep network begins to overfit.",
        "98.88 % training accuracy after 10 epochs",
        TrainingConfig(
            layers=_DEEP,
            initialization=InitializationConfig(kind="glorot"),
            batch_size=500,
            epochs=10,
        ),
    ),
    Recipe(
        "linear-online",
        "Linear, one image at a time",
        "784 pixels straight to ten numbers, no bias, squared error: every image moves the weights.",
        "69.28 % test accuracy after 60,000 images",
        TrainingConfig(
            layers=(),
            output_bias=False,
            loss="linear_squared_error",
            initialization=InitializationConfig(kind="uniform", low=0, high=1),
            optimizer=OptimizerConfig(kind="sgd"),
            learning_rate=0.01,
            batch_size=1,
            epochs=1,
            shuffle=False,
            validation_size=0,
            evaluate_at_steps=(0, 100, 1_000, *range(10_000, 60_001, 10_000)),
            follow_test=True,
        ),
    ),
    Recipe(
        "lenet",
        "A small LeNet",
        "Convolution: 8, then 16 filters of 5 × 5 pixels slide over the image and find a stroke wherever it lies.",
        "",
        TrainingConfig(layers=(*convolution(8, 16), *dense(128)), epochs=5),
    ),
    Recipe(
        "deep-leaky-regularised",
        "Six hidden layers, regularised",
        "The same six layers against overfitting: augmented images, weight decay, one cycle of the learning rate.",
        "",
        TrainingConfig(
            layers=_DEEP,
            initialization=InitializationConfig(kind="glorot"),
            optimizer=OptimizerConfig(kind="adamw"),
            learning_rate=0.003,
            schedule=ScheduleConfig(kind="one_cycle"),
            batch_size=200,
            epochs=30,
            weight_decay=0.02,
            augmentation=AugmentationConfig(shift=1, rotation=10, scale=0.1, elastic=1),
        ),
    ),
    fast(
        "fast-97",
        97,
        "One hidden layer of 128 units",
        dense(128),
        warmup=0.3,
        learning_rate=0.006,
        batch_size=128,
        epochs=3,
    ),
    fast(
        "fast-98",
        98,
        "One hidden layer of 256 units",
        dense(256),
        warmup=0.3,
        learning_rate=0.006,
        batch_size=128,
        epochs=4,
    ),
    fast(
        "fast-99",
        99,
        "The small LeNet",
        (*convolution(8, 16), *dense(128)),
        warmup=0.15,
        optimizer=OptimizerConfig(beta_2=0.95),  # a shorter memory for a short run
        label_smoothing=0.05,
        learning_rate=0.008,
        batch_size=64,
        epochs=3,
    ),
    unhealthy(
        "saturated-sigmoids",
        "Saturated sigmoids",
        "Large initial weights drive sigmoids to 0 and 1, where they are flat: see the health of the layers.",
        dense(100, 100, activation="sigmoid"),
        InitializationConfig(kind="normal", standard_deviation=2.0),
        learning_rate=0.1,
    ),
    unhealthy(
        "vanishing-gradients",
        "Vanishing gradients",
        "Six layers of sigmoids, each of which makes the gradient smaller: almost nothing arrives in the first.",
        dense(100, 100, 100, 100, 100, 100, activation="sigmoid"),
        InitializationConfig(kind="glorot"),
        learning_rate=0.1,
    ),
    unhealthy(
        "exploding-gradients",
        "Exploding gradients",
        "Six layers whose initial weights are too large, so that each makes the gradient larger.",
        dense(100, 100, 100, 100, 100, 100),
        InitializationConfig(kind="normal", standard_deviation=0.5),
        learning_rate=0.00001,
    ),
    champion(
        "champion-99.5",
        "Champion in a minute",
        "Four rounds of few filters, and images that are never quite the same: 99.5 % from one small network.",
        four_rounds(12, 24, 24, 48, dropout=0.2),
        augmentation=AugmentationConfig(shift=0.5, rotation=8, scale=0.1, shear=0.1, elastic=0.5),
        learning_rate=0.008,
        batch_size=64,
        epochs=10,
    ),
    champion(
        "drawn-digits",
        "For drawn digits",
        "The network that ships with the program: a third more filters, to learn MNIST and drawn digits together.",
        four_rounds(16, 32, 32, 64, dropout=0.2),
        augmentation=AugmentationConfig(shift=0.5, rotation=8, scale=0.1, shear=0.1, elastic=0.5),
        learning_rate=0.008,
        batch_size=64,
        epochs=8,
    ),
    champion(
        "champion",
        "Champion",
        "As accurate as it gets in some minutes: more filters, longer training, smoothed labels, a mean of weights.",
        four_rounds(32, 64, 64, 96, dropout=0.4, map_dropout=0.1),
        augmentation=AugmentationConfig(shift=1, rotation=10, scale=0.1, shear=0.1, elastic=0.75),
        optimizer=OptimizerConfig(kind="adamw"),
        weight_decay=0.03,
        weight_average=0.999,
        label_smoothing=0.1,
        learning_rate=0.01,
        batch_size=128,
        epochs=30,
    ),
    champion(
        "mlp-champion",
        "Champion without convolution",
        "Two wide dense layers, and every digit distorted differently in each epoch: how far you get without filters.",
        dense(800, 800),
        augmentation=AugmentationConfig(shift=1, rotation=10, scale=0.1, shear=0.1, elastic=1),
        learning_rate=0.003,
        batch_size=128,
        epochs=35,
    ),
)

RECIPES: dict[str, Recipe] = {recipe.name: recipe for recipe in _ALL}


def recipe(name: str) -> Recipe:
    """The recipe of that name; ConfigError lists the names there are."""
    if name not in RECIPES:
        raise ConfigError(f"there is no recipe {name!r}: choose one of {', '.join(RECIPES)}")
    return RECIPES[name]
