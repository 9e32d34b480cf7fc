"""What if units were gone: switched off, multiplied or fed differently, and what becomes of the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight import confusion_matrix, row_shares, unit_weights
from mnistcore.insight.ablation import changed_cells, logits_from, multiplied, switched_off, with_weight
from ui.frame.selection import chosen_in, labels
from ui.frame.words import fraction, percent, signed
from ui.units.charts import digit_chart
from ui.units.choice import (
    BY,
    OFF,
    TIMES,
    TO,
    UNCHANGED,
    WEIGHT,
    Edit,
    asked_number,
    asked_units,
    choose_unit,
    named,
    noun,
    number_of,
    write,
)
from ui.units.found import Scene

CELLS, COSTLIEST = 8, 12
LARGEST = 5.0  # factor, and weight


@dataclass(frozen=True, eq=False)
class Outcome:
    """Digits answered before and after a change, and the labels: (n,) each."""

    labels: np.ndarray
    before: np.ndarray
    after: np.ndarray

    @property
    def right(self) -> tuple[int, int]:
        """How many are right, before and after."""
        return int((self.before == self.labels).sum()), int((self.after == self.labels).sum())

    @property
    def recalls(self) -> np.ndarray:
        """The share of each digit's images that are right, before and after: (2, 10)."""
        matrices = (confusion_matrix(self.labels, answers) for answers in (self.before, self.after))
        return np.stack([row_shares(matrix).diagonal() for matrix in matrices])


def show_gone(scene: Scene) -> None:
    """What is changed on the left, what comes of it on the right, and which units matter most."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        edit = choose_edit(scene)
    with right:
        show_outcome(outcome_of(scene, edit), edit)
    show_costs(scene)


def choose_edit(scene: Scene) -> Edit:
    """Units to switch off, and how; below, one unit to turn up or down."""
    layer = scene.layer
    off, by_mean = _choose_off(scene)
    with st.container(border=True):
        st.markdown(f"**Or edit one {noun(layer)}**")
        unit = choose_unit(scene.run, layer)
        factor = _slide("Multiply its output by", TIMES, -LARGEST, LARGEST, UNCHANGED, f"{layer.index}-{unit}")
        digit, weight = _choose_weight(scene, unit)
    return Edit(tuple(off), by_mean, unit, factor, digit, weight)


def _choose_off(scene: Scene) -> tuple[list[int], bool]:
    layer = scene.layer
    widget = f"units-off-{layer.index}"
    titles = {str(unit): named(layer, unit).capitalize() for unit in range(layer.units)}
    st.session_state[widget] = [str(unit) for unit in asked_units(layer)]
    chosen = st.multiselect(
        f"Switch off {noun(layer)}s",
        list(titles),
        key=widget,
        format_func=labels(widget, titles),
        placeholder=f"Choose {noun(layer)}s",
        on_change=_take_off,
        args=(widget, number_of(layer, 0)),
    )
    _write_off([int(unit) for unit in chosen], number_of(layer, 0))
    st.session_state["units-by-mean"] = st.query_params.get(BY) == "mean"
    by_mean = st.toggle(
        "Put its mean in its place",
        key="units-by-mean",
        on_change=_take_by,
        help="Off: its output is 0 for every image. On: it is its mean over the images, at each place of a filter's "
        "map. Then only what it tells images apart by is lost.",
    )
    write(BY, "mean" if by_mean else None)
    what = "its mean over the images" if by_mean else "0"
    st.caption(f"The output of what is switched off is {what}, for every image.{_output_words(scene, by_mean)}")
    return [int(unit) for unit in chosen], by_mean


def _output_words(scene: Scene, by_mean: bool) -> str:
    is_zero_score = scene.following is None and not by_mean
    return " A score of 0 may still be the largest of the ten." if is_zero_score else ""


def _take_off(widget: str, first: int) -> None:
    _write_off([int(unit) for unit in chosen_in(widget)], first)


def _write_off(units: list[int], first: int) -> None:
    write(OFF, ",".join(str(unit + first) for unit in sorted(units)) or None)


def _take_by() -> None:
    write(BY, "mean" if st.session_state.get("units-by-mean") else None)


def _choose_weight(scene: Scene, unit: int) -> tuple[int | None, float | None]:
    """One of a unit's weights to the ten digits, where these are one number each."""
    following = scene.following
    if following is None or following.name != "output" or scene.outputs.values.ndim != 2:
        return None, None
    weights = unit_weights(scene.network, following)[:, unit]
    strongest = int(np.abs(weights).argmax())
    digit = int(asked_number(TO, 0, 9, strongest))
    st.session_state["units-to"] = digit
    digit = st.selectbox("Its weight to the digit", range(10), key="units-to", on_change=_take_to, width=180)
    real = round(float(weights[digit]), 2)
    low, high = min(-LARGEST, real), max(LARGEST, real)
    weight = _slide(
        f"Weight, {signed(real)} as learned", WEIGHT, low, high, real, f"{scene.layer.index}-{unit}-{digit}"
    )
    if weight == real:
        return None, None
    write(TO, str(digit))
    return digit, weight


def _take_to() -> None:
    write(TO, str(st.session_state.get("units-to", 0)))
    write(WEIGHT, None)


def _slide(label: str, name: str, low: float, high: float, usual: float, of: str) -> float:
    """A slider bound to the query parameter ``name``, which is there only while it is not at its usual place."""
    widget = f"units-{name}-{of}"
    st.session_state[widget] = asked_number(name, low, high, usual)
    value = st.slider(
        label, low, high, step=0.05, key=widget, on_change=_take_slide, args=(widget, name, usual), format="%.2f"
    )
    write(name, None if value == usual else f"{value:g}")
    return value


def _take_slide(widget: str, name: str, usual: float) -> None:
    value = st.session_state.get(widget, usual)
    write(name, None if value == usual else f"{value:g}")


def outcome_of(scene: Scene, edit: Edit) -> Outcome:
    """The answers before and after; only what follows the layer is computed again."""
    outputs, layer = scene.outputs, scene.layer
    before = outputs.logits.argmax(axis=1)
    if edit == Edit(unit=edit.unit, by_mean=edit.by_mean):
        return Outcome(scene.images.labels, before, before)
    values = switched_off(outputs, list(edit.off), edit.by_mean)
    if edit.factor != UNCHANGED:
        values = multiplied(values, edit.unit, edit.factor)
    logits = logits_from(scene.network, layer, values)
    if edit.digit is not None and edit.weight is not None and scene.following is not None:
        change = edit.weight - float(unit_weights(scene.network, scene.following)[edit.digit, edit.unit])
        logits = with_weight(logits, values[:, edit.unit], edit.digit, change)
    return Outcome(scene.images.labels, before, logits.argmax(axis=1))


def show_outcome(outcome: Outcome, edit: Edit) -> None:
    """Accuracy before and after, the change for each digit, and the confusions that change most."""
    (first, second), count = outcome.right, len(outcome.labels)
    before, after = st.columns(2)
    before.metric("As it is", percent(first / count, 2), help=f"{fraction(first, count)} right")
    change = f"{second - first:+,} images" if second != first else None
    after.metric("Changed", percent(second / count, 2), change, help=f"{fraction(second, count)} right")
    st.markdown(outcome_words(outcome))
    recalls = outcome.recalls
    st.altair_chart(digit_chart(100 * (recalls[1] - recalls[0]), "Change in % right", "+.1f"), key="unit-gone")
    cells = changed_cells(outcome.labels, outcome.before, outcome.after, CELLS)
    if cells:
        st.caption("The confusions that change most:")
        table = pd.DataFrame([vars(cell) | {"change": cell.after - cell.before} for cell in cells])
        column = st.column_config
        st.dataframe(
            table,
            hide_index=True,
            height="content",
            column_config={
                "true": column.NumberColumn("True", format="%d"),
                "predicted": column.NumberColumn("Read as", format="%d"),
                "before": column.NumberColumn("Before", format="localized"),
                "after": column.NumberColumn("After", format="localized"),
                "change": column.NumberColumn("Change", format="%+d"),
            },
        )


def outcome_words(outcome: Outcome) -> str:
    """`9,712 / 10,000 images were classified correctly, now 9,650 / 10,000; 84 answers are different.`"""
    (first, second), count = outcome.right, len(outcome.labels)
    different = int((outcome.before != outcome.after).sum())
    words = f"{fraction(first, count)} images are classified correctly"
    if not different:
        return f"{words}, and no answer is different."
    return f"{words}, changed {fraction(second, count)}; **{different:,}** answers are different."


def show_costs(scene: Scene) -> None:
    """On request: what each unit alone would cost, the most important first."""
    what = noun(scene.layer)
    if not st.toggle(f"Which {what} matters most?", key="units-costs"):
        return
    costs = scene.costs()
    order = np.argsort(-costs, kind="stable")
    count = len(scene.images.labels)
    harmless = int((costs <= 0).sum())
    worst = ", ".join(
        f"{number_of(scene.layer, int(unit))} (−{costs[unit]:,})" for unit in order[:COSTLIEST] if costs[unit] > 0
    )
    st.markdown(
        f"Each {what} switched off alone, its output 0. Most images are lost without: **{worst or 'none'}**. Without "
        f"any one of {harmless:,} of the {len(costs):,} {what}s, at least as many of the {count:,} images are right."
    )
