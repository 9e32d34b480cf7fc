"""My drawings: kept by “No, it was a …” on Draw, cleaned, taken along, and learned from."""

import io
import json
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

import ui.runs.teach
from mnistcore.drawing import prepare
from mnistcore.runs import RunStore, drawings, execute_run, teaching
from mnistcore.runs.drawings import keep_drawing
from tests.app.drawings import STROKES, draw, one
from tests.app.pages import app_at, button, open_page, page_at, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.drawings.collection import drawings_table
from ui.drawings.take_along import pictures_file

pytestmark = pytest.mark.usefixtures("few_generated_digits")


def was(page: AppTest):
    return next(group for group in page.button_group if "it was a" in group.label or "it is a" in group.label)


def kept(store: RunStore) -> list[tuple[int, int | None]]:
    return [(each.label, each.answer) for each in drawings.drawings(store)]


def some_drawings(store: RunStore, count: int = 10) -> None:
    easy = easy_digits()
    for image in easy.train_images[easy.train_labels == 7][:count]:
        keep_drawing(store, image, 9, [[[0.1, 0.2], [0.3, 0.4]]], 7)


def ticked(page: AppTest, rows: list[int], changes: int = 0) -> AppTest:
    """With these rows ticked; after each change the table is another."""
    page.session_state[f"drawings_table_{changes}"] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    return page.run()


def test_a_corrected_drawing_is_kept_with_its_strokes_renamed_and_taken_back(store: RunStore) -> None:
    run_id = trained_run(store)
    page = draw(page_at("draw", run=run_id), one())
    answer = int(store.load_weights(run_id).network.predict(prepare(one()).image[None])[0].argmax())
    was(page).set_value(8).run()
    assert kept(store) == [(8, answer)]
    (drawing,) = drawings.drawings(store)
    assert drawing.image.tobytes() == prepare(one()).image.tobytes()
    assert drawing.strokes == drawings.parse_strokes(STROKES, 420)
    assert drawing.strokes
    assert "Kept as a **8**" in texts(page)
    was(page).set_value(4).run()
    assert kept(store) == [(4, answer)]
    was(page).set_value(None).run()
    assert kept(store) == []
    assert not page.exception


def test_nothing_to_correct_before_there_is_a_digit(store: RunStore) -> None:
    page = open_page("draw", run=trained_run(store))
    assert not [group for group in page.button_group if "it was a" in group.label]


def test_without_drawings_the_page_leads_to_draw(store: RunStore) -> None:
    page = open_page("drawings", run=trained_run(store))
    assert "There are none yet" in texts(page)
    assert not page.dataframe


def test_ticked_drawings_are_renamed_and_deleted_and_deleting_is_undone(store: RunStore) -> None:
    some_drawings(store, 3)
    page = ticked(open_page("drawings", run=trained_run(store)), [0, 2])
    was(page).set_value(3).run()
    assert [label for label, _ in kept(store)] == [3, 9, 3]  # the table begins with the newest
    page = ticked(page, [0], changes=1)
    button(page, "Delete").click().run()
    assert [label for label, _ in kept(store)] == [3, 9]
    button(page, "Undo").click().run()
    assert [label for label, _ in kept(store)] == [3, 9, 3]
    assert not page.exception


def test_the_table_says_how_each_is_read(store: RunStore) -> None:
    some_drawings(store, 2)
    run_id = trained_run(store)
    page = open_page("drawings", run=run_id)
    images, _ = drawings.stacked(drawings.drawings(store)[::-1])
    answers = store.load_weights(run_id).network.predict(images).argmax(axis=1)
    table = page.dataframe[0].value
    assert table["label"].tolist() == [9, 9]
    assert table["then"].tolist() == ["7", "7"]
    assert table["read"].tolist() == [f"{answer} {'✓' if answer == 9 else '✗'}" for answer in answers]
    assert f"reads {(answers == 9).sum()} of 2 correctly" in texts(page)
    assert "read" not in drawings_table(drawings.drawings(store), None)


def test_the_pictures_are_a_data_set_that_can_be_imported(store: RunStore) -> None:
    some_drawings(store)
    with zipfile.ZipFile(io.BytesIO(pictures_file(drawings.drawings(store)))) as packed:
        names = [name for name in packed.namelist() if name.endswith(".png")]
    assert sorted({name.rsplit("/", 1)[0] for name in names}) == ["test/9", "train/9"]
    assert len(names) == 10


def test_a_network_learns_from_them_with_one_click_and_shows_what_became_of_it(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(teaching.GENTLE, "max_steps", 200)
    monkeypatch.setattr(ui.runs.teach, "training_images", lambda name: 300)
    monkeypatch.setattr(ui.runs.teach, "USUAL_MIX", 0)
    some_drawings(store)
    source = trained_run(store, name="teacher")
    page = open_page("drawings", run=source)
    assert "8 drawings to learn from, 2 are held back" in texts(page)
    button(page, "Learn from my drawings").click().run()
    assert not page.exception
    run = store.runs(1)[0]
    assert run.name == "teacher after my drawings"
    assert run.config.start_from is not None
    assert run.config.start_from.run == source
    assert "waiting" in " ".join(str(each.proto.text) for each in page.get("progress"))
    assert execute_run(store.url, run.id) == "finished"
    page = open_page("drawings", run=source)
    titles = [metric.label for metric in page.metric]
    assert titles == ["Drawings that it learned from", "Drawings held back", "Generated digits, test images"]
    assert page.metric[0].value == "100.0 %"
    assert "0 before, 8 after, of 8" in texts(page)
    forgotten = next(frame.value for frame in page.dataframe if "Digit" in frame.value)
    assert forgotten["Images"].sum() == 100
    store.delete_dataset(run.dataset)
    page = open_page("drawings", run=source)
    assert not page.exception


def test_train_opens_with_the_drawings_alone(store: RunStore) -> None:
    some_drawings(store)
    page = app_at("drawings", run=trained_run(store)).run()
    button(page, "Train a network on them alone").click().run()
    assert not page.exception
    short = page.query_params["config"]
    dataset = json.loads(short if isinstance(short, str) else short[0])["dataset"]
    assert len(store.load_dataset(dataset).train_labels) == 8
