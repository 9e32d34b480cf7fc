"""The Labels page: the button, the list and its choices, and the data set that is made of them."""

import json
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

import numpy as np
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from mnistcore.data import Dataset
from mnistcore.pretrained import labels as shipped
from mnistcore.runs import RunStore, analyses
from mnistcore.runs.database import reading
from mnistcore.runs.tables import AnalysisRow
from tests.app.pages import app_at, button, open_page, texts
from tests.app.small_runs import easy_digits
from ui.frame.page import PAGES
from ui.frame.selection import parse_config_address

opened = partial(open_page, "labels")
START = "Find labels that are probably wrong"


def row(store: RunStore) -> Any:
    """The one analysis that was asked for, as the database has it."""
    with reading(store.database) as connection:
        (found,) = connection.execute(select(AnalysisRow.__table__)).all()
    return found


def result_for(dataset: Dataset, train: int = 60, test: int = 3) -> dict[str, Any]:
    """As if the first images had been read as the next digit."""
    parts = {}
    for part, count in (("train", train), ("test", test)):
        labels = dataset.part(part)[1]
        parts[part] = {
            "count": len(labels),
            "errors": 7,
            "indices": list(range(count)),
            "digits": [(int(label) + 1) % 10 for label in labels[:count]],
            "certainty": [0.9999] * count,
            "label_probability": [0.001] * count,
        }
    return parts


def put_result(store: RunStore, dataset: Dataset, name: str, result: dict[str, Any] | None = None) -> None:
    """What a worker stores."""
    asked = {"dataset": name, "fingerprint": dataset.fingerprint}
    _, owner = analyses.queue(store.database, "label_errors", asked)
    assert owner is not None
    text = json.dumps(result or result_for(dataset))
    analyses.report(store.database, owner, status="finished", progress=1.0, result=text, owner=None)


def marks(page: AppTest) -> list[Any]:
    """The select boxes of the images that are shown."""
    return [box for box in page.selectbox if box.label.startswith("What becomes of image")]


def mark(page: AppTest, index: int) -> Any:
    """The select box of an image."""
    return next(box for box in marks(page) if box.label == f"What becomes of image {index:,}")


@pytest.fixture
def dataset() -> Dataset:
    return easy_digits()


@pytest.fixture
def name(store: RunStore, dataset: Dataset) -> str:
    return store.add_dataset(dataset)


def test_it_says_what_it_does_starts_it_and_can_be_cancelled(store: RunStore, name: str) -> None:
    page = opened(dataset=name)
    assert "each on two thirds of the 300 training images" in texts(page)
    button(page, START).click().run()
    assert not page.exception
    asked = row(store)
    assert (asked.kind, asked.status) == ("label_errors", "queued")
    assert json.loads(asked.arguments)["dataset"] == name
    analyses.report(store.database, asked.owner, status="running", progress=0.4, result="{}")
    page.run()
    assert not page.exception
    assert not marks(page)
    button(page, "Cancel").click().run()
    assert row(store).status == "cancelled"
    assert button(page, START)


def test_an_error_is_shown_with_the_way_to_try_again(store: RunStore, name: str) -> None:
    page = opened(dataset=name)
    button(page, START).click().run()
    analyses.fail(store.database, row(store).owner, "labels are judged from 100 training images on, got 99")
    page.run()
    assert not page.exception
    assert page.error[0].value.startswith("labels are judged from 100 training images on")
    assert button(page, "Try again")


def test_decisions_become_a_data_set_of_its_own(store: RunStore, dataset: Dataset, name: str) -> None:
    put_result(store, dataset, name)
    page = opened(dataset=name)
    assert "**60 of 300 training images (20.00 %)** otherwise than labelled" in texts(page)
    assert "takes 7 labels for wrong" in texts(page)
    assert len(marks(page)) == 24
    assert r"\> 99.9 % sure" in texts(page)  # no quote
    assert mark(page, 4).options[:3] == ["Keep 4", "Make it 5", "Leave out"]
    assert "Save as a new data set" not in [one.label for one in page.button]
    mark(page, 4).set_value("5").run()
    mark(page, 11).set_value("out").run()
    mark(page, 12).set_value("8").run()
    button(page, "Next page").click().run()
    mark(page, 30).set_value("1").run()
    mark(page, 30).set_value("keep").run()
    page.segmented_control(key="choose_part").set_value("Test images").run()
    mark(page, 2).set_value("3").run()
    assert not page.exception
    assert "So far: 3 labels corrected, 1 image left out." in texts(page)
    button(page, "Save as a new data set").click().run()
    assert not page.exception
    made = next(stored for stored in store.datasets() if stored.name != name)
    assert made.title == "easy digits, 3 labels corrected, 1 image left out"
    found = store.open_dataset(made.name)
    labels = dataset.train_labels.copy()
    labels[[4, 12]] = 5, 8
    np.testing.assert_array_equal(found.train_labels, np.delete(labels, 11))
    np.testing.assert_array_equal(found.train_images, np.delete(dataset.train_images, 11, axis=0))
    assert found.test_labels.tolist() == [0, 1, 3, *dataset.test_labels[3:].tolist()]
    assert store.open_dataset(name).fingerprint == easy_digits().fingerprint
    assert f"Kept as **{made.title}**. easy digits has stayed as it was." in texts(page)


def test_many_at_once_and_what_was_decided_before_stays(store: RunStore, dataset: Dataset, name: str) -> None:
    put_result(store, dataset, name)
    page = opened(dataset=name)
    mark(page, 3).set_value("out").run()
    button(page, "Correct the first 20 as proposed").click().run()
    assert not page.exception
    assert "So far: 19 labels corrected, 1 image left out." in texts(page)
    assert [mark(page, index).value for index in (2, 3, 19, 20)] == ["3", "out", "0", "keep"]
    key = next(one.key for one in page.text_input if one.label == "How many, 1 to 60")
    page.text_input(key=key).set_value("60").run()
    button(page, "Correct the first 60 as proposed").click().run()
    assert "So far: 59 labels corrected, 1 image left out." in texts(page)
    page.text_input(key=key).set_value("61").run()
    assert "at least 1 and at most 60" in texts(page)
    button(page, "Start over").click().run()
    assert "So far" not in texts(page)
    assert mark(page, 3).value == "keep"


def test_decisions_last_while_other_pages_are_visited_and_training_is_one_click_away(
    store: RunStore, dataset: Dataset, name: str
) -> None:
    put_result(store, dataset, name)
    app = app_at("labels", dataset=name).run()
    button(app, "Correct the first 20 as proposed").click().run()
    app.switch_page(PAGES["data"].file).run()
    app.switch_page(PAGES["labels"].file).run()
    assert not app.exception
    assert "So far: 20 labels corrected." in texts(app)
    button(app, "Save as a new data set").click().run()
    made = next(stored for stored in store.datasets() if stored.name != name)
    links = {link.proto.label: link.proto for link in app.get("page_link")}
    query = dict(part.split("=", 1) for part in links["Train with it"].query_string.split("&"))
    assert parse_config_address(unquote_plus(query["config"]))[1] == made.name
    mark(app, 21).set_value("out").run()
    assert "So far: 20 labels corrected, 1 image left out." in texts(app)  # to be kept anew


def test_labels_that_are_all_believed(store: RunStore, dataset: Dataset, name: str) -> None:
    put_result(store, dataset, name, result_for(dataset, 0, 0))
    page = opened(dataset=name, part="test")
    assert "The networks read all 100 test images as they are labelled." in texts(page)
    assert not marks(page)


@pytest.mark.usefixtures("few_generated_digits")
def test_a_missing_data_set_is_named_and_none_takes_its_place() -> None:
    page = opened(dataset="import:000000000000")
    assert page.warning[0].value == "The requested data set is not on this machine. Choose a data set."
    assert START not in [one.label for one in page.button]


def test_the_list_that_ships_is_shown_at_once_until_a_worker_has_made_another(
    store: RunStore, dataset: Dataset, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"fingerprint": dataset.fingerprint, "result": result_for(dataset, 5), "date": "2026-11-30"}
    monkeypatch.setattr(shipped, "_list", lambda: kept)
    page = opened(dataset=name)
    assert "**5 of 300 training images" in texts(page)
    assert "This list ships with the program. It was made on 2026-11-30" in texts(page)
    assert button(page, "Judge them again")
    put_result(store, dataset, name)
    page.run()
    assert not page.exception
    assert "**60 of 300 training images" in texts(page)
    assert "ships" not in texts(page)


@pytest.mark.mnist
def test_the_list_that_ships_is_of_mnist(mnist: Dataset) -> None:
    found = shipped.shipped_labels(mnist.fingerprint)
    assert found is not None
    for part in ("train", "test"):
        listed, labels = found["result"][part], mnist.part(part)[1]
        assert listed["count"] == len(labels)
        assert (labels[listed["indices"]] != listed["digits"]).all()
        assert len(set(listed["indices"])) == len(listed["indices"]) == len(listed["certainty"])
        assert listed["label_probability"] == sorted(listed["label_probability"])
    assert shipped.shipped_labels("another") is None
