"""A training config in words: its network and its training, a few words for each setting."""

from __future__ import annotations

from html import escape

from mnistcore.nn import InitializationConfig, LayerConfig, summarize
from mnistcore.nn.outline import outline_layer
from mnistcore.training import TrainingConfig
from ui.frame.words import DISPLAY_NAMES, augmentation_words


def config_words(config: TrainingConfig) -> dict[str, str]:
    """Name → value of what makes this config what it is, each in a few words."""
    layers = [_layer(layer) for layer in config.layers]
    output = "10" if config.output_bias else "10, no bias"
    parameters = sum(layer.parameters for layer in summarize(config))
    words = {
        "Layers": " → ".join(["784", *layers, output]),
        "Parameters": f"{parameters:,}",
        "Output and loss": DISPLAY_NAMES[config.loss],
        "Initial weights": _initialization(config.initialization),
        "Optimizer": DISPLAY_NAMES[config.optimizer.kind],
        "Learning rate": _learning_rate(config),
        "Batch": _batch(config),
        "Epochs": f"{config.epochs:,}",
        "Held back": f"{config.validation_size:,} images for validation" if config.validation_size else "no images",
    }
    if config.weight_decay:
        words["Weight decay"] = f"{config.weight_decay:g}"
    if config.label_smoothing:
        words["Label smoothing"] = f"{config.label_smoothing:g}"
    if config.weight_average:
        words["Mean of the weights"] = f"decay {config.weight_average:g}"
    if config.augmentation.is_on:
        words["Augmentation"] = augmentation_words(config.augmentation)
    return words


def config_line(config: TrainingConfig) -> str:
    """`784 → 128 ReLU → 10 · SGD, learning rate 0.001 · all images at once · 2,020 epochs`."""
    words = config_words(config)
    epochs = "1 epoch" if config.epochs == 1 else f"{config.epochs:,} epochs"
    batch = words["Batch"] if config.batch_size == "full" else f"batches of {words['Batch']}"
    optimizer = f"{words['Optimizer']}, learning rate {words['Learning rate']}"
    return " · ".join([words["Layers"], optimizer, batch, epochs])


def config_html(config: TrainingConfig) -> str:
    """All settings: labels with their values below, in a row that wraps."""
    cells = "".join(
        f'<div><div style="font-size:.8rem;opacity:.7">{escape(label)}</div><div>{escape(value)}</div></div>'
        for label, value in config_words(config).items()
    )
    style = "display:flex;flex-wrap:wrap;gap:.7rem 2rem;font-variant-numeric:tabular-nums"
    return f'<div style="{style}">{cells}</div>'


def _layer(layer: LayerConfig) -> str:
    """`128 ReLU`."""
    activation = getattr(layer, "activation", "")
    return outline_layer(layer).replace(activation, DISPLAY_NAMES.get(activation, activation))


def _initialization(settings: InitializationConfig) -> str:
    if settings.kind == "uniform":
        return f"uniform, {settings.low:g} to {settings.high:g}"
    if settings.kind == "normal":
        return f"normal, standard deviation {settings.standard_deviation:g}"
    return DISPLAY_NAMES[settings.kind]


def _learning_rate(config: TrainingConfig) -> str:
    if config.schedule.kind == "constant":
        return f"{config.learning_rate:g}"
    return f"{config.learning_rate:g}, {DISPLAY_NAMES[config.schedule.kind]}"


def _batch(config: TrainingConfig) -> str:
    if config.batch_size == "full":
        return "all images at once"
    size = "1 image" if config.batch_size == 1 else f"{config.batch_size:,} images"
    return size if config.shuffle else f"{size}, in the given order"
