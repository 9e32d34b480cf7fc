"""The page that a report is: one HTML file with headings, tables and figures, without a script."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from html import escape
from pathlib import Path

from mnistcore import __version__
from mnistcore.palette import DIVERGING, DIVERGING_DARK

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def document(title: str, sentence: str, sections: Sequence[str]) -> bytes:
    """A whole page (UTF-8): ``title`` and ``sentence`` are plain text, ``sections`` HTML. It asks for no other file."""
    style = Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    style = style.replace("{{ramp}}", ", ".join(DIVERGING)).replace("{{dark_ramp}}", ", ".join(DIVERGING_DARK))
    written = f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(title)}</h1>\n<p>{escape(sentence)}</p>\n"
        + "\n".join(sections)
        + f"\n<footer>Written by MNIST Explorer {__version__}, {written}.</footer>\n</main>\n</body>\n</html>\n"
    ).encode()


def section(heading: str, *parts: str) -> str:
    """A part of a report: its heading as plain text, the rest HTML."""
    return f"<section>\n<h2>{escape(heading)}</h2>\n" + "\n".join(parts) + "\n</section>"


def note(text: str) -> str:
    """A sentence of plain text beside a figure."""
    return f'<p class="note">{escape(text)}</p>'


def facts(rows: Mapping[str, str]) -> str:
    """A table of what is what, both plain text."""
    body = "".join(f"<tr><th>{escape(term)}</th><td>{escape(text)}</td></tr>" for term, text in rows.items())
    return f'<table class="facts">{body}</table>'


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of plain text whose columns from the second on are numbers."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table class="numbers"><tr>{head}</tr>{body}</table></div>'


def percent(share: float | None) -> str:
    """A share from 0 to 1 as ``97.58 %``; a dash where there is none."""
    return "–" if share is None else f"{100 * share:.2f} %"


def with_interval(correct: int, count: int, interval: tuple[float, float]) -> str:
    """``97.58 % (9,758 / 10,000), 95 % interval 97.26 to 97.86 %``."""
    low, high = interval
    return f"{percent(correct / count)} ({correct:,} / {count:,}), 95 % interval {100 * low:.2f} to {percent(high)}"
