"""Augmentation in the builder: its settings, their place in the address, and the preview."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.pages import button, open_page, page_at
from tests.app.small_runs import easy_digits
from ui.train.augmentation import DIGITS, USUAL, VERSIONS


@pytest.fixture
def opened(store: RunStore) -> Callable[..., AppTest]:
    """The Train page on a small data set, with some settings."""
    dataset = store.add_dataset(easy_digits())

    def opened_with(**settings: object) -> AppTest:
        page = page_at("train", config=json.dumps({"dataset": dataset, "validation_size": 100, **settings}))
        page.session_state["augmentation_open"] = True
        return page.run()

    return opened_with


def address(page: AppTest) -> dict:
    value = page.query_params["config"]
    return json.loads(value if isinstance(value, str) else value[0])


def pictures(page: AppTest) -> list[str]:
    """Those of the preview, as data addresses."""
    shown = " ".join(element.proto.body for element in page.get("html"))
    return [part.partition('src="')[2].partition('"')[0] for part in shown.split('alt="training image ')[1:]]


def test_usual_values_are_set_previewed_and_taken_back(opened: Callable[..., AppTest]) -> None:
    page = opened(epochs=3)
    assert not page.exception
    assert "augmentation" not in address(page)
    assert pictures(page) == []
    next(field for field in page.text_input if field.label == "Epochs").set_value("4")
    button(page, "Usual values").click().run()
    assert address(page)["augmentation"] == parse_config({"augmentation": USUAL}).augmentation.model_dump()
    assert address(page)["epochs"] == 4
    shown = pictures(page)
    assert len(shown) == len(set(shown)) == DIGITS * (1 + VERSIONS)
    button(page, "Other images").click().run()
    assert not set(pictures(page)[DIGITS:]) & set(shown)
    button(page, "Off").click().run()
    assert "augmentation" not in address(page)
    assert pictures(page) == []


def test_what_the_address_asks_for_can_be_changed_and_is_trained_with(
    opened: Callable[..., AppTest], store: RunStore
) -> None:
    page = opened(augmentation={"rotation": 25})
    rotation = next(field for field in page.text_input if field.label == "Rotation in degrees")
    assert rotation.value == "25"
    rotation.set_value("12.0").run()
    button(page, "Train this network").click().run()
    run = store.runs()[0]
    assert run.config.augmentation.model_dump(exclude_defaults=True) == {"rotation": 12}
    page = open_page("train", run=run.id)
    assert "augmented: rotation 12°" in " ".join(caption.value for caption in page.caption)
