"""Imports go one way: data, plain, nn → training → runs → ui → pages; insight knows data, plain and nn only."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOUNDATION = {"errors", "data", "nn"}
# What each part of the core may import of the core besides itself.
MAY_IMPORT = {
    "errors": set(),
    "data": {"errors"},
    "nn": {"errors"},
    "plain": set(),
    "training": FOUNDATION,
    "runs": FOUNDATION | {"training"},
    "reproduction": FOUNDATION | {"training"},
    "pretrained": FOUNDATION | {"training", "runs", "reproduction"},
    "insight": FOUNDATION | {"plain"},
    "photo": FOUNDATION,
    "analyses": FOUNDATION | {"training", "runs", "insight", "drawing"},
    "drawing": FOUNDATION | {"photo"},
    "cli": FOUNDATION | {"training", "runs", "reproduction", "pretrained", "insight", "drawing", "photo"},
    "__main__": {"cli"},
    "__init__": set(),
}
NOT_FOR_THE_CORE = {"streamlit", "plotly", "altair", "ui", "pages", "app"}
NOT_FOR_UI = {"pages", "app"}


def files_under(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported_modules(path: Path) -> Iterator[str]:
    """Absolute names of all modules that a file imports, also inside functions and for type checking only."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield module
            yield from (f"{module}.{name.name}" for name in node.names)


def part_of(path: Path) -> str:
    """The part of the core that a file belongs to: its folder or, at the top, its own name."""
    inside = path.relative_to(ROOT / "mnistcore")
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def arrows(path: Path) -> set[str]:
    """The other parts of the core that a file imports."""
    modules = (module.split(".") for module in imported_modules(path))
    parts = {names[1] for names in modules if names[0] == "mnistcore" and len(names) > 1}
    return {part for part in parts if part in MAY_IMPORT} - {part_of(path)}


@pytest.mark.parametrize("path", files_under("mnistcore"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_core_imports_forwards_only(path: Path) -> None:
    assert part_of(path) in MAY_IMPORT, f"say in MAY_IMPORT what {part_of(path)!r} may import"
    assert arrows(path) <= MAY_IMPORT[part_of(path)]
    outside = {module.split(".")[0] for module in imported_modules(path)} & NOT_FOR_THE_CORE
    assert not outside, f"the core must work without {outside}"


@pytest.mark.parametrize("path", files_under("ui"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_ui_imports_no_page(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported_modules(path)} & NOT_FOR_UI


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*/*.py")), ids=lambda path: path.stem)
def test_pages_know_neither_the_router_nor_each_other(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported_modules(path)} & NOT_FOR_UI


def test_arrows_are_found_however_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "mnistcore" / "nn" / "layers.py"
    path.parent.mkdir(parents=True)
    for line in (
        "from mnistcore import runs",
        "from ..runs import RunStore",
        "import mnistcore.runs.store",
        "from .. import runs",
    ):
        path.write_text(f"def late():\n    {line}\n")
        assert arrows(path) == {"runs"}, line
