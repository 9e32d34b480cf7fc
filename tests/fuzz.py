"""Damaged and hostile input, thousands of cases from a seed: nothing but clear errors, quickly and in little memory.

    python -m tests.fuzz --count 100000

Every case is a valid small file of some format, changed in a few places. A case is known by its number, so that one
that fails can be tried again: `--first 4711 --count 1`.
"""

import argparse
import io
import json
import multiprocessing
import os
import resource
import struct
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

SECONDS, MEGABYTES = 2.0, 300
ODD_NUMBERS = [0, 1, 2, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63, -1, 10**30]
ODD_VALUES = [None, True, -1, 0, 1e308, 10**30, "", "nan", "\0", [], {}, [[]], {"kind": "dense"}, "x" * 1000]
ODD_NAMES = [
    "",
    "/",
    "\\",
    "..",
    "../x",
    "a/../b.png",
    "7/",
    "7//1.png",
    "\0",
    "C:\\1.png",
    "0" * 300,
    "x_train.npy",
    "1/1.png",
]
ODD_TEXTS = ["nan", "inf", "-0", "1e99", '"', "'", ",", "\n", "\r", "\t", ";", "\0", "é", "0x1", "9" * 40]

Reader = Callable[[bytes], Any]


@lru_cache(maxsize=1)
def formats() -> dict[str, tuple[bytes, Reader]]:
    """Each format by name: a valid example, and what reads it in the program."""
    from mnistcore.data.imports import PixelChanges, import_dataset, import_files
    from mnistcore.data.imports.settings import ImportSettings
    from mnistcore.drawing import prepare_picture
    from mnistcore.nn import network_from_bytes
    from mnistcore.runs.archive import unpack_run
    from mnistcore.runs.packed_snapshots import snapshots_from_bytes
    from mnistcore.training import parse_config, recipe
    from tests.core import digit_files as files

    images, labels = files.IMAGES[:4], files.LABELS[:4]
    few = {"images": images, "labels": labels}
    both = ImportSettings(PixelChanges(scale=True, invert=True, prepare=True))

    def dataset(name: str, settings: ImportSettings | None = None) -> Reader:
        return lambda data: import_dataset(name, data, settings=settings)

    def with_labels(data: bytes) -> Any:
        return import_files([("images-idx3-ubyte", data), ("labels-idx1-ubyte", files.idx_bytes(labels))])

    def beside_arrays(data: bytes) -> Any:
        return import_files([("images.npy", data), ("labels.npy", files.npy_bytes(labels))], settings=both)

    table, config = files.csv_bytes("label," + files.PIXEL_NAMES, images=images), recipe("lenet").config
    archive, weights, snapshots, filmed = _run_archive()
    jpegs = {f"{labels[i]}/{i}.jpg": files.saved_picture(images[i], "JPEG") for i in range(4)}
    idx = {"train-images-idx3-ubyte": files.idx_bytes(images), "train-labels-idx1-ubyte": files.idx_bytes(labels)}
    large = np.kron(images[0], np.ones((3, 3), np.uint8))
    return {
        "csv": (table, dataset("few.csv")),
        "csv without header": (files.csv_bytes(images=images), dataset("few.csv", both)),
        "csv.gz": (files.gzipped(table), dataset("few.csv.gz")),
        "idx": (files.idx_bytes(images), with_labels),
        "idx.gz": (files.gzipped(files.idx_bytes(images)), with_labels),
        "npy": (files.npy_bytes(images / 255), beside_arrays),
        "npz": (files.npz_bytes(**few), dataset("few.npz")),
        "zip of png": (files.zip_bytes(files.pictures(count=4)), dataset("few.zip")),
        "zip of jpeg": (files.zip_bytes(jpegs), dataset("few.zip", both)),
        "zip of idx": (files.zip_bytes(idx | {"README.md": b"#"}), dataset("few.zip")),
        "zip of csv": (files.zip_bytes({"train.csv": table, "test.csv": table}), dataset("few.zip")),
        "parquet of pictures": (files.parquet_bytes(images), dataset("few.parquet")),
        "parquet of pixels": (files.parquet_table_bytes(), dataset("few.parquet")),
        "png": (files.saved_picture(large), prepare_picture),
        "jpeg": (files.saved_picture(large, "JPEG"), prepare_picture),
        "webp": (files.saved_picture(large, "WEBP"), prepare_picture),
        "run": (archive, unpack_run),
        "network": (weights, network_from_bytes),
        "snapshots": (snapshots, lambda data: snapshots_from_bytes(data, filmed)),
        "config": (config.model_dump_json().encode(), lambda data: parse_config(data.decode())),
    }


def _run_archive() -> tuple[bytes, bytes, bytes, Any]:
    """A small run with its snapshots, as those that ship are packed; its weights, its snapshots, and its config."""
    from mnistcore.runs import RunStore, execute_run
    from mnistcore.runs.archive import pack_run
    from mnistcore.runs.packed_snapshots import NAME
    from mnistcore.training import parse_config
    from tests.core.tiny_digits import tiny_dataset

    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(f"sqlite:///{folder}/runs.db")
        data = tiny_dataset()
        config = parse_config({"layers": [], "max_steps": 3, "validation_size": 10, "batch_size": 8})
        run_id = store.create_run(config, dataset=store.add_dataset(data), fingerprint=data.fingerprint)
        execute_run(store.url, run_id)
        film = {step: store.load_network(run_id, step).parameters for step in store.snapshot_steps(run_id)}
        archive = pack_run(store.run(run_id), store.history(run_id), store.load_weights(run_id), film)
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return archive, packed.read("weights.npz"), packed.read(NAME), config


def case(number: int, seed: int) -> tuple[str, bytes]:
    """The format and the changed content of a case."""
    rng = np.random.default_rng([seed, number])
    names = list(formats())
    name = names[number % len(names)]
    content = formats()[name][0]
    if content.startswith(b"PK") and rng.random() < 0.6:
        return name, _repacked(content, rng)
    if name == "config" and rng.random() < 0.6:
        return name, json.dumps(_odd_value(json.loads(content), rng)).encode()
    if name.startswith("csv") and not content.startswith(b"\x1f\x8b") and rng.random() < 0.5:
        return name, _odd_text(content, rng)
    return name, _changed(content, rng)


def _changed(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bytes written over, put in, taken out or doubled; numbers at odd places made odd."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        near = int(rng.integers(0, max(1, min(len(data), 64 if rng.random() < 0.4 else len(data)))))
        at = len(data) - near if rng.random() < 0.2 else near
        kind = int(rng.integers(0, 6))
        if kind == 0:
            data[at : at + 1] = rng.bytes(1)
        elif kind == 1:
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 40))]
        elif kind == 3:
            data[at:at] = data[at : at + int(rng.integers(1, 400))]
        elif kind == 4:
            value = ODD_NUMBERS[int(rng.integers(len(ODD_NUMBERS)))] % 2**32
            data[at : at + 4] = struct.pack("<I" if rng.random() < 0.5 else ">I", value)
        else:
            del data[at:]
    return bytes(data)


def _repacked(content: bytes, rng: np.random.Generator) -> bytes:
    """A ZIP whose checksums are right, with a member changed or renamed: what is inside is what has to be checked."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = [(info.filename, packed.read(info)) for info in packed.infolist()]
    at = int(rng.integers(len(members)))
    name, inside = members[at]
    kind = rng.random()
    if kind < 0.7:
        members[at] = name, _changed(inside, rng)
    elif kind < 0.9:
        members[at] = ODD_NAMES[int(rng.integers(len(ODD_NAMES)))] or "x", inside
    else:
        members.insert(at, members[int(rng.integers(len(members)))])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for number, (path, data) in enumerate(members):
            if path in target.namelist():
                path = f"{number}{path}"
            target.writestr(zipfile.ZipInfo(path), data)
    packed_again = buffer.getvalue()
    return packed_again.replace(b"x", b"", 1) if kind >= 0.9 and rng.random() < 0.1 else packed_again


def _odd_text(content: bytes, rng: np.random.Generator) -> bytes:
    """A CSV with some values replaced."""
    fields = content.decode().split(",")
    for _ in range(int(rng.integers(1, 4))):
        fields[int(rng.integers(len(fields)))] = ODD_TEXTS[int(rng.integers(len(ODD_TEXTS)))]
    return ",".join(fields).encode()


def _odd_value(value: Any, rng: np.random.Generator) -> Any:
    """A JSON value with something in it replaced or left out."""
    if isinstance(value, dict) and value and rng.random() < 0.95:
        key = list(value)[int(rng.integers(len(value)))]
        rest = {name: one for name, one in value.items() if name != key}
        return rest if rng.random() < 0.1 else rest | {key: _odd_value(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = int(rng.integers(len(value)))
        return [*value[:at], _odd_value(value[at], rng), *value[at + 1 :]]
    return ODD_VALUES[int(rng.integers(len(ODD_VALUES)))]


def try_case(number: int, seed: int) -> str | None:
    """None if the case is read, or refused with a clear error, in time; else what went wrong."""
    from mnistcore.errors import ExplorerError

    name, content = case(number, seed)
    start = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            formats()[name][1](content)
    except ExplorerError as error:
        if not str(error).strip() or "\n" in str(error).strip() or len(str(error)) > 2000:
            return f"case {number} ({name}): an unclear message: {str(error)[:200]!r}"
    except UnicodeDecodeError:
        if name != "config":  # a config arrives as text
            return f"case {number} ({name}): UnicodeDecodeError"
    except Exception as error:
        return f"case {number} ({name}): {type(error).__name__}: {str(error)[:200]}"
    seconds = time.process_time() - start
    return f"case {number} ({name}): took {seconds:.1f} s" if seconds > SECONDS else None


def peak_megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _work(first: int, last: int, step: int, seed: int, reached: Any, failures: Any, peaks: Any) -> None:
    formats()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    peak = peak_megabytes()
    for number in range(first, last, step):
        reached.value = number
        if problem := try_case(number, seed):
            failures.append(problem)
            print(problem, flush=True)
        if (now := peak_megabytes()) > peak + 20:
            peaks.append(f"case {number}: the peak rose from {peak:.0f} to {now:.0f} MB")
        peak = max(peak, now)
    peaks.append(peak)


def main() -> int:
    """Try all cases on as many processes as there are cores; 1 if one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    home = tempfile.TemporaryDirectory()
    os.environ["MNIST_EXPLORER_HOME"] = home.name
    context = multiprocessing.get_context("spawn")
    start, cores, last = time.perf_counter(), os.cpu_count() or 1, options.first + options.count
    with home, context.Manager() as manager:
        failures, peaks = manager.list(), manager.list()
        workers = []
        for core in range(min(cores, options.count)):
            reached = context.Value("q", -1)
            given = (options.first + core, last, cores, options.seed, reached, failures, peaks)
            worker = context.Process(target=_work, args=given)
            worker.start()
            workers.append((worker, reached))
        for worker, reached in workers:
            worker.join()
            if worker.exitcode != 0:
                failures.append(f"case {reached.value}: the process ended with {worker.exitcode}")
                print(failures[-1], flush=True)
        found, notes = list(failures), list(peaks)
    peak = max((one for one in notes if isinstance(one, float)), default=0.0)
    if peak > MEGABYTES:
        found.append(f"memory: {peak:.0f} MB, more than {MEGABYTES}")
        print(found[-1])
    for note in notes:
        if isinstance(note, str):
            print(note)
    print(f"{options.count:,} cases in {time.perf_counter() - start:.0f} s: {len(found)} failed, peak {peak:.0f} MB")
    return 1 if found else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    sys.exit(main())
