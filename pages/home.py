"""Home: what this is, the first network with one click, recent runs, and the recipes."""

from ui.frame.page import link_to, page_header
from ui.frame.router import through_router
from ui.frame.selection import train_first_button
from ui.home.recipes import show_recipes
from ui.home.state import show_data_state, show_digit_strip, show_moment


def show() -> None:
    """From the first sentence to the first run in one click; everything else is below it."""
    show_digit_strip()
    page_header(
        "MNIST Explorer",
        "Small neural networks learn to read handwritten digits here, in seconds and before your eyes. Build one, "
        "watch it train, see what it looks for in each digit and what it mixes up, then draw a digit yourself.",
    )
    train_first_button()
    link_to("lessons", "Or take a lesson: eight of five to ten minutes")
    show_data_state()
    show_moment()
    show_recipes()


if through_router():
    show()
