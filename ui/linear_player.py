"""Which training image of the online run is looked at: played, stepped or jumped to."""

from __future__ import annotations

import streamlit as st

IMAGE, PLAYING, STRIDE = "linear-image", "linear-playing", "linear-stride"
SECONDS_AN_IMAGE = 0.8
STRIDES = (1, 10, 100, 1000)


def clock() -> float | None:
    """Seconds between two images while it plays."""
    return SECONDS_AN_IMAGE if st.session_state.get(PLAYING) else None


def choose_image(total: int) -> int:
    """The number of an image, from 1 to ``total``; while it plays, the next one each time this runs."""
    stride = st.session_state.get(STRIDE, 1)
    current = min(st.session_state.get(IMAGE, _asked()), total)
    if st.session_state.get(PLAYING):
        current = min(current + stride, total)
    st.session_state[IMAGE] = current
    with st.container(horizontal=True, vertical_alignment="bottom"):
        image = int(st.number_input(f"Training image, 1 to {total:,}", 1, total, key=IMAGE, width=200))
        st.selectbox("Steps of", STRIDES, key=STRIDE, format_func=_images, width=150)
    with st.container(horizontal=True):
        _play_button(total)
        st.button("Back", icon=":material/skip_previous:", on_click=_move, args=(-1, total), disabled=image == 1)
        st.button("Forward", icon=":material/skip_next:", on_click=_move, args=(1, total), disabled=image == total)
        for number, words in ((1, "1st"), (101, "101st"), (total, "Last")):
            if number <= total:
                st.button(words, on_click=_jump, args=(number,), key=f"linear-jump-{words}")
    if not st.session_state.get(PLAYING):
        st.query_params["image"] = str(image)
    return image


def stop_at_the_end(image: int, total: int) -> None:
    """After the last image, run the whole page once more, without its clock."""
    if st.session_state.get(PLAYING) and image == total:
        st.session_state[PLAYING] = False
        st.rerun()


def _images(stride: int) -> str:
    return "1 image" if stride == 1 else f"{stride:,} images"


def _asked() -> int:
    """The image in the address, else the first."""
    asked = st.query_params.get("image", "1")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) < 9 else 1


def _play_button(total: int) -> None:
    """The whole page runs again after a click, because only then the fragment's clock starts or stops."""
    playing = st.session_state.get(PLAYING, False)
    label, icon = ("Pause", ":material/pause:") if playing else ("Play", ":material/play_arrow:")
    if st.button(label, icon=icon, type="primary", key="linear-play", on_click=_toggle, args=(total,)):
        st.rerun()


def _toggle(total: int) -> None:
    playing = st.session_state[PLAYING] = not st.session_state.get(PLAYING, False)
    if playing and st.session_state.get(IMAGE) == total:
        st.session_state[IMAGE] = 1


def _move(direction: int, total: int) -> None:
    step = direction * st.session_state.get(STRIDE, 1)
    _jump(min(max(st.session_state[IMAGE] + step, 1), total))


def _jump(image: int) -> None:
    st.session_state[IMAGE] = image
    st.session_state[PLAYING] = False
