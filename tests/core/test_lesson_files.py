"""Lessons: the eight that ship, what a file may say, and what is said of a file that is wrong."""

from pathlib import Path

import numpy as np
import pytest

from mnistcore.errors import ConfigError
from mnistcore.insight.puzzle import puzzle_rows
from mnistcore.lessons import load_lessons
from mnistcore.lessons.files import parse_lesson
from mnistcore.runs import RunStore
from mnistcore.runs.matching import run_of_config
from mnistcore.training import recipe
from mnistcore.training.config import parse_config

SHIPPED = Path(__file__).parents[2] / "lessons"
PAGES = tuple(path.stem for path in (SHIPPED.parent / "pages").glob("*.py"))
HEAD = """---
title: A hidden layer
minutes: 8
page: compare
parameters: {run: $none, with: $hidden}
networks:
  none: {recipe: first-network, layers: []}
  hidden: {recipe: first-network, epochs: 2, optimizer.kind: sgd, dataset: generated}
ask: How many?
reveal: A third.
---
"""
BODY = """
## Two scores

**Guess.**

Reveal:
{{test accuracy of hidden}}

## Its weights
Page: weights?run=$hidden&view=digit

Look.
"""


def test_the_eight_that_ship() -> None:
    lessons, problems = load_lessons([SHIPPED], PAGES)
    assert problems == []
    assert len(lessons) == 8
    for lesson in lessons.values():
        assert 5 <= lesson.minutes <= 10
        assert lesson.ask.count("**") >= 2, "the question stands out"
        assert all(step.reveal for step in lesson.steps[1:]), f"{lesson.name} shows before it asks"
        assert all(network.config.seed == 0 and network.dataset is None for network in lesson.networks.values())
    asked = "".join(step.text for lesson in lessons.values() for step in lesson.steps)
    assert asked.count("{{digits of") >= 4  # which of these will be read wrongly?


def test_what_a_file_says() -> None:
    lesson = parse_lesson(HEAD + BODY, "own", PAGES)
    assert lesson.networks["none"].config == recipe("first-network").config.overridden({"layers": []})
    assert lesson.networks["hidden"].dataset == "generated"
    assert lesson.networks["hidden"].config.optimizer.kind == "sgd"
    assert lesson.networks["hidden"].seeded(7).config.seed == 7
    assert [(step.title, shown) for step, shown in lesson.places()] == [
        ("A hidden layer", False),
        ("Two scores", False),
        ("Two scores", True),
        ("Its weights", False),
        ("The answer", False),
        ("The answer", True),
    ]
    assert [step.page for step in lesson.steps] == ["compare", "compare", "weights", "weights"]
    assert lesson.steps[1].parameters == {"run": "$none", "with": "$hidden"}
    assert lesson.steps[2].parameters == {"run": "$hidden", "view": "digit"}
    assert lesson.steps[1].text == "**Guess.**"
    assert lesson.steps[-1].reveal == "A third."


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("---\ntitle", "title", "own.md, line 1: a lesson begins with a head between two lines of ---"),
        ("minutes: 8", "minutes: eight", "line 3: minutes must be a valid integer, got 'eight'"),
        ("minutes: 8", "minutes: 900", "line 3: minutes must be less than or equal to 90, got '900'"),
        ("page: compare", "page: comparison", "line 4: page: there is no page 'comparison'; use one of certainty"),
        ("title: A hidden layer\n", "", "title is missing: add it to the head"),
        ("ask:", "question:", "there is no field 'question'; use title, minutes"),
        ("with: $hidden", "with: $deep", "line 5: parameters.with: $deep is not among networks"),
        ("epochs: 2", "epochs: none", "line 8: networks.hidden: epochs: input should be a valid integer"),
        (
            "recipe: first-network, epochs",
            "recipe: first, epochs",
            "line 8: networks.hidden: there is no recipe 'first'",
        ),
        ("epochs: 2", "ephocs: 2", "line 8: networks.hidden: there is no setting 'ephocs'"),
        ("page: compare", "page: [compare", "line 5: "),
        ("layers: []", "layers: &all []", "line 2"),
        ("## Two scores", "Two scores", "line 13: a step begins with a title"),
        ("accuracy of hidden", "accuracy of deep", "line 18: 'deep' is not among the head's networks"),
        (
            "test accuracy of",
            "best accuracy of",
            "line 18: {{best accuracy of hidden}} is unknown; use {{test accuracy of",
        ),
        (
            "{{test accuracy of hidden}}",
            "See {{digits of hidden}}",
            "line 18: {{digits of hidden}} is a row of pictures",
        ),
        ("Page: weights", "Page: weight", "line 21: there is no page 'weight'"),
        ("run=$hidden&view", "run=$deep&view", "line 21: $deep is not among the head's networks"),
        (BODY, "", "the lesson has no step: begin one with ## and a title"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, message: str) -> None:
    text = HEAD + BODY
    assert old in text
    if message == "line 2":  # one part of the head by another one's name: an archive bomb is made so
        new, message = "layers: [], a: &a [1], b: *a", "the head refers to another part of itself"
    with pytest.raises(ConfigError) as caught:
        parse_lesson(text.replace(old, new, 1), "own", PAGES, "own.md")
    assert message in str(caught.value)
    assert str(caught.value).startswith("own.md")


def test_a_bad_file_keeps_none_of_the_others_away(tmp_path: Path) -> None:
    (tmp_path / "01-good.md").write_text(HEAD + BODY)
    (tmp_path / "bad.md").write_text("no head")
    (tmp_path / "Big Name.md").write_text(HEAD + BODY)
    (tmp_path / "latin.md").write_bytes(HEAD.encode() + b"\xe9")
    (tmp_path / "long.md").write_text(HEAD + BODY + "x" * 64_000)
    (tmp_path / "notes.txt").write_text("no lesson")
    own = tmp_path / "own"
    own.mkdir()
    (own / "good.md").write_text((HEAD + BODY).replace("A hidden layer", "Mine"))
    lessons, problems = load_lessons([tmp_path, own, tmp_path / "missing"], PAGES)
    assert {name: lesson.title for name, lesson in lessons.items()} == {"good": "Mine"}
    assert sorted(problem.split(":")[0].split(",")[0] for problem in problems) == [
        "Big Name.md",
        "bad.md",
        "latin.md",
        "long.md",
    ]
    (own / "good.md").write_text((HEAD + BODY).replace("A hidden layer", "Mine, changed"))
    assert load_lessons([own], PAGES)[0]["good"].title == "Mine, changed"


def test_half_of_a_puzzle_is_read_wrongly() -> None:
    rng = np.random.default_rng(3)
    probabilities = rng.dirichlet(np.full(10, 0.3), 400)
    labels = np.where(rng.random(400) < 0.8, probabilities.argmax(axis=1), rng.integers(0, 10, 400))
    rows = puzzle_rows(probabilities, labels)
    is_wrong = probabilities.argmax(axis=1) != labels
    sure = probabilities.max(axis=1)
    assert len(set(rows)) == 10
    assert is_wrong[rows].sum() == 5
    assert set(rows[is_wrong[rows]]) == set(sorted(np.flatnonzero(is_wrong), key=lambda row: -sure[row])[:5])
    assert set(rows[~is_wrong[rows]]) == set(sorted(np.flatnonzero(~is_wrong), key=lambda row: sure[row])[:5])
    assert rows.tolist() == puzzle_rows(probabilities, labels).tolist()
    perfect = probabilities.argmax(axis=1)
    assert len(puzzle_rows(probabilities, perfect)) == 10
    assert len(puzzle_rows(probabilities, (perfect + 1) % 10)) == 10
    assert len(puzzle_rows(probabilities[:4], labels[:4])) == 4


def test_one_run_of_a_configuration_is_enough(own_home: Path) -> None:
    store = RunStore()
    config = parse_config({"epochs": 2})
    assert run_of_config(store.database, config, "generated") is None
    first = store.create_run(config, "generated")
    store.create_run(config.overridden({"seed": 1}), "generated")
    store.create_run(config, "mnist")
    found = run_of_config(store.database, config, "generated")
    assert found is not None
    assert found.id == first
    store._change(first, {"status": "finished"})
    store.create_run(config, "generated")
    again = run_of_config(store.database, config, "generated")
    assert again is not None
    assert again.id == first, "one that has finished comes before a newer one that has not"
    store.delete(first)
    other = run_of_config(store.database, config, "generated")
    assert other is not None
    assert other.id != first
