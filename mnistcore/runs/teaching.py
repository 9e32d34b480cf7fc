"""A trained network goes on learning from a few drawings: what it is given, and what it knows before and after."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
from sqlalchemy import delete, insert, select

from mnistcore.data import Dataset, default_dataset_name
from mnistcore.data.teaching_set import teaching_set
from mnistcore.errors import DataError, RunError
from mnistcore.nn import Network
from mnistcore.runs.database import reading, writing
from mnistcore.runs.records import Run
from mnistcore.runs.store import RunStore
from mnistcore.runs.tables import RunRow, TeachingRow
from mnistcore.training.config import TrainingConfig

MIXES = (0, 1000, 5000, 20_000)  # images of the usual data set beside the drawings
USUAL_MIX = 5000
STEPS, BATCH = 1000, 64  # two seconds for 784-128-10
GENTLE = {
    "optimizer": {"kind": "adam"},
    "learning_rate": 0.0005,
    "schedule": {"kind": "cosine"},
    "batch_size": BATCH,
    "max_steps": STEPS,
    "augmentation": {"shift": 1, "rotation": 10, "scale": 0.1, "shear": 0.1},
    "validation_size": 0,
    "train_size": None,
    "early_stopping": None,
    "weight_decay": 0.0,
    "weight_average": 0.0,
    "label_smoothing": 0.0,
    "evaluate_at_steps": [],
    "follow_test": False,
}


@dataclass(frozen=True)
class Lesson:
    """What a network is to learn: the config and data set of its run, and what there is in it."""

    config: TrainingConfig
    dataset: str
    learned: int  # drawings
    mixed: int
    mixed_from: str  # the name of the data set that the others are from, which tells what was forgotten


@dataclass(frozen=True)
class Teaching:
    """A run that has learned from drawings, or is about to."""

    run_id: str
    kind: str  # whose drawings
    learned: int
    mixed: int
    mixed_from: str


@dataclass(frozen=True, eq=False)
class BeforeAndAfter:
    """Images (n, 28, 28), their labels (n,), and the answers (n,) to them before and after."""

    images: np.ndarray
    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @property
    def correct(self) -> tuple[int, int]:
        """How many answers were right before, and are after."""
        return int((self.before == self.labels).sum()), int((self.after == self.labels).sum())

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.labels)

    def by_digit(self) -> list[tuple[int, int, int, int]]:
        """For each digit that there is: (digit, images, right before, right after)."""
        rows = []
        for digit in np.unique(self.labels):
            own = self.labels == digit
            before, after = (int((answers[own] == digit).sum()) for answers in (self.before, self.after))
            rows.append((int(digit), int(own.sum()), before, after))
        return rows


def prepare_lesson(
    store: RunStore, source: Run, images: np.ndarray, labels: np.ndarray, title: str, mixed: int
) -> Lesson:
    """Keep the drawings, (n, 28, 28) uint8 with (n,) labels, and ``mixed`` others as a data set, and say how
    ``source`` learns from it: from its present weights, gently, for STEPS steps.

    DataError without drawings, RunError where the run has no weights.
    """
    usual = default_dataset_name()
    words = f"{title}, {len(labels):,}" + (f" and {mixed:,} others" if mixed else "")
    dataset, learned = teaching_set(words, images, labels, store.open_dataset(usual), mixed)
    step = store.newest_step(source.id)
    if step is None:
        raise RunError(f"“{source.name}” has no weights yet: wait until it has started, or choose another run.")
    epochs = math.ceil(STEPS / math.ceil(len(dataset.train_labels) / BATCH))  # the last one ends with the last step
    start = {"start_from": {"run": source.id, "step": step}, "epochs": epochs}
    config = source.config.overridden(GENTLE | start)
    return Lesson(config, store.add_dataset(dataset), learned, mixed, usual)


def note_teaching(store: RunStore, run_id: str, kind: str, lesson: Lesson) -> None:
    """Note that a run has been given this lesson; of the same run it is noted once."""
    values = {"run_id": run_id, "kind": kind, "created_at": time.time(), "learned": lesson.learned}
    with writing(store.database) as connection:
        if connection.execute(select(TeachingRow.run_id).where(TeachingRow.run_id == run_id)).scalar() is None:
            connection.execute(insert(TeachingRow).values(**values, mixed=lesson.mixed, mixed_from=lesson.mixed_from))


def teachings(store: RunStore, kind: str, limit: int = 6) -> list[Teaching]:
    """The newest runs that learned from such drawings and are not deleted, newest first."""
    columns = (TeachingRow.run_id, TeachingRow.kind, TeachingRow.learned, TeachingRow.mixed, TeachingRow.mixed_from)
    found = select(*columns).join(RunRow, RunRow.id == TeachingRow.run_id)
    found = found.where(TeachingRow.kind == kind, RunRow.deleted.is_(False))
    with reading(store.database) as connection:
        rows = connection.execute(found.order_by(TeachingRow.created_at.desc(), TeachingRow.run_id).limit(limit))
        return [Teaching(*row) for row in rows]


def forget_teachings(store: RunStore, kind: str, older_than_seconds: float = 0.0) -> None:
    """Delete the data sets that were made of such drawings, and what is noted of them; the runs stay.

    One that is being trained on stays until it is asked for again.
    """
    found = select(TeachingRow.run_id, RunRow.dataset).join(RunRow, RunRow.id == TeachingRow.run_id)
    old = (TeachingRow.kind == kind) & (TeachingRow.created_at <= time.time() - older_than_seconds)
    with reading(store.database) as connection:
        rows = connection.execute(found.where(old)).all()
    for run_id, dataset in rows:
        try:
            store.delete_dataset(dataset)
        except RunError:
            continue
        except DataError:
            pass  # it is gone: two runs may have learned from the same one
        with writing(store.database) as connection:
            connection.execute(delete(TeachingRow).where(TeachingRow.run_id == run_id))


def compare(store: RunStore, teaching: Teaching) -> dict[str, BeforeAndAfter]:
    """Before and after, with the weights that the run started from and those that it has: on the drawings that it
    learned from (``learned``), on those held back (``held_back``, if any), and on the test images of the usual data set
    (``forgotten``). DataError or RunError where any of it is gone."""
    run = store.run(teaching.run_id)
    start = store.start_weights(run.config)
    assert start is not None
    before = Network(run.config, np.random.default_rng(run.config.seed))
    before.load_parameters(start)
    after = store.load_weights(run.id).network
    drawn, usual = store.open_dataset(run.dataset), store.open_dataset(teaching.mixed_from)
    parts = {"learned": (drawn.train_images[: teaching.learned], drawn.train_labels[: teaching.learned])}
    if not _is_judged_by_what_it_learned(drawn, teaching.learned):
        parts["held_back"] = drawn.part("test")
    parts["forgotten"] = usual.part("test")
    return {
        name: BeforeAndAfter(images, labels, *(one.predict(images).argmax(axis=1) for one in (before, after)))
        for name, (images, labels) in parts.items()
    }


def _is_judged_by_what_it_learned(drawn: Dataset, learned: int) -> bool:
    return np.array_equal(drawn.train_images[:learned], drawn.test_images)
