"""The images that everybody trains on: MNIST where it is on disk, else generated digits, as many of them."""

from benchmarks.rows import IMAGES
from mnistcore.data import Dataset, default_dataset_name, load_dataset


def digits_name() -> str:
    """Which data set it is."""
    return "mnist" if default_dataset_name() == "mnist" else f"generated-{IMAGES}"


def load_digits(images: int = IMAGES) -> Dataset:
    """That data set with its first so many training images."""
    whole = load_dataset(digits_name())
    parts = whole.train_images[:images], whole.train_labels[:images], whole.test_images, whole.test_labels
    return Dataset.build(whole.name, *parts)
