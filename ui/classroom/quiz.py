"""The quiz on the teacher's page: hard images, how many have answered, and the class against a network."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnistcore.errors import RunError
from mnistcore.palette import DIGIT_COLORS
from ui.frame.clicks import once
from ui.frame.follow import follow
from ui.frame.page import is_dark
from ui.frame.selection import choose_run, no_runs_yet, offered_runs
from ui.frame.session import get_dataset, get_store
from ui.frame.words import counted, plain
from ui.pictures.digits import data_uri
from ui.runs.readers import network_of

if TYPE_CHECKING:
    from mnistcore.classroom.quiz import QuizView
    from mnistcore.nn import Network
    from mnistcore.runs import Run, RunStore

POLL_SECONDS = 1.0
MOST_JUDGES = 3
MOST_IMAGES = 10_000  # test images among which the hard ones are sought
MOST_SCORES = 12
STYLE = """<style>
.class-quiz { display: grid; grid-template-columns: minmax(200px, 22rem) 1fr; gap: 1.5rem; align-items: start; }
.class-quiz > img { width: 100%; image-rendering: pixelated; border-radius: 3px; }
.class-quiz .score { font-size: 1.35rem; margin: 0 0 0.75rem; font-variant-numeric: tabular-nums; }
.class-quiz .row { display: grid; grid-template-columns: 1.2rem 1fr 2.5rem; gap: 0.6rem; align-items: center;
  margin: 0.2rem 0; font-variant-numeric: tabular-nums; }
.class-quiz .row div { height: 0.9rem; border-radius: 2px; min-width: 1px; }
.class-quiz .row.label { font-weight: 700; }
@media (max-width: 640px) { .class-quiz { grid-template-columns: 1fr; } }
</style>"""


def show_quiz(store: RunStore) -> None:
    """A quiz that is under way; else the button that starts one, above the scores of the last."""
    from mnistcore.classroom.quiz import quiz_view

    view = quiz_view(store)
    if view is None or view.is_over:
        offer_quiz(store)
    if view is None:
        return
    if not view.is_over:
        with st.container(horizontal=True):
            place = (view.id, view.at, view.is_revealed)
            last = "Show the final scores" if view.at + 1 == view.count else "Next image"
            st.button(last if view.is_revealed else "Show the answer", type="primary", on_click=_advance, args=place)
            st.button("End the quiz", on_click=_end)
    dark = is_dark()

    def look() -> QuizView:
        if (found := quiz_view(store)) is None:
            raise RunError("The quiz was deleted: start another one.")
        return found

    follow(look, lambda found: draw_quiz(found, dark), every=lambda _: POLL_SECONDS, state=_place, found=view)


def _place(view: QuizView) -> tuple[object, ...]:
    """What the buttons depend on."""
    return view.id, view.at, view.is_revealed, view.is_over


def offer_quiz(store: RunStore) -> None:
    """Which network plays, and the button that chooses the images."""
    run = choose_run(store)
    if run is None:
        no_runs_yet("A quiz needs a network to play against: train one first.")
        return
    st.caption(
        "20 images of its test set, chosen by lot from those that other networks find hardest; "
        "if there is no other network, from those that it finds hardest itself."
    )
    if st.button("Start a quiz", type="primary"):
        with st.spinner("Looking for hard images"):
            once(("quiz", run.id), lambda: start(store, run))
        st.rerun()


def start(store: RunStore, run: Run) -> None:
    """Ask other networks which images are hard, and put the first question."""
    from mnistcore.classroom.quiz import Question, hard_images, start_quiz

    dataset = get_dataset(run.dataset)
    images, labels = dataset.test_images[:MOST_IMAGES], dataset.test_labels[:MOST_IMAGES].astype(np.int64)
    player = network_of(store, run).network
    judges: list[Network] = []
    for other in offered_runs(store)[0].values():
        if other.id != run.id and len(judges) < MOST_JUDGES:
            with suppress(RunError):  # it has no weights yet
                judges.append(network_of(store, other).network)
    chosen = hard_images([one.predict(images) for one in judges or [player]], labels, np.random.default_rng())
    answers = player.predict(images[chosen]).argmax(axis=1)
    questions = [Question(images[i], int(labels[i]), int(answer)) for i, answer in zip(chosen, answers, strict=True)]
    start_quiz(store, questions, run.name)


def draw_quiz(view: QuizView, dark: bool) -> None:
    """The image, large, beside it who has answered or what, and below it the scores."""
    image = view.question.image if dark else 255 - view.question.image
    answered = sum(view.answers)
    if not view.is_over:
        st.html(
            f'{STYLE}<div class="class-quiz"><img alt="the image that is asked about" src="{data_uri(image)}"><div>'
            f'<p class="score">Image {view.at + 1} of {view.count} · {answered} of {view.players} have answered</p>'
            + (_bars(view) if view.is_revealed else "")
            + "</div></div>"
        )
    if view.is_revealed and not view.is_over:
        label, answer = view.question.label, view.question.network
        st.markdown(f"Meant as: **{label}**. The network says **{answer}** {'✓' if answer == label else '✗'}.")
    if view.revealed:
        st.markdown(
            f"After {counted(view.revealed, 'image')}: the class **{view.class_correct}**, "
            f"{plain(view.network)} **{view.network_correct}**."
        )
        names = "  \n".join(f"{one.correct} · {plain(one.name)}" for one in view.scores[:MOST_SCORES])
        rest = len(view.scores) - MOST_SCORES
        st.markdown(names + (f"  \nand {rest} more" if rest > 0 else ""))
        st.caption("The class's answer is the one that more gave than any other.")


def _bars(view: QuizView) -> str:
    most = max(1, *view.answers)
    return "".join(
        f'<div class="row{" label" if digit == view.question.label else ""}"><span>{digit}</span>'
        f'<div style="width:{100 * count / most:.1f}%;background:{DIGIT_COLORS[digit]}"></div>'
        f"<span>{count}{' ✓' if digit == view.question.label else ''}</span></div>"
        for digit, count in enumerate(view.answers)
    )


def _advance(quiz: str, at: int, shown: bool) -> None:
    from mnistcore.classroom.quiz import advance_quiz

    advance_quiz(get_store(), quiz, at, shown)


def _end() -> None:
    from mnistcore.classroom.quiz import end_quiz

    end_quiz(get_store())
