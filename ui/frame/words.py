"""Numbers, times and states in words."""

from __future__ import annotations

import re
from datetime import datetime, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from mnistcore.data.augmentation import AugmentationConfig
    from mnistcore.runs import Run

STATUS_WORDS = {
    "queued": "waiting for a free worker",
    "running": "training",
    "paused": "paused",
    "finished": "finished",
    "stopped": "stopped",
    "diverged": "diverged",
    "failed": "failed",
    "interrupted": "interrupted",
}
DISPLAY_NAMES = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "identity": "identity",
    "softmax_cross_entropy": "softmax, cross-entropy",
    "sigmoid_squared_error": "sigmoid, squared error",
    "sigmoid_binary_cross_entropy": "sigmoid, binary cross-entropy",
    "linear_squared_error": "linear, squared error",
    "sgd": "SGD",
    "momentum": "momentum",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "constant": "constant",
    "step": "in steps",
    "cosine": "cosine",
    "one_cycle": "one cycle",
    "adaptive": "adaptive",
    "he": "He",
    "glorot": "Glorot",
    "uniform": "uniform",
    "normal": "normal",
    "zeros": "zeros",
}

PERCENT_AXIS = ".2~%"  # d3: as many decimals as tell neighbouring marks apart, up to two: 10%, 10.5%, 99.93%

LAYER_TITLES = {
    "conv2d": "Convolution",
    "max_pool2d": "Max-pool",
    "average_pool2d": "Average-pool",
    "flatten": "Flatten",
    "dense": "Dense",
    "dropout": "Dropout",
    "batch_norm": "Batch norm",
}

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
WORD_JOINER = "\u2060"


def status_words(run: Run) -> str:
    """The state of a run: `finished`; of one that has learned nothing `finished, no better than guessing`."""
    return state_words(run.status, run.is_guessing)


def state_words(status: str, is_guessing: bool | None) -> str:
    """The same of a run that is known by these two alone."""
    return f"{STATUS_WORDS[status]}, no better than guessing" if is_guessing else STATUS_WORDS[status]


def shape_words(shape: tuple[int, ...]) -> str:
    """What a layer gives for one image: `128 numbers`, `8 maps of 24 × 24`."""
    if len(shape) == 1:
        return f"{shape[0]:,} numbers" if shape[0] != 1 else "1 number"
    maps, height, width = shape
    return f"{maps} maps of {height} × {width}" if maps != 1 else f"1 map of {height} × {width}"


def count_words(parameters: int) -> str:
    """`101,770 parameters`, `1 parameter`, `no parameters`."""
    if parameters == 1:
        return "1 parameter"
    return f"{parameters:,} parameters" if parameters else "no parameters"


def counted(count: int, noun: str) -> str:
    """`1 step`, `2,063 steps`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def figure(value: float | None) -> str:
    """A loss in four significant digits, also that of a run that diverges: `0.07126`, `2.303`, `1.235 × 10³⁷`."""
    if value is None or value != value:
        return "–"
    if 1000 <= abs(value) < 1e6:
        return f"{value:,.0f}"
    digits = f"{value:#.4g}"
    if "e" not in digits:
        return digits
    mantissa, _, exponent = digits.partition("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(RAISED)}"


def augmentation_words(config: AugmentationConfig) -> str:
    """`shift 2 px, rotation 10°, scale 0.1`: the changes that are not 0."""
    units = {"shift": " px", "rotation": "°", "scale": "", "shear": "", "elastic": " px"}
    return ", ".join(f"{name} {value:g}{units[name]}" for name, value in config if value)


def percent(share: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as `97.5 %`; a dash when there is none."""
    return "–" if share is None or share != share else f"{100 * share:.{digits}f} %"


def signed(value: float, digits: int = 2) -> str:
    """`+1.23`, `−0.40`."""
    return f"{value:+.{digits}f}".replace("-", "−")


def probability_text(probability: float) -> str:
    """A probability as `97.3 %`, never rounded to certainty: `> 99.9 %` and `< 0.1 %` at the ends."""
    if probability > 0.9995:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < probability < 0.0005 else percent(probability)


def fraction(correct: int, count: int) -> str:
    """`9,712 / 10,000`."""
    return f"{correct:,} / {count:,}"


def duration(seconds: float) -> str:
    """Seconds as `0.4 s`, `12 s`, `3 min 05 s` or `2 h 10 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def ago(moment: datetime, now: datetime | None = None) -> str:
    """An aware time as `just now`, `5 min ago`, `3 h ago`, `yesterday` or its date."""
    seconds = ((now or datetime.now(timezone.utc)) - moment).total_seconds()
    if seconds < 45:
        return "just now"
    if seconds < 3600:
        return f"{max(1, round(seconds / 60))} min ago"
    if seconds < 86400:
        return f"{round(seconds / 3600)} h ago"
    return "yesterday" if seconds < 2 * 86400 else moment.strftime("%Y-%m-%d")


def day_and_time(moment: datetime, zone: str | None, now: datetime | None = None) -> str:
    """An aware time as `25 Nov, 14:02` in the visitor's time zone, UTC where that is unknown; with its year if past."""
    try:
        here: tzinfo = ZoneInfo(zone or "UTC")
    except (KeyError, ValueError, OSError):  # not a name, or not one that this machine knows
        here = timezone.utc
    moment = moment.astimezone(here)
    year = "" if moment.year == (now or datetime.now(timezone.utc)).astimezone(here).year else f" {moment.year}"
    return f"{moment.day} {MONTHS[moment.month - 1]}{year}, {moment:%H:%M}"


def shortened(text: str, length: int = 60) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def plain(text: str) -> str:
    """One line of text that Markdown shows literally: what a person typed, like a run's name, is never markup.

    Streamlit looks for addresses, emoji (`:smile:`), icons and arrows (`->`) after Markdown has taken the backslashes
    away: a word joiner, invisible and without width, stops it there.
    """
    text = re.sub(r"(?<=:)(?=\S)|(?<=@)|(?<=www)(?=\.)|(?<=[-<>~])(?=[-=>])", WORD_JOINER, text)
    text = re.sub(r"[\\`*_\[\]<>|~$&]", r"\\\g<0>", text)
    return re.sub(r"^(\d*)(?=([-+.)]|#+|-{3,})(\s|$))", r"\1\\", text)  # a list, a heading or a line
