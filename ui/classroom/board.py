"""The board on the teacher's page: what is asked for, the drawings as they come, and what is done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from ui.frame.follow import follow
from ui.frame.page import is_dark
from ui.frame.selection import choose_run
from ui.frame.session import get_store
from ui.frame.words import counted, fraction, probability_text
from ui.pictures.digits import data_uri
from ui.runs.readers import network_of

if TYPE_CHECKING:
    from mnistcore.classroom.board import Board
    from mnistcore.runs import RunStore

POLL_SECONDS = 1.0
FOLDER = Path(__file__).parent
ORDERS = {
    "newest": "Newest first",
    "surest": "Surest first",
    "least sure": "Least sure first",
    "wrong first": "Wrong ones first",
}
_show = st.components.v2.component(
    "class_board",
    html='<div class="board"></div>',
    css=(FOLDER / "board.css").read_text(encoding="utf-8"),
    js=(FOLDER / "board.js").read_text(encoding="utf-8"),
)


def ask_for_digits(store: RunStore) -> None:
    """What the class draws: ten buttons, and a switch that stops the board."""
    from mnistcore.classroom.room import DRAW, state_of

    state = state_of(store)
    st.session_state["class_digit"] = state["digit"] if state["doing"] == DRAW else None
    st.session_state["class_frozen"] = state["frozen"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control("Ask for a", list(range(10)), key="class_digit", on_change=_ask)
        st.button("The rarest", on_click=_ask_for_the_rarest, help="Ask for the digit with the fewest drawings so far.")
        st.toggle(
            "Freeze the board", key="class_frozen", on_change=_freeze, help="No drawing is taken until it is off."
        )


def _ask() -> None:
    from mnistcore.classroom.room import DRAW, set_state

    digit = st.session_state.get("class_digit")
    if digit is not None:  # a second click on the same button: it stays asked for
        set_state(get_store(), digit=int(digit), doing=DRAW)


def _ask_for_the_rarest() -> None:
    from mnistcore.classroom.drawings import rarest_digit
    from mnistcore.classroom.room import DRAW, set_state

    set_state(get_store(), digit=rarest_digit(get_store()), doing=DRAW)


def _freeze() -> None:
    from mnistcore.classroom.room import set_state

    set_state(get_store(), frozen=bool(st.session_state.get("class_frozen")))


def show_board(store: RunStore) -> None:
    """Every drawing with what the chosen network reads, read again each second."""
    from mnistcore.classroom.board import build_board
    from mnistcore.classroom.drawings import drawings

    reader, order, hidden = st.columns([5, 3, 3], vertical_alignment="bottom")
    with reader:
        run = choose_run(store)
    chosen = order.selectbox("Order", list(ORDERS), format_func=ORDERS.__getitem__, key="class_order")
    with_hidden = hidden.toggle("Show hidden ones", key="class_hidden")
    if run is None:
        st.caption("The drawings are kept; once a network is trained, it reads them here.")
        return
    network, step = network_of(store, run)
    st.caption(f"Read by {run.name}, weights after step {step:,}.")
    dark = is_dark()
    known: dict[int, Any] = {}  # what has been read and drawn once is not read and drawn again each second
    pictures: dict[int, str] = {}

    def look() -> Board:
        return build_board(drawings(store), network.predict, chosen, with_hidden, known)

    def draw(board: Board) -> None:
        for tile in board.tiles:
            if tile.drawing.id not in pictures:
                pictures[tile.drawing.id] = data_uri(tile.drawing.image if dark else 255 - tile.drawing.image)
        draw_board(board, pictures)

    follow(look, draw, every=lambda _: POLL_SECONDS)


def draw_board(board: Board, pictures: dict[int, str]) -> None:
    """How many of each digit there are, how many are read as what was asked for, and the tiles with their pictures."""
    counts = " · ".join(f"**{digit}** {count}" for digit, count in enumerate(board.counts))
    if not board.total:
        st.markdown("No drawings yet. Ask for a digit; what the class sends appears here.")
    else:
        rest = f"; the newest of each sort, {len(board.tiles)} in all" if len(board.tiles) < board.total else ""
        hidden = f", {board.hidden:,} hidden" if board.hidden else ""
        st.markdown(
            f"{counts}  \n{counted(board.total, 'drawing')}{hidden}: {fraction(board.correct, board.total)} read as "
            f"what was asked for{rest}. Fewest so far: **{board.rarest}**."
        )
    tiles = [
        {
            "id": tile.drawing.id,
            "src": pictures[tile.drawing.id],
            "digit": tile.drawing.digit,
            "name": tile.drawing.name,
            "read": tile.read,
            "sure": probability_text(tile.sure),
            "right": tile.is_right,
            "hidden": tile.drawing.hidden,
        }
        for tile in board.tiles
    ]
    _show(key="class_board", data={"tiles": tiles}, on_toggle_change=_toggle, on_remove_change=_remove)


def _remove() -> None:
    from mnistcore.classroom.drawings import remove_drawings

    asked = (st.session_state.get("class_board") or {}).get("remove")
    if isinstance(asked, dict) and type(asked.get("id")) is int:
        remove_drawings(get_store(), asked["id"])


def _toggle() -> None:
    from mnistcore.classroom.drawings import hide_drawing

    asked = (st.session_state.get("class_board") or {}).get("toggle")
    if isinstance(asked, dict) and type(asked.get("id")) is int:
        hide_drawing(get_store(), asked["id"], bool(asked.get("hidden")))
