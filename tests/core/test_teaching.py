"""Drawings are kept whole; a network learns from them, and what it knew before and knows after is counted."""

import json

import numpy as np
import pytest
from tiny_digits import gratings, tiny_config, tiny_dataset

from mnistcore.data.teaching_set import held_back, repeats, teaching_set
from mnistcore.errors import DataError, RunError
from mnistcore.runs import RunStore, execute_run
from mnistcore.runs import drawings as mine
from mnistcore.runs import teaching as taught

STROKE = [[0.25, 0.5], [0.5, 0.75]]


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


def keep(store: RunStore, labels: list[int]) -> list[str]:
    images, _ = gratings(len(labels), seed=3)
    return [mine.keep_drawing(store, image, label, [STROKE], 3) for image, label in zip(images, labels, strict=True)]


def test_a_drawing_comes_back_as_it_was_kept(store: RunStore):
    images, _ = gratings(2, seed=3)
    keep(store, [7, 9])
    first, second = mine.drawings(store)
    assert (first.label, first.answer, first.strokes, second.label) == (7, 3, [STROKE], 9)
    np.testing.assert_array_equal(first.image, images[0])
    assert [json.loads(line) for line in mine.strokes_file([first, second]).decode().splitlines()] == [
        {"label": 7, "strokes": [STROKE]},
        {"label": 9, "strokes": [STROKE]},
    ]
    stacked, labels = mine.stacked([first, second])
    np.testing.assert_array_equal(stacked, images)
    assert labels.tolist() == [7, 9]


def test_they_are_relabelled_deleted_and_brought_back(store: RunStore):
    first, second, third = keep(store, [1, 2, 3])
    mine.relabel(store, [first, "gone"], 8)
    removed = mine.remove_drawings(store, [first, third, "gone"])
    assert [one.label for one in mine.drawings(store)] == [2]
    mine.bring_back(store, removed)
    mine.bring_back(store, removed)  # a second click
    assert [(one.id, one.label) for one in mine.drawings(store)] == [(first, 8), (second, 2), (third, 3)]
    assert mine.count_drawings(store) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 10}, "a digit from 0 to 9, got 10"),
        ({"image": np.zeros((28, 27), np.uint8)}, r"28 × 28 image of uint8, got uint8 \(28, 27\)"),
        ({"image": np.zeros((28, 28))}, "got float64"),
        ({"strokes": [[[0.0, 0.0]] * 5001]}, "has 5,001 points, at most 5,000"),
    ],
)
def test_what_is_no_drawing_is_refused(store: RunStore, change: dict, message: str):
    with pytest.raises(DataError, match=message):
        mine.keep_drawing(store, **{"image": np.zeros((28, 28), np.uint8), "label": 1} | change)
    assert mine.count_drawings(store) == 0


def test_there_is_an_end_to_them(store: RunStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mine, "MAX_DRAWINGS", 2)
    keep(store, [1, 2])
    with pytest.raises(DataError, match="holds 2 drawings already: delete some first"):
        keep(store, [3])


def test_strokes_are_taken_from_the_paths_of_the_canvas_and_nothing_else():
    pen = {"path": [["M", 42, 84], ["Q", 210, 105, 300, 300], ["L", 420, 0]]}
    assert mine.parse_strokes([pen], 420) == [[[0.1, 0.2], [0.5, 0.25], [1.0, 0.0]]]
    hostile = [{"path": [["M", "1", 2], ["L", float("nan"), 1], ["z"], 7]}, {"path": "M 1 2"}, {}, None, 5]
    assert mine.parse_strokes(hostile, 420) == []
    assert mine.parse_strokes({"path": []}, 420) == []


def test_every_fifth_drawing_of_a_digit_is_held_back():
    labels = np.array([3] * 4 + [5] * 11)
    assert np.flatnonzero(held_back(labels)).tolist() == [8, 13]


def test_the_drawings_come_first_once_each_and_make_up_a_tenth():
    images, labels = gratings(20, seed=4)
    rest = tiny_dataset()
    dataset, learned = teaching_set("mine", images, labels, rest, 500)
    aside = held_back(labels)
    assert learned == 20 - aside.sum()
    np.testing.assert_array_equal(dataset.train_images[:learned], images[~aside])
    np.testing.assert_array_equal(dataset.test_images, images[aside] if aside.any() else images)
    times = repeats(learned, 500)
    np.testing.assert_array_equal(dataset.train_labels[: learned * times], np.tile(labels[~aside], times))
    assert times * learned / len(dataset.train_labels) == pytest.approx(0.1, abs=0.03)
    mixed = dataset.train_images[learned * times :]
    assert len(mixed) == 500
    assert {image.tobytes() for image in mixed} <= {image.tobytes() for image in rest.train_images}
    again, _ = teaching_set("mine", images, labels, rest, 500)
    assert again.fingerprint == dataset.fingerprint
    with pytest.raises(DataError, match="601 images of tiny to mix in; choose 0 to 600"):
        teaching_set("mine", images, labels, rest, 601)
    with pytest.raises(DataError, match="no drawings to learn from"):
        teaching_set("mine", images[:0], labels[:0], rest, 0)


@pytest.fixture
def usual(monkeypatch: pytest.MonkeyPatch) -> str:
    """A small set of generated digits takes the place of MNIST."""
    monkeypatch.setattr(taught, "default_dataset_name", lambda: "generated-600")
    return "generated-600"


def test_a_network_learns_drawings_from_its_own_weights_and_what_it_forgot_is_counted(store: RunStore, usual: str):
    config = tiny_config(layers=[{"units": 32}], epochs=12, optimizer="adam", learning_rate=0.01)
    source = store.create_run(config, usual, name="teacher")
    execute_run(store.url, source)
    before = store.load_weights(source).network
    generated = store.open_dataset(usual)
    # Sevens that are to be called threes: nothing that it has learned helps.
    images = generated.train_images[generated.train_labels == 7][:10]
    labels = np.full(10, 3, np.uint8)
    lesson = taught.prepare_lesson(store, store.run(source), images, labels, "My drawings", 0)
    assert (lesson.learned, lesson.mixed_from) == (8, usual)
    assert lesson.config.layers == config.layers
    run_id = store.create_run(lesson.config, lesson.dataset)
    taught.note_teaching(store, run_id, "drawings", lesson)
    taught.note_teaching(store, run_id, "drawings", lesson)  # a second click
    (teaching,) = taught.teachings(store, "drawings")
    assert taught.teachings(store, "class") == []
    execute_run(store.url, run_id)
    assert store.run(run_id).step == taught.STEPS
    store.delete(source)
    store.purge_deleted()
    found = taught.compare(store, teaching)
    assert {name: one.count for name, one in found.items()} == {"learned": 8, "held_back": 2, "forgotten": 100}
    aside = held_back(labels)
    np.testing.assert_array_equal(found["learned"].before, before.predict(images[~aside]).argmax(axis=1))
    np.testing.assert_array_equal(found["held_back"].images, images[aside])
    assert found["learned"].correct[1] == 8
    forgotten = found["forgotten"]
    assert forgotten.correct[0] == (before.predict(generated.test_images).argmax(axis=1) == forgotten.labels).sum()
    assert forgotten.correct[1] < forgotten.correct[0]
    rows = forgotten.by_digit()
    assert [row[0] for row in rows] == list(range(10))
    assert tuple(map(sum, list(zip(*rows, strict=True))[1:])) == (100, *forgotten.correct)
    taught.forget_teachings(store, "class")
    taught.forget_teachings(store, "drawings", older_than_seconds=3600)
    assert len(store.datasets()) == len(taught.teachings(store, "drawings")) == 1
    taught.forget_teachings(store, "drawings")
    assert store.datasets() == taught.teachings(store, "drawings") == []
    assert store.run(run_id).status == "finished"


def test_mixing_in_is_what_keeps_the_rest(store: RunStore, usual: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(taught.GENTLE, "max_steps", 150)
    source = store.create_run(tiny_config(layers=[{"units": 32}], epochs=12, learning_rate=0.01), usual)
    execute_run(store.url, source)
    images = store.open_dataset(usual).train_images[:4]
    kept = {}
    for mixed in (0, 500):
        lesson = taught.prepare_lesson(store, store.run(source), images, np.full(4, 3, np.uint8), "Mine", mixed)
        run_id = store.create_run(lesson.config, lesson.dataset)
        taught.note_teaching(store, run_id, "drawings", lesson)
        execute_run(store.url, run_id)
        kept[mixed] = taught.compare(store, taught.teachings(store, "drawings")[0])["forgotten"].correct[1]
    assert kept[500] > kept[0] + 20


def test_a_run_without_weights_cannot_learn(store: RunStore, usual: str):
    source = store.create_run(tiny_config(), usual, name="not yet")
    images, labels = gratings(3, seed=1)
    with pytest.raises(RunError, match="“not yet” has no weights yet"):
        taught.prepare_lesson(store, store.run(source), images, labels, "My drawings", 0)
