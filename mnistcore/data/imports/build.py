"""From what was found to a data set: which sets are training and which test images, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from mnistcore.data.dataset import Dataset, split_indices
from mnistcore.data.imports.image_sets import ImageSet
from mnistcore.data.imports.parts import Part, is_part_undecided
from mnistcore.data.imports.pixels import PixelChanges, changed, findings, value_range
from mnistcore.data.imports.reading import Reading
from mnistcore.data.imports.settings import ImportSettings, is_named
from mnistcore.errors import DataError

TEST_DIVISOR = 6  # one of six images becomes a test image, MNIST's own share of 10,000 in 70,000 or nearly so
SPLIT_SEED = 0
PARTS = {"train": "training", "test": "test"}


@dataclass(frozen=True, eq=False)
class Plan:
    """Which sets, by their place in the reading, are "train" or "test"; those that no name tells are undecided."""

    parts: dict[int, str] = field(default_factory=dict)
    undecided: tuple[int, ...] = ()


def plan_parts(sets: Sequence[ImageSet], settings: ImportSettings | None = None) -> Plan:
    """The part of each set with labels: as set, else as its name tells it, else training.

    Validation images are the test part where there is no other, else they are trained on: runs hold back their own.
    """
    settings = settings or ImportSettings()
    given: dict[int, str] = {}
    told: dict[int, Part | None] = {}
    for place, one in enumerate(sets):
        if one.labels is None or is_named(one.source, settings.leave_out):
            continue
        if is_named(one.source, settings.train) or is_named(one.source, settings.test):
            given[place] = "test" if is_named(one.source, settings.test) else "train"
        else:
            told[place] = one.part
    files = [place for place in told if not sets[place].are_pictures]
    if not given and is_part_undecided(told[place] for place in files):
        return Plan(undecided=tuple(files))
    has_test = "test" in {*told.values(), *given.values()}
    names = {None: "train", "train": "train", "test": "test", "validation": "train" if has_test else "test"}
    return Plan(dict(sorted((given | {place: names[part] for place, part in told.items()}).items())))


def build_dataset(
    reading: Reading, name: str, settings: ImportSettings | None = None, parts: Mapping[int, str] | None = None
) -> Dataset:
    """The data set of the sets that have labels; `parts` decides instead of `plan_parts`.

    Without a test part, or without a training part, a stratified and seeded sixth becomes the test part. What was
    recognised and left out, and what about the pixels differs from MNIST, is said in its notes. DataError with the
    remedy where there are no labels, no name tells which file is the test part, or the pixels cannot be used.
    """
    settings = settings or ImportSettings()
    sets = reading.sets
    if parts is None:
        plan = plan_parts(sets, settings)
        if plan.undecided:
            named = ", ".join(sets[place].source for place in plan.undecided[:4])
            raise DataError(
                f"{named}: no name tells which of these is the test part; say it (test=NAME, or "
                "train=NAME for those to train on), or put the word test into a name."
            )
        parts = plan.parts
    if not parts:
        raise DataError(
            f"{_named(sets)}: no labels, and a network is trained on labelled images; give the labels as well, "
            "or let a network classify the images (predict RUN FILE, or the Data page)."
        )
    used = [sets[place] for place in parts]
    arrays = _arrays(used, settings.changes, name)
    notes = (*part_notes(sets, parts), *reading.left_out, *pixel_notes(used, settings.changes))
    chosen: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {"train": [], "test": []}
    for part, pair in zip(parts.values(), arrays, strict=True):
        chosen[part].append(pair)
    if chosen["train"] and chosen["test"]:
        return Dataset.build(name, *_joined(chosen["train"]), *_joined(chosen["test"]), notes=notes)
    return _split_off_test(name, *_joined(chosen["train"] or chosen["test"]), notes=notes)


class ImagesToClassify(NamedTuple):
    """Images (n, 28, 28) uint8 with what each is called; their labels (n,), None unless all have one."""

    names: tuple[str, ...]
    images: np.ndarray
    labels: np.ndarray | None


def images_to_classify(reading: Reading, settings: ImportSettings, part: str | None = None) -> ImagesToClassify:
    """All images of a reading, or those of one part, labelled or not, after the changes.

    Images without names are numbered from 1, through all sets. DataError where there are none of the part, and for
    pixels that cannot be used.
    """
    sets = [one for one in reading.sets if part is None or (one.part or "train") == part]
    if not sets:
        raise DataError(f"{_named(reading.sets)}: no images of the {part} part; choose another part.")
    limits = value_range(sets)
    names: list[str] = []
    for one in sets:
        names += one.names or [str(number) for number in range(len(names) + 1, len(names) + len(one) + 1)]
    images = [changed(one.images, settings.changes, limits, one.source) for one in sets]
    labels = [one.labels for one in sets if one.labels is not None]
    known = np.concatenate(labels) if len(labels) == len(sets) else None
    return ImagesToClassify(tuple(names), images[0] if len(images) == 1 else np.concatenate(images), known)


def part_notes(sets: Sequence[ImageSet], parts: Mapping[int, str]) -> list[str]:
    """A sentence about each set: what it is taken for, or why it is left out."""
    alone = len(set(parts.values())) == 1
    notes = []
    for place, one in enumerate(sets):
        count = f"{len(one):,} image{'' if len(one) == 1 else 's'}"
        if place in parts:
            split = ", a sixth of them for testing" if alone else ""
            notes.append(f"{one.source}: {count}, {'all' if alone else PARTS[parts[place]]}{split}.")
        elif one.labels is None:
            notes.append(f"{one.source}: {count} without labels, left out; a network can classify them (predict).")
        else:
            notes.append(f"{one.source}: {count}, left out.")
    return notes


def pixel_notes(sets: Sequence[ImageSet], changes: PixelChanges) -> list[str]:
    """A sentence about each way in which the pixels differ from MNIST's that the changes do not mend."""
    return [
        f"{finding.sentence} If that is not meant, change it ({finding.change}=yes)."
        for finding in findings(sets)
        if not getattr(changes, finding.change)
    ]


def _named(sets: Sequence[ImageSet]) -> str:
    return ", ".join(one.source for one in sets[:4]) + (" and more" if len(sets) > 4 else "")


def _arrays(sets: Sequence[ImageSet], changes: PixelChanges, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    limits = value_range(sets)
    return [
        (changed(one.images, changes, limits, one.source if len(sets) > 1 else name), one.labels)
        for one in sets
        if one.labels is not None
    ]


def _joined(pairs: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    if len(pairs) == 1:
        return pairs[0]
    return np.concatenate([images for images, _ in pairs]), np.concatenate([labels for _, labels in pairs])


def _split_off_test(name: str, images: np.ndarray, labels: np.ndarray, notes: tuple[str, ...]) -> Dataset:
    if len(images) < 2:
        raise DataError(f"{name}: {len(images)} images, at least 2 are needed: one to train on and one to test with.")
    split = split_indices(labels, max(len(labels) // TEST_DIVISOR, 1), None, SPLIT_SEED)
    test = split.validation
    return Dataset.build(name, images[split.train], labels[split.train], images[test], labels[test], notes=notes)
