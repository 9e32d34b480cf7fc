"""CSV and Parquet: labels are taken from a column only on evidence, and every reason given is the true one."""

import gzip
from collections.abc import Callable

import numpy as np
import pytest

from mnistcore.data import import_dataset, import_files
from mnistcore.data.imports import ImportSettings, read_images
from mnistcore.data.imports.csv_text import parse_csv
from mnistcore.errors import DataError
from tests.core.digit_files import (
    COUNT,
    IMAGES,
    LABELS,
    PIXEL_NAMES,
    WANTED,
    csv_bytes,
    joined,
    pairs,
    parquet_bytes,
    parquet_table_bytes,
    zip_bytes,
)

NUMBERED = ",".join(map(str, range(785)))
LETTERS = (np.arange(COUNT) % 26 + 1).astype(np.uint8)
MATLAB = (np.arange(COUNT) % 10 + 1).astype(np.uint8)
ROWS = np.arange(COUNT)
ZEROS = ",0" * 784


@pytest.mark.parametrize(
    ("header", "last"),
    [
        (None, False),
        (None, True),
        ("label," + PIXEL_NAMES, False),
        (PIXEL_NAMES + ",class", True),
        ('"label",' + PIXEL_NAMES, False),
        (NUMBERED, False),
    ],
)
def test_csv_layouts(header: str | None, last: bool) -> None:
    data = csv_bytes(header, last)
    assert joined(import_dataset("mine.csv", data)) == WANTED
    assert joined(import_dataset("mine.csv", data.replace(b"\n", b",\n"))) == WANTED


@pytest.mark.parametrize(
    "written",
    [
        lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: data.replace(b",", b";"),
        lambda data: data.replace(b",", b"\t"),
        lambda data: data.replace(b",", b" "),
        lambda data: data.decode().encode("utf-16"),
        lambda data: gzip.compress(data),
        lambda data: gzip.compress(gzip.compress(data)),
    ],
    ids=["windows", "old-mac", "semicolon", "tab", "space", "utf-16", "gzip", "gzip-twice"],
)
def test_csv_however_it_is_written(written: Callable[[bytes], bytes]) -> None:
    assert joined(import_dataset("mine.csv", written(csv_bytes("label," + PIXEL_NAMES)))) == WANTED


def test_quoted_labels_are_digits() -> None:
    for mark in ("'", '"', " "):
        lines = [f"{mark}{line[0]}{mark}{line[1:]}" for line in csv_bytes().decode().splitlines()]
        assert joined(import_dataset("mine.csv", "\n".join(lines).encode())) == WANTED


def test_numbers_written_as_fractions() -> None:
    assert joined(import_dataset("mine.csv", csv_bytes(form="%.1f"))) == WANTED


def test_longer_than_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnistcore.data.imports.csv_text.ROWS_AT_ONCE", 20)
    assert joined(import_dataset("mine.csv", csv_bytes())) == WANTED
    with pytest.raises(DataError, match="line 31, column 3 holds 256"):
        import_dataset("mine.csv", with_line(30, "3,0,256" + ",0" * 782))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (LETTERS, r"the first column holds 1 to 26 \(26 different values, .*\), the last only 0"),
        (MATLAB, r"the first column holds 1 to 10 \(10 different values"),
        (np.full(COUNT, 3), "the first column holds only 3, the last only 0"),
        (ROWS + 1000, "mine.csv: no labels"),
    ],
)
def test_labels_are_not_guessed(labels: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        import_dataset("mine.csv", csv_bytes(labels=labels) if labels[0] < 1000 else csv_bytes(labels=None, ids=ROWS))


@pytest.mark.parametrize("column", ["first", "label"])
def test_labels_beyond_nine_are_refused_where_they_are_told(column: str) -> None:
    settings = ImportSettings(label_column=column)
    with pytest.raises(DataError, match=r"column 1: label 10 at index 9 \(34 such\), expected digits 0-9"):
        import_dataset("mine.csv", csv_bytes("label," + PIXEL_NAMES, labels=LETTERS), settings=settings)


def test_a_class_alone_can_be_told() -> None:
    data = csv_bytes(labels=np.full(COUNT, 3))
    dataset = import_dataset("mine.csv", data, settings=ImportSettings(label_column="first"))
    assert set(dataset.train_labels) == {3}


def test_ambiguity_is_told_and_can_be_decided() -> None:
    images = IMAGES.copy()
    images[:, -1, -1] = np.arange(COUNT) % 7
    data = csv_bytes(images=images)
    with pytest.raises(
        DataError, match=r'do not tell which column holds the labels.*header line that names it "label"'
    ):
        import_dataset("mine.csv", data)
    assert joined(import_dataset("mine.csv", data, settings=ImportSettings(label_column="first"))) == pairs(
        images, LABELS
    )


def test_ten_rows_in_order_may_be_labels_or_row_numbers() -> None:
    data = csv_bytes(images=IMAGES[:10], labels=np.arange(10))
    with pytest.raises(DataError, match="do not tell which column holds the labels"):
        import_dataset("mine.csv", data)
    assert read_images([("mine.csv", data)], ImportSettings(label_column="none")).sets[0].labels is None


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (csv_bytes("id," + PIXEL_NAMES, labels=None, ids=ROWS + 7), [str(row + 7) for row in ROWS]),
        (csv_bytes("," + PIXEL_NAMES, labels=None, ids=ROWS), list(map(str, ROWS))),
        (csv_bytes("," + ",".join(map(str, range(784))), labels=None, ids=ROWS), list(map(str, ROWS))),
        (csv_bytes(labels=None, ids=ROWS), list(map(str, ROWS))),
        (csv_bytes(labels=None, ids=ROWS + 1), list(map(str, ROWS + 1))),
        (csv_bytes(PIXEL_NAMES, labels=None), None),
        (csv_bytes(labels=None), None),
    ],
)
def test_images_without_labels_are_not_shifted_and_have_none(data: bytes, names: list[str] | None) -> None:
    (found,) = read_images([("mine.csv", data)]).sets
    assert found.labels is None
    assert np.array_equal(found.images, IMAGES)
    assert found.names == (None if names is None else tuple(names))
    with pytest.raises(DataError, match=r"mine.csv: no labels, and a network is trained on labelled images; .*predict"):
        import_dataset("mine.csv", data)


@pytest.mark.parametrize(
    "data",
    [
        csv_bytes("id,label," + PIXEL_NAMES, ids=ROWS + 500),
        csv_bytes("," + "digit," + PIXEL_NAMES, ids=ROWS),
        csv_bytes(ids=ROWS),
        csv_bytes(ids=ROWS + 1),
        csv_bytes(last=True, ids=ROWS),
    ],
)
def test_row_numbers_beside_labels_are_left_out(data: bytes) -> None:
    assert joined(import_dataset("mine.csv", data)) == WANTED


def test_other_sizes_are_read_as_they_are() -> None:
    small = np.arange(64, dtype=np.uint8).reshape(1, 8, 8).repeat(COUNT, 0)
    (found,) = read_images([("mine.csv", csv_bytes(images=small, last=True))]).sets
    assert found.sides == (8, 8)
    assert np.array_equal(found.images, small)
    assert np.array_equal(found.labels, LABELS)


def with_line(position: int, line: str) -> bytes:
    lines = csv_bytes().decode().splitlines()
    lines[position] = line
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "mine.csv: an empty file"),
        (b"hello\nworld\n", "mine.csv: 1 column, expected 785 .*; separate the values by commas"),
        (b"0,0,0\n5,5,5", r"3 columns, expected 785 \(784 pixels and a label\), 784 without labels"),
        (("label" + ZEROS.replace("0", "p")).encode(), "mine.csv: no rows"),
        (
            csv_bytes("a," + PIXEL_NAMES),
            "785 columns, and the header names no label: the first is called 'a', the last",
        ),
        (with_line(3, "3,0" + ",0.5" + ",0" * 782), "line 4, column 3 holds 0.5, expected a whole number 0 to 255"),
        (with_line(3, "3" + ",-1" + ",0" * 783), "line 4, column 2 holds -1, expected a whole number"),
        (with_line(3, "3" + ",999" + ",0" * 783), "line 4, column 2 holds 999"),
        (with_line(3, "3,0" + ",99999999999999999999" + ",0" * 782), "line 4, column 3 holds (1e|99)"),
        (with_line(3, "3,0" + ",nan" + ",0" * 782), "line 4, column 3 holds '?nan"),
        (with_line(3, "3,0" + ",inf" + ",0" * 782), "line 4, column 3 holds inf"),
        (with_line(3, "3,0" + ",," + ",0" * 781), "line 4, column 3 holds ''"),
        (with_line(3, "3,0,0"), "line 4, column 4 holds"),
        (with_line(3, "3" + ",0" * 800), "not a readable CSV file .*line 4"),
        (("label," + PIXEL_NAMES + "\n" + "1,2" + ZEROS).encode(), "line 2 has 786 values, the header .* 785"),
        (with_line(3, "three" + ZEROS), "the first column holds texts such as 'three'"),
        (csv_bytes("label," + PIXEL_NAMES).replace(b"\n3,", b"\nthree,"), "column 1, line .*: the label is 'three'"),
        (
            csv_bytes("label," + PIXEL_NAMES).replace(b"\n3,", b"\n3.5,"),
            "column 1, line .*: the label is 3.5, expected",
        ),
        (csv_bytes("label," + PIXEL_NAMES).replace(b"\n3,", b"\n12,"), "column 1: label 12 at index"),
        (csv_bytes()[:3000].rsplit(b"\n")[0] + b"\n" + b"\xff\xfe,1\n", "mine.csv: "),
        (
            zip_bytes({"xl/workbook.xml": b"", "xl/sheet.xml": b""}),
            "mine.csv: an Excel workbook; save the table as CSV",
        ),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "mine.csv: an old Excel or Word file; save the table as CSV"),
        (b"<!DOCTYPE html><title>404</title>", "mine.csv: a web page; download the file itself"),
    ],
)
def test_csv_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.csv", data)


def test_a_label_column_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match="label_column is 'digit', and no column has that name; choose first, last"):
        import_dataset("mine.csv", csv_bytes(), settings=ImportSettings(label_column="digit"))
    data = csv_bytes("what," + PIXEL_NAMES)
    assert joined(import_dataset("mine.csv", data, settings=ImportSettings(label_column="What"))) == WANTED


def test_brightness_from_0_to_1_is_read_for_scaling() -> None:
    data = csv_bytes("label," + PIXEL_NAMES, images=IMAGES / 255, form="%.8f")
    assert parse_csv(data, "mine.csv").images.dtype == np.float32
    with pytest.raises(DataError, match=r"pixels from 0 to 1, expected whole numbers .*; scale them \(scale=yes\)"):
        import_dataset("mine.csv", data)


def test_kaggles_training_and_test_tables_together() -> None:
    files = {
        "train.csv": csv_bytes("label," + PIXEL_NAMES),
        "test.csv": csv_bytes(PIXEL_NAMES, labels=None, images=IMAGES[:20]),
        "sample_submission.csv": b"ImageId,Label\n1,0\n",
    }
    dataset = import_dataset("digit-recognizer.zip", zip_bytes(files))
    assert joined(dataset) == WANTED
    notes = " ".join(dataset.notes)
    assert "test.csv: 20 images without labels, left out" in notes
    assert "sample_submission.csv: a table without pixels" in notes


# Parquet


@pytest.mark.parametrize("data", [parquet_bytes(), parquet_table_bytes()], ids=["pictures", "pixels"])
def test_parquet(data: bytes) -> None:
    assert joined(import_dataset("train-00000-of-00001.parquet", data)) == WANTED


def test_parquet_parts_and_no_labels() -> None:
    files = [("data/test-0.parquet", parquet_bytes(IMAGES[:20])), ("data/train-0.parquet", parquet_bytes())]
    dataset = import_files(files)
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_images, IMAGES[:20])
    assert read_images([("a.parquet", parquet_bytes(labels=None))]).sets[0].labels is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PAR1 nonsense PAR1", "mine.parquet: not a Parquet file, or a damaged one"),
        (parquet_bytes()[:-200], "mine.parquet: not a Parquet file, or a damaged one"),
        (parquet_bytes(labels=LETTERS), "column 'label': label 10 at index 9"),
    ],
)
def test_parquet_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.parquet", data)


def test_a_text_without_commas_is_no_table() -> None:
    with pytest.raises(DataError, match=r"notes.txt: no digits in a known format"):
        import_dataset("notes.txt", b"nothing here")
