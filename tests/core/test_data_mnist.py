"""Finding and loading MNIST, and data sets by name: one copy of each in a process."""

import threading
from pathlib import Path

import numpy as np
import pytest

from mnistcore.data import (
    Dataset,
    atomic_write,
    data_home,
    default_dataset_name,
    find_mnist,
    is_loaded,
    load_dataset,
    load_mnist,
    mnist_notice,
    save_idx,
)
from mnistcore.errors import DataError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def write_small_mnist(folder: Path, suffix: str = ".gz", seed: int = 0) -> Path:
    rng = np.random.default_rng(seed)
    for name, count in zip(NAMES, (20, 20, 10, 10), strict=True):
        array = rng.integers(0, 256, (count, 28, 28)) if "idx3" in name else np.arange(count) % 10
        save_idx(folder / f"{name}{suffix}", array.astype(np.uint8))
    return folder


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_EXPLORER_DATA", raising=False)


def test_home_is_made_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_EXPLORER_HOME", str(tmp_path / "a" / "b"))
    assert data_home() == tmp_path / "a" / "b"
    assert (tmp_path / "a" / "b").is_dir()


def test_atomic_write_leaves_the_old_file_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    with atomic_write(path) as file:
        file.write(b"old")
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode
    with pytest.raises(TypeError, match="bytes-like"), atomic_write(path) as file:
        file.writelines([b"half", "not bytes"])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert [found.name for found in path.parent.iterdir()] == ["file"]


def test_home_of_the_platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_EXPLORER_HOME")
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: tmp_path / name)
    assert data_home() == tmp_path / "mnist-explorer"


@pytest.mark.usefixtures("no_data")
def test_found_nowhere() -> None:
    assert find_mnist() is None
    assert mnist_notice() is None
    assert default_dataset_name() == "generated"
    assert not is_loaded("mnist")
    with pytest.raises(DataError, match=r"not on this machine\. Download it .*MNIST_EXPLORER_DATA .*generated digits"):
        load_dataset("mnist")


@pytest.mark.usefixtures("no_data")
def test_found_in_the_home_folder(own_home: Path) -> None:
    write_small_mnist(own_home / "mnist")
    assert find_mnist() == own_home.resolve() / "mnist"
    assert default_dataset_name() == "mnist"


def test_the_environment_comes_first(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_small_mnist(own_home / "mnist")
    write_small_mnist(tmp_path / "given", seed=1)
    monkeypatch.setenv("MNIST_EXPLORER_DATA", str(tmp_path / "given"))
    assert find_mnist() == tmp_path / "given"
    assert load_dataset("mnist").fingerprint == load_mnist(tmp_path / "given").fingerprint


def test_environment_without_the_files_is_told_and_stops_nothing(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_EXPLORER_DATA", str(tmp_path))
    assert find_mnist() is None
    assert "lacks train-images-idx3-ubyte.gz, train-labels" in str(mnist_notice())
    with pytest.raises(DataError, match=f"MNIST_EXPLORER_DATA is {tmp_path}, which lacks train-images"):
        load_dataset("mnist")
    monkeypatch.setenv("MNIST_EXPLORER_DATA", str(tmp_path / "nowhere"))
    assert "is not a folder" in str(mnist_notice())
    write_small_mnist(own_home / "mnist")
    assert find_mnist() == own_home.resolve() / "mnist"


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_gzip_or_plain(tmp_path: Path, suffix: str) -> None:
    dataset = load_mnist(write_small_mnist(tmp_path, suffix))
    assert dataset.name == "mnist"
    assert dataset.train_images.shape == (20, 28, 28)
    assert dataset.test_labels.tolist() == list(range(10))


def test_names_with_a_dot(tmp_path: Path) -> None:
    write_small_mnist(tmp_path, "")
    for name in NAMES:
        (tmp_path / name).rename(tmp_path / name.replace("-idx", ".idx"))
    assert len(load_mnist(tmp_path).train_labels) == 20


def test_folder_defects_are_named(tmp_path: Path) -> None:
    write_small_mnist(tmp_path)
    broken = tmp_path / "t10k-images-idx3-ubyte.gz"
    broken.write_bytes(broken.read_bytes()[:500])
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte.gz: the gzip data ends too early"):
        load_mnist(tmp_path)
    broken.unlink()
    with pytest.raises(DataError, match=r"lacks t10k-images-idx3-ubyte.gz; put the four"):
        load_mnist(tmp_path)


def test_one_copy_for_all_threads(tmp_path: Path) -> None:
    write_small_mnist(tmp_path)
    found: list[Dataset] = []
    threads = [threading.Thread(target=lambda: found.append(load_dataset(str(tmp_path)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(dataset is found[0] for dataset in found)
    assert is_loaded(str(tmp_path))


def test_changed_content_is_loaded_anew(tmp_path: Path) -> None:
    table = np.zeros((12, 785), int)
    table[:, 0] = np.arange(12) % 10
    path = tmp_path / "digits.csv"
    np.savetxt(path, table, "%d", ",")
    first = load_dataset(str(path))
    assert first is load_dataset(str(path))
    assert first.name == "digits.csv"
    np.savetxt(path, np.vstack([table, table]), "%d", ",")
    assert len(load_dataset(str(path)).train_labels) == 20


def test_few_sets_are_kept(tmp_path: Path) -> None:
    folders = [write_small_mnist(tmp_path / str(number), seed=number) for number in range(5)]
    for folder in folders:
        load_dataset(str(folder))
    assert not is_loaded(str(folders[0]))
    assert is_loaded(str(folders[4]))


def test_unknown_names() -> None:
    with pytest.raises(DataError, match="No data set 'fashion': neither mnist, generated or generated-N, nor a folder"):
        load_dataset("fashion")
    assert not is_loaded("fashion")
    with pytest.raises(DataError, match="generated-3: 3 training images asked for, choose 10 to 200,000"):
        load_dataset("generated-3")


def test_generated_digits_by_name() -> None:
    dataset = load_dataset("generated-60")
    assert len(dataset.train_labels) == 60
    assert len(dataset.test_labels) == 10, "MNIST's own proportion of one test image to six"
    assert load_dataset("generated-60") is dataset
    assert is_loaded("generated-60")


@pytest.mark.mnist
def test_real_mnist(mnist: Dataset) -> None:
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.train_labels).tolist() == counts
    assert np.bincount(mnist.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.train_labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.fingerprint == "25c98f992c005963b7428e1f38418b233c9b286cc403519287eb8063f0bcfe07"
    assert load_dataset("mnist") is mnist
