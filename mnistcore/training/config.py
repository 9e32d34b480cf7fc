"""The settings of a training run: validated, immutable, with a stable JSON form."""

import json
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from mnistcore.data.augmentation import AugmentationConfig
from mnistcore.errors import ConfigError
from mnistcore.nn import LayerConfig, NetworkConfig, OptimizerConfig
from mnistcore.nn.layer_config import KindSettings, Settings

MAX_JSON = 100_000  # characters; a config of 20 layers has about 3,000
LAYER_KINDS: tuple[str, ...] = tuple(kind.model_fields["kind"].default for kind in get_args(get_args(LayerConfig)[0]))


class ScheduleConfig(KindSettings):
    """How the learning rate changes.

    ``step``: times ``factor`` every ``step_epochs``. ``cosine``: from the base rate down to ``final`` of it (Loshchilov
    and Hutter 2017). ``one_cycle``: up from a 25th of it over the share ``warmup`` of all steps, then by cosine down to
    ``final`` (Smith and Topin 2018). ``adaptive``: a fifth whenever ``patience`` epochs in a row did not lower the
    training loss by ``tolerance`` (scikit-learn's rule).
    """

    kind: Literal["constant", "step", "cosine", "one_cycle", "adaptive"] = "constant"
    step_epochs: int = Field(5, ge=1, le=100_000)
    factor: float = Field(0.1, gt=0, le=1)
    warmup: float = Field(0.3, ge=0, le=1)
    final: float = Field(0.0, ge=0, le=1)
    patience: int = Field(2, ge=1, le=1000)
    tolerance: float = Field(1e-4, ge=0, le=1)


class StartFrom(Settings):
    """Another run's weights to begin with, in place of random ones: the run's id, and the step that they are of.

    A plain string stands for a run's newest weights. ``content`` is the sha256 of the weights (float32,
    little-endian): a run has it once it is submitted, and finds them by it when the other run is gone.
    """

    run: str = Field(pattern=r"^[0-9a-f]{12}$")
    step: int | None = Field(None, ge=0, lt=2**31)
    content: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"run": value} if isinstance(value, str) else value


class TrainingConfig(NetworkConfig):
    """A network and how to train it; the same config, data and seed give the same weights, bit for bit.

    ``augmentation`` changes every training image differently in each epoch, and no image that is evaluated.
    ``weight_decay`` is an L2 term in the gradient, for adamw decoupled weight decay. ``weight_average`` is the decay of
    an exponential mean of the weights, 0 for none: with it the run's weights, which are evaluated, kept and shown, are
    that mean, while the optimizer goes on from the plain ones. ``label_smoothing`` divides that share of each label
    among all ten digits (softmax cross-entropy only); losses are reported without it. ``validation_size`` images are
    held out of the training part, ``train_size`` limits what is left. ``early_stopping`` is the number of epochs
    without a lower validation loss after which the run ends with its best weights. It also ends once
    ``target_accuracy`` (a share of 1) is reached on the validation part, which is looked at four times an epoch then,
    or after ``max_seconds`` of training; how far it comes in these depends on the machine. The validation part is
    evaluated at ``evaluate_at_steps`` and from time to time; ``follow_test`` evaluates the test set along with it, to
    redraw a published curve, never to choose by. ``start_from`` has the weights of another run of the same shape in
    place of initial ones, batch normalisation's statistics among them; the optimizer begins anew.
    """

    learning_rate: float = Field(0.001, gt=0, le=100)
    optimizer: OptimizerConfig = OptimizerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    batch_size: int | Literal["full"] = 64
    epochs: int = Field(5, ge=1, le=100_000)
    max_steps: int | None = Field(None, ge=1, le=100_000_000)
    weight_decay: float = Field(0.0, ge=0, le=10)
    weight_average: float = Field(0.0, ge=0, lt=1)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    augmentation: AugmentationConfig = AugmentationConfig()
    train_size: int | None = Field(None, ge=1, le=1_000_000)
    validation_size: int = Field(5000, ge=0, le=100_000)
    shuffle: bool = True
    early_stopping: int | None = Field(None, ge=1, le=1000)
    target_accuracy: float | None = Field(None, gt=0, le=1)
    max_seconds: float | None = Field(None, gt=0, le=1_000_000)
    seed: int = Field(0, ge=0, lt=2**32)
    evaluate_at_steps: tuple[int, ...] = Field((), max_length=1000)
    follow_test: bool = False
    start_from: StartFrom | None = None

    @field_validator("batch_size")
    @classmethod
    def _bounded(cls, batch_size: int | str) -> int | str:
        if isinstance(batch_size, int) and not 1 <= batch_size <= 1_000_000:
            raise ValueError(f'batch_size must be from 1 to 1,000,000 or "full", got {batch_size}')
        return batch_size

    @model_validator(mode="after")
    def _consistent(self) -> "TrainingConfig":
        if self.early_stopping is not None and self.validation_size == 0:
            raise ValueError("early_stopping watches the validation loss: set validation_size above 0")
        if self.target_accuracy is not None and self.validation_size == 0:
            raise ValueError("target_accuracy is one on validation images: set validation_size above 0")
        if self.label_smoothing and self.loss != "softmax_cross_entropy":
            raise ValueError(
                f"label_smoothing is for the loss softmax_cross_entropy, got {self.label_smoothing:g} with {self.loss}"
                ": set it to 0, or choose that loss"
            )
        return self

    def differences(self) -> dict[str, Any]:
        """Only what differs from the defaults, as JSON values: the short form for an address.

        Layers, when they differ, are all there, each with its kind and what differs from that kind's defaults.
        """
        default = TrainingConfig().model_dump(mode="json")
        short = {name: value for name, value in self.model_dump(mode="json").items() if value != default[name]}
        if "layers" in short:
            layers = (layer.model_dump(mode="json", exclude_defaults=True) for layer in self.layers)
            short["layers"] = [{"kind": layer.kind} | values for layer, values in zip(self.layers, layers, strict=True)]
        return short

    def overridden(self, values: Mapping[str, Any]) -> "TrainingConfig":
        """This config with some values replaced, by dotted name; strings are read as JSON where they are JSON.

        ``{"learning_rate": "0.1", "optimizer.kind": "sgd", "layers": '[{"units": 50}]'}``. Raises ConfigError.
        """
        settings = self.model_dump(mode="json")
        for name, value in values.items():
            target = settings
            *parents, last = name.split(".")
            for parent in parents:
                if not isinstance(target.get(parent), dict):
                    raise ConfigError(f"there is no setting {name!r}: settings are {', '.join(sorted(settings))}")
                target = target[parent]
            if last not in target:
                raise ConfigError(f"there is no setting {name!r}: settings are {', '.join(sorted(target))}")
            target[last] = _parse_value(value)
        return parse_config(settings)


def parse_config(source: Mapping[str, Any] | str) -> TrainingConfig:
    """A config from a mapping or its JSON text; ConfigError names the field, the value and what is allowed."""
    if isinstance(source, str):
        if len(source) > MAX_JSON:
            raise ConfigError(f"a config takes at most {MAX_JSON:,} characters, got {len(source):,}")
        try:
            source = json.loads(source)
        except (ValueError, RecursionError) as error:  # also a number of thousands of digits
            raise ConfigError(f"the config is not JSON ({error}): check quotes, commas and brackets") from error
    if not isinstance(source, Mapping):
        raise ConfigError(f'a config is a JSON object like {{"epochs": 5}}, got {type(source).__name__}')
    settings = dict(source)
    if isinstance(settings.get("layers"), (list, tuple)):
        settings["layers"] = [_with_kind(layer) for layer in settings["layers"]]
    try:
        return TrainingConfig.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(describe_defects(error)) from error


def _with_kind(layer: Any) -> Any:
    """A layer that names no kind is a dense one."""
    return {"kind": "dense", **layer} if isinstance(layer, dict) else layer


def _parse_value(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return {"None": None, "True": True, "False": False}.get(value, value)


# pydantic puts the branch of a union that it tried into the place of a defect: layer kinds, and those of batch_size.
_NOT_A_PLACE = {*LAYER_KINDS, "int", "literal['full']"}


def _shown(value: object) -> str:
    return repr(str(value)[:60])


def describe_defects(error: ValidationError) -> str:
    """All defects that pydantic found, in one line."""
    parts = []
    for defect in error.errors():
        first, *further = defect["loc"] or ("",)
        place = ".".join(str(part) for part in (first, *further) if part is first or part not in _NOT_A_PLACE)
        message = defect["msg"].removeprefix("Value error, ").rstrip(".")
        if defect["type"] == "extra_forbidden":
            message = "there is no such setting; remove it or check its spelling"
        if defect["type"] == "value_error":
            parts.append(message)
        elif defect["type"] == "union_tag_invalid":
            kinds = ", ".join(LAYER_KINDS)
            parts.append(f"{place}.kind: there is no such layer; use {kinds}, got {_shown(defect['ctx']['tag'])}")
        else:
            parts.append(f"{place}: {message[0].lower()}{message[1:]}, got {_shown(defect['input'])}")
    return "; ".join(dict.fromkeys(parts))
