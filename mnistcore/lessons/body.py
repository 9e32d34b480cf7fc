"""The body of a lesson's file: steps that begin with `## `, each perhaps with a page of its own and an answer."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import parse_qsl

from mnistcore.errors import ConfigError
from mnistcore.lessons.lesson import FIGURES, PICTURES, Step

FIELD = re.compile(r"\{\{(.*?)\}\}")
OF = re.compile(r"\s*(.+?) of ([\w-]+)\s*")
Place = tuple[str, Mapping[str, str]]  # a page's address and its parameters


def parse_steps(
    text: str, file: str, first_line: int, start: Place, pages: Collection[str], networks: Collection[str]
) -> tuple[Step, ...]:
    """All steps, at least one; ConfigError names the file and the line.

    `Page: confusions?run=$hidden` below a step's title moves to that page; the steps after it stay there. A line
    `Reveal:` parts what is asked from its answer. ``start``: where the first step is.
    """
    steps: list[Step] = []
    place, lines, title = start, [], ""
    for number, line in enumerate([*text.split("\n"), "## "], first_line):
        if not line.startswith("## "):
            if not steps and not title and line.strip():
                raise ConfigError(f"{file}, line {number}: a step begins with a title: write ## and a few words above.")
            lines.append((number, line))
            continue
        if title:
            step = _step(title, lines, file, place, pages, networks)
            place = step.page, step.parameters
            steps.append(step)
        title, lines = line[3:].strip(), []
        if not title and number < first_line + text.count("\n") + 1:
            raise ConfigError(f"{file}, line {number}: a step needs a title: write a few words behind ##.")
    if not steps:
        raise ConfigError(f"{file}, line {first_line}: the lesson has no step: begin one with ## and a title.")
    return tuple(steps)


def _step(
    title: str,
    lines: list[tuple[int, str]],
    file: str,
    place: Place,
    pages: Collection[str],
    networks: Collection[str],
) -> Step:
    said: list[str] = []
    revealed: list[str] | None = None
    for number, line in lines:
        where = f"{file}, line {number}"
        if line.startswith("Page:") and not any(said):
            place = _parse_page(line.removeprefix("Page:").strip(), where, pages, networks)
        elif line.strip() == "Reveal:":
            revealed = []
        else:
            _check_fields(line, where, networks)
            (said if revealed is None else revealed).append(line)
    return Step(title, "\n".join(said).strip(), "\n".join(revealed or ()).strip(), *place)


def _parse_page(text: str, where: str, pages: Collection[str], networks: Collection[str]) -> Place:
    page, _, query = text.partition("?")
    if page not in pages:
        raise ConfigError(f"{where}: there is no page {page[:60]!r}; use one of {', '.join(sorted(pages))}.")
    try:
        parameters = dict(parse_qsl(query, strict_parsing=bool(query), max_num_fields=20))
    except ValueError:
        raise ConfigError(f"{where}: {query[:60]!r} is no query: write it like ?run=$hidden&view=digit.") from None
    for value in parameters.values():
        for one in value.split(","):
            if one.startswith("$") and one[1:] not in networks:
                raise ConfigError(f"{where}: {one} is not among the head's networks: add it there.")
    return page, parameters


def _check_fields(line: str, where: str, networks: Collection[str]) -> None:
    for inside in FIELD.findall(line):
        found = OF.fullmatch(inside)
        if not found or found[1] not in (*FIGURES, *PICTURES):
            known = ", ".join(f"{{{{{name} of NETWORK}}}}" for name in (*FIGURES, *PICTURES))
            raise ConfigError(f"{where}: {{{{{inside[:60]}}}}} is unknown; use {known}.")
        if found[2] not in networks:
            raise ConfigError(f"{where}: {found[2][:60]!r} is not among the head's networks: add it there.")
        if found[1] in PICTURES and FIELD.sub("", line).strip():
            raise ConfigError(f"{where}: {{{{{inside}}}}} is a row of pictures: give it a line of its own.")
