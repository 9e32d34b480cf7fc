"""Which part a file or folder holds: one rule, said before the import, and changed by a setting."""

import numpy as np
import pytest

from mnistcore.data import import_dataset, import_files
from mnistcore.data.imports import ImportSettings, parse_import_settings, plan_parts, read_images
from mnistcore.data.imports.parts import part_in_name, part_in_path
from mnistcore.errors import ConfigError, DataError
from tests.core.digit_files import IMAGES, PIXEL_NAMES, WANTED, csv_bytes, joined, pictures, zip_bytes

TEST_NAMES = ["test-images", "testSet", "Test Set", "mnist_test", "t10k", "t10k-images", "test", "TESTING", "test_data"]
TRAIN_NAMES = ["train", "trainingSet", "mnist_train", "Train Set", "train-images", "x_train", "trainX", "training"]
VALIDATION_NAMES = ["val", "valid", "validation", "Validation Set", "mnist-val"]
OTHERS = ["contest", "latest", "digits", "untested", "strain", "attestation", "mnist", "value", "train_test", "eval10k"]


@pytest.mark.parametrize(
    ("names", "part"),
    [(TEST_NAMES, "test"), (TRAIN_NAMES, "train"), (VALIDATION_NAMES, "validation"), (OTHERS, None)],
)
def test_names(names: list[str], part: str | None) -> None:
    assert {name: part_in_name(name) for name in names} == dict.fromkeys(names, part)


def test_the_nearest_name_tells() -> None:
    assert part_in_path("test/mnist_train.csv") == "train"
    assert part_in_path("mnist_test/data/all.csv") == "test"
    assert part_in_path("data/all.csv") is None


@pytest.mark.parametrize("name", [*TEST_NAMES, *VALIDATION_NAMES])
def test_folders_and_files_follow_one_rule(name: str) -> None:
    train, test = csv_bytes(), csv_bytes(images=IMAGES[:20])
    by_folder = import_dataset("mine.zip", zip_bytes(pictures("digits/") | pictures(f"{name}/", 20)))
    by_file = import_files([("digits.csv", train), (f"{name}.csv", test)])
    for dataset in (by_folder, by_file):
        assert np.array_equal(dataset.test_images, IMAGES[:20])
        assert np.array_equal(dataset.train_images, IMAGES)


def test_a_folder_in_a_folder_of_the_same_name_keeps_the_order_of_names() -> None:
    dataset = import_dataset(
        "a.zip", zip_bytes(pictures("trainingSet/trainingSet/") | pictures("testSet/testSet/", 20))
    )
    assert np.array_equal(dataset.train_images, IMAGES)
    assert np.array_equal(dataset.test_images, IMAGES[:20])
    assert "a.zip/testSet/testSet: 20 images, test." in dataset.notes


def test_validation_is_trained_on_where_there_is_a_test_part() -> None:
    files = pictures("train/", 30) | pictures("val/", 40) | pictures("test/", 20)
    dataset = import_dataset("mine.zip", zip_bytes(files))
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (70, 20)


def test_test_pictures_only_are_split_like_any() -> None:
    dataset = import_dataset("mine.zip", zip_bytes(pictures("test/")))
    assert joined(dataset) == WANTED
    assert "mine.zip/test: 60 images, all, a sixth of them for testing." in dataset.notes


def test_tables_of_which_none_is_said_to_be_the_test_part() -> None:
    files = [("a.csv", csv_bytes()), ("b.csv", csv_bytes(images=IMAGES[:20]))]
    with pytest.raises(
        DataError, match=r"a.csv, b.csv: no name tells which of these is the test part; say it \(test=N"
    ):
        import_files(files)
    assert plan_parts(read_images(files).sets).undecided == (0, 1)
    decided = import_files(files, settings=ImportSettings(test=("b.csv",)))
    assert np.array_equal(decided.test_images, IMAGES[:20])
    both = import_files(files, settings=ImportSettings(train=("a.csv", "b.csv")))
    assert len(both.train_labels) + len(both.test_labels) == 80


def test_what_a_name_says_can_be_overruled() -> None:
    data = zip_bytes(pictures("a/", 30) | pictures("holdout/", 20) | pictures("test/", 10))
    dataset = import_dataset("m.zip", data, settings=parse_import_settings({"test": "holdout", "leave_out": "test"}))
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (30, 20)
    assert sum("left out" in note for note in dataset.notes) > 0


def test_settings_are_checked() -> None:
    assert parse_import_settings({"invert": "yes", "label_column": "last"}).changes.invert
    assert not parse_import_settings({"invert": "no"}).changes.invert
    with pytest.raises(ConfigError, match="invert must be yes or no, got 'maybe'"):
        parse_import_settings({"invert": "maybe"})
    with pytest.raises(ConfigError, match="there is no setting 'rotate' of an import: choose from"):
        parse_import_settings({"rotate": "yes"})
    assert PIXEL_NAMES.endswith("pixel783")
