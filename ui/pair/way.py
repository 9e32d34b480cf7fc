"""From an image of one digit to one of the other: the scores on the way, and where the network changes its mind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from mnistcore.insight.digit_pair import typical
from mnistcore.insight.morph import POINTS, Turn, blend
from mnistcore.nn import Network
from mnistcore.palette import DIGIT_COLORS
from ui.frame.page import is_dark
from ui.frame.selection import chosen_in, labels
from ui.frame.words import plain, probability_text, shortened
from ui.pair.axis import an
from ui.pair.found import Axis, Pair, Way, way_between
from ui.pictures.digits import tiles
from ui.pictures.live_charts import AS_GIVEN
from ui.runs.why_link import why_link

STEPS = np.arange(0, POINTS, 10)  # of the curve: those that are shown as pictures
BESIDE = 0.05  # of the way: how far before and after a turn the pictures beside it are
MOST_TURNS = 3
HEIGHT = 250
QUIET = "#8b8f99"


def show_way(pair: Pair, axis: Axis, network: Network) -> None:
    """The two images, the steps between them, the scores, and the pictures around each turn."""
    left, right = st.columns(2)
    with left:
        start = choose_image(pair, axis, pair.first, "from")
    with right:
        end = choose_image(pair, axis, pair.second, "to")
    images, step = axis.answers.images, axis.answers.step
    way = way_between(network, pair.run, step, images[start], images[end])
    st.markdown(turn_words(way))
    show_blends(images[start], images[end], STEPS / (POINTS - 1), list(way.probabilities[STEPS]))
    curve, beside = st.columns([3, 2], gap="large")
    with curve:
        shown = shown_digits(pair, way)
        st.vega_lite_chart(curve_points(way, shown), curve_spec(shown), key="pair-way")
    with beside:
        for turn, probabilities in list(zip(way.morph.turns, way.at_turns, strict=True))[:MOST_TURNS]:
            show_turn(pair, way, (images[start], images[end]), turn, probabilities, step)


def choose_image(pair: Pair, axis: Axis, digit: int, name: str) -> int:
    """The index of an image labelled ``digit``: a typical one or by its number, bound to the query parameter ``name``.

    The median one at first, at each moment of the film."""
    found = typical(axis.leads, axis.answers.labels, digit, digit == pair.second)
    rows = np.flatnonzero(axis.answers.labels == digit)
    numbers = {str(axis.answers.positions[row]): int(row) for row in rows}
    titles = {
        "median": f"The median {digit}",
        "surest": f"The surest {digit}",
        "nearest": f"The {digit} nearest to the decision",
    } | {number: f"#{number}" for number in numbers}
    widget, asked = f"choose_{name}", st.query_params.get(name, "median")
    if asked not in titles:
        words = f"There is no {digit} with the number {plain(shortened(asked, 20))} among these images"
        st.warning(f"{words}: the median one is shown.", icon=":material/info:")
    st.session_state[widget] = asked if asked in titles else "median"
    label = "From" if name == "from" else "To"
    help_words = "Type a number to find the image that has it in the data set."
    chosen = st.selectbox(
        label, list(titles), key=widget, format_func=labels(widget, titles), help=help_words, on_change=_remember,
        args=(name,),
    )  # fmt: skip
    if chosen != "median" or name in st.query_params:
        st.query_params[name] = chosen
    return found[chosen] if chosen in found else numbers[chosen]


def turn_words(way: Way) -> str:
    """`It reads a 3 until 43.2 % of the way, then an 8.`"""
    turns = way.morph.turns
    if not turns:
        return f"Its answer is **{way.morph.scores[0].argmax()}** all the way."
    words = f"It answers **{turns[0].before}**"
    for turn in turns:
        words += f", from **{100 * turn.place:.2f} %** of the way **{turn.after}**"
    return f"{words}."


def show_blends(start: np.ndarray, end: np.ndarray, places: np.ndarray, probabilities: list[np.ndarray]) -> None:
    """Blends of two images, with what each is read as below."""
    inks = np.rint(blend(start, end, places)).astype(np.uint8)
    answers = [int(each.argmax()) for each in probabilities]
    sure = [probability_text(float(each.max())) for each in probabilities]
    captions = [f"{answer}: {words}" for answer, words in zip(answers, sure, strict=True)]
    descriptions = [
        f"{100 * place:.4g} % of the way, read as {caption}" for place, caption in zip(places, captions, strict=True)
    ]
    tiles(list(inks if is_dark() else 255 - inks), captions, descriptions, smallest=78)


def show_turn(pair: Pair, way: Way, ends: tuple[np.ndarray, np.ndarray], turn: Turn, at: np.ndarray, step: int) -> None:
    """Just before a turn, at it, and just after it."""
    places = np.clip([turn.place - BESIDE, turn.place, turn.place + BESIDE], 0, 1)
    near = [way.probabilities[round(float(place) * (POINTS - 1))] for place in places]
    st.caption(
        f"At {100 * turn.place:.2f} %, {turn.before} and {turn.after} have the same score; beside it, "
        f"{100 * BESIDE:.0f} % of the way before and after."
    )
    show_blends(*ends, places, [near[0], at, near[2]])
    point = np.rint(blend(*ends, places[1:2])[0]).astype(np.uint8)
    why_link(pair.run, point, step, against=turn.before, label=f"Why no longer {an(turn.before)}?")


def shown_digits(pair: Pair, way: Way) -> list[int]:
    """The two digits, and any other that is the answer somewhere on the way."""
    return sorted({pair.first, pair.second, *map(int, way.morph.scores.argmax(axis=1))})


def curve_points(way: Way, digits: list[int]) -> pd.DataFrame:
    """The curves in long form, place, score, digit; and the turns, which have no score."""
    pieces = [
        pd.DataFrame({"place": way.morph.places, "score": way.morph.scores[:, digit], "digit": str(digit)})
        for digit in digits
    ]
    turns = pd.DataFrame({"place": [turn.place for turn in way.morph.turns], "digit": "turn"})
    return pd.concat([*pieces, turns], ignore_index=True)


def curve_spec(digits: list[int]) -> dict[str, Any]:
    """A line a digit in its colour, and a rule where the answer changes."""
    x = {
        "field": "place",
        "type": "quantitative",
        "title": "Of the way",
        "axis": {"format": "%", "grid": False, "tickCount": 5},
        "scale": {"domain": [0, 1]},
    }
    color = {
        "field": "digit",
        "type": "nominal",
        "title": "Score of",
        "scale": {"domain": list(map(str, digits)), "range": [DIGIT_COLORS[digit] for digit in digits]},
        "legend": {"orient": "top"},
    }
    lines = {
        "transform": [{"filter": "datum.digit != 'turn'"}],
        "mark": {"type": "line", "strokeWidth": 2.5},
        "encoding": {"x": x, "y": {"field": "score", "type": "quantitative", "title": None}, "color": color} | AS_GIVEN,
    }
    turns = {
        "transform": [{"filter": "datum.digit == 'turn'"}],
        "mark": {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": QUIET},
        "encoding": {
            "x": x,
            "tooltip": [{"field": "place", "type": "quantitative", "title": "Its answer changes at", "format": ".3%"}],
        },
    }
    return {"height": HEIGHT, "layer": [lines, turns]}


def _remember(name: str) -> None:
    """Put the choice just made into the address, before the page runs again."""
    for chosen in chosen_in(f"choose_{name}"):
        st.query_params[name] = chosen
