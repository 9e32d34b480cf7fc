"""What a run's owner says of it: tags, notes and the archive, and what is refused."""

import pytest
from tiny_digits import tiny_config

from mnistcore.errors import RunError
from mnistcore.runs import RunStore
from mnistcore.runs.labels import all_tags, change_tags, parse_tags, set_archived, set_notes

UNKNOWN = "0" * 12


@pytest.fixture
def store():
    opened = RunStore()
    yield opened
    opened.close()


@pytest.fixture
def ids(store) -> list[str]:
    return [store.create_run(tiny_config()) for _ in range(3)]


def test_tags_are_added_to_and_taken_from_several_runs(store, ids):
    change_tags(store.database, ids[:2], add=parse_tags("best, to-show best"))
    change_tags(store.database, ids[1:], add=["later"], remove=["best", "never-there"])
    assert [store.run(run_id).tags for run_id in ids] == [("best", "to-show"), ("to-show", "later"), ("later",)]
    assert all_tags(store.database) == ["best", "later", "to-show"]
    change_tags(store.database, ids, remove=["best", "later", "to-show"])
    assert all_tags(store.database) == []


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        (["x" * 41], "A tag has at most 40 characters, “xxxxxxxxxxxxxxxxxxxx…” has 41: shorten it."),
        (["two words"], "one word of characters that can be shown, got 'two words'"),
        (["\x07"], "one word of characters that can be shown"),
        ([""], "one word"),
        ([f"t{number}" for number in range(20)], "at most 20 tags, “784-12-10 adam” would have 21: remove some."),
    ],
)
def test_what_cannot_be_a_tag_is_refused_and_nothing_is_changed(store, ids, tags, problem):
    change_tags(store.database, ids[:1], add=["first"])
    with pytest.raises(RunError, match=problem):
        change_tags(store.database, ids, add=tags)
    assert [store.run(run_id).tags for run_id in ids] == [("first",), (), ()]


def test_notes_keep_their_lines(store, ids):
    set_notes(store.database, ids[0], "  first line \r\n\tsecond\n\n")
    assert store.run(ids[0]).notes == "first line \n    second"
    set_notes(store.database, ids[0], "\n")
    assert store.run(ids[0]).notes == ""
    set_notes(store.database, ids[0], "x" * 5_000)
    for notes, problem in (("x" * 5_001, "at most 5,000 characters, these have 5,001"), ("\x00", "cannot be shown")):
        with pytest.raises(RunError, match=problem):
            set_notes(store.database, ids[0], notes)
    assert len(store.run(ids[0]).notes) == 5_000


def test_runs_are_archived_and_brought_back(store, ids):
    set_archived(store.database, ids[:2], True)
    set_archived(store.database, ids[1:2], False)
    assert [store.run(run_id).archived for run_id in ids] == [True, False, False]


def test_an_unknown_run_is_named_and_nothing_is_changed(store, ids):
    for change in (
        lambda: change_tags(store.database, [ids[0], UNKNOWN], add=["best"]),
        lambda: set_notes(store.database, UNKNOWN, "words"),
        lambda: set_archived(store.database, [ids[0], UNKNOWN], True),
    ):
        with pytest.raises(RunError, match=f"There is no run “{UNKNOWN}”"):
            change()
    run = store.run(ids[0])
    assert (run.tags, run.archived) == ((), False)
