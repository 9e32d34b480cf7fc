"""An experiment as validated settings: what varies, over which values, who chooses next, and how much it may cost."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from mnistcore.errors import ConfigError
from mnistcore.experiments.settings import with_settings
from mnistcore.nn.layer_config import Settings
from mnistcore.nn.shapes import describe_shape, weight_shapes
from mnistcore.training.config import TrainingConfig, describe_defects, parse_config

Sampler = Literal["grid", "random", "tpe"]

MAX_RUNS = 10_000
GRID_POINTS = 5  # of a range, when every combination is tried
Scalar = bool | int | float | str | None


class Values(Settings):
    """A list of values that a setting may have, in their order."""

    kind: Literal["values"] = "values"
    values: tuple[Scalar, ...] = Field(min_length=1, max_length=100)

    @field_validator("values")
    @classmethod
    def _different(cls, values: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
        if len({json.dumps(value) for value in values}) < len(values):
            raise ValueError("each value may stand in the list once: remove the repeated ones")
        return values


class Range(Settings):
    """All numbers from low to high, evenly or, with ``log``, evenly in their logarithm; ``whole`` ones only if so."""

    kind: Literal["range"] = "range"
    low: float
    high: float
    log: bool = False
    whole: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low < self.high:
            raise ValueError(f"a range goes from a lower to a higher number, got {self.low:g} to {self.high:g}")
        if self.log and self.low <= 0:
            raise ValueError(f"a range on a logarithmic scale begins above 0, got {self.low:g}")
        return self

    def at(self, share: float) -> float | int:
        """The number that lies so far from low (0) to high (1) on the range's own scale, in three digits."""
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        return self.rounded(value)

    def rounded(self, value: float) -> float | int:
        """A number of the range as people would write it: three significant digits, whole where it must be."""
        if self.whole:
            return min(math.floor(self.high), max(math.ceil(self.low), round(value)))
        return min(self.high, max(self.low, float(f"{value:.3g}")))

    def points(self, count: int = GRID_POINTS) -> tuple[float | int, ...]:
        """So many numbers evenly over the range, both ends among them; fewer where whole numbers coincide."""
        return tuple(dict.fromkeys(self.at(place / (count - 1)) for place in range(count)))


Variation = Annotated[Values | Range, Field(discriminator="kind")]


class ExperimentConfig(Settings):
    """Many runs with one purpose; ``base`` is what they have in common.

    Each combination of settings runs with ``seeds`` seeds, counted up from the base's: the same seeds, and with them
    the same order of images, for every combination. ``runs`` (all seeds counted) and ``minutes`` are the budget;
    without ``runs`` a grid is tried to its end. ``stop_early`` lets only the better third go on, see halving.py.
    """

    base: TrainingConfig = TrainingConfig()
    dataset: str = "mnist"
    vary: dict[str, Variation] = Field(min_length=1, max_length=12)
    seeds: int = Field(1, ge=1, le=100)
    sampler: Sampler = "random"
    runs: int | None = Field(None, ge=1, le=MAX_RUNS)
    minutes: float | None = Field(None, gt=0, le=100_000)
    stop_early: bool = False
    sampler_seed: int = Field(0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _possible(self) -> ExperimentConfig:
        if "seed" in self.vary:
            raise ValueError("seed: vary it by the number of seeds (seeds), not as a setting")
        if self.base.validation_size == 0:
            raise ValueError("validation_size: settings are compared on validation images; set it above 0 in the base")
        if self.sampler != "grid" and self.runs is None and self.minutes is None:
            raise ValueError(f"runs: the sampler {self.sampler!r} has no end of its own; set runs or minutes")
        if self.sampler == "grid" and self.grid_size * self.seeds > MAX_RUNS:
            raise ValueError(
                f"vary: every combination makes {self.grid_size * self.seeds:,} runs, at most {MAX_RUNS:,} are "
                "allowed; give fewer values, or let a sampler choose"
            )
        try:
            for name, variation in self.vary.items():
                for value in _extremes(variation):
                    self._check_start(name, with_settings(self.base, {name: value}))
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return self

    def _check_start(self, name: str, varied: TrainingConfig) -> None:
        """ConfigError if a setting changes the shape of networks that all start from the same weights."""
        if varied.start_from is not None and weight_shapes(varied) != weight_shapes(self.base):
            raise ConfigError(
                f"{name}: all runs start from the weights of a {describe_shape(self.base)}, this would be a "
                f"{describe_shape(varied)}; vary something else, or start from random weights"
            )

    @property
    def grid_size(self) -> int:
        """How many combinations there are on the grid."""
        return math.prod(len(grid_values(variation)) for variation in self.vary.values())

    @property
    def combinations(self) -> int | None:
        """How many combinations of settings there will be at most; None when only the time is bounded."""
        allowed = None if self.runs is None else max(1, self.runs // self.seeds)
        if self.sampler != "grid":
            return allowed
        return self.grid_size if allowed is None else min(self.grid_size, allowed)

    def member(self, values: Mapping[str, Any], repeat: int) -> TrainingConfig:
        """The config of a member: these values, and the seed of this repeat (from 0)."""
        config = with_settings(self.base, values)
        return config.overridden({"seed": (self.base.seed + repeat) % 2**32})


def grid_values(variation: Variation) -> tuple[Scalar, ...]:
    """The values of a setting that every combination is made of."""
    return variation.values if isinstance(variation, Values) else variation.points()


def _extremes(variation: Variation) -> tuple[Scalar, ...]:
    return variation.values if isinstance(variation, Values) else (variation.at(0), variation.at(1))


def parse_experiment(source: Mapping[str, Any]) -> ExperimentConfig:
    """An experiment from a mapping; ConfigError names the setting, the value and what is allowed."""
    settings = dict(source)
    if isinstance(base := settings.get("base"), Mapping):
        try:
            settings["base"] = parse_config(base)
        except ConfigError as error:
            raise ConfigError(f"base: {error}") from error
    try:
        return ExperimentConfig.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(describe_defects(error)) from error


def parse_variation(text: str) -> Variation:
    """``log:1e-4:1e-1`` or ``range:0:0.5`` as a Range, ``16,64,256`` as Values; ConfigError for anything else.

    A range whose ends are written as whole numbers is one of whole numbers: ``range:1:4``, but not ``range:0.0:1.0``.
    """
    kind, _, rest = text.partition(":")
    if kind in ("log", "range"):
        ends = rest.split(":")
        try:
            low, high = (float(end) for end in ends)
        except ValueError:
            raise ConfigError(f"a range is written {kind}:LOW:HIGH, as in log:1e-4:1e-1, got {text!r}") from None
        whole = all(end.strip().lstrip("+-").isdigit() for end in ends)
        return _checked(Range, low=low, high=high, log=kind == "log", whole=whole)
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise ConfigError(f"values are separated by commas, as in 16,64,256, got {text!r}")
    return _checked(Values, values=tuple(_scalar(part) for part in parts))


def variation_text(variation: Variation) -> str:
    """A variation as ``parse_variation`` reads it."""
    if isinstance(variation, Values):
        return ",".join(value if isinstance(value, str) else json.dumps(value) for value in variation.values)
    low, high = variation.low, variation.high
    ends = f"{low:.0f}:{high:.0f}" if variation.whole else f"{low!r}:{high!r}"
    return f"{'log' if variation.log else 'range'}:{ends}"


def _checked(kind: type[Values] | type[Range], **values: Any) -> Variation:
    try:
        return kind(**values)
    except ValidationError as error:
        raise ConfigError(describe_defects(error)) from error


def _scalar(text: str) -> Scalar:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, Scalar) else text
