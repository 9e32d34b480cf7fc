"""The stored results as Markdown: docs/reproduction.md, between two markers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mnistcore.data import atomic_write
from mnistcore.reproduction.results import load_results
from mnistcore.reproduction.systems import SYSTEMS, Goal, System

PAGE = Path(__file__).parents[2] / "docs" / "reproduction.md"  # in a checkout; elsewhere there is none
BEGIN, END = "<!-- results: written by python -m mnistcore reproduce -->", "<!-- end of results -->"
HEAD = ("figure", "published", "goal", "measured", "by seed", "")
MARKS = {True: "✓", False: "✗", None: ""}

Results = Mapping[str, Mapping[str, Any]]


def update_page() -> None:
    """Write the stored results into the page, if there is one."""
    if PAGE.is_file():
        text = updated(PAGE.read_text(encoding="utf-8"), load_results())
        with atomic_write(PAGE) as file:
            file.write(text.encode())


def updated(text: str, results: Results) -> str:
    """A document with these results between its markers; ValueError if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no lines {BEGIN!r} and {END!r}: put them where the tables belong")
    sections = [_section(SYSTEMS[name], found) for name, found in results.items()]
    return "\n\n".join([f"{before}{BEGIN}", *sections, f"{END}{after}"])


def figure_rows(system: System, measured: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """A row a figure, for HEAD."""
    return [_row(goal, measured[goal.key]) for goal in system.goals if goal.key in measured]


def _row(goal: Goal, found: Mapping[str, Any]) -> tuple[str, ...]:
    published = "" if goal.published is None else goal.stated(goal.published)
    seeds = " · ".join(goal.shown(value).removesuffix(f" {goal.unit}") for value in found["seeds"])
    return goal.words, published, goal.wanted, goal.shown(found["mean"]), seeds, MARKS[goal.is_met(found["mean"])]


def _section(system: System, found: Mapping[str, Any]) -> str:
    """One system: the verdict, the figures, and where they were measured."""
    where = found["machine"]
    conditions = (
        f"{found['date']}, {where['processor']}, {where['cores']} cores, {where['system']}, Python {where['python']}, "
        f"NumPy {where['numpy']}"
    )
    recipes = " and ".join(f"`{name}`" for name in found["recipes"])
    seeds = ", ".join(map(str, found["seeds"]))
    table = ["| " + " | ".join(row) + " |" for row in (HEAD, *figure_rows(system, found["measured"]))]
    table.insert(1, "| --- | ---: | ---: | ---: | ---: | :-: |")
    lines = "\n".join(table)
    return f"### {system.title}\n\n{found['verdict']} Recipe {recipes}, seeds {seeds}; {conditions}.\n\n{lines}"
