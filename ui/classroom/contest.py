"""The contest on the teacher's page: its bounds, the leaderboard while networks train, and the test set in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from mnistcore.errors import RunError
from ui.frame.dataset_choice import choose_dataset
from ui.frame.follow import follow
from ui.frame.session import get_dataset, get_store, guard
from ui.frame.words import counted, percent

if TYPE_CHECKING:
    from mnistcore.classroom.contest import ContestView
    from mnistcore.classroom.contest_bounds import Bounds
    from mnistcore.runs import RunStore

POLL_SECONDS = 1.0


def show_contest(store: RunStore) -> None:
    """The leaderboard of the contest that is on or was the last one; and the bounds of the next."""
    from mnistcore.classroom.contest import contest_view

    view = contest_view(store)
    if view is None or view.is_opened:
        offer_contest(store)
    if view is None:
        return
    if not view.is_opened:
        st.button(
            "Open the test set and end the contest",
            type="primary",
            on_click=_open,
            args=(view.id,),
            help="Nobody can train another network then; test accuracies appear here and on the phones.",
        )

    def look() -> ContestView:
        if (found := contest_view(store)) is None:
            raise RunError("The contest was deleted: start another one.")
        return found

    follow(
        look, draw_contest, every=lambda _: POLL_SECONDS, state=lambda found: (found.id, found.is_opened), found=view
    )


def offer_contest(store: RunStore) -> None:
    """What is allowed, and what counts."""
    from mnistcore.classroom.contest import start_contest
    from mnistcore.classroom.contest_bounds import MAX_EPOCHS, MAX_TRIES, MEASURES, Bounds, validation_size_for

    dataset = choose_dataset("contest_dataset")
    first, second = st.columns(2)
    measure = first.selectbox("What counts", MEASURES, key="contest_measure")
    target = (
        second.number_input("Accuracy to reach, in %", 50, 99, 90, key="contest_target")
        if measure == MEASURES[2]
        else 90
    )
    first, second, third, fourth = st.columns(4)
    images = first.number_input("Training images", 100, 50_000, 10_000, 100, key="contest_images")
    epochs = second.number_input("Epochs at most", 1, MAX_EPOCHS, 5, key="contest_epochs")
    parameters = third.number_input("Parameters at most", 10_000, 1_000_000, 200_000, 10_000, key="contest_parameters")
    tries = fourth.number_input("Tries for each", 1, MAX_TRIES, 5, key="contest_tries")
    if st.button("Start a contest", type="primary", disabled=dataset is None) and dataset is not None:
        with guard():
            judged = validation_size_for(len(get_dataset(dataset).train_labels))
            limits = int(images), int(epochs), int(parameters), int(tries)
            start_contest(store, Bounds(dataset, *limits, measure, int(target) / 100, judged))
        st.rerun()


def draw_contest(view: ContestView) -> None:
    """How many networks there are, and everybody's best one."""
    busy = f", {view.active} of them waiting or training" if view.active else ""
    st.markdown(f"{counted(view.entries, 'network')} so far{busy}. {_rule(view.bounds)}")
    if not view.best:
        st.caption("The leaderboard begins with the first network that has finished.")
        return
    rows = []
    for place, one in enumerate(view.best, 1):
        row = {"": place, "Name": one.name, "Validation": percent(one.validation_accuracy, 2)}
        row |= {"Parameters": f"{one.parameters:,}", "Images a second": f"{one.images / max(one.seconds, 1e-9):,.0f}"}
        if view.bounds.measure == "accuracy × speed":
            row["Score"] = f"{one.score(view.bounds):.1f}"
        rows.append(row | ({"Test": percent(one.test_accuracy, 2)} if view.is_opened else {}))
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
    if view.is_opened:
        st.caption("The order is that of the validation images; the test images were looked at once, now.")


def _rule(bounds: Bounds) -> str:
    if bounds.measure == "fewest parameters":
        return f"The fewest parameters win, with at least {percent(bounds.target, 0)} on the validation images."
    if bounds.measure == "accuracy":
        return "The best validation accuracy wins."
    return "Validation accuracy times thousands of training images a second wins."


def _open(contest: str) -> None:
    from mnistcore.classroom.contest import open_test_set

    open_test_set(get_store(), contest)
