"""Small files of digits in every format that can be imported."""

import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from mnistcore.data import Dataset, save_idx
from mnistcore.data.png import encode_png

COUNT = 60
IMAGES = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
IMAGES[:, 0, 0] = IMAGES[:, -1, -1] = 0  # corners are paper, as in MNIST
LABELS = (np.arange(COUNT) * 7 % 10).astype(np.uint8)
TEST_IMAGES, TEST_LABELS = IMAGES[:20][::-1].copy(), LABELS[:20][::-1].copy()
PIXEL_NAMES = ",".join(f"pixel{number}" for number in range(784))


def pairs(images: np.ndarray, labels: np.ndarray) -> set[tuple[int, bytes]]:
    """All pairs of label and image."""
    return {(int(label), image.tobytes()) for label, image in zip(labels, images, strict=True)}


def joined(dataset: Dataset) -> set[tuple[int, bytes]]:
    """All pairs of label and image, in whichever part."""
    return pairs(dataset.train_images, dataset.train_labels) | pairs(dataset.test_images, dataset.test_labels)


WANTED = pairs(IMAGES, LABELS)


def idx_bytes(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return header + array.tobytes()


def zip_bytes(files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npz_bytes(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy_bytes(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def csv_bytes(
    header: str | None = None,
    last: bool = False,
    images: np.ndarray = IMAGES,
    labels: np.ndarray | None = LABELS,
    ids: np.ndarray | None = None,
    form: str = "%d",
) -> bytes:
    columns = [images.reshape(len(images), -1)]
    if labels is not None:
        columns.insert(1 if last else 0, labels[: len(images), None])
    if ids is not None:
        columns.insert(0, ids[:, None])
    text = io.StringIO()
    np.savetxt(text, np.hstack(columns), form, ",")
    return ((header + "\n" if header else "") + text.getvalue()).encode()


def pictures(prefix: str = "digits/", count: int = COUNT) -> dict[str, bytes]:
    return {f"{prefix}{LABELS[i]}/{i:03d}.png": encode_png(IMAGES[i]) for i in range(count)}


def saved_picture(image: np.ndarray | Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def parquet_bytes(images: np.ndarray = IMAGES, labels: np.ndarray | None = LABELS) -> bytes:
    """As data hubs ship MNIST: a struct with the bytes of a PNG, and its label."""
    entries = [{"bytes": encode_png(image), "path": None} for image in images]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    columns = {"image": pa.array(entries, kind)}
    if labels is not None:
        columns["label"] = pa.array(labels[: len(images)].astype(np.int64))
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def parquet_table_bytes() -> bytes:
    """A column a pixel, as a data frame is saved."""
    columns = {"label": LABELS.astype(np.int64)}
    columns |= {f"pixel{number}": IMAGES.reshape(COUNT, -1)[:, number] for number in range(784)}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def save_mnist_like(folder: Path, dataset: Dataset) -> None:
    """The four files under MNIST's names."""
    folder.mkdir(parents=True, exist_ok=True)
    save_idx(folder / "train-images-idx3-ubyte.gz", dataset.train_images)
    save_idx(folder / "train-labels-idx1-ubyte.gz", dataset.train_labels)
    save_idx(folder / "t10k-images-idx3-ubyte.gz", dataset.test_images)
    save_idx(folder / "t10k-labels-idx1-ubyte.gz", dataset.test_labels)


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)
