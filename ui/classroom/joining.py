"""How a class joins: address, QR code and join code, who is in, and how names and all the rest are deleted."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import streamlit as st

from mnistcore.classroom.key import class_address
from ui.frame.follow import follow
from ui.frame.session import get_store
from ui.frame.words import counted
from ui.pictures.figures import data_address

if TYPE_CHECKING:
    from mnistcore.runs import RunStore

POLL_SECONDS = 2.0
START = "make class\n# or, installed:\nmnist-explorer class"


def show_how_to_join(store: RunStore) -> None:
    """For the projector: what a phone needs; of a server that no phone reaches, how to start one for a class."""
    from mnistcore.classroom.room import join_code

    address = class_address()
    if address is None:
        st.markdown(
            "This server answers to this machine alone, so no phone can join. Stop it, and start it for a class:"
        )
        st.code(START, language="bash")
        return
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    join, code = f"{address}{f'/{base}' if base else ''}/join", join_code(store)
    st.image(data_address(_qr_code(f"{join}?code={code}")), width="stretch", alt=f"QR code of {join}")
    st.markdown(f"**{join.removeprefix('http://')}**  \nCode **{code[:3]} {code[3:]}**")
    st.markdown(":material/wifi: **This server listens on the local network.**")
    show_who_is_in(store)


@st.cache_data(show_spinner=False, max_entries=4)
def _qr_code(text: str) -> bytes:
    """A PNG, black on white on any theme: cameras want it so."""
    import segno

    target = io.BytesIO()
    segno.make(text, error="m").save(target, kind="png", scale=8, border=3)
    return target.getvalue()


def show_who_is_in(store: RunStore) -> None:
    """How many have joined, counted again while they come."""
    from mnistcore.classroom.players import count_players

    def draw(count: int) -> None:
        st.markdown(f"{counted(count, 'phone')} joined" if count else "Nobody has joined yet.")

    follow(lambda: count_players(store), draw, every=lambda _: POLL_SECONDS)


def manage_class(store: RunStore) -> None:
    """Names to remove, drawings to delete, and the end of the class."""
    from mnistcore.classroom.players import players

    with st.expander("Names, and deleting"):
        found = {player.id: player.name for player in players(store)}
        st.multiselect(
            "Remove somebody with all that they sent",
            list(found),
            format_func=lambda player: found.get(player, "somebody who has left"),
            key="class_remove",
            placeholder="Choose names" if found else "Nobody has joined",
            disabled=not found,
        )
        with st.container(horizontal=True):
            st.button("Remove them", on_click=_remove, disabled=not st.session_state.get("class_remove"))
            st.button("Delete all drawings", on_click=_delete_drawings)
            st.button("End the class: delete everything", on_click=_end)
        st.caption(
            "Names, drawings and answers are deleted by themselves after a day. A class that has ended gets a new code."
        )


def _remove() -> None:
    from mnistcore.classroom.players import remove_player

    for player in st.session_state.pop("class_remove", []):
        remove_player(get_store(), int(player))


def _delete_drawings() -> None:
    from mnistcore.classroom.drawings import remove_drawings

    remove_drawings(get_store())


def _end() -> None:
    from mnistcore.classroom.room import end_class

    end_class(get_store())
