"""The list of lessons: what each asks, how long it takes, and its beginning."""

from __future__ import annotations

import streamlit as st

from mnistcore.data.home import data_home
from mnistcore.lessons import Lesson
from ui.frame.page import PAGES, ROOT, link_to
from ui.frame.words import counted, plain
from ui.lessons.place import OWN_FOLDER, known_lessons

WIDTH = 330  # of an entry: three in a row of the page, one on a phone


def show_lessons() -> None:
    """All lessons, as many in a row as fit; below them what is wrong with files that are none."""
    lessons, problems = known_lessons()
    with st.container(horizontal=True, gap="large"):
        for lesson in lessons.values():
            _entry(lesson)
    for problem in problems:
        st.error(plain(problem), icon=":material/error:")


def show_how_to_write_one() -> None:
    """Where a teacher's own lessons belong, and one to copy."""
    st.subheader("A lesson of your own", anchor=False)
    st.markdown("A lesson is a text file. Copy one, change it, and put it into this folder; it is in the list at once:")
    st.code(str(data_home() / OWN_FOLDER), language=None)
    example = ROOT / "lessons" / "03-hidden-layer.md"
    st.download_button("Download a lesson to copy", example.read_bytes(), file_name=example.name, mime="text/markdown")


def _entry(lesson: Lesson) -> None:
    with st.container(gap="xsmall", width=WIDTH):
        needs = " · needs MNIST" if lesson.needs_mnist else ""
        st.markdown(f"**{plain(lesson.title)}**")
        st.caption(f"{counted(lesson.minutes, 'minute')} · {PAGES[lesson.page].title}{needs}")
        st.markdown(lesson.ask)
        link_to(lesson.page, f"Begin: {lesson.title}", lesson=lesson.name, at="1")
