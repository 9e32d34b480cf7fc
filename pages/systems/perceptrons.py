"""Ten perceptrons: one sigmoid unit a digit, what it learns, and how useful that is."""

from ui.session import guard
from ui.system import open_system


def show() -> None:
    """The system with its figures."""
    with guard():
        open_system(
            "perceptrons",
            "Ten sigmoid units, one for each digit, look straight at the pixels: they learn in seconds.",
            "reproduce it, then ask it about an image that holds no digit at all.",
        )


show()
