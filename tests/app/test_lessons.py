"""A lesson beside its page: it asks, trains what it needs, reveals on a click, and is all in the address."""

from pathlib import Path

import pytest

from mnistcore.runs import RunStore
from mnistcore.runs.matching import run_of_config
from mnistcore.training import recipe
from tests.app.pages import app_at, button, texts
from tests.app.small_runs import easy_digits, trained_run

pytestmark = pytest.mark.usefixtures("few_generated_digits")

OWN = """---
title: Ten images
minutes: 5
page: weights
parameters: {run: $net}
networks:
  net: {layers: [], epochs: 2, learning_rate: 0.02, batch_size: 20, validation_size: 100, dataset: "DATASET"}
ask: How many of them?
reveal: All but a few.
---

## Which of these?

{{digits of net}}

Reveal:
{{answers of net}}

It has {{test accuracy of net}} and {{mistakes of net}} wrong.

## The matrix
Page: confusions?run=$net&part=test

Look at it.
"""


@pytest.fixture
def own_lesson(own_home: Path, store: RunStore) -> str:
    """A lesson of the visitor's own, whose network is trained; its run."""
    run_id = trained_run(store)
    (own_home / "lessons").mkdir()
    (own_home / "lessons" / "ten.md").write_text(OWN.replace("DATASET", store.run(run_id).dataset))
    return run_id


def asked(page, name: str) -> str:
    """A parameter of the address, of which AppTest makes a list where the test itself has given it."""
    value = page.query_params[name]
    return value if isinstance(value, str) else value[0]


def links(page) -> dict[str, str]:
    return {link.proto.label: link.proto.query_string for link in page.get("page_link")}


def test_all_lessons_are_listed_and_home_leads_there(own_home: Path) -> None:
    (own_home / "lessons").mkdir()
    (own_home / "lessons" / "broken.md").write_text("---\ntitle: Mine\nminutes: many\n---\n")
    assert any("lesson" in label for label in links(app_at().run()))
    page = app_at("lessons").run()
    assert not page.exception
    begun = {label: query for label, query in links(page).items() if label.startswith("Begin: ")}
    assert len(begun) == 8
    assert begun["Begin: Overfitting"] == "lesson=overfitting&at=1"
    (problem,) = page.error
    assert "broken.md, line 3: minutes must be a valid integer, got 'many'" in problem.value
    assert str(own_home / "lessons") in page.code[0].value


def test_it_asks_first_and_trains_its_network_with_a_click(store: RunStore) -> None:
    page = app_at("weights", lesson="one-neuron", at="1").run()
    assert not page.exception
    assert page.title[0].value == "Weights"
    assert "what will the image of the neuron for 0 look like" in texts(page)
    assert "list of reasons" not in texts(page)
    button(page, "Train the network of this lesson").click().run()
    (run,) = store.runs()
    assert run.config == recipe("perceptrons").config
    assert asked(page, "run") == run.id
    assert asked(page, "lesson") == "one-neuron"
    assert "Train the network of this lesson" not in [one.label for one in page.button]


def test_another_seed_in_the_address_is_another_network(store: RunStore) -> None:
    page = app_at("weights", lesson="one-neuron", at="1", seed="5").run()
    button(page, "Train the network of this lesson").click().run()
    assert store.runs()[0].config == recipe("perceptrons").config.overridden({"seed": 5})
    assert asked(page, "seed") == "5"


def test_an_answer_is_revealed_on_a_click_and_a_step_may_move_to_another_page(store: RunStore, own_lesson: str) -> None:
    page = app_at("weights", lesson="ten", at="2").run()
    assert asked(page, "run") == own_lesson, "the lesson's network is found by its configuration"
    shown = "".join(element.proto.body for element in page.get("html"))
    assert shown.count("<figcaption>") >= 10
    assert "✗" not in shown
    button(page, "Show the answer").click().run()
    assert asked(page, "at") == "3"
    assert asked(page, "run") == own_lesson
    shown = "".join(element.proto.body for element in page.get("html"))
    assert "✓" in shown
    run = store.run(own_lesson)
    assert run.test_accuracy is not None
    assert f"{100 * run.test_accuracy:.2f} %" in texts(page)
    wrong = round((1 - run.test_accuracy) * 100)
    assert f"{wrong} image{'' if wrong == 1 else 's'} of 100" in texts(page)
    button(page, "Next").click().run()
    assert page.title[0].value == "Confusions"
    assert (asked(page, "at"), asked(page, "part")) == ("4", "test")
    assert "lesson=ten" in links(page)["How sure may it be?"], "it stays beside every page that is linked"
    button(page, "Back").click().run()
    assert page.title[0].value == "Weights"


def test_what_the_visitor_changes_stays_changed(store: RunStore, own_lesson: str) -> None:
    other = trained_run(store, easy_digits(seed=1), name="other")
    page = app_at("weights", lesson="ten", at="2").run()
    page.selectbox(key="choose_run").set_value(other).run()
    assert asked(page, "run") == other
    page.run()
    assert asked(page, "run") == other
    assert run_of_config(store.database, store.run(other).config, store.run(other).dataset)


def test_closing_leaves_the_page_and_a_wrong_address_is_said(own_lesson: str) -> None:
    page = app_at("weights", lesson="ten", at="99").run()
    assert "All but a few." in texts(page), "the last place there is"
    button(page, "Close").click().run()
    assert "lesson" not in page.query_params
    assert "at" not in page.query_params
    assert page.title[0].value == "Weights"
    page = app_at("weights", lesson="no-such").run()
    assert "There is no lesson “no-such” here" in page.error[0].value
    assert page.title[0].value == "Weights"


def test_a_lesson_that_needs_mnist_says_so_without_it(own_home: Path) -> None:
    (own_home / "lessons").mkdir()
    own = OWN.replace("minutes: 5", "minutes: 5\nneeds: mnist").replace("DATASET", "generated")
    (own_home / "lessons" / "ten.md").write_text(own)
    page = app_at("weights", lesson="ten", at="1").run()
    assert "needs MNIST" in page.warning[0].value
    assert "Train the network of this lesson" not in [one.label for one in page.button]
