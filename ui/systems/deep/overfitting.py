"""Training against validation loss while a run goes on, with the point marked from which it overfits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from mnistcore.insight.histories import lowest_validation
from ui.pictures import live_charts as figures
from ui.runs.history import LiveHistory

if TYPE_CHECKING:
    from mnistcore.runs import Run

MARK = "Lowest validation loss"
MARK_COLOR = "#d64541"


def show_overfitting(run: Run, history: LiveHistory) -> None:
    """Both losses with the mark, and both accuracies; in words what has happened since the mark."""
    table = history.refresh(run)
    lowest = lowest_validation(table)
    is_over = run.status == "finished"
    left, right = st.columns(2, gap="large")
    with left:
        st.caption("Loss")
        data = figures.curve_data(table, "epoch", "loss", is_over=is_over)
        domain = None if run.is_active else figures.settled_domain(data)
        if lowest is not None:
            data.loc[len(data)] = [*lowest, MARK]
        st.vega_lite_chart(data, marked_spec(domain), key="deep_loss")
    with right:
        st.caption("Accuracy")
        data = figures.curve_data(table, "epoch", "accuracy", is_over=is_over)
        domain = None if run.is_active else figures.settled_domain(data)
        st.vega_lite_chart(data, figures.curve_spec("epoch", "accuracy", False, domain), key="deep_accuracy")
    st.html(legend_html())
    if lowest is not None:
        st.markdown(overfitting_words(lowest, run))


def legend_html() -> str:
    """The live view's legend, and the mark."""
    mark = f'<span style="height:1.1em;border-left:2px solid {MARK_COLOR}"></span>'
    entry = f'<span style="display:inline-flex;align-items:center;gap:.45rem">{mark}{MARK}</span>'
    return figures.legend_html(False).removesuffix("</div>") + f"{entry}</div>"


def marked_spec(domain: list[float] | None) -> dict[str, Any]:
    """The live loss chart with an upright line at the row whose part is MARK."""
    spec = figures.curve_spec("epoch", "loss", False, domain)
    lines, dots = spec["layer"]
    dots["transform"] = [{"filter": f"datum.part === '{figures.PARTS['validation']}'"}]
    lines["transform"] = [{"filter": f"datum.part !== '{MARK}'"}]
    only_mark = [{"filter": f"datum.part === '{MARK}'"}]
    plain = {"color": {"value": MARK_COLOR}, "strokeDash": {"value": [1, 0]}}
    rule = {"transform": only_mark, "mark": {"type": "rule", "strokeWidth": 1.5}, "encoding": {**plain, "y": None}}
    ring = {
        "transform": only_mark,
        "mark": {"type": "point", "filled": False, "size": 130, "strokeWidth": 2, "clip": True},
        "encoding": plain,
    }
    spec["layer"] = [rule, lines, dots, ring]
    return spec


def overfitting_words(lowest: tuple[float, float], run: Run) -> str:
    """When the validation loss was lowest, and whether the network has overfitted since."""
    epoch, loss = lowest
    words = f"The validation loss was lowest after **{epoch:.1f} epochs**, at {loss:.4f}"
    if run.is_active or run.validation_loss is None or run.train_loss is None:
        return f"{words}, so far."
    if run.validation_loss <= loss * 1.005:
        return f"{words}, at the very end: the network has not begun to overfit. Trained for longer, below, it does."
    return (
        f"{words}. By the end it was {run.validation_loss:.4f}, while the training loss had fallen to "
        f"{run.train_loss:.4f}: from the mark on, the network memorised images instead of learning what digits look "
        "like."
    )
