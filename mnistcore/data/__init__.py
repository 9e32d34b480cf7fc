"""Data sets: MNIST found or downloaded, generated digits, the user's own; all 28 × 28 uint8, all read-only."""

from mnistcore.data.catalog import default_dataset_name, is_loaded, load_dataset
from mnistcore.data.dataset import DEFAULT_VALIDATION_SIZE, DIGITS, SIDE, Dataset, Split, split_indices
from mnistcore.data.download import DownloadStatus, MnistDownload, mnist_download
from mnistcore.data.home import atomic_write, data_home
from mnistcore.data.idx import load_idx, load_idx_pair, parse_idx, save_idx
from mnistcore.data.mnist import find_mnist, load_mnist, mnist_notice

__all__ = [
    "DEFAULT_VALIDATION_SIZE",
    "DIGITS",
    "SIDE",
    "Dataset",
    "DownloadStatus",
    "MnistDownload",
    "Split",
    "atomic_write",
    "data_home",
    "default_dataset_name",
    "find_mnist",
    "is_loaded",
    "load_dataset",
    "load_idx",
    "load_idx_pair",
    "load_mnist",
    "mnist_download",
    "mnist_notice",
    "parse_idx",
    "save_idx",
    "split_indices",
]
