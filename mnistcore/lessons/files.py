"""Reads the files of lessons; what is wrong with one is said by file, line and field, and keeps no other away."""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnistcore.errors import ConfigError
from mnistcore.lessons.body import parse_steps
from mnistcore.lessons.lesson import Lesson, LessonNetwork, Step
from mnistcore.training import recipe
from mnistcore.training.config import parse_config

MAX_BYTES, MAX_FILES = 64_000, 200
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
ORDER = re.compile(r"^\d\d-")
HEAD = re.compile(r"\A---[ \t]*\n(.*?\n)---[ \t]*(?:\n|\Z)(.*)\Z", re.DOTALL)


class Head(BaseModel):
    """The head of a file, as YAML between two lines of three dashes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    title: str = Field(min_length=1, max_length=80)
    minutes: int = Field(ge=1, le=90, strict=True)
    page: str
    ask: str = Field(min_length=1, max_length=2_000)
    reveal: str = Field(min_length=1, max_length=4_000)
    parameters: dict[str, str | int] = Field({}, max_length=20)
    networks: dict[str, dict[str, Any]] = Field({}, max_length=4)
    needs: Literal["mnist"] | None = None


def load_lessons(folders: Iterable[Path], pages: Collection[str]) -> tuple[dict[str, Lesson], list[str]]:
    """The lessons in these folders by name, and what is wrong with the files that are none.

    A file is called like its lesson; two digits and a hyphen before the name sort the list. One in a later folder takes
    the place of one of the same name. ``pages``: the addresses that a lesson may be about.
    """
    lessons: dict[str, Lesson] = {}
    problems: list[str] = []
    for folder in folders:
        files = sorted(folder.glob("*.md")) if folder.is_dir() else []
        if len(files) > MAX_FILES:
            problems.append(f"{folder} holds {len(files):,} lessons; the first {MAX_FILES} are read: remove some.")
        for path in files[:MAX_FILES]:
            found = _lesson_or_problem(path, tuple(pages))
            if isinstance(found, Lesson):
                lessons[found.name] = found
            else:
                problems.append(found)
    return lessons, problems


def _lesson_or_problem(path: Path, pages: tuple[str, ...]) -> Lesson | str:
    try:
        state = path.stat()
        return _load(path, state.st_mtime_ns, state.st_size, pages)
    except (ConfigError, OSError) as error:
        return str(error)


@lru_cache(2 * MAX_FILES)
def _load(path: Path, _changed: int, size: int, pages: tuple[str, ...]) -> Lesson:
    """Read once for each state of the file."""
    if not NAME.fullmatch(ORDER.sub("", path.stem)):
        raise ConfigError(f"{path.name}: a lesson's file is named in small letters, digits and hyphens: rename it.")
    if size > MAX_BYTES:
        raise ConfigError(f"{path.name}: a lesson has at most {MAX_BYTES:,} bytes, got {size:,}: shorten it.")
    try:
        text = path.read_bytes()[: MAX_BYTES + 1].decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name}: byte {error.start} is no UTF-8: save it as UTF-8.") from None
    return parse_lesson(text, ORDER.sub("", path.stem), pages, path.name)


def parse_lesson(text: str, name: str, pages: Collection[str], file: str = "lesson") -> Lesson:
    """A lesson from the text of its file; ConfigError names the file, the line, the field, its value and the remedy."""
    found = HEAD.match(text)
    if not found:
        raise ConfigError(f"{file}, line 1: a lesson begins with a head between two lines of ---: add one.")
    head, lines = _parse_head(found[1], file)
    networks = {title: _network(spec, title, file, lines) for title, spec in head.networks.items()}
    if head.page not in pages:
        wanted = ", ".join(sorted(pages))
        raise _at(file, lines, ("page",), f"page: there is no page {head.page[:60]!r}; use one of {wanted}")
    parameters = {key: str(value) for key, value in head.parameters.items()}
    for key, value in parameters.items():
        for one in value.split(","):
            if one.startswith("$") and one[1:] not in networks:
                raise _at(file, lines, ("parameters", key), f"parameters.{key}: {one} is not among networks; add it")
    first_line = found[1].count("\n") + 3
    opening = Step(head.title, head.ask, "", head.page, parameters)
    steps = parse_steps(found[2], file, first_line, (head.page, parameters), pages, networks)
    closing = Step("The answer", head.ask, head.reveal, steps[-1].page, steps[-1].parameters)
    return Lesson(
        name,
        head.title,
        head.minutes,
        head.page,
        head.ask,
        networks,
        head.needs == "mnist",
        (opening, *steps, closing),
    )


def _parse_head(text: str, file: str) -> tuple[Head, dict[tuple[str, ...], int]]:
    """The head, and the line of the file in which each of its fields stands."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if not isinstance(root, yaml.MappingNode):
            raise ConfigError(f"{file}, line 2: the head consists of lines like `title: A hidden layer`: write some.")
        if "&" in text and any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            raise ConfigError(f"{file}: the head refers to another part of itself by *: write it out.")
        return Head.model_validate(yaml.safe_load(text)), _lines(root)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + 2
        raise ConfigError(f"{file}, line {line}: {error.problem}: check colon, quotes and indent.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        if not isinstance(error, ValidationError):
            raise ConfigError(f"{file}: the head cannot be read: {str(error)[:120]}: write it anew.") from None
        raise _first_defect(error, file, _lines(root), yaml.safe_load(text)) from None


def _first_defect(
    error: ValidationError, file: str, lines: dict[tuple[str, ...], int], given: dict[str, Any]
) -> ConfigError:
    # A field that there is not explains one that is missing: its name is misspelt.
    defect = max(error.errors(), key=lambda one: one["type"] == "extra_forbidden")
    place = tuple(str(part) for part in defect["loc"] if part not in ("str", "int", "[key]"))
    message = defect["msg"].removeprefix("Input should be ")
    value: Any = given
    for part in place:
        value = value.get(part) if isinstance(value, dict) else None
    if defect["type"] == "missing":
        return _at(file, lines, place, f"{'.'.join(place)} is missing: add it to the head")
    if defect["type"] == "extra_forbidden":
        fields = ", ".join(Head.model_fields)
        return _at(file, lines, place, f"there is no field {place[-1][:60]!r}; use {fields}")
    return _at(file, lines, place, f"{'.'.join(place)} must be {message.lower()}, got {str(value)[:60]!r}: change it")


def _at(file: str, lines: dict[tuple[str, ...], int], place: tuple[str, ...], message: str) -> ConfigError:
    line = next((lines[place[:size]] for size in range(len(place), 0, -1) if place[:size] in lines), 1)
    return ConfigError(f"{file}, line {line}: {message.rstrip('.')}.")


def _lines(root: yaml.MappingNode) -> dict[tuple[str, ...], int]:
    """The lines of the fields, and of the fields one level below them."""
    found: dict[tuple[str, ...], int] = {}
    for key, value in root.value:
        found[(str(key.value),)] = key.start_mark.line + 2
        if isinstance(value, yaml.MappingNode):
            found |= {(str(key.value), str(below.value)): below.start_mark.line + 2 for below, _ in value.value}
    return found


def _network(spec: dict[str, Any], title: str, file: str, lines: dict[tuple[str, ...], int]) -> LessonNetwork:
    """`{recipe: first-network, epochs: 2}` or all settings themselves, and perhaps a dataset."""
    settings = dict(spec)
    dataset, name = settings.pop("dataset", None), settings.pop("recipe", None)
    try:
        if dataset is not None and (not isinstance(dataset, str) or len(dataset) > 200):
            raise ConfigError(f"dataset must be a name, got {str(dataset)[:40]!r}")
        config = parse_config(settings) if name is None else recipe(str(name)[:80]).config.overridden(settings)
    except ConfigError as error:
        raise _at(file, lines, ("networks", title), f"networks.{title}: {error}") from None
    return LessonNetwork(config, dataset)
