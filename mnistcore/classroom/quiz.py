"""The quiz: hard images, ten answers each, and the class against a network."""

import base64
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from mnistcore.classroom.players import Player, player_of
from mnistcore.classroom.room import QUIZ, State, read_questions, read_state, write_state
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassAnswerRow, ClassPlayerRow
from mnistcore.runs.database import reading, writing

QUESTIONS = 20
POOL = 100  # the hardest images, among which they are drawn by lot
SHAPE = (28, 28)
OVER = "This question is over: look at the screen."


@dataclass(frozen=True, eq=False)
class Question:
    """An image (28, 28) uint8, its label, and what the network that plays takes it for."""

    image: NDArray[np.uint8]
    label: int
    network: int


@dataclass(frozen=True)
class Score:
    """How many of the revealed questions somebody answered correctly."""

    name: str
    correct: int


@dataclass(frozen=True, eq=False)
class QuizView:
    """What the projector shows: question ``at`` (from 0) of ``count``, whether its answer is revealed, and the scores.

    ``answers`` counts the class's answers 0 to 9 to this question, ``scores`` are by name, best first. The class's own
    answer is the one that more gave than any other; ``class_correct`` and ``network_correct`` are of ``revealed``
    questions.
    """

    id: str
    at: int
    count: int
    is_revealed: bool
    is_over: bool
    network: str
    question: Question
    answers: tuple[int, ...]
    players: int
    revealed: int
    class_correct: int
    network_correct: int
    scores: tuple[Score, ...]


def hard_images(
    probabilities: Sequence[NDArray[np.floating]], labels: NDArray[np.integer], rng: np.random.Generator
) -> NDArray[np.int64]:
    """QUESTIONS of the POOL images for whose label the networks give the least probability on average, by lot.

    probabilities: for each network (n, 10), labels (n,). Of fewer than QUESTIONS images all, in any order.
    """
    rows = np.arange(len(labels))
    mean = np.mean([np.nan_to_num(one[rows, labels]) for one in probabilities], axis=0)
    hardest = np.argsort(mean, kind="stable")[:POOL]
    return rng.permutation(hardest)[:QUESTIONS].astype(np.int64)


def start_quiz(store: RunStore, questions: Sequence[Question], network: str) -> str:
    """Put the first question to the class; returns the quiz's id. An earlier quiz is over then."""
    if not questions:
        raise DataError("A quiz needs at least one image: choose a data set that has test images.")
    quiz = {"id": secrets.token_hex(6), "at": 0, "count": len(questions), "shown": False, "over": False}
    packed = [
        {"image": base64.b64encode(one.image.tobytes()).decode(), "label": int(one.label), "network": int(one.network)}
        for one in questions
    ]
    with writing(store.database) as connection:
        write_state(connection, {"doing": QUIZ, "quiz": quiz | {"network": network}, "questions": packed})
    return str(quiz["id"])


def advance_quiz(store: RunStore, quiz: str, at: int, shown: bool) -> None:
    """Reveal the answer, or go on to the next question, from this very point: a second click changes nothing."""
    with writing(store.database) as connection:
        state = read_state(connection).get("quiz")
        if state is None or (state["id"], state["at"], state["shown"]) != (quiz, at, shown) or state["over"]:
            return
        if not shown:
            state["shown"] = True
        elif at + 1 < state["count"]:
            state |= {"at": at + 1, "shown": False}
        else:
            state["over"] = True
        write_state(connection, {"doing": QUIZ, "quiz": state})


def end_quiz(store: RunStore) -> None:
    """End it where it is; the scores stay until the next one."""
    with writing(store.database) as connection:
        state = read_state(connection).get("quiz")
        if state is not None:
            write_state(connection, {"quiz": state | {"over": True}})


def give_answer(store: RunStore, token: object, quiz: object, question: object, answer: object) -> None:
    """Note an answer, 0 to 9, to the question that is open; the first one counts.

    StrangerError for a phone that is not known; DataError for any other question, and once its answer is revealed.
    """
    if type(answer) is not int or not 0 <= answer <= 9:
        raise DataError(f"An answer is a whole number from 0 to 9, got {str(answer)[:20]!r}: load the page again.")
    try:
        with writing(store.database) as connection:
            player, state = player_of(connection, token), read_state(connection)
            open_now = state.get("quiz")
            if state["doing"] != QUIZ or open_now is None or open_now["shown"] or open_now["over"]:
                raise DataError(OVER)
            if (open_now["id"], open_now["at"]) != (quiz, question):
                raise DataError(OVER)
            row = {"quiz": open_now["id"], "question": open_now["at"], "player": player.id, "answer": answer}
            connection.execute(insert(ClassAnswerRow).values(**row))
    except IntegrityError:
        raise DataError("You have answered already; the first answer counts.") from None


def quiz_view(store: RunStore) -> QuizView | None:
    """The quiz as it is now; None if there was none."""
    with reading(store.database) as connection:
        state = read_state(connection).get("quiz")
        if state is None:
            return None
        packed = read_questions(connection)
        who = connection.execute(select(ClassPlayerRow.id, ClassPlayerRow.name).order_by(ClassPlayerRow.id))
        names = {row.id: row.name for row in who}
        rows = select(ClassAnswerRow.question, ClassAnswerRow.player, ClassAnswerRow.answer)
        found = connection.execute(rows.where(ClassAnswerRow.quiz == state["id"]))
        given = [(row.question, row.player, row.answer) for row in found]
    questions = [Question(_image(one["image"]), one["label"], one["network"]) for one in packed]
    at, revealed = state["at"], _revealed(state)
    labels = [one.label for one in questions[:revealed]]
    correct = Counter(
        player for question, player, answer in given if question < revealed and answer == labels[question]
    )
    votes = [Counter(answer for question, _, answer in given if question == asked) for asked in range(len(questions))]
    scores = sorted((Score(name, correct[player]) for player, name in names.items()), key=lambda one: -one.correct)
    return QuizView(
        id=state["id"],
        at=at,
        count=state["count"],
        is_revealed=state["shown"],
        is_over=state["over"],
        network=state["network"],
        question=questions[at],
        answers=tuple(votes[at][digit] for digit in range(10)),
        players=len(names),
        revealed=revealed,
        class_correct=sum(_choice(votes[asked]) == label for asked, label in enumerate(labels)),
        network_correct=sum(questions[asked].network == label for asked, label in enumerate(labels)),
        scores=tuple(scores),
    )


def quiz_for_phone(connection: Connection, player: Player, state: State) -> dict[str, Any]:
    """What a phone needs of the quiz: the image, and its own answer; the right one only once it is revealed."""
    quiz = state.get("quiz")
    if quiz is None:
        return {}
    packed = read_questions(connection)
    mine = select(ClassAnswerRow.question, ClassAnswerRow.answer).where(
        ClassAnswerRow.quiz == quiz["id"], ClassAnswerRow.player == player.id
    )
    answers = {row.question: row.answer for row in connection.execute(mine)}
    at, revealed = quiz["at"], _revealed(quiz)
    shown = {"quiz": quiz["id"], "question": at, "count": quiz["count"], "over": quiz["over"], "shown": quiz["shown"]}
    shown |= {"image": packed[at]["image"], "answer": answers.get(at), "revealed": revealed}
    shown["correct"] = sum(answers.get(asked) == packed[asked]["label"] for asked in range(revealed))
    if quiz["shown"]:
        shown |= {"label": packed[at]["label"], "network": packed[at]["network"]}
    return shown


def _revealed(quiz: dict[str, Any]) -> int:
    return int(quiz["at"]) + bool(quiz["shown"])


def _choice(votes: Counter[int]) -> int | None:
    """What more gave than any other answer; None where two are even, or nobody answered."""
    best = votes.most_common(2)
    return None if not best or (len(best) == 2 and best[0][1] == best[1][1]) else best[0][0]


def _image(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SHAPE)
