"""IDX files: what is written comes back, and every defect has its own message."""

import gzip
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mnistcore.data import load_idx, load_idx_pair, parse_idx, save_idx
from mnistcore.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)


def idx(*sizes: int, content: bytes = b"", type_code: int = 8) -> bytes:
    return struct.pack(f">HBB{len(sizes)}I", 0, type_code, len(sizes), *sizes) + content


@given(array=hnp.arrays(np.uint8, hnp.array_shapes(max_dims=4, max_side=6)), packed=st.booleans())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, packed: bool) -> None:
    path = tmp_path_factory.mktemp("idx") / ("a.gz" if packed else "a")
    save_idx(path, array)
    loaded = load_idx(path)
    assert loaded.dtype == np.uint8
    assert np.array_equal(loaded, array)
    assert not loaded.flags.writeable
    assert np.array_equal(parse_idx(path.read_bytes(), "a"), array)


def parsed(data: bytes) -> tuple[np.ndarray | None, str]:
    """The array, or the message that refuses the data; any other exception is a fault."""
    try:
        return parse_idx(data, "noise"), ""
    except DataError as error:
        return None, str(error)


@given(data=st.binary(max_size=64))
def test_any_bytes_are_an_array_or_a_data_error(data: bytes) -> None:
    array, message = parsed(data)
    assert message.startswith("noise: ") if array is None else array.size <= len(data)


@given(position=st.integers(0, 200), value=st.integers(0, 255))
def test_any_changed_byte_of_gzip_is_told_or_harmless(position: int, value: int) -> None:
    packed = bytearray(gzip.compress(idx(3, 28, 28, content=IMAGES[:3].tobytes()), mtime=0))
    packed[position] = value
    array, message = parsed(bytes(packed))
    assert message.startswith("noise: ") if array is None else np.array_equal(array, IMAGES[:3])


def test_saving_is_reproducible_and_leaves_nothing_else(tmp_path: Path) -> None:
    save_idx(tmp_path / "a.gz", IMAGES)
    first = (tmp_path / "a.gz").read_bytes()
    save_idx(tmp_path / "a.gz", IMAGES)
    assert (tmp_path / "a.gz").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["a.gz"]


def test_only_uint8_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot save float32 with 3 dimensions as IDX; give uint8"):
        save_idx(tmp_path / "a", IMAGES.astype(np.float32))
    assert not list(tmp_path.iterdir())


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


PACKED = gzip.compress(idx(5, 28, 28, content=IMAGES.tobytes()))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "digits: not an IDX file: found no bytes at its start, expected 00 00 08"),
        (b"<html>", "not an IDX file: found 3c 68 74 6d at its start"),
        (idx(5, type_code=0x0D), r"type code 0x0d \(float32\), expected 0x08 \(uint8\); save it as uint8"),
        (idx(5, type_code=0x77), r"type code 0x77 \(unknown\)"),
        (idx(), "0 dimensions, expected 1 to 4"),
        (idx(1, 1, 1, 1, 1, content=b"1"), "5 dimensions, expected 1 to 4"),
        (idx(5, 28, 28)[:10], "truncated inside the header: found 6 bytes of sizes, expected 12"),
        (
            idx(5, 28, 28, content=bytes(100)),
            r"truncated: found 100 bytes after the header, expected 3,920 \(5 × 28 × 28\)",
        ),
        (idx(3, content=b"1234"), "trailing bytes after the 3 that the header promises"),
        (PACKED[:-30], "the gzip data ends too early"),
        (PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], "damaged gzip data"),
        (PACKED + b"more", "damaged gzip data"),
        (b"\x1f\x8b" + b"\xff" * 20, "damaged gzip data"),
    ],
)
def test_defects(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_idx(data, "digits")


def test_name_that_promises_gzip() -> None:
    with pytest.raises(DataError, match=r"labels.gz: not gzip content \(begins with 00 00, expected 1f 8b\)"):
        parse_idx(idx(3, content=b"123"), "labels.gz")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("sizes", [(60_000, 2_800, 2_800), (4_294_967_295,) * 4, (268_000, 28, 28)])
def test_gigabytes_are_refused_before_allocation(sizes: tuple[int, ...], packed: bool) -> None:
    data = idx(*sizes, content=bytes(1000))
    with memory_below(2_000_000), pytest.raises(DataError, match="more than the limit of 209,715,200"):
        parse_idx(gzip.compress(data) if packed else data, "huge")


def test_empty_promise_within_the_limit_costs_no_memory() -> None:
    with memory_below(4_000_000), pytest.raises(DataError, match="truncated"):
        parse_idx(gzip.compress(idx(200_000, 28, 28, content=bytes(1000))), "hollow")


def test_gzip_bomb_is_not_unpacked_beyond_the_header() -> None:
    bomb = gzip.compress(idx(10, content=bytes(50_000_000)))
    with memory_below(2_000_000), pytest.raises(DataError, match="trailing bytes after the 10"):
        parse_idx(bomb, "bomb")


def test_pair(tmp_path: Path) -> None:
    save_idx(tmp_path / "images", IMAGES)
    save_idx(tmp_path / "labels", np.array([1, 2, 3, 4, 5], np.uint8))
    images, labels = load_idx_pair(tmp_path / "images", tmp_path / "labels")
    assert np.array_equal(images, IMAGES)
    assert labels.tolist() == [1, 2, 3, 4, 5]


def test_pair_defects(tmp_path: Path) -> None:
    save_idx(tmp_path / "images", IMAGES)
    save_idx(tmp_path / "wide", np.zeros((5, 28, 30), np.uint8))
    save_idx(tmp_path / "labels", np.array([1, 2, 3, 4, 5], np.uint8))
    save_idx(tmp_path / "four", np.array([1, 2, 3, 4], np.uint8))
    save_idx(tmp_path / "letters", np.array([1, 2, 3, 4, 26], np.uint8))
    with pytest.raises(
        DataError, match=r"labels: 1-dimensional \(labels\), expected 3-dimensional \(images\); .*swapped"
    ):
        load_idx_pair(tmp_path / "labels", tmp_path / "images")
    with pytest.raises(DataError, match=r"images holds 5 images but .*four holds 4 labels"):
        load_idx_pair(tmp_path / "images", tmp_path / "four")
    with pytest.raises(DataError, match=r"letters: label 26 at index 4 \(1 such\), expected digits 0-9"):
        load_idx_pair(tmp_path / "images", tmp_path / "letters")
    with pytest.raises(DataError, match="wide: found 5 × 28 × 30, expected count × 28 × 28"):
        load_idx_pair(tmp_path / "wide", tmp_path / "labels")
    with pytest.raises(DataError, match="nowhere: no such file"):
        load_idx_pair(tmp_path / "nowhere", tmp_path / "labels")
    with pytest.raises(DataError, match="cannot be read"):
        load_idx(tmp_path)
