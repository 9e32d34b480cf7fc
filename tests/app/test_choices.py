"""Choosing a run: a click finds the run that it was drawn for, and says so when that run is gone."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from unittest.mock import patch

from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.runs.labels import set_archived
from tests.app.pages import open_page, texts
from tests.app.small_runs import trained_run
from ui.frame.selection import OLDER, run_titles
from ui.frame.words import day_and_time, plain, shortened


def in_address(page: AppTest, key: str) -> str:
    """AppTest gives back what it was given as text, and what the page wrote as a list."""
    value = page.query_params[key]
    return value if isinstance(value, str) else value[0]


def click(box: Any, *labels: str) -> AppTest:
    """Choose as a browser does that still shows these labels."""
    box.options = [*box.options, *labels]
    page = (box.set_value(list(labels)) if box.type == "multiselect" else box.set_value(labels[0])).run()
    assert not page.exception
    return page


def test_a_label_says_nothing_that_changes_by_itself(store: RunStore) -> None:
    run = store.run(trained_run(store, name="steady"))
    running = replace(run, status="running")
    (label,) = run_titles([running]).values()
    assert label == f"steady · {day_and_time(run.created_at, None)}"
    later = replace(running, step=9, validation_accuracy=0.9, heartbeat_at=datetime.now(timezone.utc))
    assert run_titles([later]) == run_titles([running])
    assert run_titles([run])[run.id] == label.replace(" · ", f" · {100 * run.validation_accuracy:.1f} % · ", 1)


def test_labels_of_two_runs_are_never_alike(store: RunStore) -> None:
    run = store.run(trained_run(store, name="twin"))
    titles = run_titles([run, replace(run, id="a" * 12)])
    assert len(set(titles.values())) == 2
    assert titles["a" * 12].endswith(" · aaaaaa")


def test_a_click_on_a_label_of_before_finds_its_run(store: RunStore) -> None:
    first, second = trained_run(store, name="first"), trained_run(store, name="second")
    page = open_page("weights")
    assert in_address(page, "run") == second
    (drawn,) = [label for label in page.selectbox(key="choose_run").options if label.startswith("first")]
    store.rename(first, "renamed meanwhile")
    page = click(page.run().selectbox(key="choose_run"), drawn)
    assert in_address(page, "run") == first
    assert page.selectbox(key="choose_run").value == first
    assert not page.warning


def test_a_click_on_a_run_that_is_gone_is_answered_in_words(store: RunStore) -> None:
    first, second = trained_run(store, name="*first*"), trained_run(store, name="second")
    page = open_page("weights")
    (drawn,) = [label for label in page.selectbox(key="choose_run").options if label.startswith("*first")]
    store.delete(first)
    page = click(page.run().selectbox(key="choose_run"), drawn)
    assert [warning.value for warning in page.warning] == [r"“\*first\*” was deleted. This page shows another run."]
    assert in_address(page, "run") == second


def test_an_unknown_run_in_the_address_is_named(store: RunStore) -> None:
    trained_run(store)
    page = open_page("weights", run="zzz")
    assert page.warning[0].value == "There is no run “zzz”. This page shows another run."


def test_of_many_runs_the_newest_are_offered_and_the_one_asked_for(store: RunStore) -> None:
    old, *_, newest = (trained_run(store, name=name) for name in ("old", "middle", "newest"))
    with patch("ui.frame.selection.MOST_OFFERED", 1):
        page = open_page("weights")
        assert [label.split(" · ")[0] for label in page.selectbox(key="choose_run").options] == ["newest"]
        assert OLDER in texts(page)
        page = open_page("weights", run=old)
        assert [label.split(" · ")[0] for label in page.selectbox(key="choose_run").options] == ["newest", "old"]
        assert page.selectbox(key="choose_run").value == old
        page = open_page("stress", runs=old)
        assert page.multiselect(key="choose_runs").value == [old]
    assert OLDER not in texts(open_page("weights"))
    set_archived(store.database, [newest], True)
    assert len(open_page("weights").selectbox(key="choose_run").options) == 2


def test_several_runs_are_found_by_labels_of_before(store: RunStore) -> None:
    ids = [trained_run(store, name=name) for name in ("first", "second")]
    page = open_page("stress")
    drawn = page.multiselect(key="choose_runs").options
    for run_id in ids:
        store.rename(run_id, f"new {run_id}")
    page = click(page.run().multiselect(key="choose_runs"), *drawn)
    assert sorted(in_address(page, "runs").split(",")) == sorted(ids)
    store.delete(ids[0])
    page.run()
    assert [warning.value for warning in page.warning] == [f"“new {ids[0]}” was deleted."]


def test_networks_beside_a_drawing_are_found_by_labels_of_before(store: RunStore) -> None:
    first, second = trained_run(store, name="first"), trained_run(store, name="second")
    page = open_page("draw", run=second)
    drawn = page.multiselect[0].options
    store.rename(first, "other")
    page = click(page.run().multiselect[0], *drawn)
    assert in_address(page, "with") == first


def test_a_click_for_a_widget_that_is_gone_changes_nothing(store: RunStore) -> None:
    run_id = trained_run(store)
    page = open_page("weights", run=run_id)
    with patch("ui.frame.selection.chosen_in", return_value=[]):
        page = click(page.selectbox(key="choose_run"), "gone")
    assert in_address(page, "run") == run_id


def test_the_time_is_the_visitors() -> None:
    moment, now = datetime(2026, 11, 25, 23, 5, tzinfo=timezone.utc), datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert day_and_time(moment, None, now) == "25 Nov, 23:05"
    assert day_and_time(moment, "Europe/Berlin", now) == "26 Nov, 00:05"
    assert day_and_time(moment, "No/Such place", now) == "25 Nov, 23:05"
    assert day_and_time(moment.replace(year=2025), None, now) == "25 Nov 2025, 23:05"


def test_what_a_person_typed_is_no_markdown() -> None:
    assert plain("784-128-10 adam, 97.5 %") == "784-128-10 adam, 97.5 %"
    assert plain("**a** _b_ [c](d) `e` $f$ <g> ~h~") == r"\*\*a\*\* \_b\_ \[c\](d) \`e\` \$f\$ \<g\> \~h\~"
    assert plain("1. one") == r"1\. one"
    assert plain("# one") == r"\# one"
    assert plain("- one") == r"\- one"
    assert plain(":smile: -> https://x.y") == ":\u2060smile: -\u2060\\> https:\u2060//x.y"
    assert shortened("x" * 200) == "x" * 59 + "…"
