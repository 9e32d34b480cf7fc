"""The checked, frozen data set, its fingerprint, and the stratified split."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnistcore.data import Dataset, split_indices
from mnistcore.errors import DataError


def images(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def labels(count: int) -> np.ndarray:
    return (np.arange(count) % 10).astype(np.uint8)


def build(name: str = "mine", **changed: np.ndarray) -> Dataset:
    arrays = {
        "train_images": images(30),
        "train_labels": labels(30),
        "test_images": images(10, 1),
        "test_labels": labels(10),
    }
    return Dataset.build(name, **(arrays | changed))


def test_arrays_are_kept_without_copy_and_read_only() -> None:
    mine = images(30)
    dataset = build(train_images=mine)
    assert np.shares_memory(dataset.train_images, mine)
    for array in (dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_wider_labels_become_uint8_and_strided_images_contiguous() -> None:
    dataset = build(train_labels=labels(30).astype(np.int64), train_images=images(60)[::2])
    assert dataset.train_labels.dtype == np.uint8
    assert dataset.train_images.flags.c_contiguous


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"train_images": np.zeros((30, 28, 28), np.float32)},
            "mine: train_images: pixels are float32, expected uint8",
        ),
        ({"train_images": np.zeros((30, 32, 32), np.uint8)}, "found 30 × 32 × 32, expected count × 28 × 28"),
        ({"test_images": np.zeros((10, 784), np.uint8)}, "mine: test_images: found 10 × 784"),
        ({"train_labels": np.full(30, 11)}, r"label 11 at index 0 \(30 such\), expected digits 0-9"),
        ({"train_labels": np.full(30, -1)}, "label -1 at index 0"),
        ({"train_labels": np.zeros(30, np.float64)}, "labels are float64, expected whole numbers"),
        ({"train_labels": np.zeros((30, 10), np.uint8)}, "labels of 30 × 10, expected one number per image"),
        ({"test_labels": labels(9)}, "test_images holds 10 images but mine: test_labels holds 9 labels"),
        ({"test_images": images(0), "test_labels": labels(0)}, "the test part is empty"),
    ],
)
def test_defects_are_named(changed: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(DataError, match=message):
        build(**changed)


def test_fingerprint_follows_content_not_name() -> None:
    assert build("a").fingerprint == build("b").fingerprint
    assert len(build().fingerprint) == 64
    changed = images(30)
    changed[29, 27, 27] ^= 1
    other_labels = labels(10)[::-1].copy()
    prints = {
        build().fingerprint,
        build(train_images=changed).fingerprint,
        build(test_labels=other_labels).fingerprint,
        build(train_images=images(20), train_labels=labels(20)).fingerprint,
    }
    assert len(prints) == 4


def test_part() -> None:
    dataset = build()
    assert dataset.part("test")[0] is dataset.test_images
    with pytest.raises(DataError, match="split must be 'train' or 'test', got 'all'"):
        dataset.part("all")
    assert repr(dataset) == "Dataset('mine', 30 train, 10 test)"


@given(
    counts=st.lists(st.integers(0, 30), min_size=10, max_size=10).filter(lambda counts: sum(counts) >= 2),
    data=st.data(),
    seed=st.integers(0, 2**32 - 1),
)
def test_split_is_disjoint_stratified_and_exact(counts: list[int], data: st.DataObject, seed: int) -> None:
    all_labels = np.random.default_rng(1).permutation(np.repeat(np.arange(10), counts)).astype(np.uint8)
    total = len(all_labels)
    validation_size = data.draw(st.integers(0, total - 1))
    train_size = data.draw(st.none() | st.integers(1, total - validation_size))
    split = split_indices(all_labels, validation_size, train_size, seed)

    assert split.train.dtype == split.validation.dtype == np.int64
    assert len(split.validation) == validation_size
    assert len(split.train) == (total - validation_size if train_size is None else train_size)
    both = np.concatenate([split.train, split.validation])
    assert len(np.unique(both)) == len(both)
    assert np.all(np.diff(split.train) > 0)
    assert np.all(np.diff(split.validation) > 0)
    shares = np.bincount(all_labels[split.validation], minlength=10) - np.array(counts) * validation_size / total
    assert np.abs(shares).max() < 1


def test_split_depends_on_the_seed_and_validation_not_on_train_size() -> None:
    first = split_indices(labels(1000), 100, None, 0)
    again = split_indices(labels(1000), 100, 200, 0)
    other = split_indices(labels(1000), 100, None, 1)
    assert np.array_equal(first.validation, again.validation)
    assert not np.array_equal(first.validation, other.validation)
    assert set(again.train) <= set(first.train)


@pytest.mark.parametrize(
    ("validation_size", "train_size", "message"),
    [
        (100, None, "validation_size is 100, but there are 100 training images; choose 0 to 99"),
        (-1, None, "validation_size is -1"),
        (40, 61, "train_size is 61, but 60 images are left after 40 for validation; choose 1 to 60"),
        (40, 0, "train_size is 0"),
    ],
)
def test_split_too_large(validation_size: int, train_size: int | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_indices(labels(100), validation_size, train_size, 0)
