"""The user's own digits: every layout that is promised comes in, every defect is refused with its reason."""

import gzip
import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mnistcore.data import Dataset, import_dataset, import_files, save_idx
from mnistcore.data import archive as archive_module
from mnistcore.data import imports as imports_module
from mnistcore.data.png import encode_png
from mnistcore.errors import DataError

COUNT = 60
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
IMAGES[:, 0, 0] = IMAGES[:, -1, -1] = 0  # corners are paper, as in MNIST
LABELS = (np.arange(COUNT) % 10).astype(np.uint8)
TEST_IMAGES, TEST_LABELS = IMAGES[:20][::-1].copy(), LABELS[:20][::-1].copy()


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def joined(dataset: Dataset) -> set[tuple[int, bytes]]:
    """All pairs of label and image, in whichever part."""
    images = np.concatenate([dataset.train_images, dataset.test_images])
    labels = np.concatenate([dataset.train_labels, dataset.test_labels])
    return {(int(label), image.tobytes()) for label, image in zip(labels, images, strict=True)}


WANTED = {(int(label), image.tobytes()) for label, image in zip(LABELS, IMAGES, strict=True)}


def idx_bytes(tmp_path: Path, array: np.ndarray, suffix: str = "") -> bytes:
    save_idx(tmp_path / f"array{suffix}", array)
    return (tmp_path / f"array{suffix}").read_bytes()


def zip_bytes(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npz_bytes(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def csv_bytes(header: str | None = None, last: bool = False, images: np.ndarray = IMAGES) -> bytes:
    pixels, column = images.reshape(len(images), -1), LABELS[: len(images), None]
    text = io.StringIO()
    np.savetxt(text, np.hstack([pixels, column] if last else [column, pixels]), "%d", ",")
    return ((header + "\n" if header else "") + text.getvalue()).encode()


PIXEL_NAMES = ",".join(f"pixel{number}" for number in range(784))


# IDX


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_pair_in_any_order(tmp_path: Path, suffix: str) -> None:
    images, labels = idx_bytes(tmp_path, IMAGES, suffix), idx_bytes(tmp_path, LABELS, suffix)
    dataset = import_files([("mine-labels" + suffix, labels), ("mine-images" + suffix, images)])
    assert joined(dataset) == WANTED
    assert len(dataset.test_labels) == 10


def test_idx_pair_in_a_zip_and_from_paths(tmp_path: Path) -> None:
    files = {"sub/a-idx3-ubyte": idx_bytes(tmp_path, IMAGES), "sub/a-idx1-ubyte.gz": idx_bytes(tmp_path, LABELS, ".gz")}
    assert joined(import_dataset("pair.zip", zip_bytes(files))) == WANTED
    save_idx(tmp_path / "i-idx3-ubyte", IMAGES)
    save_idx(tmp_path / "l-idx1-ubyte", LABELS)
    dataset = import_files([(name, tmp_path / name) for name in ("i-idx3-ubyte", "l-idx1-ubyte")], name="own")
    assert dataset.name == "own"
    assert joined(dataset) == WANTED


def test_idx_train_and_test(tmp_path: Path) -> None:
    files = [
        ("t10k-images", idx_bytes(tmp_path, TEST_IMAGES)),
        ("t10k-labels", idx_bytes(tmp_path, TEST_LABELS)),
        ("train-images", idx_bytes(tmp_path, IMAGES)),
        ("train-labels", idx_bytes(tmp_path, LABELS)),
    ]
    dataset = import_files(files)
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_labels, TEST_LABELS)


def test_idx_defects(tmp_path: Path) -> None:
    images, labels = ("i-ubyte", idx_bytes(tmp_path, IMAGES)), ("l-ubyte", idx_bytes(tmp_path, LABELS))
    with pytest.raises(DataError, match=r"i-ubyte: the labels \(…-idx1-ubyte\) that belong to it are missing"):
        import_files([images])
    with pytest.raises(DataError, match=r"l-ubyte: the images \(…-idx3-ubyte\) that belong to it are missing"):
        import_files([labels])
    with pytest.raises(DataError, match="i-ubyte and again-ubyte: both hold images"):
        import_files([images, ("again-ubyte", images[1])])
    with pytest.raises(DataError, match="i-ubyte holds 60 images but few-ubyte holds 59 labels"):
        import_files([images, ("few-ubyte", idx_bytes(tmp_path, LABELS[:-1]))])
    with pytest.raises(DataError, match="flat-ubyte: 2-dimensional, expected 3"):
        import_files([("flat-ubyte", idx_bytes(tmp_path, IMAGES.reshape(COUNT, -1))), labels])


# CSV


@pytest.mark.parametrize(
    ("header", "last"),
    [
        (None, False),
        (None, True),
        ("label," + PIXEL_NAMES, False),
        (PIXEL_NAMES + ",class", True),
        ('"label",' + PIXEL_NAMES, False),
        ("a," + PIXEL_NAMES, False),
        (",".join(map(str, range(785))), False),
    ],
)
def test_csv_layouts(header: str | None, last: bool) -> None:
    data = csv_bytes(header, last)
    assert joined(import_dataset("mine.csv", data)) == WANTED
    assert joined(import_dataset("mine.csv", b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"))) == WANTED
    assert joined(import_dataset("mine.csv.gz", gzip.compress(data))) == WANTED


def test_csv_pair_of_train_and_test() -> None:
    test = csv_bytes(images=IMAGES[:20])
    dataset = import_files([("mnist_test.csv", test), ("mnist_train.csv", csv_bytes())])
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_images, IMAGES[:20])
    with pytest.raises(DataError, match=r"a.csv and b.csv: which is the test part\?"):
        import_files([("a.csv", test), ("b.csv", test)])


def test_csv_of_whole_numbers_written_as_fractions() -> None:
    text = io.StringIO()
    np.savetxt(text, np.hstack([LABELS[:, None], IMAGES.reshape(COUNT, -1)]), "%.1f", ",")
    assert joined(import_dataset("mine.csv", text.getvalue().encode())) == WANTED


def test_csv_longer_than_a_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnistcore.data.import_csv.ROWS_AT_ONCE", 7)
    assert joined(import_dataset("mine.csv", csv_bytes())) == WANTED
    with pytest.raises(DataError, match="line 10, column 2 holds 256"):
        import_dataset("mine.csv", with_line(9, "3,256" + ",0" * 783))


def with_line(position: int, line: str) -> bytes:
    lines = csv_bytes().decode().splitlines()
    lines[position] = line
    return "\n".join(lines).encode()


ZEROS = ",0" * 784


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "mine.csv: 1 columns, expected 785 .*; separate the values by commas"),
        (b"1;2;3\n", "1 columns, expected 785 .*; separate the values by commas"),
        (b",".join([b"0"] * 784), "784 columns, expected 785 .*; the labels are missing"),
        (
            b",".join([b"0"] * 786),
            r"786 columns, .*; probably row numbers; save it without them \(in pandas: index=False",
        ),
        (b"0,0,0", "3 columns, .*give 784 pixels and one label a row"),
        (("label" + ZEROS.replace("0", "p")).encode(), "mine.csv: no rows"),
        (with_line(3, "3" + ",0.5" + ",0" * 783), "line 4, column 2 holds 0.5, expected a whole number 0 to 255"),
        (with_line(3, "3" + ",-1" + ",0" * 783), "line 4, column 2 holds -1, expected a whole number"),
        (with_line(3, "3" + ",999" + ",0" * 783), "line 4, column 2 holds 999"),
        (with_line(3, "3" + ",99999999999999999999" + ",0" * 783), "line 4, column 2 holds '?(1e.20|9+)"),
        (with_line(3, "3" + ",nan" + ",0" * 783), "line 4, column 2 holds 'nan'"),
        (with_line(3, "3" + ",inf" + ",0" * 783), "line 4, column 2 holds inf"),
        (with_line(3, "3" + ",," + ",0" * 782), "line 4, column 2 holds ''"),
        (with_line(3, "3,0,0"), "line 4, column 4 holds"),
        (with_line(3, "3" + ",0" * 800), "not a readable CSV file .*line 4"),
        (
            ("label," + PIXEL_NAMES + "\n" + "1,2" + ZEROS).encode(),
            "line 2 has more values than the header; expected 785",
        ),
        (with_line(3, "three" + ZEROS), "line 4, column 1 holds 'three'"),
        (
            with_line(3, "12" + ZEROS).replace(b",0\n", b",77\n"),
            "no label column: the first holds 0 to 12 and the last",
        ),
        (csv_bytes("label," + PIXEL_NAMES).replace(b"\n3,", b"\n12,"), "the first column: label 12 at index 3"),
        (csv_bytes()[:3000].rsplit(b"\n")[0] + b"\n" + b"\xff\xfe,1\n", "mine.csv: "),
    ],
)
def test_csv_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.csv", data)


def test_csv_ambiguity_is_told_and_can_be_decided() -> None:
    images = IMAGES.copy()
    images[:, -1, -1] = np.arange(COUNT) % 7
    data = csv_bytes(images=images)
    with pytest.raises(DataError, match=r'first and the last column could both be the label .* header line .* "label"'):
        import_dataset("mine.csv", data)
    decided = import_dataset("mine.csv", data, label_column="first")
    assert np.bincount(decided.train_labels).tolist() == [5] * 10


# NPZ


def test_npz_layouts() -> None:
    full = {"x_train": IMAGES, "y_train": LABELS, "x_test": TEST_IMAGES, "y_test": TEST_LABELS}
    dataset = import_dataset("mine.npz", npz_bytes(**full))
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_images, TEST_IMAGES)
    assert joined(import_dataset("mine.npz", npz_bytes(x_train=IMAGES, y_train=LABELS))) == WANTED
    flat = npz_bytes(x_train=IMAGES.reshape(COUNT, 784).astype(np.int64), y_train=LABELS[:, None].astype(np.int32))
    assert joined(import_dataset("mine.npz", flat)) == WANTED
    channel = npz_bytes(x_train=np.asfortranarray(IMAGES[..., None]), y_train=LABELS)
    assert joined(import_dataset("mine.npz", channel)) == WANTED


def npz_with(member: bytes) -> bytes:
    return zip_bytes({"x_train.npy": member, "y_train.npy": member})


def npy_header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (npz_bytes(images=IMAGES), "mine.npz: holds images; expected x_train, y_train and"),
        (npz_bytes(x_train=IMAGES, y_train=LABELS, x_test=IMAGES), "expected x_train, .* x_test and y_test"),
        (npz_bytes(x_train=IMAGES / 255, y_train=LABELS), "x_train: values of type float64, expected whole numbers"),
        (npz_bytes(x_train=IMAGES + np.int16(1), y_train=LABELS), "x_train: pixels from 1 to 256, expected 0"),
        (npz_bytes(x_train=IMAGES[:, :20], y_train=LABELS), "x_train: found 60 × 20 × 28, expected count × 28 × 28"),
        (npz_bytes(x_train=IMAGES, y_train=np.eye(10, dtype=int)[LABELS]), "y_train: found labels of 60 × 10"),
        (npz_bytes(x_train=IMAGES, y_train=LABELS + 1), "y_train: label 10 at index 9"),
        (npz_bytes(x_train=IMAGES, y_train=LABELS[1:]), "holds 60 images but .* holds 59 labels"),
        (npz_bytes(x_train=np.array([{}], dtype=object), y_train=LABELS), "x_train: values of type object"),
        (npz_with(npy_header("(10**9, 28, 28)")), "x_train: not a NumPy array"),
        (npz_with(npy_header("(1000000000, 28, 28)")), "x_train: holds 0 bytes, its header promises 784,000,000,000"),
        (npz_with(b"nonsense"), "x_train: not a NumPy array"),
        (b"nonsense", "mine.npz: not a ZIP archive, or a damaged one"),
    ],
)
def test_npz_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.npz", data)


# ZIP of PNGs


def pictures(prefix: str = "digits/", count: int = COUNT) -> dict[str, bytes]:
    return {f"{prefix}{LABELS[i]}/{i:03d}.png": encode_png(IMAGES[i]) for i in range(count)}


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


def test_zip_with_train_and_test_folders_keeps_the_order_of_names() -> None:
    dataset = import_dataset("mine.zip", zip_bytes(pictures("Train/") | pictures("data/test/", 20)))
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.train_labels, LABELS)
    assert np.array_equal(dataset.test_images, IMAGES[:20])


def test_zip_of_test_pictures_only_is_split_like_any() -> None:
    assert joined(import_dataset("mine.zip", zip_bytes(pictures("test/")))) == WANTED


def saved_png(picture: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", **options)
    return buffer.getvalue()


def test_zip_of_colour_and_palette_pngs() -> None:
    grey = [Image.fromarray(image) for image in IMAGES]
    files = {f"{LABELS[i]}/{i:03d}.png": saved_png(grey[i].convert("RGBA" if i % 2 else "RGB")) for i in range(COUNT)}
    assert joined(import_dataset("mine.zip", zip_bytes(files))) == WANTED


def bomb_png() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + bytes(100)


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
        ("1/1.jpg", b"jpeg", "1/1.jpg is not a PNG picture; pack PNGs only"),
        ("1/1.png", b"jpeg", "mine.zip: 1/1.png: not a PNG picture"),
        ("1/1.png", saved_png(Image.new("L", (32, 32))), "1/1.png: 32 × 32 pixels, expected 28 × 28"),
        ("1/1.png", bomb_png(), "1/1.png: 60,000 × 60,000 pixels, expected 28 × 28"),
        ("1/1.png", encode_png(IMAGES[0])[:200], "1/1.png: a damaged PNG picture"),
        ("1/1.png", saved_png(Image.new("I;16", (28, 28))), "1/1.png: a PNG of mode I;16, expected 8-bit grey"),
        ("1/1.png", saved_png(TRANSPARENT), "1/1.png: a picture with transparency"),
        ("1/1.png", saved_png(BLANK, transparency=0), "1/1.png: a picture with transparency"),
        ("1/1.png", encode_png(IMAGES[0]) + bytes(1 << 21), "1/1.png has 2,098,.* bytes, expected a 28 × 28 PNG"),
        ("../1/1.png", encode_png(IMAGES[0]), r"the name '../1/1.png' points outside the archive"),
        ("/1/1.png", encode_png(IMAGES[0]), "the name '/1/1.png' points outside"),
        ("C:/1/1.png", encode_png(IMAGES[0]), "the name 'C:/1/1.png' points outside"),
        ("a\\..\\1.png", encode_png(IMAGES[0]), "points outside the archive"),
    ],
)
def test_zip_defects(name: str, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        import_dataset("mine.zip", zip_bytes(pictures(count=3) | {name: content}))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "mine.zip: holds nothing; expected PNG pictures in folders named 0 to 9"),
        ({"a.zip": b"PK"}, "mine.zip: holds a.zip; expected PNG"),
        ({"readme": b"hello"}, "readme: not a kind of file that can be imported"),
        ({f"{n}.txt": b"" for n in range(9)}, "holds 0.txt, 1.txt, 2.txt, 3.txt and more; expected PNG"),
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
    monkeypatch.setattr(imports_module, "MAX_BYTES", 1_000_000)
    with pytest.raises(DataError, match=r"bomb.csv.gz: more than the limit of 1,000,000 bytes when unpacked"):
        import_dataset("bomb.csv.gz", gzip.compress(bytes(2_000_000)))


def test_limit_on_images(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(imports_module, "MAX_IMAGES", 50)
    pair = [("i-ubyte", idx_bytes(tmp_path, IMAGES)), ("l-ubyte", idx_bytes(tmp_path, LABELS))]
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
    with pytest.raises(DataError, match=r"a.csv, b.npz: these do not go together"):
        import_files([("a.csv", csv_bytes()), ("b.npz", npz_bytes(x=LABELS))])
    with pytest.raises(DataError, match=r"thesis.pdf: not a kind of file that can be imported; give IDX"):
        import_dataset("thesis.pdf", b"%PDF")
    with pytest.raises(DataError, match=r"nowhere.csv: cannot be read"):
        import_dataset("nowhere.csv", "nowhere.csv")


def test_split_off_test_is_stratified_and_always_the_same() -> None:
    first, again = (import_dataset("mine.csv", csv_bytes()) for _ in range(2))
    assert first.name == "mine.csv"
    assert first.fingerprint == again.fingerprint
    assert len(first.test_labels) == 10
    assert np.bincount(first.test_labels).tolist() == [1] * 10


WHOLE = {
    "few.zip": zip_bytes(pictures(count=4), zipfile.ZIP_STORED),
    "few.npz": npz_bytes(x_train=IMAGES[:4], y_train=LABELS[:4]),
    "few.csv": csv_bytes("label," + PIXEL_NAMES, images=IMAGES[:3]),
}


@given(data=st.data(), name=st.sampled_from(sorted(WHOLE)))
@settings(max_examples=60)
def test_any_damage_is_a_data_error_or_harmless(data: st.DataObject, name: str) -> None:
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(content)))
        content[position : position + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    with suppress(DataError):
        assert isinstance(import_dataset(name, bytes(content)), Dataset)
