"""ZIPs, folders and limits: what is promised comes in, what is odd is named, nothing is unpacked beyond its bounds."""

import gzip
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistcore.data import archive as archive_module
from mnistcore.data import import_dataset, import_files, load_dataset
from mnistcore.data.imports import image_sets, read_images, sources
from mnistcore.data.png import encode_png
from mnistcore.errors import DataError
from tests.core.digit_files import (
    COUNT,
    IMAGES,
    LABELS,
    WANTED,
    csv_bytes,
    idx_bytes,
    joined,
    npz_bytes,
    pictures,
    saved_picture,
    zip_bytes,
)


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


# ZIP of PNGs


def test_zip_of_pngs_in_folders_named_by_label() -> None:
    assert joined(import_dataset("mine.zip", zip_bytes(pictures()))) == WANTED
    assert joined(import_dataset("mine.zip", zip_bytes(pictures(""), zipfile.ZIP_STORED))) == WANTED
    clutter = {
        "__MACOSX/digits/0/._000.png": b"x",
        "digits/.DS_Store": b"x",
        "labels.csv": b"file,label",
        "digits/0/": b"",
    }
    assert joined(import_dataset("mine.zip", zip_bytes(pictures() | clutter))) == WANTED


def test_zip_of_colour_and_palette_pngs() -> None:
    grey = [Image.fromarray(image) for image in IMAGES]
    files = {
        f"{LABELS[i]}/{i:03d}.png": saved_picture(grey[i].convert("RGBA" if i % 2 else "RGB")) for i in range(COUNT)
    }
    assert joined(import_dataset("mine.zip", zip_bytes(files))) == WANTED


def bomb_png() -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + head
        + struct.pack(">I", zlib.crc32(head))
        + b"\0\0\0\x0aIDAT"
        + bytes(99)
    )


BLANK = Image.new("L", (28, 28))
TRANSPARENT = Image.new("RGBA", (28, 28), (255, 255, 255, 0))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "cat/1.png",
            encode_png(IMAGES[0]),
            "cat/1.png lies in folder 'cat', expected a folder named by its label, 0 to 9",
        ),
        ("10/1.png", encode_png(IMAGES[0]), "lies in folder '10'"),
        ("1.png", encode_png(IMAGES[0]), "1.png lies in no folder"),
        ("1/1.jpg", b"jpeg", "1/1.jpg: not a PNG, JPEG or BMP picture"),
        ("1/1.png", b"jpeg", "mine.zip/1/1.png: not a PNG, JPEG or BMP picture"),
        (
            "1/1.png",
            saved_picture(Image.new("L", (32, 32))),
            r"images of 32 × 32 pixels, expected 28 × 28; .*\(prepare=yes",
        ),
        ("1/1.png", bomb_png(), "1/1.png: far more than 1,024 pixels a side"),
        ("1/1.png", encode_png(IMAGES[0])[:200], "1/1.png: a damaged picture"),
        ("1/1.png", saved_picture(Image.new("I;16", (28, 28))), "1/1.png: a picture of mode I;16, expected 8-bit grey"),
        ("1/1.png", saved_picture(TRANSPARENT), "1/1.png: a picture with transparency"),
        ("1/1.png", saved_picture(BLANK, transparency=0), "1/1.png: a picture with transparency"),
        (
            "1/1.png",
            encode_png(IMAGES[0]) + bytes(1 << 21),
            "1/1.png has 2,098,.* bytes, expected a picture of a digit",
        ),
        (f"1/{'x' * 600}.png", encode_png(IMAGES[0]), "has a name of 606 characters; give it a shorter one"),
        ("../1/1.png", encode_png(IMAGES[0]), r"the name '../1/1.png' points outside the archive"),
        ("/1/1.png", encode_png(IMAGES[0]), "the name '/1/1.png' points outside"),
        ("C:/1/1.png", encode_png(IMAGES[0]), "the name 'C:/1/1.png' points outside"),
        ("a\\..\\1.png", encode_png(IMAGES[0]), "points outside the archive"),
    ],
)
def test_zip_defects(name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.zip", zip_bytes(pictures("", count=3) | {name: content}))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "mine.zip: holds nothing. Give IDX images and labels"),
        ({"a.zip": zip_bytes({"b.csv": csv_bytes()})}, "mine.zip/a.zip: a ZIP inside a ZIP; unpack the outer one"),
        ({"readme": b"hello"}, "readme: no digits in a known format. Give IDX"),
        ({f"{n}.txt": b"x" for n in range(9)}, r"0.txt: no digits in a known format.*mine.zip/3.txt: .*Give IDX"),
        ({"1/1.png": encode_png(IMAGES[0])}, "1 images, at least 2 are needed"),
    ],
)
def test_zip_without_digits(files: dict[str, bytes], message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.zip", zip_bytes(files))


def test_zip_bomb_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_BYTES", 20_000_000)
    bomb = zip_bytes({f"1/{n}.png": bytes(3_000_000) for n in range(8)})
    assert len(bomb) < 30_000
    with (
        memory_below(3_000_000),
        pytest.raises(DataError, match="24,000,000 bytes when unpacked, more than the limit of 20,000,000"),
    ):
        import_dataset("bomb.zip", bomb)


def test_zip_that_lies_about_sizes_is_not_believed() -> None:
    bomb = bytearray(zip_bytes({"1/1.png": bytes(30_000_000)}))
    real, lie = struct.pack("<I", 30_000_000), struct.pack("<I", 900)
    with memory_below(3_000_000), pytest.raises(DataError, match=r"mine.zip: not a ZIP archive, or a damaged one"):
        import_dataset("mine.zip", bytes(bomb.replace(real, lie)))


def test_odd_zips() -> None:
    with pytest.raises(DataError, match="unsupported compression"):
        import_dataset("mine.zip", zip_bytes(pictures(count=2), zipfile.ZIP_BZIP2))
    encrypted = bytearray(zip_bytes({"1/1.png": b"secret"}, zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(mark) + offset] |= 1
    with pytest.raises(DataError, match=r"1/1.png is encrypted"):
        import_dataset("mine.zip", bytes(encrypted))
    damaged = bytearray(zip_bytes(pictures(count=2), zipfile.ZIP_STORED))
    damaged[200] ^= 255
    with pytest.raises(DataError, match="damaged"):
        import_dataset("mine.zip", bytes(damaged))


# Limits and what does not belong


def test_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"big.csv: 209,715,201 bytes, more than the limit of 209,715,200"):
        import_dataset("big.csv", bytes(200 * 1024**2 + 1))
    with (tmp_path / "sparse.csv").open("wb") as file:
        file.truncate(10 * 1024**3)
    with pytest.raises(DataError, match="10,737,418,240 bytes, more than the limit"):
        import_dataset("sparse.csv", tmp_path / "sparse.csv")
    monkeypatch.setattr(sources, "MAX_BYTES", 1_000_000)
    with pytest.raises(DataError, match=r"bomb.csv.gz: more than the limit of 1,000,000 bytes when unpacked"):
        import_dataset("bomb.csv.gz", gzip.compress(bytes(2_000_000)))


def test_limit_on_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(image_sets, "MAX_IMAGES", 50)
    pair = [("i-ubyte", idx_bytes(IMAGES)), ("l-ubyte", idx_bytes(LABELS))]
    for files in (
        pair,
        [("mine.csv", csv_bytes())],
        [("mine.npz", npz_bytes(x_train=IMAGES, y_train=LABELS))],
        [("mine.zip", zip_bytes(pictures()))],
    ):
        with pytest.raises(DataError, match=r"60 (images|rows), more than the limit of 50"):
            import_files(files)
    monkeypatch.setattr(archive_module, "MAX_ENTRIES", 50)
    with pytest.raises(DataError, match="60 entries, more than the limit of 50"):
        import_dataset("mine.zip", zip_bytes(pictures()))


def test_what_does_not_belong() -> None:
    with pytest.raises(DataError, match="No file to import"):
        import_files([])
    with pytest.raises(DataError, match=r"b.npz/x.npy: labels only"):
        import_files([("a.csv", csv_bytes()), ("b.npz", npz_bytes(x=LABELS))])
    with pytest.raises(DataError, match=r"thesis.pdf: a PDF document; .*Give IDX"):
        import_dataset("thesis.pdf", b"%PDF")
    with pytest.raises(DataError, match=r"nowhere.csv: cannot be read"):
        import_dataset("nowhere.csv", "nowhere.csv")


def test_split_off_test_is_stratified_and_always_the_same() -> None:
    first, again = (import_dataset("mine.csv", csv_bytes()) for _ in range(2))
    assert first.name == "mine.csv"
    assert first.fingerprint == again.fingerprint
    assert len(first.test_labels) == 10
    assert np.bincount(first.test_labels).tolist() == [1] * 10


def test_members_without_a_name_and_with_backslashes() -> None:
    files = {name.replace("/", "\\"): data for name, data in pictures().items()}
    data = zip_bytes(files | {"nameless": b"x"})
    for length in (b"\x00\x00",):  # the directory says that the last name is empty
        at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"nameless"))
        data = data[: at + 28] + length + data[at + 30 :].replace(b"nameless", b"", 1)
    end = data.rindex(b"PK\x05\x06")
    size = struct.unpack("<I", data[end + 12 : end + 16])[0] - len("nameless")
    dataset = import_dataset("mine.zip", data[: end + 12] + struct.pack("<I", size) + data[end + 16 :])
    assert joined(dataset) == WANTED
    assert "mine.zip: 1 member without a name." in dataset.notes


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    for name, data in pictures("train/").items() | pictures("test/", 20).items():
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (tmp_path / "mine" / "Thumbs.db").write_bytes(b"x")
    dataset = load_dataset(str(tmp_path / "mine"))
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_images, IMAGES[:20])
    with pytest.raises(DataError, match="neither a file nor a folder"):
        import_dataset("null", "/dev/null")


def test_pictures_without_labels_beside_others_are_left_out_and_said() -> None:
    flat = {f"testSet/img_{i}.jpg": saved_picture(IMAGES[i], "JPEG", quality=100) for i in range(5)}
    reading = read_images([("mine.zip", zip_bytes(pictures("trainingSet/") | flat))])
    assert [(one.source, one.labels is None) for one in reading.sets] == [
        ("mine.zip/testSet", True),
        ("mine.zip/trainingSet", False),
    ]
    assert reading.sets[0].names == tuple(f"img_{i}.jpg" for i in range(5))
    dataset = import_dataset("mine.zip", zip_bytes(pictures("trainingSet/") | flat))
    assert (
        "mine.zip/testSet: 5 images without labels, left out; a network can classify them (predict)." in dataset.notes
    )
