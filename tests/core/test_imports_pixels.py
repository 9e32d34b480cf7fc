"""Pixels that are not as MNIST's are recognised, said in a sentence, and mended by the change that it names."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from mnistcore.data import Dataset, generate_digits, import_dataset
from mnistcore.data.imports import ImportSettings, PixelChanges, changed, examples, findings, read_images
from mnistcore.data.imports.image_sets import ImageSet
from tests.core.digit_files import csv_bytes, npz_bytes, saved_picture, zip_bytes

IMAGES, LABELS = generate_digits(300, 7)


def found_in(images: np.ndarray, labels: np.ndarray | None = LABELS) -> dict[str, bool]:
    """The changes that are proposed, and whether each is needed."""
    return {finding.change: finding.is_needed for finding in findings([ImageSet("mine", images, labels)])}


@pytest.mark.parametrize("labels", [LABELS, None], ids=["labelled", "unlabelled"])
@pytest.mark.parametrize(
    ("images", "proposed"),
    [
        (IMAGES, {}),
        ((IMAGES > 100).astype(np.uint8), {"scale": False}),
        (IMAGES // 16, {"scale": False}),
        ((IMAGES / 255).astype(np.float32), {"scale": True}),
        ((IMAGES / 127.5 - 1).astype(np.float32), {"scale": True}),
        ((IMAGES * 257.0).astype(np.float32), {"scale": True}),
        (255 - IMAGES, {"invert": False}),
        (1 - IMAGES / np.float32(255), {"scale": True, "invert": False}),
        (IMAGES.transpose(0, 2, 1), {"transpose": False}),
        (255 - IMAGES.transpose(0, 2, 1), {"transpose": False, "invert": False}),
        (np.pad(IMAGES, ((0, 0), (2, 2), (2, 2))), {"prepare": True}),
    ],
)
def test_what_differs_is_found_and_mended(images: np.ndarray, labels: np.ndarray | None, proposed: dict) -> None:
    assert found_in(images, labels) == proposed
    changes = PixelChanges(**dict.fromkeys(proposed, True))
    mended = changed(images, changes, (float(images.min()), float(images.max())), "mine")
    assert (mended.dtype, mended.shape) == (np.uint8, IMAGES.shape)
    assert found_in(mended, labels) == {}
    if "prepare" not in proposed:
        assert np.corrcoef(mended.ravel(), IMAGES.ravel())[0, 1] > 0.9


def test_real_mnist_is_as_it_should_be(mnist: Dataset) -> None:
    images, labels = mnist.test_images[:2000], mnist.test_labels[:2000]
    assert found_in(images, labels) == found_in(images, None) == found_in(images[:40], labels[:40]) == {}
    for known in (labels, None):
        assert found_in(images.transpose(0, 2, 1), known) == {"transpose": False}


def test_noise_and_blank_images_say_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 28, 28), dtype=np.uint8)
    assert "transpose" not in found_in(noise, LABELS[:200])
    assert found_in(np.zeros_like(noise), None) == {}


def test_eight_by_eight_digits_become_like_mnists() -> None:
    digits = load_digits()
    data = csv_bytes(last=True, images=digits.images, labels=digits.target[:, None].ravel())
    (found,) = read_images([("digits.csv", data)]).sets
    proposed = findings([found])
    assert {finding.change: finding.is_needed for finding in proposed} == {"scale": False, "prepare": True}
    assert "8 × 8 pixels" in " ".join(finding.sentence for finding in proposed)
    settings = ImportSettings(PixelChanges(scale=True, prepare=True))
    dataset = import_dataset("digits.csv", data, settings=settings)
    assert dataset.train_images.max(axis=(1, 2)).min() == 255
    heights = [np.ptp(np.flatnonzero(image.any(axis=1))) + 1 for image in dataset.train_images]
    assert np.median(heights) == 20


def test_pictures_of_several_sizes_are_prepared() -> None:
    files = {}
    for i in range(20):
        picture = Image.fromarray(255 - IMAGES[i]).resize((40 + i, 50))
        files[f"{LABELS[i]}/{i}.jpg"] = saved_picture(picture, "JPEG", quality=95)
    data = zip_bytes(files)
    settings = ImportSettings(PixelChanges(invert=True, prepare=True))
    dataset = import_dataset("mine.zip", data, settings=settings)
    assert len(dataset.train_labels) + len(dataset.test_labels) == 20
    assert found_in(dataset.train_images, dataset.train_labels) == {}
    sentences = [finding.sentence for finding in findings(read_images([("mine.zip", data)]).sets)]
    assert "The images have several sizes, MNIST's have 28 × 28." in sentences


def test_ten_examples_are_one_of_each_digit() -> None:
    shown = examples([ImageSet("mine", IMAGES, LABELS)])
    assert [label for _, label in shown] == list(range(10))
    assert [label for _, label in examples([ImageSet("mine", IMAGES, None)])] == [None] * 10


def test_a_data_set_says_what_was_not_mended() -> None:
    dataset = import_dataset("mine.npz", npz_bytes(images=255 - IMAGES, labels=LABELS))
    assert any("darker than the paper" in note and "(invert=yes)" in note for note in dataset.notes)
