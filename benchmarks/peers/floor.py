"""The floor: the matrix products of an epoch alone, by whichever means is the fastest here.

Tried are one BLAS thread, BLAS with all its threads, and two processes with half the work each, which need not meet
before the epoch ends; each with the images as rows and as columns, with whole products and in blocks that OpenBLAS
multiplies without packing them first, and a large batch also in pieces.
"""

import atexit
import itertools
import math
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from threadpoolctl import ThreadpoolController

from mnistcore.data import Dataset
from mnistcore.nn import Network
from mnistcore.nn.products import blocks
from mnistcore.training import TrainingConfig

PIECE = 1000  # images of a large batch whose activations a cache holds
TRIALS = 3


@dataclass(frozen=True)
class Way:
    """A means: what is divided between two processes ("nothing", "images", or "weights": half the images on the way
    forward and back, but half the weights when their gradients are found), BLAS threads, layout, blocks and piece."""

    divided: str
    threads: int | None
    images_last: bool
    in_blocks: bool
    piece: int


class Products:
    """One process's share of the products of an epoch."""

    def __init__(self, config: TrainingConfig, images: int, way: Way, shard: int) -> None:
        self._way, self._shard, self._shards = way, shard, 1 if way.divided == "nothing" else 2
        self._rng = np.random.default_rng(0)
        self.count = math.ceil(images / way.piece)
        self._products: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for place, layer in enumerate(Network.over(config, 784).layers):
            if "W" in layer.shapes:
                places = math.prod(layer.output_shape[1:])
                inputs, outputs = layer.shapes["W"]
                self._add(way.piece * places, inputs, outputs, place > 0)
        self._blas = ThreadpoolController()

    def _share(self, size: int) -> int:
        return size * (self._shard + 1) // self._shards - size * self._shard // self._shards

    def _matrix(self, rows: int, columns: int, is_turned: bool = False) -> np.ndarray:
        """Random numbers; one that is turned lies column by column in memory."""
        return self._matrix(columns, rows).T if is_turned else self._rng.random((rows, columns), np.float32)

    def _add(self, rows: int, inputs: int, outputs: int, to_input: bool) -> None:
        """Forward, gradient of the weights and, where one is needed, of the inputs."""
        turned = self._way.images_last
        x, dz = (self._matrix(self._share(rows), width, turned) for width in (inputs, outputs))
        W = self._matrix(inputs, outputs)
        self._add_product(x, W, np.empty_like(dz))
        if to_input:
            self._add_product(dz, W.T, np.empty_like(x))
        if self._way.divided == "weights":
            inputs = self._share(inputs)
            x, dz = (self._matrix(rows, width, turned) for width in (inputs, outputs))
        self._add_product(x.T, dz, np.empty((inputs, outputs), np.float32))

    def _add_product(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        for part in blocks(len(a), b.size) if self._way.in_blocks else [slice(None)]:
            self._products.append((a[part], b, out[part]))

    def run(self, count: int) -> None:
        """Compute them all, so many times."""
        with self._blas.limit(limits=self._way.threads, user_api="blas"):
            for _ in range(count):
                for a, b, out in self._products:
                    np.matmul(a, b, out=out)


class Peer:
    """The fastest way, found once, and a second process in case that it takes two."""

    def __init__(self, config: TrainingConfig, dataset: Dataset) -> None:
        self._task = config, len(dataset.train_images)
        context = multiprocessing.get_context("spawn")
        self._other, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, *self._task), daemon=True)
        process.start()
        atexit.register(process.kill)
        batch = len(dataset.train_images) if config.batch_size == "full" else config.batch_size
        self._way = min(_ways(batch), key=self._try)
        self._choose(self._way)

    def _choose(self, way: Way) -> None:
        self._products = Products(*self._task, way, 0)
        if way.divided != "nothing":
            self._other.send(way)
            self._other.recv()

    def _run(self, way: Way, count: int) -> None:
        if way.divided == "nothing":
            self._products.run(count)
        else:
            self._other.send(count)
            self._products.run(count)
            self._other.recv()

    def _try(self, way: Way) -> float:
        """Seconds that a tenth of an epoch takes."""
        self._choose(way)
        count = math.ceil(self._products.count / 10)
        self._run(way, count)
        trials = []
        for _ in range(TRIALS):
            before = time.perf_counter()
            self._run(way, count)
            trials.append(time.perf_counter() - before)
        return min(trials) * self._products.count / count

    def epoch(self) -> None:
        self._run(self._way, self._products.count)

    def accuracy(self) -> float:
        return math.nan


def _ways(batch: int) -> list[Way]:
    pieces = [batch] if batch <= PIECE else [batch, PIECE]
    means: list[tuple[str, int | None]] = [("nothing", 1), ("nothing", None)]
    if batch > 1:
        means += [("images", 1), ("weights", 1)]
    choices = itertools.product(means, (False, True), (False, True), pieces)
    return [Way(*mean, images_last, in_blocks, piece) for mean, images_last, in_blocks, piece in choices]


def _serve(leader: Connection, config: TrainingConfig, images: int) -> None:
    """The second process: takes a Way to prepare for, or how many times to run."""
    products: Products | None = None
    while True:
        try:
            task = leader.recv()
        except EOFError:
            return
        if isinstance(task, Way):
            products = Products(config, images, task, 1)
        elif products is not None:
            products.run(task)
        leader.send(None)
