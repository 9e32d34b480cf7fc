"""The complete state of a run in progress, so that it can be stopped at any step and continue bit for bit the same."""

import io
import json
import math
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mnistcore.data import Dataset, Split, split_indices
from mnistcore.errors import ConfigError, RunError
from mnistcore.nn import Network
from mnistcore.nn.network import DIGITS, PIXELS
from mnistcore.nn.optimizers import slot_count
from mnistcore.training.config import TrainingConfig, parse_config
from mnistcore.training.metrics import Meter
from mnistcore.training.schedules import AdaptiveRate, count_steps, schedule_factor
from mnistcore.training.shard_worker import chunk_size

_COUNTERS = (
    "learning_rate",
    "step",
    "position",
    "seconds",
    "images_seen",
    "epoch_loss_sum",
    "best_loss",
    "best_step",
    "epochs_without_improvement",
)


@dataclass(frozen=True)
class BlockStart:
    """Where a block of steps that has not ended began (linear_blocks.py): base learning rate, and all parameters."""

    step: int
    learning_rate: float
    parameters: np.ndarray


class TrainingState:
    """A network in training: begin it, pass it to ``train()``, and take ``to_bytes()`` between two Progress.

    ``network``, ``result`` and ``slots`` are up to date whenever they are read: ``network`` has the plain weights that
    the optimizer changes, ``result`` those that are the run's. They differ only with a mean of the weights.

    Its random numbers depend on the seed and the step alone, so a checkpoint need not hold their state.

    ``learning_rate`` is the base rate, which the schedule scales; it may be set between two Progress. ``shards`` says
    into how many a batch is divided, which decides the last bits; None: as many as its size is worth. ``report_at``
    is a step at which a Progress comes whatever the clock says; it may be set between two.
    """

    def __init__(self, config: TrainingConfig, dataset: Dataset, network: Network) -> None:
        self.config, self.dataset, self._network = config, dataset, network
        self.split: Split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
        self.train_count = len(self.split.train)
        if self.train_count == 0:
            raise ConfigError(f"no training images are left: validation_size {config.validation_size} takes them all")
        self.steps_per_epoch, self.total_steps = count_steps(config, self.train_count)
        self.batch_size = self.train_count if config.batch_size == "full" else min(config.batch_size, self.train_count)
        self._slots = np.zeros((slot_count(config.optimizer), network.trained_count), np.float32)
        self._result = self._network
        if config.weight_average:
            self._result = Network.over(config, PIXELS, network.parameters.copy())
        self.adaptive = AdaptiveRate(config.schedule)
        self.learning_rate = config.learning_rate
        self.shards: int | None = None
        self.report_at: int | None = None
        self.step = self.position = self.images_seen = 0
        self.seconds = self.epoch_loss_sum = 0.0
        self.order: np.ndarray | None = None
        self.best_loss, self.best_step, self.epochs_without_improvement = math.inf, 0, 0
        self.has_reached_target = False
        self.best_parameters: np.ndarray | None = None
        self.last_rows, self.last_logits = np.empty(0, np.int64), np.empty((0, DIGITS), np.float32)
        self.piece_size = min(self.batch_size, chunk_size(network))  # images that go through at a time at most
        self.meter = Meter(network.loss, dataset.train_labels, self.piece_size)
        self.images_in_step, self.loss_sum_in_step = 0, 0.0  # of a large batch, between two of its pieces
        self.block: BlockStart | None = None  # up to date when the network is
        self._is_best = False
        self._collect: Callable[[], None] | None = None

    @classmethod
    def begin(cls, config: TrainingConfig, dataset: Dataset, start: np.ndarray | None = None) -> "TrainingState":
        """A fresh run; ConfigError or DataError if config and data set do not fit together.

        ``start``: the weights (p,) float32 to begin with, which a config with ``start_from`` needs.
        """
        if config.start_from is not None and start is None:
            raise ConfigError(
                f"start_from names the weights of run {config.start_from.run}: give them, or leave it out"
            )
        state = cls(config, dataset, Network(config, np.random.default_rng(config.seed)))
        if start is not None:
            state.network.load_parameters(start)
            state.result.load_parameters(start)
        return state

    @property
    def network(self) -> Network:
        """The network as it is after ``step`` steps."""
        if self._collect is not None:
            self._collect()
        return self._network

    @property
    def result(self) -> Network:
        """The network that the run has after ``step`` steps: with the mean of its weights if one is kept."""
        if self._collect is not None:
            self._collect()
        return self._result

    @property
    def average(self) -> np.ndarray | None:
        """The mean of the weights after ``step`` steps, (p,) float32, if one is kept."""
        return self.result.parameters if self.config.weight_average else None

    @property
    def result_step(self) -> int:
        """The step that the result's weights are of: ``step``, or the best one once they are back."""
        return self.best_step if self._is_best else self.step

    def restore_best(self) -> None:
        """End with the weights of the lowest validation loss."""
        if self.best_parameters is not None:
            self.result.load_parameters(self.best_parameters)
            self._is_best = True

    @property
    def slots(self) -> np.ndarray:
        """What the optimizer remembers of each parameter, (k, p) float32, after ``step`` steps."""
        if self._collect is not None:
            self._collect()
        return self._slots

    def collect_with(self, collect: Callable[[], None] | None) -> None:
        """Have ``collect`` bring these three up to date whenever one is asked for, as others take the steps."""
        self._collect = collect
        self.last_logits = self.last_logits.copy()  # which may lie in the memory of those that took steps before

    @property
    def scheduled_learning_rate(self) -> float:
        """The rate of the next update: base rate times the schedule's factor."""
        factor = schedule_factor(self.config.schedule, self.step, self.total_steps, self.steps_per_epoch)
        return self.learning_rate * factor * self.adaptive.factor

    @property
    def last_batch(self) -> tuple[np.ndarray, np.ndarray]:
        """The newest images (k ≤ 64,) as indices into the training images, and what was predicted before the update."""
        return self.last_rows[:64].astype(np.int64), self.last_logits[:64].argmax(axis=1).astype(np.int64)

    def next_batch(self) -> np.ndarray:
        """Indices of the next batch, (n,) int64."""
        return self.epoch_order()[self.position : self.position + self.batch_size]

    def epoch_order(self) -> np.ndarray:
        """Indices of all training images in the order of this epoch, (n,) int64; every epoch has its own."""
        if self.order is None or self.position == 0:
            self.order = self.split.train
            if self.config.shuffle:
                epoch = self.images_seen // self.train_count
                self.order = np.random.default_rng([self.config.seed, 1, epoch]).permutation(self.order)
        return self.order

    def forget_unfinished_step(self) -> None:
        """A step that was left in the middle of its batch begins again: what was measured in it does not count."""
        if self.images_in_step:
            self.images_in_step, self.loss_sum_in_step = 0, 0.0
            self.meter.read()

    def end_step(self, batch: np.ndarray) -> None:
        """Move on to the next batch."""
        self.end_steps(1, len(batch))
        self.images_in_step = 0

    def end_steps(self, steps: int, images: int) -> None:
        """Move on by so many steps of one epoch, which learned from so many images."""
        self.step += steps
        self.images_seen += images
        self.position = (self.position + images) % self.train_count

    def to_bytes(self) -> bytes:
        """A checkpoint, as the bytes of an NPZ file; with it ``from_bytes`` goes on bit for bit the same."""
        network = self.network
        counters = {name: getattr(self, name) for name in _COUNTERS}
        adaptive = [self.adaptive.factor, self.adaptive.best_loss, self.adaptive.epochs_without_progress]
        meta = {
            "config": self.config.model_dump(mode="json"),
            "fingerprint": self.dataset.fingerprint,
            "counters": counters,
            "has_reached_target": self.has_reached_target,
            "adaptive": adaptive,
            "block": None if self.block is None else [self.block.step, self.block.learning_rate],
        }
        arrays = {
            "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
            "parameters": network.parameters,
            "slots": self.slots,
        }
        if self.average is not None:
            arrays["average"] = self.average
        if self.block is not None:
            arrays["block_start"] = self.block.parameters
        if self.best_parameters is not None:
            arrays["best_parameters"] = self.best_parameters
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)  # type: ignore[arg-type]
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, dataset: Dataset) -> "TrainingState":
        """The run in a checkpoint; RunError if it is damaged or belongs to another data set."""
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            meta = json.loads(arrays["meta"].tobytes())
            if meta["fingerprint"] != dataset.fingerprint:
                raise RunError(f"the checkpoint belongs to another data set than {dataset.name!r}: choose that one")
            config = parse_config(meta["config"])
            state = cls(config, dataset, Network(config, np.random.default_rng(config.seed)))
            state.network.load_parameters(arrays["parameters"])
            state.slots[:] = arrays["slots"]
            if config.weight_average:
                state.result.load_parameters(arrays["average"])
            state.best_parameters = arrays.get("best_parameters")
            for name in _COUNTERS:
                setattr(state, name, meta["counters"][name])
            state.has_reached_target = bool(meta.get("has_reached_target"))
            factor, best_loss, waiting = meta["adaptive"]
            if meta.get("block") is not None:
                step, learning_rate = meta["block"]
                start = arrays["block_start"].reshape(state.network.parameters.shape)
                state.block = BlockStart(int(step), float(learning_rate), start)
        except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
            if isinstance(error, RunError):
                raise
            raise RunError("the checkpoint cannot be read: start the run again") from error
        state.adaptive.factor, state.adaptive.best_loss = factor, best_loss
        state.adaptive.epochs_without_progress = waiting
        return state
