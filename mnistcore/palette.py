"""The colours that mean the same everywhere: of the ten digits, of runs, and of weights below, at and above zero."""

# Found by search: most different (CIELAB) to normal sight and, simulated after Machado et al. 2009, to eyes without
# red, green or blue cones, none of them lost on the light or the dark background. For digits 0-9 and for nothing else.
DIGIT_COLORS = (
    "#3b62d8", "#ff9d76", "#007600", "#891489", "#c4b114", "#3bb1ff", "#3b4e27", "#89b1b1", "#eb3b62", "#896289",
)  # fmt: skip

# Negative – zero – positive: ColorBrewer's RdBu, reversed; the middle is the page's own background tone.
DIVERGING = ("#2166ac", "#67a9cf", "#f7f7f5", "#ef8a62", "#b2182b")
DIVERGING_DARK = ("#7ab8f5", "#3a7ab8", "#1c1d22", "#c4553b", "#ff9b7d")

# Okabe and Ito's colours that read on white and on black; runs beyond the eighth start over with the first.
RUN_COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6BB1", "#7F7F7F")


def rgb(color: str) -> tuple[int, int, int]:
    """``#3b62d8`` as red, green and blue, 0 to 255 each."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
