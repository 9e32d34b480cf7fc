"""From scratch: every step of learning as an equation, with its code and its numbers."""

from ui.session import guard
from ui.system import open_system


def show() -> None:
    """The system with its figures."""
    with guard():
        open_system(
            "from-scratch",
            "One hidden layer, and every weight moves once after all images have been looked at: 2,020 times.",
            "reproduce it, then choose a step and follow the numbers through the equations.",
        )


show()
