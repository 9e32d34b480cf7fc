"""Draw: write a digit by hand, or take a picture of one, and see how networks read it after every stroke."""

from functools import partial

import numpy as np
import streamlit as st

from mnistcore.drawing import Preparation, prepare, prepare_picture, with_strokes
from mnistcore.errors import RunError
from mnistcore.runs import Run, RunStore
from ui.draw.correct import offer_correction
from ui.draw.learning import watch_learning
from ui.draw.steps import show_steps
from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.frame.selection import choose_run, no_runs_yet
from ui.frame.session import get_store, guard
from ui.frame.words import plain
from ui.pictures.canvas import SOURCE, drawing_canvas, loaded_digit
from ui.pictures.digits import digits_read, probability_bars
from ui.pictures.figures import data_address, png_bytes
from ui.runs.film import film_clock
from ui.runs.notes import UNFINISHED, WITHOUT_WEIGHTS
from ui.runs.readers import choose_others, network_of, training_note, weights_at
from ui.runs.why_link import why_link

PICTURE = "draw_picture"


def show() -> None:
    """Choose who reads; draw; see the answers."""
    page_header(
        "Draw",
        "Write a digit and watch a network read it, stroke by stroke.",
        "a 7 with and without its bar, or a 4 that you slowly close to a 9.",
    )
    store = get_store()
    with st.container(horizontal=True):
        with guard():
            run = choose_run(store)
        others = [] if run is None else choose_others(store, run)
    if run is None:
        no_runs_yet("Train a network first; then it can read what you draw.")
        return
    readers = [run, *others]
    notes, steps = [training_note(reader) for reader in readers], store.snapshot_steps(run.id)
    st.fragment(answers, run_every=film_clock())(store, readers, notes, steps)


def answers(store: RunStore, readers: list[Run], notes: list[str | None], steps: list[int]) -> None:
    """The canvas and what follows from it: a fragment, so that a stroke redraws nothing else."""
    canvas, verdicts = st.columns(2)
    with canvas, guard():
        preparation = choose_digit()
    digits = () if preparation is None or preparation.is_empty else preparation.digits
    image = digits[0].image if len(digits) == 1 else None
    with st.container(), watch_learning(store, readers[0], steps, image) as step, verdicts:
        show_answers(store, readers, notes, preparation, step)
        if image is not None:
            offer_correction(store, readers[0], image)
    if preparation is not None and not preparation.is_empty:
        if preparation.has_steps:
            show_steps(preparation)
        images = [digit.image for digit in preparation.digits]
        st.download_button(
            "Download the 28 × 28 image" + ("" if len(images) == 1 else "s, side by side"),
            partial(png_bytes, np.hstack(images)),  # made on a click: a file for each stroke would soon be gone again
            file_name="digit.png",
            mime="image/png",
            on_click="ignore",
        )


def show_answers(
    store: RunStore, readers: list[Run], notes: list[str | None], preparation: Preparation | None, step: int | None
) -> None:
    """What each network reads; the first of them as it was after ``step`` if that is given."""
    if preparation is None or preparation.is_empty:
        st.markdown((preparation and preparation.hint) or "Choose a picture of a digit, or of several in a row.")
        return
    if preparation.hint:
        st.caption(preparation.hint)
    columns = st.columns(min(len(readers), 2), gap="medium") * 2
    for number, (run, note, column) in enumerate(zip(readers, notes, columns, strict=False)):
        with column:
            show_answer(store, run, note, preparation, step if number == 0 else None)


def choose_digit() -> Preparation | None:
    """A drawing on the canvas, or a picture; prepared for the networks. None while no picture is chosen."""
    source = st.segmented_control(
        "Digit from",
        ["Draw", "Picture"],
        default="Draw",
        key=SOURCE,
        persist_state="session",
        label_visibility="collapsed",
        width="content",
    )
    if source != "Picture":
        return read_canvas()
    st.file_uploader(
        "A picture or photo of a digit",
        type=["png", "jpg", "jpeg", "webp"],
        max_upload_size=20,
        help="Dark ink on light paper or light on dark, evenly lit or not; PNG, JPEG or WebP up to 20 MB. The table "
        "around a sheet, a frame and the lines of ruled paper are left out.",
        key="draw_upload",
        on_change=keep_picture,
    )
    picture = st.session_state.get(PICTURE)
    if picture is None:
        return None
    preparation = prepare_picture(picture)
    if preparation.picture is not None:
        st.image(data_address(png_bytes(preparation.picture)), width=280, alt="The picture as it was read")
    if not preparation.is_empty:
        inverted = "Dark ink on light paper: inverted."
        st.caption(inverted if preparation.inverted else "Light ink on a dark ground, as in MNIST.")
    return preparation


def keep_picture() -> None:
    """For when the visitor comes back: Streamlit forgets a chosen file on leaving the page."""
    upload = st.session_state.get("draw_upload")
    st.session_state[PICTURE] = None if upload is None else upload.getvalue()


def read_canvas() -> Preparation:
    """The drawing, prepared; over a digit that another page has loaded just that digit and the strokes."""
    loaded = loaded_digit()
    ink = drawing_canvas(loaded, width=408)
    if loaded is None:
        return prepare(ink)
    image = with_strokes(loaded.image, ink)
    st.caption(f"{loaded.words} It is used as it is, neither fitted nor centred; draw on it, or clear it.")
    return Preparation.as_is(image)


def show_answer(store: RunStore, run: Run, note: str | None, preparation: Preparation, moment: int | None) -> None:
    """One network's ten probabilities, for several digits those of each one's answer, above its name."""
    try:
        network, step = network_of(store, run) if moment is None else weights_at(store, run, moment)
    except RunError:
        st.caption(f"{plain(run.name)} has no weights yet: it {WITHOUT_WEIGHTS.get(run.status, 'did not store any')}.")
        return
    images = np.stack([digit.image for digit in preparation.digits])
    probabilities = network.predict(images)
    if not np.isfinite(probabilities).all():
        st.markdown("No answer: its weights have grown too large for a number.")
    elif len(images) == 1:
        st.html(probability_bars(probabilities[0]))
    else:
        digits_read(images, probabilities)
    if run.status == "diverged":
        st.caption(":material/warning: It diverged during training: these are its last weights.")
    state = UNFINISHED.get(run.status)
    st.caption(f"{plain(run.name)}, weights after step {step:,}" + (f"; it {state}" if state else ""))
    if note:
        st.caption(f":material/info: {note}")
    if len(images) == 1 and np.isfinite(probabilities).all():
        why_link(run, images[0], moment)


if through_router():
    show()
