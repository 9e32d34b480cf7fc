"""Imports go one way: data, plain, nn → training → runs → experiments, analyses → ui → pages; no two files in a circle.

``insight``, ``photo`` and ``drawing`` know data, plain and nn only. What a worker runs by its name (a module of
``analyses``) is no import. ``ui`` and ``pages`` ask the core: they neither train nor multiply matrices.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOUNDATION = {"errors", "data", "nn"}
# What each part of the core may import of the core besides itself.
MAY_IMPORT = {
    "errors": set(),
    "data": {"errors", "fitting"},
    "nn": {"errors"},
    "memory": set(),
    "worker_start": {"memory"},
    "plain": set(),
    "training": FOUNDATION,
    "runs": FOUNDATION | {"training"},
    "reproduction": FOUNDATION | {"training"},
    "pretrained": FOUNDATION | {"training", "runs", "reproduction"},
    "insight": FOUNDATION | {"plain"},
    "ink_box": set(),
    "fitting": {"ink_box"},
    "side_by_side": set(),
    "threshold": set(),
    "surroundings": {"ink_box", "threshold"},
    "ruled_lines": {"threshold"},
    "box_lines": {"ruled_lines", "threshold"},
    "photo": FOUNDATION,
    "ink": {"ink_box", "box_lines", "ruled_lines", "side_by_side", "surroundings", "threshold"},
    "experiments": FOUNDATION | {"training", "runs"},
    "classroom": FOUNDATION | {"drawing", "runs", "training"},
    "analyses": FOUNDATION | {"plain", "training", "runs", "insight"},
    "drawing": FOUNDATION | {"ink", "ink_box", "fitting", "photo", "side_by_side"},
    "palette": set(),
    "lessons": FOUNDATION | {"training"},
    "exports": FOUNDATION | {"plain", "palette"},
    "reports": FOUNDATION | {"training", "runs", "experiments", "insight", "palette"},
    "take_home": FOUNDATION | {"exports", "runs", "reports"},
    "cli": FOUNDATION
    | {"exports", "training", "runs", "experiments", "reproduction", "pretrained", "insight", "drawing", "photo"}
    | {"classroom", "reports", "take_home"},
    "__main__": {"cli"},
    "__init__": set(),
}
NOT_FOR_THE_CORE = {"streamlit", "plotly", "altair", "ui", "pages", "app"}
NOT_FOR_UI = {"pages", "app"}
# The folders of ui/ that all others may import, in their own order.
SHARED = ("frame", "pictures", "runs")
CODE = ("mnistcore", "ui", "pages", "benchmarks", "tests")
# What the dashboard may show, but not call: modules that train or compute, and names that do.
TRAINING_MODULES = {
    *(f"mnistcore.training.{name}" for name in ("loop", "state", "stepper", "data_parallel", "shard_worker")),
    *(f"mnistcore.plain.{name}" for name in ("network", "optimizers", "initialization")),
    *("mnistcore.nn.optimizers", "mnistcore.nn.initialization", "mnistcore.nn.bound_network"),
}
TRAINING_NAMES = {
    *("mnistcore.training.train", "mnistcore.training.TrainingState", "mnistcore.training.evaluate"),
    *("mnistcore.nn.Network", "mnistcore.nn.Optimizer", "mnistcore.nn.network.Network"),
}
LIBRARIES = {"scipy", "sklearn", "numpy.linalg", "numpy.fft"}
ALGEBRA = {"dot", "vdot", "matmul", "einsum", "tensordot", "inner", "outer", "kron", "roll", "convolve"}
METHODS = {"dot", "forward", "backward", "load_parameters", "fit"}


def files_under(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports_of(path: Path) -> Iterator[tuple[str, str]]:
    """Absolute names of all modules that a file imports, also inside functions and for type checking only, each with
    the name that is taken from it, or ""."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((name.name, "") for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield from ((module, name.name) for name in node.names)


def imported_modules(path: Path) -> Iterator[str]:
    """All of them, with what may be a module taken from a package."""
    for module, name in imports_of(path):
        yield module
        yield f"{module}.{name}"


def module_of(path: Path) -> str:
    """``mnistcore.nn.layers`` for mnistcore/nn/layers.py, ``mnistcore.nn`` for its __init__.py."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_within(folders: tuple[str, ...]) -> dict[str, set[str]]:
    """For each module in these folders, the others there that it imports; a package only for what its own file has."""
    files = {module_of(path): path for folder in folders for path in files_under(folder)}
    found = {}
    for module, path in files.items():
        names = {f"{source}.{name}" if f"{source}.{name}" in files else source for source, name in imports_of(path)}
        found[module] = names & set(files) - {module}
    return found


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Every group of modules each of which is reached from each other one, by whatever way round."""
    reached = {module: reachable(module, imports) for module in imports}
    groups = {tuple(sorted(other for other in reached[module] if module in reached[other])) for module in imports}
    return sorted(list(group) for group in groups if group)


def reachable(module: str, imports: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        new = imports[waiting.pop()] - seen
        seen |= new
        waiting.extend(new)
    return seen


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


@pytest.mark.parametrize("path", files_under("ui"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_folder_of_ui_imports_another_pages_folder(path: Path) -> None:
    """`frame`, `pictures` and `runs` are for all, each for those behind it too; in `systems`, its own files are."""
    place = folder_of(path)
    allowed = set(SHARED[: SHARED.index(place[0])] if place[0] in SHARED else SHARED) | {place[0]}
    for names in (module.split(".") for module in imported_modules(path)):
        if names[0] == "ui" and len(names) > 1:
            assert names[1] in allowed, f"{'.'.join(names)} is another page's"
        if names[:2] == ["ui", "systems"] and len(names) > 2 and (ROOT / Path(*names[:3])).is_dir():
            assert names[2:3] == list(place[1:2]), f"{'.'.join(names)} is another system's"


def folder_of(path: Path) -> tuple[str, ...]:
    """Where a file of ui/ lies: ("train",), or ("systems", "deep")."""
    return path.relative_to(ROOT / "ui").parts[:-1] or ("",)


@pytest.mark.parametrize("path", files_under("pages"), ids=lambda path: path.stem)
def test_pages_know_neither_the_router_nor_each_other(path: Path) -> None:
    assert not {module.split(".")[0] for module in imported_modules(path)} & NOT_FOR_UI


@pytest.mark.parametrize(
    "path", files_under("ui") + files_under("pages"), ids=lambda path: f"{path.parent}/{path.stem}"
)
def test_the_dashboard_asks_the_core_to_train_and_to_compute(path: Path) -> None:
    assert computations(path) == []


def computations(path: Path) -> list[str]:
    """What a file trains or computes by itself, each with its line: calls of what trains, products of matrices."""
    names = names_in(path)
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            found.append(f"{node.lineno}: @")
        elif isinstance(node, ast.Call):
            called = full_name(node.func, names)
            if is_computing(called) or (isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
                found.append(f"{node.lineno}: {called}")
    return found


def is_computing(called: str) -> bool:
    module, _, name = called.rpartition(".")
    prefixes = {".".join(called.split(".")[:count]) for count in range(1, called.count(".") + 1)}
    return bool(
        (prefixes & (TRAINING_MODULES | TRAINING_NAMES | LIBRARIES))
        or called in TRAINING_NAMES
        or (module == "numpy" and name in ALGEBRA)
    )


def names_in(path: Path) -> dict[str, str]:
    """What each name that a file imports, anywhere in it, stands for: {"np": "numpy", "train": "mnistcore.…train"}."""
    names = {}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {name.asname or name.name.split(".")[0]: name.name for name in node.names if name.asname}
        elif isinstance(node, ast.ImportFrom):
            names |= {name.asname or name.name: f"{node.module}.{name.name}" for name in node.names}
    return names


def full_name(node: ast.expr, names: dict[str, str]) -> str:
    """`np.linalg.norm` → "numpy.linalg.norm"; what is called on another call's result begins with that."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Call):
        return full_name(node.func, names)
    return f"{full_name(node.value, names)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"


@pytest.mark.parametrize(
    "line",
    [
        "from mnistcore.training import train\nlist(train(state))",
        "from mnistcore.training import TrainingState as State\nState.begin(config, dataset)",
        "def late():\n    from mnistcore.training.stepper import Stepper\n    Stepper(state).advance(1)",
        "from mnistcore.plain import optimizers\noptimizers.sgd(W, dW, 0.1)",
        "from mnistcore.plain.optimizers import adam as rule\nrule(W, dW)",
        "from mnistcore.nn import Network\nNetwork(config, rng)",
        "import mnistcore.training\nmnistcore.training.train(state)",
        "x @ W",
        "x @= W",
        "import numpy as np\nnp.einsum('ij,jk', x, W)",
        "import numpy\nnumpy.roll(image, 3)",
        "from numpy import linalg\nlinalg.norm(x)",
        "import numpy as np\nnp.linalg.norm(x)",
        "x.dot(W)",
        "network.backward()",
        "from scipy import ndimage\nndimage.shift(image, 1)",
        "from sklearn.neural_network import MLPClassifier\nMLPClassifier().partial_fit(x, y)",
    ],
)
def test_what_the_dashboard_may_not_do_is_found(line: str, tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text(line)
    assert len(computations(path)) >= 1


def test_what_the_dashboard_may_do_is_let_pass(tmp_path: Path) -> None:
    path = tmp_path / "page.py"
    path.write_text(
        "import numpy as np\n"
        "from mnistcore.plain.optimizers import adam\n"
        "from mnistcore.training import TrainingConfig, recipe\n"
        "show_code(adam)\n"
        "np.repeat(image, 3)\n"
        "network.predict(image[None])\n"
        "config = recipe('perceptrons').config\n"
    )
    assert computations(path) == []


def test_no_file_imports_another_that_imports_it() -> None:
    """Neither directly nor by way of others, nor late inside a function, nor for type checking only."""
    assert circles(imports_within(CODE)) == []


def test_a_circle_is_found_however_it_is_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    folder = tmp_path / "mnistcore" / "nn"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from mnistcore.nn.network import Network\n")
    (folder / "network.py").write_text("def bind():\n    from mnistcore.nn import bound\n")
    (folder / "bound.py").write_text("if TYPE_CHECKING:\n    from mnistcore.nn.build import Layer\n")
    (folder / "build.py").write_text("import mnistcore.nn.config\n")
    (folder / "config.py").write_text("")
    assert circles(imports_within(("mnistcore",))) == []
    (folder / "config.py").write_text("def fits():\n    from .network import Network\n")
    names = ("bound", "build", "config", "network")
    assert circles(imports_within(("mnistcore",))) == [[f"mnistcore.nn.{name}" for name in names]]
    (folder / "config.py").write_text("from mnistcore.nn import Network\n")
    assert len(circles(imports_within(("mnistcore",)))[0]) == 5


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


@pytest.mark.parametrize(
    "path",
    [path for folder in ("mnistcore", "ui", "pages") for path in files_under(folder) if "analyses" not in path.parts],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_a_server_does_without_the_libraries_that_take_most_memory(path: Path) -> None:
    """Of `scipy` the modules that are small; scikit-learn and the statistics of scipy took 60 MB together.

    BLAS (6 MB) is loaded by a process that trains a linear network, and no other.
    """
    used = {name for name in imported_modules(path) if name.split(".")[0] in ("scipy", "sklearn", "matplotlib")}
    small = {"scipy", "scipy.ndimage", "scipy.special"}
    if path.name == "linear_system.py":
        small |= {"scipy.linalg.blas", "scipy.linalg.blas.strsm"}
    assert used <= small
