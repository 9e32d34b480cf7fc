"""Importing on the Data page: what was found is said and changed before anything is kept, and answers can be taken."""

import csv
import io
import zipfile

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.data import encode_png
from mnistcore.runs import RunStore
from tests.app.pages import button, html, page_at, texts
from tests.app.small_runs import easy_digits, trained_run

pytestmark = pytest.mark.usefixtures("few_generated_digits")

DIGITS = easy_digits()
IMAGES, LABELS = DIGITS.train_images[:60], DIGITS.train_labels[:60]


@pytest.fixture
def page(store: RunStore) -> AppTest:
    """The page on a small imported data set."""
    return page_at("data", dataset=store.add_dataset(DIGITS)).run()


def upload(page: AppTest, *files: tuple[str, bytes]) -> None:
    page.file_uploader[0].set_value([(name, data, "application/octet-stream") for name, data in files]).run()
    assert not page.exception


def imported(page: AppTest, store: RunStore) -> dict[str, int]:
    """Press Import: the counts of the newest data set."""
    before = {one.name for one in store.datasets()}
    button(page, "Import").click().run()
    assert not page.exception
    assert not page.error
    (new,) = [one for one in store.datasets() if one.name not in before]
    assert new.name in page.query_params["dataset"]
    dataset = store.open_dataset(new.name)
    return {
        "train": len(dataset.train_labels),
        "test": len(dataset.test_labels),
        "mean": int(dataset.train_images.mean()),
    }


def table(images: np.ndarray = IMAGES, labels: np.ndarray | None = LABELS) -> bytes:
    rows = images.reshape(len(images), -1)
    rows = rows if labels is None else np.hstack([labels[: len(images), None], rows])
    text = io.StringIO()
    np.savetxt(text, rows, "%d", ",")
    return text.getvalue().encode()


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_a_table_is_shown_before_it_is_kept(page: AppTest, store: RunStore) -> None:
    upload(page, ("mine.csv", table()))
    assert "mine.csv · 60 images" in texts(page)
    assert "One in six of these images is kept for testing" in texts(page)
    assert 'alt="Labelled 3"' in html(page)
    assert len(store.datasets()) == 1
    assert imported(page, store) == {"train": 50, "test": 10, "mean": int(IMAGES.mean())}


def test_a_bad_file_is_refused_in_words_and_the_page_goes_on(page: AppTest, store: RunStore) -> None:
    upload(page, ("mine.npz", b"PK\x03\x04 broken"))
    assert page.error[0].value.startswith("mine.npz: not a ZIP archive")
    assert "Export" in [element.value for element in page.subheader]
    assert len(store.datasets()) == 1


def test_parts_are_said_and_can_be_changed(page: AppTest, store: RunStore) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for index in range(40):
            folder = "trainingSet" if index < 30 else "Test Set"
            archive.writestr(f"{folder}/{LABELS[index]}/{index}.png", encode_png(IMAGES[index]))
        archive.writestr("README.md", "# Digits")
    upload(page, ("mine.zip", buffer.getvalue()))
    chosen = [page.selectbox(key=f"import_part_0_{place}") for place in range(2)]
    assert [(box.label, box.value) for box in chosen] == [
        ("mine.zip/Test Set · 10 images", "test"),
        ("mine.zip/trainingSet · 30 images", "train"),
    ]
    assert "mine.zip/README.md: no digits in a known format." in texts(page)
    chosen[0].set_value("left_out").run()
    assert imported(page, store)["test"] == 5


def test_tables_that_no_name_tells_apart_are_asked_for(page: AppTest, store: RunStore) -> None:
    upload(page, ("a.csv", table()), ("b.csv", table(IMAGES[::-1][:20], LABELS[::-1])))
    assert "No name tells which of these are for testing: choose it." in texts(page)
    assert button(page, "Import").disabled
    page.selectbox(key="import_part_0_0").set_value("train").run()
    page.selectbox(key="import_part_0_1").set_value("test").run()
    assert imported(page, store)["test"] == 20


def test_dark_ink_is_said_and_mended_by_a_button(page: AppTest, store: RunStore) -> None:
    upload(page, ("mine.npz", npz(images=255 - IMAGES, labels=LABELS)))
    assert "the ink is darker than the paper" in texts(page)
    button(page, "Make the ink bright").click().run()
    assert "Ink and paper are inverted." in texts(page)
    button(page, "Undo").click().run()
    assert "the ink is darker than the paper" in texts(page)
    button(page, "Make the ink bright").click().run()
    assert imported(page, store)["mean"] == int(IMAGES.mean())


def test_what_is_needed_comes_first(page: AppTest, store: RunStore) -> None:
    small = IMAGES.reshape(60, 14, 2, 14, 2).mean(axis=(2, 4)) / 255
    upload(page, ("mine.npz", npz(images=small, labels=LABELS)))
    assert "First: scale to 0 to 255." in texts(page)
    assert button(page, "Import").disabled
    button(page, "Scale to 0 to 255").click().run()
    assert "First: prepare as MNIST's." in texts(page)
    button(page, "Prepare as MNIST's").click().run()
    assert imported(page, store)["train"] == 50


def test_a_label_column_that_values_do_not_tell_is_chosen(page: AppTest, store: RunStore) -> None:
    upload(page, ("mine.csv", table(labels=np.full(60, 3))))
    assert "the values do not tell which column holds the labels" in page.error[0].value
    next(box for box in page.selectbox if box.label == "Label column").set_value("first").run()
    assert imported(page, store)["train"] == 50


def test_images_without_labels_are_classified_for_a_competition(page: AppTest, store: RunStore) -> None:
    run_id = trained_run(store)
    page.run()
    upload(page, ("test.csv", table(labels=None)))
    assert "test.csv · 60 images without labels" in texts(page)
    assert not [one for one in page.button if one.label == "Import"]
    button(page, "Classify 60 images").click().run()
    assert not page.exception
    assert [one.proto.label for one in page.get("download_button")] == ["Download 60 answers (CSV)"]
    kept = page.session_state["import_answers"]
    rows = list(csv.reader(io.StringIO(kept.content.decode())))
    network = store.load_weights(run_id).network
    assert rows[0] == ["ImageId", "Label"]
    assert [int(digit) for _, digit in rows[1:]] == network.predict(IMAGES).argmax(axis=1).tolist()
    assert html(page).count("Classified as") == 40


def test_without_a_run_one_is_offered(page: AppTest) -> None:
    upload(page, ("test.csv", table(labels=None)))
    assert "Train a network first." in texts(page)
