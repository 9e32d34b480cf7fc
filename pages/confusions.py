"""Confusions: which digits a trained network takes for which, and the images behind every such mistake."""

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.data import Dataset
from mnistcore.insight.confusion import (
    accuracy_counts,
    accuracy_interval,
    cell_examples,
    confusion_matrix,
    most_confused_pairs,
    per_digit_metrics,
)
from mnistcore.runs import Run, RunStore
from ui.confusions import cell
from ui.confusions.matrix import digit_columns, in_percent, matrix_cells, matrix_chart, pair_columns
from ui.frame.page import is_dark, link_to, page_header
from ui.frame.router import through_router
from ui.frame.selection import dataset_titles
from ui.frame.session import get_store, guard
from ui.frame.words import fraction, percent
from ui.runs import evaluation
from ui.runs.examples import show_examples
from ui.runs.film import film, film_clock, filmed_steps
from ui.runs.judged import choose_judged

VIEWS = "confusions_views"
VIEWS_HELP = (
    "Look at every image nine times, moved by up to a pixel in every direction, and take the mean of the nine answers. "
    "It takes nine times as long and, without any further training, usually saves some mistakes."
)


def show() -> None:
    """Choose a run and the images to evaluate it on, in one row; see the matrix, the mistakes and the tables."""
    page_header(
        "Confusions",
        "Each square counts the images of one digit that the network took for another.",
        "click the strongest colour, and see whether you would have known better.",
    )
    store = get_store()
    columns = st.columns([5, 4, 2], vertical_alignment="bottom")
    judged = choose_judged(store, columns, "Train a network first; then you can look at its mistakes.")
    steps = None if judged is None else filmed_steps(store, judged.run)
    if judged is None or steps is None:
        return
    st.fragment(at_moment, run_every=film_clock())(
        store, judged.run, judged.dataset, dataset_titles(), judged.part, steps
    )


def at_moment(store: RunStore, run: Run, dataset: Dataset, titles: dict[str, str], part: str, steps: list[int]) -> None:
    """The film and the mistakes at that moment; a fragment, so that a click in the matrix redraws nothing else."""
    with film(store, run, steps, is_brief=True) as step, guard():
        found = evaluation.answers(store, run, dataset, part, step, in_views=st.session_state.get(VIEWS, False))
        show_answers(run, found, evaluation.evaluation_note(run, dataset, titles, found))


def show_answers(run: Run, found: evaluation.Answers, note: str) -> None:
    """Accuracy, the matrix with the images behind the chosen square, and both tables."""
    matrix = confusion_matrix(found.labels, found.predictions)
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(accuracy_words(found.part, matrix), width="stretch")
            share = st.toggle("Shares", help="Show each count as a share of that digit's images.")
            hide = st.toggle("Hide correct answers")
            st.toggle("Nine views", key=VIEWS, help=VIEWS_HELP)
        how = " Answers are the mean of nine views of each image." if st.session_state.get(VIEWS) else ""
        st.caption(f"After step {found.step:,}. {note}{how}")
    pairs = most_confused_pairs(matrix, limit=10)
    chart, behind = st.columns(2, gap="large")
    with chart:
        show_matrix(matrix_cells(matrix, share, hide), pairs)
    with behind:
        show_cell(run, found)
    with st.container(horizontal=True, vertical_alignment="center"):
        cell.offer_answers(found)
        link_to("certainty", "How sure may it be?", run=run.id)
    ranked, digits = st.columns(2, gap="large")
    with ranked:
        show_pairs(pairs)
    with digits:
        st.subheader("Digit by digit", anchor=False)
        st.dataframe(
            in_percent(per_digit_metrics(matrix)), hide_index=True, column_config=digit_columns(), height="content"
        )


def accuracy_words(part: str, matrix: np.ndarray) -> str:
    """`Validation accuracy 94.28 % · 4,714 / 5,000 · 95 % interval 93.60 to 94.89 %`."""
    correct, count = accuracy_counts(matrix)
    low, high = accuracy_interval(correct, count)
    accuracy = f"**{evaluation.PART_TITLES[part]} accuracy {percent(correct / count, 2)}**"
    return f"{accuracy} · {fraction(correct, count)} · 95 % interval {100 * low:.2f} to {percent(high, 2)}"


def show_matrix(cells: pd.DataFrame, pairs: pd.DataFrame) -> None:
    """The clickable matrix; the square framed is the one in the select boxes."""
    first = pairs.iloc[0] if len(pairs) else {"true": 0, "predicted": 0}
    chosen = cell.chosen_cell((int(first["true"]), int(first["predicted"])))
    st.altair_chart(matrix_chart(cells, chosen, is_dark()), key=cell.CHART, on_select=cell.take_click)


def show_cell(run: Run, found: evaluation.Answers) -> None:
    """The images behind the chosen square, most confident first."""
    true, predicted = cell.choose_cell()
    if true != predicted:
        where = {"first": str(true), "second": str(predicted), "part": found.part, "step": str(found.step)}
        link_to("pair", f"{true} and {predicted} under the microscope", run=run.id, **where)
    rows = cell_examples(found.probabilities, found.labels, true, predicted, limit=None)
    if len(rows) == 0:
        st.write(
            f"No {true} was recognised here." if true == predicted else f"No {true} was taken for {predicted} here."
        )
        return
    shown = rows[: cell.choose_many(len(rows))]
    what = f"{true} recognised as {true}" if true == predicted else f"{true} taken for {predicted}"
    st.caption(f"{what}: {len(shown):,} of {len(rows):,}, most confident first.")
    show_examples(run, found, shown)


def show_pairs(pairs: pd.DataFrame) -> None:
    """The mistakes ranked; a row chosen here is the square chosen in the matrix."""
    st.subheader("Most confused", anchor=False)
    if len(pairs) == 0:
        st.write("No mistakes.")
        return
    st.dataframe(
        in_percent(pairs),
        key=cell.PAIRS,
        hide_index=True,
        column_config=pair_columns(),
        selection_mode="single-row",
        on_select=cell.take_pair(pairs),
        height="content",
    )


if through_router():
    show()
