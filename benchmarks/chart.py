"""The times of all competitors as a picture: an SVG that suits light and dark pages."""

import math
from typing import Any

from benchmarks.peers import TITLES as PEER_TITLES
from benchmarks.rows import TITLES as ROW_TITLES

LEFT, RIGHT, WIDTH = 325, 715, 820
TOP, STEP = 92, 34
MARKS = {
    "torch": "M-6 -6H6V6H-6Z",
    "sklearn": "M0 -7L7 6H-7Z",
    "jax": "M0 -8L8 0L0 8L-8 0Z",
    "floor": "M-2 -10H2V10H-2Z",
}
# The colours of Okabe and Ito, which colour-blind readers can tell apart.
STYLE = """
text { font: 14px system-ui, sans-serif; fill: #1f2328 }
.quiet { fill: #59636e; font-size: 12px }
.number { text-anchor: end } .tick { text-anchor: middle }
.line { stroke: #d1d9e0 } .ours { stroke: #1f2328; stroke-width: 2 }
.torch { fill: #d55e00 } .sklearn { fill: #0072b2 } .jax { fill: #009e73 } .floor { fill: #818b98 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .quiet { fill: #9198a1 } .line { stroke: #3d444d } .ours { stroke: #f0f6fc }
  .torch { fill: #e69f00 } .sklearn { fill: #56b4e9 }
}
"""


def draw(results: dict[str, Any]) -> str:
    """How many times as long as ours everybody takes, row by row, on a logarithmic axis."""
    rows = results["rows"]
    ratios = {(row, peer): times[peer] / times["ours"] for row, times in rows.items() for peer in MARKS if times[peer]}
    low = math.floor(math.log2(min([0.5, *ratios.values()])))
    high = math.ceil(math.log2(max([2, *ratios.values()])))

    def place(ratio: float) -> float:
        return LEFT + (math.log2(ratio) - low) / (high - low) * (RIGHT - LEFT)

    bottom = TOP + STEP * len(rows)
    parts = [_text(8, 24, "One epoch over 60,000 images: time in proportion to MNIST Explorer's"), *_legend()]
    for power in range(low, high + 1):
        x, label = place(2**power), f"{2**power:g} ×"
        kind = "ours" if power == 0 else "line"
        parts.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{bottom - 8}"/>')
        parts.append(_text(x, bottom + 10, label, "quiet tick"))
    parts.append(_text(WIDTH - 8, TOP - 18, PEER_TITLES["ours"], "quiet number"))
    for index, (row, times) in enumerate(rows.items()):
        y = TOP + STEP * index + STEP / 2 - 8
        parts.append(_text(8, y + 5, f"{row} · {ROW_TITLES[row]}"))
        parts.append(_text(WIDTH - 8, y + 5, f"{times['ours']:.2f} s", "number"))
        parts += [_mark(peer, place(ratios[row, peer]), y) for peer in MARKS if (row, peer) in ratios]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 20}" width="{WIDTH}" role="img">'
    title = "<title>Time of an epoch in proportion to MNIST Explorer's, by network and library</title>"
    return "\n".join([head, title, f"<style>{STYLE}</style>", *parts, "</svg>\n"])


def _legend() -> list[str]:
    parts, x = [], 18
    for peer in MARKS:
        title = "the floor: its matrix products alone" if peer == "floor" else PEER_TITLES[peer]
        parts += [_mark(peer, x, 49), _text(x + 14, 54, title, "quiet")]
        x += 46 + 7 * len(title)
    return parts


def _mark(peer: str, x: float, y: float) -> str:
    return f'<path class="{peer}" d="{MARKS[peer]}" transform="translate({x:.1f} {y:.1f})"/>'


def _text(x: float, y: float, text: str, kind: str = "plain") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{text}</text>'
