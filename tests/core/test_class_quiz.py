"""The quiz: hard images are hard, one answer a question counts, and scores are of what has been revealed."""

import base64
from pathlib import Path

import numpy as np
import pytest

from mnistcore.classroom.phone import phone_state
from mnistcore.classroom.players import StrangerError, join
from mnistcore.classroom.quiz import (
    Question,
    QuizView,
    Score,
    advance_quiz,
    end_quiz,
    give_answer,
    hard_images,
    quiz_view,
    start_quiz,
)
from mnistcore.classroom.room import end_class, join_code, set_state
from mnistcore.errors import DataError
from mnistcore.runs import RunStore


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def joined(store: RunStore, name: str) -> str:
    return join(store, join_code(store), name)[0]


def questions(*pairs: tuple[int, int]) -> list[Question]:
    return [Question(np.full((28, 28), 10 + i, np.uint8), label, network) for i, (label, network) in enumerate(pairs)]


def seen(store: RunStore) -> QuizView:
    view = quiz_view(store)
    assert view is not None
    return view


def test_hard_images_are_those_whose_label_networks_think_least_of():
    labels = np.arange(1000) % 10
    easy = np.full((1000, 10), 0.1)
    easy[np.arange(1000), labels] = np.linspace(0, 1, 1000)  # the first hundred are the hardest
    chosen = hard_images([easy, easy], labels, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == 20
    assert chosen.max() < 100
    other = hard_images([easy], labels, np.random.default_rng(1))
    assert set(other.tolist()) != set(chosen.tolist())
    assert sorted(hard_images([easy[:5]], labels[:5], np.random.default_rng(0)).tolist()) == [0, 1, 2, 3, 4]
    easy[500] = np.nan  # a network that has diverged knows nothing
    assert len(hard_images([easy], labels, np.random.default_rng(0))) == 20


def test_the_class_against_the_network(store):
    ada, ben, cem = (joined(store, name) for name in ("Ada", "Ben", "Cem"))
    quiz = start_quiz(store, questions((3, 8), (5, 5)), "lenet")
    for token, answer in ((ada, 3), (ben, 3), (cem, 8)):
        give_answer(store, token, quiz, 0, answer)
    before = seen(store)
    assert (before.answers[3], before.answers[8], before.revealed, before.class_correct) == (2, 1, 0, 0)
    assert {one.correct for one in before.scores} == {0}  # nothing is told before it is revealed
    advance_quiz(store, quiz, 0, False)
    shown = seen(store)
    assert (shown.class_correct, shown.network_correct, shown.revealed) == (1, 0, 1)
    assert shown.scores == (Score("Ada", 1), Score("Ben", 1), Score("Cem", 0))
    advance_quiz(store, quiz, 0, True)
    give_answer(store, ada, quiz, 1, 5)
    give_answer(store, ben, quiz, 1, 6)  # even: the class has no answer
    advance_quiz(store, quiz, 1, False)
    last = seen(RunStore())  # after a restart too
    assert (last.class_correct, last.network_correct, last.scores[0]) == (1, 1, Score("Ada", 2))
    advance_quiz(store, quiz, 1, True)
    assert seen(store).is_over


def test_a_double_click_goes_on_once(store):
    quiz = start_quiz(store, questions((1, 1), (2, 2), (3, 3)), "lenet")
    for _ in range(2):
        advance_quiz(store, quiz, 0, False)
    assert (seen(store).at, seen(store).is_revealed) == (0, True)
    for _ in range(2):
        advance_quiz(store, quiz, 0, True)
    assert (seen(store).at, seen(store).is_revealed) == (1, False)


def test_a_phone_learns_the_label_only_once_it_is_revealed(store):
    ada = joined(store, "Ada")
    quiz = start_quiz(store, questions((3, 8)), "lenet")
    told = phone_state(store, ada)
    assert base64.b64decode(told.pop("image")) == bytes([10]) * 784
    assert told == {
        "name": "Ada", "doing": "quiz", "quiz": quiz, "question": 0, "count": 1, "over": False, "shown": False,
        "answer": None, "revealed": 0, "correct": 0,
    }  # fmt: skip
    give_answer(store, ada, quiz, 0, 3)
    advance_quiz(store, quiz, 0, False)
    told = phone_state(store, ada)
    assert (told["label"], told["network"], told["answer"], told["correct"]) == (3, 8, 3, 1)


@pytest.mark.parametrize("answer", [10, -1, "3", True, None, 3.0])
def test_what_is_no_answer_is_refused(store, answer):
    quiz = start_quiz(store, questions((3, 8)), "lenet")
    with pytest.raises(DataError, match="0 to 9"):
        give_answer(store, joined(store, "Ada"), quiz, 0, answer)


def test_an_answer_counts_once_in_time_and_from_the_class(store):
    ada = joined(store, "Ada")
    quiz = start_quiz(store, questions((3, 8), (4, 4)), "lenet")
    with pytest.raises(StrangerError):
        give_answer(store, "nobody", quiz, 0, 3)
    give_answer(store, ada, quiz, 0, 8)
    with pytest.raises(DataError, match="first answer counts"):
        give_answer(store, ada, quiz, 0, 3)
    for wrong in ((quiz, 1), ("another", 0), (None, None)):
        with pytest.raises(DataError, match="is over"):
            give_answer(store, ada, *wrong, 3)
    advance_quiz(store, quiz, 0, False)
    with pytest.raises(DataError, match="is over"):
        give_answer(store, joined(store, "Ben"), quiz, 0, 3)
    set_state(store, doing="draw", digit=1)
    with pytest.raises(DataError, match="is over"):
        give_answer(store, ada, quiz, 1, 4)
    assert seen(store).answers[8] == 1


def test_a_quiz_ends_and_goes_with_the_class(store):
    assert quiz_view(store) is None
    with pytest.raises(DataError, match="at least one image"):
        start_quiz(store, [], "lenet")
    start_quiz(store, questions((3, 8)), "lenet")
    end_quiz(store)
    assert seen(store).is_over
    end_class(store)
    assert quiz_view(store) is None
