"""Choosing a training image of the online run: by playing, stepping or jumping."""

from __future__ import annotations

import streamlit as st

from ui.frame.number_choice import number_in, put_number, type_number
from ui.frame.number_field import say

IMAGE, PLAYING, STRIDE = "linear-image", "linear-playing", "linear-stride"
SECONDS_AN_IMAGE = 0.8
STRIDES = (1, 10, 100, 1000)


def clock() -> float | None:
    """Seconds between two images while it plays."""
    return SECONDS_AN_IMAGE if is_playing() else None


def is_playing() -> bool:
    """Whether the images follow one another by themselves."""
    return bool(st.session_state.get(PLAYING))


def choose_image(total: int) -> int:
    """The number of an image, from 1 to ``total``; while it plays, the next one each time this runs."""
    current = number_in(IMAGE)
    if current is None:
        put_number(IMAGE, min(_asked(), total))
    elif is_playing():
        following = min(current + st.session_state.get(STRIDE, 1), total)
        put_number(IMAGE, following)
        st.session_state[PLAYING] = following < total
    with st.container(horizontal=True, vertical_alignment="bottom"):
        image, problem = type_number("Training image", 1, total, IMAGE, width=200)
        st.selectbox("Steps of", STRIDES, key=STRIDE, format_func=_images, width=150)
    say(problem)
    with st.container(horizontal=True):
        # Two buttons, not one that changes: a click that arrives twice must not undo itself.
        if is_playing():
            st.button(
                "Pause", icon=":material/pause:", type="primary", key="linear-pause", on_click=_jump, args=(image,)
            )
        else:
            st.button(
                "Play", icon=":material/play_arrow:", type="primary", key="linear-play", on_click=_play, args=(total,)
            )
        st.button("Back", icon=":material/skip_previous:", on_click=_move, args=(-1, total), disabled=image == 1)
        st.button("Forward", icon=":material/skip_next:", on_click=_move, args=(1, total), disabled=image == total)
        for number, words in ((1, "1st"), (101, "101st"), (total, "Last")):
            if number <= total:
                st.button(words, on_click=_jump, args=(number,), key=f"linear-jump-{words}")
    if not is_playing():
        st.query_params["image"] = str(image)
    return image


def _images(stride: int) -> str:
    return "1 image" if stride == 1 else f"{stride:,} images"


def _asked() -> int:
    """The image in the address, else the first."""
    asked = st.query_params.get("image", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


def _play(total: int) -> None:
    """Play on from here; from the last image, from the first again."""
    if number_in(IMAGE) == total:
        put_number(IMAGE, 1)
    st.session_state[PLAYING] = True


def _move(direction: int, total: int) -> None:
    step = direction * st.session_state.get(STRIDE, 1)
    _jump(min(max((number_in(IMAGE) or 1) + step, 1), total))


def _jump(image: int) -> None:
    """Go to an image and stay there."""
    put_number(IMAGE, image)
    st.session_state[PLAYING] = False
