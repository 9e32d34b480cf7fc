"""Everything that a run in progress is, so that it can be stopped at any step and go on bit for bit the same."""

import io
import json
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data import Dataset, Split, split_indices
from ..errors import ConfigError, RunError
from ..nn import Network, Optimizer, Replica
from ..nn.network import as_rows, scale_pixels
from .config import TrainingConfig, parse_config
from .metrics import Meter
from .schedules import AdaptiveRate, count_steps, schedule_factor

CHUNK = 1000  # a larger batch goes through in pieces of this size, so that its activations stay in the cache
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


class TrainingState:
    """A network in training: begin it, pass it to ``train()``, and take ``to_bytes()`` between two Progress.

    ``learning_rate`` is the base rate, which the schedule scales; it may be set between two Progress.
    """

    def __init__(self, config: TrainingConfig, dataset: Dataset, network: Network, rng: np.random.Generator) -> None:
        self.config, self.dataset, self.network, self.rng = config, dataset, network, rng
        self.split: Split = split_indices(dataset.train_labels, config.validation_size, config.train_size, config.seed)
        self.train_count = len(self.split.train)
        if self.train_count == 0:
            raise ConfigError(f"no training images are left: validation_size {config.validation_size} takes them all")
        self.steps_per_epoch, self.total_steps = count_steps(config, self.train_count)
        self.batch_size = self.train_count if config.batch_size == "full" else min(config.batch_size, self.train_count)
        self.optimizer = Optimizer(config.optimizer, network.parameter_count, network.weight_count, config.weight_decay)
        self.adaptive = AdaptiveRate(config.schedule)
        self.learning_rate = config.learning_rate
        self.step = self.position = self.images_seen = 0
        self.seconds = self.epoch_loss_sum = 0.0
        self.order = self.split.train
        self.best_loss, self.best_step, self.epochs_without_improvement = math.inf, 0, 0
        self.best_parameters: np.ndarray | None = None
        self._make_buffers()

    @classmethod
    def begin(cls, config: TrainingConfig, dataset: Dataset) -> "TrainingState":
        """A fresh run; ConfigError or DataError if config and data set do not fit together."""
        rng = np.random.default_rng(config.seed)
        return cls(config, dataset, Network(config, rng), rng)

    def _make_buffers(self) -> None:
        capacity = min(self.batch_size, CHUNK)
        self._gradients = np.zeros(self.network.parameter_count, np.float32)
        self._replica = Replica(self.network, capacity, self._gradients)
        self._train_pixels = as_rows(self.dataset.train_images)
        self._train_labels = self.dataset.train_labels.astype(np.intp)
        self._pixels = np.empty((capacity, self._train_pixels.shape[1]), np.uint8)
        self._x = np.empty(self._pixels.shape, np.float32)
        self._labels = np.empty(capacity, np.intp)
        self._dlogits = np.empty((capacity, 10), np.float32)
        self._last_rows, self._last_logits = np.empty(0, np.int64), self._dlogits[:0]
        self._at_step: tuple[Mapping[str, Any], float] | None = None  # random state and loss sum before its chunks
        self.meter = Meter(self.network.loss, capacity)

    @property
    def scheduled_learning_rate(self) -> float:
        """The rate of the next update: base rate times the schedule's factor."""
        factor = schedule_factor(self.config.schedule, self.step, self.total_steps, self.steps_per_epoch)
        return self.learning_rate * factor * self.adaptive.factor

    @property
    def last_batch(self) -> tuple[np.ndarray, np.ndarray]:
        """The newest images (k ≤ 64,) as indices into the training images, and what was predicted before the update."""
        return self._last_rows[:64].astype(np.int64), self._last_logits[:64].argmax(axis=1).astype(np.int64)

    def next_batch(self) -> np.ndarray:
        """Indices of the next batch, (n,) int64; shuffles at the start of an epoch."""
        if self.position == 0 and self.config.shuffle:
            self.order = self.rng.permutation(self.split.train)
        return self.order[self.position : self.position + self.batch_size]

    def begin_step(self) -> np.ndarray:
        """The batch of a step that is taken in chunks; one left before its end is repeated from here, as it is by a
        checkpoint taken then."""
        if self._at_step is None:
            self._at_step = self.rng.bit_generator.state, self.epoch_loss_sum
        else:
            self.rng.bit_generator.state, self.epoch_loss_sum = self._at_step
            self.meter.read()
        return self.next_batch()

    def learn_chunk(self, batch: np.ndarray, start: int) -> None:
        """Add to the gradient what the images from ``start`` on teach, up to the capacity of the buffers."""
        rows = batch[start : start + len(self._x)]
        n = len(rows)
        np.take(self._train_pixels, rows, axis=0, out=self._pixels[:n], mode="clip")  # "raise" would buffer it
        labels = np.take(self._train_labels, rows, out=self._labels[:n], mode="clip")
        logits = self._replica.forward(scale_pixels(self._pixels[:n], self._x[:n]), self.rng)
        self.meter.add(logits, labels)
        self.network.loss.gradient(logits, labels, 1 / len(batch), self._dlogits[:n])
        self._replica.backward(self._dlogits[:n], accumulate=start > 0)
        self._last_rows, self._last_logits = rows, logits

    def end_step(self, batch: np.ndarray) -> None:
        """Update the parameters with the batch's gradient and move on."""
        self.optimizer.update(self.network.parameters, self._gradients, self.scheduled_learning_rate)
        self.step += 1
        self.images_seen += len(batch)
        self.position = (self.position + len(batch)) % self.train_count
        self._at_step = None

    def to_bytes(self) -> bytes:
        """A checkpoint, as the bytes of an NPZ file; with it ``from_bytes`` goes on bit for bit the same."""
        rng_state, loss_sum = self._at_step or (self.rng.bit_generator.state, self.epoch_loss_sum)
        counters = {name: getattr(self, name) for name in _COUNTERS} | {"epoch_loss_sum": loss_sum}
        adaptive = [self.adaptive.factor, self.adaptive.best_loss, self.adaptive.epochs_without_progress]
        meta = {
            "config": self.config.model_dump(mode="json"),
            "fingerprint": self.dataset.fingerprint,
            "rng": rng_state,
            "counters": counters,
            "adaptive": adaptive,
        }
        arrays = {
            "meta": np.frombuffer(json.dumps(meta).encode(), np.uint8),
            "parameters": self.network.parameters,
            "slots": self.optimizer.slots,
            "order": self.order.astype(np.uint32),
        }
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
            rng = np.random.default_rng()
            config = parse_config(meta["config"])
            state = cls(config, dataset, Network(config, rng), rng)
            state.network.load_parameters(arrays["parameters"])
            state.optimizer.slots[:] = arrays["slots"]
            state.order = arrays["order"].astype(np.int64)
            state.best_parameters = arrays.get("best_parameters")
            for name in _COUNTERS:
                setattr(state, name, meta["counters"][name])
            state.optimizer.step = state.step
            rng.bit_generator.state = meta["rng"]
            factor, best_loss, waiting = meta["adaptive"]
        except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
            if isinstance(error, RunError):
                raise
            raise RunError(f"the checkpoint cannot be read ({error}): start the run again") from error
        state.adaptive.factor, state.adaptive.best_loss = factor, best_loss
        state.adaptive.epochs_without_progress = waiting
        return state
