"""The colours that mean the same everywhere: of the ten digits, of runs, and of weights below, at and above zero."""

import numpy as np

# Found by search: most different (CIELAB) to normal sight and, simulated after Machado et al. 2009, to eyes without
# red, green or blue cones, none of them lost on the light or the dark background. For digits 0-9 and for nothing else.
DIGIT_COLORS = (
    "#3b62d8", "#ff9d76", "#007600", "#891489", "#c4b114", "#3bb1ff", "#3b4e27", "#89b1b1", "#eb3b62", "#896289",
)  # fmt: skip

# Negative – zero – positive: ColorBrewer's RdBu, reversed; the middle is the page's own background tone.
DIVERGING = ("#2166ac", "#67a9cf", "#f7f7f5", "#ef8a62", "#b2182b")
DIVERGING_DARK = ("#7ab8f5", "#3a7ab8", "#1c1d22", "#c4553b", "#ff9b7d")
CLEAR = 255  # levels of that scale: those below stand for its colours, this one for none

# Okabe and Ito's colours that read on white and on black; runs beyond the eighth start over with the first.
RUN_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6BB1", "#7F7F7F")


def rgb(color: str) -> tuple[int, int, int]:
    """``#3b62d8`` as red, green and blue, 0 to 255 each."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def levels(values: np.ndarray, limit: float) -> np.ndarray:
    """Values from -limit to limit as levels 0 to 254, zero exactly in the middle."""
    return np.rint(127.0 * (np.clip(values / (limit or 1.0), -1.0, 1.0) + 1.0)).astype(np.uint8)


def color_table(dark: bool) -> np.ndarray:
    """The diverging scale's colours, (255, 3) uint8."""
    stops = np.array([rgb(color) for color in (DIVERGING_DARK if dark else DIVERGING)], dtype=np.float32)
    places = np.linspace(0, 1, len(stops))
    channels = [np.interp(np.linspace(0, 1, CLEAR), places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=1).astype(np.uint8)
