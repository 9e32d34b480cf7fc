"""All forms in which a network is taken home, by the names that the command line and the pages use."""

from collections.abc import Callable
from typing import NamedTuple

from mnistcore.exports.facts import Facts
from mnistcore.exports.safetensors_file import safetensors_file
from mnistcore.exports.web_page import web_page
from mnistcore.nn import Network


class Format(NamedTuple):
    """How a network is written: the function, how the file's name ends, its type, and what it is in a few words."""

    write: Callable[[Network, Facts], bytes]
    suffix: str
    mime: str
    title: str
    words: str


FORMATS = {
    "html": Format(
        web_page,
        ".html",
        "text/html",
        "Web page",
        "one file for any browser, a phone's too: draw a digit and it answers, without a network connection",
    ),
    "safetensors": Format(
        safetensors_file,
        ".safetensors",
        "application/octet-stream",
        "Weights (safetensors)",
        "the arrays of every layer by name, for programs of your own",
    ),
}
