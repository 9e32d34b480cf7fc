"""Exports: pictures that Pillow reads, a table that joins, and the way back."""

import csv
import io
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from PIL import Image

from mnistcore.data import Dataset, encode_png, export_folder, export_zip, import_dataset
from mnistcore.data.imports.pictures import decode_picture
from mnistcore.errors import DataError


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (50, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 10, 50, dtype=np.uint8)
    return Dataset.build("mine", images[:40], labels[:40], images[40:], labels[40:])


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


@given(image=hnp.arrays(np.uint8, (28, 28)))
def test_png_round_trip_by_pillow(image: np.ndarray) -> None:
    data = encode_png(image)
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        assert picture.mode == "L"
        assert np.array_equal(np.array(picture), image)
    assert np.array_equal(decode_picture(data, "own"), image)


def test_zip_holds_pictures_and_the_table(dataset: Dataset) -> None:
    target = io.BytesIO()
    assert export_zip(dataset, target) == 50
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        table = rows(archive.read("labels.csv"))
        assert list(table[0]) == ["file", "label", "split", "index"]
        assert {row["file"] for row in table} | {"labels.csv"} == set(archive.namelist())
        for row in table:
            images, labels = dataset.part(row["split"])
            assert labels[int(row["index"])] == int(row["label"])
            assert np.array_equal(decode_picture(archive.read(row["file"]), "own"), images[int(row["index"])])


def test_way_back_gives_the_same_data_set(dataset: Dataset, tmp_path: Path) -> None:
    export_zip(dataset, tmp_path / "mine.zip")
    assert import_dataset("mine.zip", tmp_path / "mine.zip").fingerprint == dataset.fingerprint
    again = io.BytesIO()
    export_zip(dataset, again)
    assert again.getvalue() == (tmp_path / "mine.zip").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["mine.zip"]


def test_selection(dataset: Dataset) -> None:
    target = io.BytesIO()
    count = export_zip(dataset, target, split="train", digits=[3, 4], limit=5)
    with zipfile.ZipFile(target) as archive:
        table = rows(archive.read("labels.csv"))
    wanted = np.flatnonzero(np.isin(dataset.train_labels, [3, 4]))[:5]
    assert count == len(wanted)
    assert [int(row["index"]) for row in table] == wanted.tolist()
    assert export_zip(dataset, io.BytesIO(), limit=45) == 45
    assert export_zip(dataset, io.BytesIO(), split="test") == 10


def test_folder(dataset: Dataset, tmp_path: Path) -> None:
    assert export_folder(dataset, tmp_path / "out", digits=range(5)) == np.isin(all_labels(dataset), range(5)).sum()
    table = rows((tmp_path / "out" / "labels.csv").read_bytes())
    for row in table:
        image = decode_picture((tmp_path / "out" / row["file"]).read_bytes(), "own")
        assert np.array_equal(image, dataset.part(row["split"])[0][int(row["index"])])
    with pytest.raises(DataError, match="out: the folder is not empty; name a new one"):
        export_folder(dataset, tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: cannot be written"):
        export_folder(dataset, tmp_path / "file")


def all_labels(dataset: Dataset) -> np.ndarray:
    return np.concatenate([dataset.train_labels, dataset.test_labels])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "both"}, "split must be one of all, train, test, got 'both'"),
        ({"digits": [3, 10]}, "digits must be 0 to 9, got 3, 10"),
        ({"digits": []}, "mine: no image of no digit; choose other digits"),
        ({"limit": 0}, "limit must be at least 1, got 0"),
    ],
)
def test_choices_that_cannot_be(dataset: Dataset, tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        export_zip(dataset, tmp_path / "a.zip", **options)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_memory_does_not_grow_with_the_pictures(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1500, 28, 28), dtype=np.uint8)
    many = Dataset.build("many", images, np.zeros(1500, np.uint8), images[:1], np.zeros(1, np.uint8))
    tracemalloc.start()
    export_zip(many, tmp_path / "many.zip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The directory of a ZIP stays in memory until its end, about 1 KB a picture here; the pictures (1.3 MB) do not.
    assert (tmp_path / "many.zip").stat().st_size > 1_300_000
    assert peak < 2_000_000


@pytest.mark.mnist
def test_real_mnist_out_and_in(mnist: Dataset) -> None:
    target = io.BytesIO()
    assert export_zip(mnist, target, split="test", limit=2_000) == 2_000
    back = import_dataset("mnist.zip", target.getvalue())
    assert len(back.train_labels) + len(back.test_labels) == 2_000
