"""The page of the stepped-down network: its mistakes, digits taken for each other, pictures, scikit-learn's twin."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.insight import confused_both_ways, confusion_matrix
from mnistcore.runs import RunStore
from mnistcore.training import RECIPES
from tests.app.pages import open_page, texts
from tests.app.small_runs import analysed, easy_digits, trained_run
from ui.systems.stepped.export import first_rows
from ui.systems.stepped.pairs import a_digit
from ui.systems.stepped.twin import OURS, twin_arguments


def opened(view: str) -> AppTest:
    return open_page("stepped-mlp", view=view)


@pytest.fixture
def run_id(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run of the recipe, which is small for as long as the test lasts."""
    small = RECIPES["stepped-mlp"].config.overridden({"epochs": 2, "batch_size": 20, "validation_size": 100})
    monkeypatch.setitem(RECIPES, "stepped-mlp", replace(RECIPES["stepped-mlp"], config=small))
    return trained_run(store, **small.model_dump(mode="json"))


def test_without_a_run_it_offers_to_train_one() -> None:
    page = opened("mistakes")
    assert not page.exception
    assert "Reproduce" in [button.label for button in page.button]


@pytest.mark.parametrize("view", ["pictures", "equations"])
def test_the_other_views_open(run_id: str, view: str) -> None:
    page = opened(view)
    assert not page.exception
    assert not page.error


def test_the_mistakes_are_counted_and_shown(store: RunStore, run_id: str) -> None:
    page = opened("mistakes")
    assert not page.exception
    wrong = round(100 * (1 - (store.run(run_id).test_accuracy or 0)))
    assert f"**{wrong}** of 100 test images are misclassified" in texts(page)


def test_3_and_8_come_first_then_the_most_confused(store: RunStore, run_id: str) -> None:
    dataset = easy_digits()
    predictions = store.load_weights(run_id).network.predict(dataset.test_images).argmax(axis=1)
    pairs = confused_both_ways(confusion_matrix(dataset.test_labels, predictions))
    page = opened("pairs")
    assert not page.exception
    choice = next(control for control in page.segmented_control if "taken for each other" in control.label)
    assert str(choice.options[0]).startswith("3 and 8")
    assert f"**{pairs[0].first_as_second}** of 10 images of a 3 were taken for an 8" in texts(page)
    choice.set_value(choice.options[1]).run()
    assert not page.exception
    assert f"images of {a_digit(pairs[1].first)} were taken for {a_digit(pairs[1].second)}" in texts(page)


def test_the_table_of_pictures_is_that_of_the_export() -> None:
    rows = first_rows(easy_digits(), limit=3)
    assert list(rows["file"]) == ["train/0/000000.png", "train/1/000001.png", "train/2/000002.png"]
    assert list(rows["label"]) == [0, 1, 2]
    assert all(address.startswith("data:image/png;base64,") for address in rows["picture"])


def test_scikit_learns_network_stands_beside_ours(store: RunStore, run_id: str) -> None:
    run = store.run(run_id)
    page = opened("sklearn")
    assert "Train it with scikit-learn" in [button.label for button in page.button]
    result = analysed(store, "sklearn_twin", twin_arguments(run.config, run.dataset))
    page.run()
    assert not page.exception
    table = next(found.value for found in page.dataframe if "Trained by" in found.value)
    assert list(table["Trained by"]) == [OURS, f"scikit-learn {result['version']}"]
    assert table["Test accuracy"][1].endswith(f"{round(100 * result['test_accuracy'])} / 100")
    assert list(table["Epochs"]) == ["2", "2"]
