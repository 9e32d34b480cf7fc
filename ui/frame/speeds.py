"""The speeds that a training can have, as pages name them."""

FASTEST, STEPWISE = "fastest", "stepwise"
SPEEDS: dict[str, float | None] = {FASTEST: None, "100": 100.0, "10": 10.0, "1": 1.0}  # steps a second
TITLES = {FASTEST: "As fast as it can", "100": "100 steps a second", "10": "10 steps a second", "1": "1 step a second"}
START_TITLES = TITLES | {STEPWISE: "One batch at a time"}
HELP = "The weights are the same at any speed, bit for bit, and only training counts as training time."


def name_of(speed: float | None) -> str:
    """A speed as an option of a select box."""
    return FASTEST if speed is None else f"{speed:g}"
