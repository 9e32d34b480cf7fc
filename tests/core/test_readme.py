"""The README does what it says: its Python runs, its commands exist."""

import re
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from mnistcore.cli import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize(("code", "lines"), [*zip(PYTHON, [10, 20], strict=True)], ids=["training run", "textbook"])
def test_a_network_is_trained_in_a_few_lines(code: str, lines: int, capsys):
    assert len([line for line in code.splitlines() if line]) <= lines
    with threadpool_limits(1, "blas"):  # many threads on small products are slow beside other processes
        exec(code.replace('"generated"', '"generated-9000"'), {})
    accuracy = re.search(r"^test accuracy (0\.\d+)$", capsys.readouterr().out, re.MULTILINE)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.6


@pytest.mark.parametrize(
    "command",
    sorted(set(re.findall(r"^(?:python -m mnistcore|mnist-explorer) ((?:data|runs)? ?[a-z]+)", README, re.MULTILINE))),
)
def test_every_command_shown_exists(command, capsys):
    assert main([*command.split(), "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("path", re.findall(r"\]\(((?:docs/|LICENSE)[^)]*)\)", README))
def test_every_linked_file_exists(path):
    assert (Path(__file__).parents[2] / path).is_file()
