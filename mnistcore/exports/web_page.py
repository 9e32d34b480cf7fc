"""A network as one web page, for any browser, without a server: a canvas, MNIST's preparation, the network itself."""

import base64
import hashlib
import json
import re
from html import escape
from pathlib import Path
from typing import Any

from mnistcore.exports.facts import Facts
from mnistcore.nn import Network
from mnistcore.nn.outline import outline_network
from mnistcore.palette import DIGIT_COLORS, DIVERGING, DIVERGING_DARK, rgb

PARTS = Path(__file__).parent / "page"
SCRIPTS = ("prepare.js", "network.js", "page.js")
WITHOUT_WORK = ("flatten", "dropout")  # when a network answers, these change no number and no order


def web_page(network: Network, facts: Facts) -> bytes:
    """One HTML file (UTF-8) in which this network reads what is drawn, with the weights as they are (float32, base64).

    Its preparation and its network are JavaScript that gives the same answers as `mnistcore.drawing.prepare` and
    `Network.predict`. It needs no other file: its policy (CSP) lets a browser run just this script and fetch nothing.
    """
    style = _read("page.css")
    script = "\n".join(_read(name) for name in SCRIPTS)
    values = {
        "title": escape(facts.name),
        "policy": f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "facts": "".join(f"<dt>{term}</dt><dd>{escape(text)}</dd>" for term, text in _facts(network, facts).items()),
        "network": json.dumps(_description(network)).replace("<", "\\u003c"),
        "weights": base64.b64encode(network.parameters.astype("<f4").tobytes()).decode(),
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda mark: values[mark[1]], _read("page.html")).encode()


def _read(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """What a policy allows by its content (https://www.w3.org/TR/CSP3/#grammardef-hash-source)."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _facts(network: Network, facts: Facts) -> dict[str, str]:
    rows = {
        "Network": f"{outline_network(network.config)}; {network.parameter_count:,} parameters",
        "Trained on": f"{facts.dataset}, {facts.step:,} steps",
    }
    if facts.test_accuracy is not None:
        rows["Test accuracy"] = f"{100 * facts.test_accuracy:.2f} %"
    return rows


def _description(network: Network) -> dict[str, Any]:
    """What the script needs to know besides the weights: the layers, where their parameters begin, and the colours."""
    colors = {"light": [rgb(color) for color in DIVERGING], "dark": [rgb(color) for color in DIVERGING_DARK]}
    return {
        "loss": network.config.loss,
        "layers": [_layer(network, i) for i, layer in enumerate(network.layers) if layer.kind not in WITHOUT_WORK],
        "colors": {"digits": DIGIT_COLORS, **colors},
    }


def _layer(network: Network, index: int) -> dict[str, Any]:
    layer = network.layers[index]
    names = ("kind", "input_shape", "output_shape", "kernel", "stride", "padding", "activation")
    places = ((name, network.place(index, name)) for name in layer.shapes)
    parameters = [(name, place.start, place.stop - place.start) for name, place in places]
    return {name: getattr(layer, name) for name in names if hasattr(layer, name)} | {"parameters": parameters}
