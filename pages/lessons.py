"""Lessons: five to ten minutes each, shown beside the page that they are about."""

from ui.frame.page import page_header
from ui.frame.router import through_router
from ui.lessons.listing import show_how_to_write_one, show_lessons


def show() -> None:
    """The list, and how to write another one."""
    page_header(
        "Lessons",
        "Each takes five to ten minutes and asks before it shows: guess first, then look.",
        "begin one, press P for the projector, and go on with the arrow keys.",
    )
    show_lessons()
    show_how_to_write_one()


if through_router():
    show()
