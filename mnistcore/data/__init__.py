"""Data sets: MNIST found or downloaded, generated digits, the user's own; all 28 × 28 uint8, all read-only."""

from mnistcore.data.catalog import default_dataset_name, is_loaded, load_dataset
from mnistcore.data.dataset import DEFAULT_VALIDATION_SIZE, DIGITS, SIDE, Dataset, Split, split_indices
from mnistcore.data.download import DownloadStatus, MnistDownload, mnist_download
from mnistcore.data.export import export_folder, export_zip, select_pictures, zip_pictures
from mnistcore.data.generated import generate_digits, generated_dataset
from mnistcore.data.home import atomic_write, data_home
from mnistcore.data.idx import load_idx, load_idx_pair, parse_idx, save_idx
from mnistcore.data.imports import import_dataset, import_files
from mnistcore.data.mnist import find_mnist, load_mnist, mnist_notice
from mnistcore.data.png import encode_png
from mnistcore.data.statistics import PixelStatistics, class_counts, ink_shares, mean_images, pixel_statistics

__all__ = [
    "DEFAULT_VALIDATION_SIZE",
    "DIGITS",
    "SIDE",
    "Dataset",
    "DownloadStatus",
    "MnistDownload",
    "PixelStatistics",
    "Split",
    "atomic_write",
    "class_counts",
    "data_home",
    "default_dataset_name",
    "encode_png",
    "export_folder",
    "export_zip",
    "find_mnist",
    "generate_digits",
    "generated_dataset",
    "import_dataset",
    "import_files",
    "ink_shares",
    "is_loaded",
    "load_dataset",
    "load_idx",
    "load_idx_pair",
    "load_mnist",
    "mean_images",
    "mnist_download",
    "mnist_notice",
    "parse_idx",
    "pixel_statistics",
    "save_idx",
    "select_pictures",
    "split_indices",
    "zip_pictures",
]
