"""IDX, NPY and NPZ: which labels belong to which images, and the layouts of arrays."""

import struct
from pathlib import Path

import numpy as np
import pytest

from mnistcore.data import import_dataset, import_files, load_dataset, load_idx
from mnistcore.data.imports import read_images
from mnistcore.errors import DataError
from tests.core.digit_files import (
    COUNT,
    IMAGES,
    LABELS,
    TEST_IMAGES,
    TEST_LABELS,
    WANTED,
    gzipped,
    idx_bytes,
    joined,
    npy_bytes,
    npz_bytes,
    zip_bytes,
)

FULL = {
    "train-images-idx3-ubyte": idx_bytes(IMAGES),
    "train-labels-idx1-ubyte": idx_bytes(LABELS),
    "t10k-images-idx3-ubyte": idx_bytes(TEST_IMAGES),
    "t10k-labels-idx1-ubyte": idx_bytes(TEST_LABELS),
}


@pytest.mark.parametrize("packed", [bytes, gzipped, lambda data: gzipped(gzipped(data))], ids=["plain", "gz", "gz-gz"])
def test_idx_pair_in_any_order(packed) -> None:
    files = [("mine-labels", packed(idx_bytes(LABELS))), ("mine-images", packed(idx_bytes(IMAGES)))]
    dataset = import_files(files)
    assert joined(dataset) == WANTED
    assert len(dataset.test_labels) == 10


def test_gzip_in_gzip_has_its_true_reason_where_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "labels.gz").write_bytes(gzipped(gzipped(idx_bytes(LABELS))))
    with pytest.raises(DataError, match="packed with gzip twice; unpack it once"):
        load_idx(tmp_path / "labels.gz")


@pytest.mark.parametrize(
    "files",
    [
        FULL,
        FULL | {"README.md": b"# MNIST", "LICENSE": b"CC", "desktop.ini": b"[x]", ".DS_Store": b"x"},
        FULL | {f"{name}.gz": gzipped(data) for name, data in FULL.items()},
        {f"{name}/{name}": data for name, data in FULL.items()}
        | {name.replace("-idx", ".idx"): data for name, data in FULL.items()},
        {f"MNIST/raw/{name}": data for name, data in FULL.items()},
        {f"MNIST\\raw\\{name}": data for name, data in FULL.items()},
    ],
    ids=["bare", "with a readme", "plain and gz", "name/name", "in folders", "backslashes"],
)
def test_the_four_files_in_a_zip_or_a_folder(files: dict[str, bytes], tmp_path: Path) -> None:
    dataset = import_dataset("mine.zip", zip_bytes(files))
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_labels, TEST_LABELS)
    for name, data in files.items():
        path = tmp_path / "set" / name.replace("\\", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert load_dataset(str(tmp_path / "set")).fingerprint == dataset.fingerprint


def test_what_is_left_out_is_said() -> None:
    files = FULL | {"README.md": b"# MNIST", "again/train-images-idx3-ubyte.gz": gzipped(idx_bytes(IMAGES))}
    notes = import_dataset("mine.zip", zip_bytes(files)).notes
    assert "mine.zip/README.md: no digits in a known format." in notes
    assert "mine.zip/again/train-images-idx3-ubyte.gz: the same as mine.zip/train-images-idx3-ubyte." in notes
    assert "mine.zip/t10k-images-idx3-ubyte: 20 images, test." in notes


def test_idx_defects() -> None:
    images, labels = ("i-ubyte", idx_bytes(IMAGES)), ("l-ubyte", idx_bytes(LABELS))
    with pytest.raises(DataError, match="i-ubyte: no labels, and a network is trained on labelled images"):
        import_files([images])
    with pytest.raises(DataError, match="l-ubyte: labels only; give the images that belong to them"):
        import_files([labels])
    with pytest.raises(DataError, match="i-ubyte and again-ubyte: both hold images"):
        import_files([images, ("again-ubyte", idx_bytes(IMAGES[::-1])), labels])
    with pytest.raises(DataError, match="l-ubyte and m-ubyte: both hold labels"):
        import_files([images, labels, ("m-ubyte", idx_bytes(LABELS[::-1]))])
    with pytest.raises(DataError, match="i-ubyte holds 60 images but few-ubyte holds 59 labels"):
        import_files([images, ("few-ubyte", idx_bytes(LABELS[:-1]))])


def test_sets_with_equal_labels_keep_their_own() -> None:
    files = {"a/train-images": IMAGES, "a/train-labels": LABELS, "b/test-images": IMAGES[::-1], "b/test-labels": LABELS}
    dataset = import_files([(f"{name}-ubyte", idx_bytes(array)) for name, array in files.items()])
    assert np.array_equal(dataset.test_labels, LABELS)
    assert np.array_equal(dataset.train_labels, LABELS)


@pytest.mark.parametrize(
    "arrays",
    [
        {"x_train": IMAGES, "y_train": LABELS, "x_test": TEST_IMAGES, "y_test": TEST_LABELS},
        {"train_images": IMAGES, "train_labels": LABELS, "val_images": TEST_IMAGES, "val_labels": TEST_LABELS},
        {"trainX": IMAGES, "trainY": LABELS, "testX": TEST_IMAGES, "testY": TEST_LABELS},
        {
            "training_images": IMAGES[:, None],
            "training_labels": LABELS,
            "test_images": TEST_IMAGES,
            "test_labels": TEST_LABELS,
        },
    ],
)
def test_npz_with_both_parts(arrays: dict[str, np.ndarray]) -> None:
    dataset = import_dataset("mine.npz", npz_bytes(**arrays))
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.train_labels, LABELS)
    assert np.array_equal(dataset.test_images, TEST_IMAGES)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (IMAGES.reshape(COUNT, 784).astype(np.int64), LABELS[:, None].astype(np.int32)),
        (np.asfortranarray(IMAGES[..., None]), LABELS),
        (IMAGES[:, None], LABELS.astype(float)),
        (IMAGES[..., None].repeat(3, 3), LABELS),
        (IMAGES[:, None].repeat(3, 1), LABELS),
        (IMAGES.astype(float), LABELS),
    ],
    ids=["rows", "channel last", "channel first", "grey as colour", "colour first", "whole floats"],
)
def test_layouts_of_arrays(images: np.ndarray, labels: np.ndarray) -> None:
    assert joined(import_dataset("mine.npz", npz_bytes(x_train=images, y_train=labels))) == WANTED
    two = [("images.npy", npy_bytes(images)), ("labels.npy", npy_bytes(labels))]
    assert joined(import_files(two)) == WANTED
    assert joined(import_dataset("mine.zip", zip_bytes(dict(two)))) == WANTED


def test_colours_become_grey() -> None:
    colours = np.zeros((COUNT, 28, 28, 3), np.uint8)
    colours[..., 1] = 255
    assert (read_images([("a.npy", npy_bytes(colours))]).sets[0].images == 150).all()


def npz_with(member: bytes) -> bytes:
    return zip_bytes({"x_train.npy": member, "y_train.npy": member})


def npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npz_bytes(images=IMAGES), "mine.npz/images.npy: no labels"),
        (npz_bytes(x_train=IMAGES / 255, y_train=LABELS), r"pixels from 0 to 1, expected whole .*\(scale=yes\)"),
        (
            npz_bytes(x_train=IMAGES + np.int16(1), y_train=LABELS),
            "pixels from 1 to 256, expected whole numbers from 0",
        ),
        (
            npz_bytes(x_train=IMAGES[:, :20], y_train=LABELS),
            r"images of 20 × 28 pixels, expected 28 × 28; .*\(prepare=yes",
        ),
        (
            npz_bytes(x_train=IMAGES.repeat(3, 1), y_train=LABELS),
            "x_train.npy: found 60 × 84 × 28, expected count × 28",
        ),
        (
            npz_bytes(x_train=IMAGES.transpose(1, 2, 0), y_train=LABELS),
            "28 × 28 × 60, .*move the last axis to the front",
        ),
        (npz_bytes(x_train=IMAGES.reshape(60, -1).T, y_train=LABELS), "784 × 60: an image a column; transpose"),
        (
            npz_bytes(x_train=IMAGES, y_train=np.eye(10, dtype=int)[LABELS]),
            "y_train.npy: found 60 × 10, ten values a row",
        ),
        (npz_bytes(x_train=IMAGES, y_train=LABELS + 1), "y_train.npy: label 10 at index"),
        (npz_bytes(x_train=IMAGES, y_train=LABELS[1:]), "holds 60 images but .* holds 59 labels"),
        (npz_bytes(x_train=IMAGES, y_train=LABELS / 2), "labels are float64, expected whole numbers 0-9"),
        (npz_bytes(x_train=np.full(IMAGES.shape, np.nan), y_train=LABELS), "some pixels are not finite numbers"),
        (npz_bytes(x_train=np.array([{}], dtype=object), y_train=LABELS), "x_train.npy: values of type object"),
        (npz_with(npy_header("(10**9, 28, 28)")), "x_train.npy: not a NumPy array"),
        (npz_with(npy_header("(1000000000, 28, 28)")), "holds 0 bytes, its header promises 784,000,000,000"),
        (npz_with(b"nonsense"), "x_train.npy: not a NumPy array"),
        (b"nonsense", "mine.npz: not a ZIP archive, or a damaged one"),
    ],
)
def test_npz_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.npz", data)
