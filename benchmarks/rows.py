"""The networks that are measured, as configs: every competitor builds its own from them."""

from dataclasses import dataclass

from mnistcore.training import TrainingConfig, parse_config

IMAGES = 60_000
TURNS = 6  # epochs that a competitor takes: the first to warm up


@dataclass(frozen=True)
class Entry:
    """Who trains what: a name of PEERS and one of CONFIGS, on how many of the images, from which seed, on what."""

    peer: str
    row: str
    images: int = IMAGES
    seed: int = 0
    is_on_one_core: bool = False

    @property
    def repeats(self) -> int:
        """How many epochs make one sample, so that the same number of images goes by in each."""
        return IMAGES // self.images

    @property
    def config(self) -> TrainingConfig:
        """What is trained."""
        return CONFIGS[self.row].model_copy(update={"seed": self.seed, "epochs": TURNS * self.repeats})


def _dense(*units: int) -> list[dict[str, object]]:
    return [{"kind": "dense", "units": count, "activation": "relu"} for count in units]


def _row(**settings: object) -> TrainingConfig:
    return parse_config({"validation_size": 0, **settings})


_LENET = [
    {"kind": "conv2d", "filters": 8, "kernel": 5},
    {"kind": "max_pool2d"},
    {"kind": "conv2d", "filters": 16, "kernel": 5},
    {"kind": "max_pool2d"},
    {"kind": "flatten"},
    *_dense(128),
]

ROWS: dict[str, TrainingConfig] = {
    "A": _row(layers=[], batch_size=16, optimizer="sgd", learning_rate=0.1),
    "B": _row(layers=_dense(128), batch_size=64, optimizer="sgd", learning_rate=0.1),
    "C": _row(layers=_dense(100, 50, 25), batch_size=200, optimizer="adam"),
    "D": _row(layers=_dense(*[100] * 6), batch_size=500, optimizer="adam"),
    "E": _row(layers=_dense(512, 512), batch_size=128, optimizer="adam"),
    "F": _row(layers=_LENET, batch_size=64, optimizer="adam"),
    "G": _row(
        layers=[],
        output_bias=False,
        loss="linear_squared_error",
        initialization="zeros",
        batch_size=1,
        optimizer="sgd",
        learning_rate=0.001,
    ),
}
AUGMENTATION = {"shift": 2, "rotation": 10, "scale": 0.1, "shear": 0.1, "elastic": 1}
CONFIGS = ROWS | {
    "full_batch": _row(layers=_dense(128), batch_size="full", optimizer="sgd", learning_rate=0.1),
    "augmented": _row(layers=_LENET, batch_size=64, optimizer="adam", augmentation=AUGMENTATION),
}
TITLES = {
    "A": "784-10, batch 16, SGD",
    "B": "784-128-10, batch 64, SGD",
    "C": "784-100-50-25-10, batch 200, Adam",
    "D": "784-6×100-10, batch 500, Adam",
    "E": "784-512-512-10, batch 128, Adam",
    "F": "lenet, batch 64, Adam",
    "G": "linear 784-10, one image at a time, SGD",
}
