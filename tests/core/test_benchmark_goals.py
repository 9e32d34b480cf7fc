"""Goals, tables and merged results of the benchmark, from figures that are easy to check."""

import json

import pytest

from benchmarks import results as results_module
from benchmarks.chart import draw
from benchmarks.goals import goals
from benchmarks.report import BEGIN, END, updated
from benchmarks.results import results_here, save_results

HERE = {
    "machine": {"processor": "P", "cores": 2, "memory_gigabytes": 8.0, "system": "S", "python": "3", "blas": "X"},
    "versions": {"numpy": "2"},
    "data": "mnist",
}


def row(**seconds: float | None) -> dict[str, object]:
    learned = {"accuracy": {"ours": 0.9}, "megabytes": {"ours": 100.0}}
    return {"ours": 1.0, "sklearn": None, "epochs": 5, **learned, **seconds}


@pytest.fixture
def results() -> dict[str, object]:
    rows = {name: row(torch=2.0, jax=1.0, floor=0.5, sklearn=1.25 if name < "F" else None) for name in "ABCDEFG"}
    rows["F"] = row(torch=4.0, jax=64.0, floor=0.25)
    return {"date": "2026-01-02", **HERE, "rows": rows}


def figures(results: dict[str, object]) -> dict[str, tuple[str, bool | None]]:
    return {goal.title: (goal.measured, goal.is_met) for goal in goals(results)}


def test_goals_compare_each_figure_with_its_bound(results):
    results["augmentation"] = {"plain": 2.0, "augmented": 2.5}
    found = figures(results)
    assert found["more for an epoch of lenet with augmentation"] == ("25 %", True)
    assert found["faster than PyTorch in every row"] == ("2 ×", True)
    assert found["than PyTorch, geometric mean"] == (f"{2 ** (8 / 7):.3g} ×", False)
    assert found["than JAX jit, geometric mean of A to F"] == ("2 ×", True)
    assert found["faster than scikit-learn in every row"] == ("1.25 ×", False)
    assert found["of the floor in B, C, D and E"] == ("0.5 ×", False)
    assert found["memory beyond the data set in A to F"] == ("100 MB", True)


def test_a_goal_that_was_not_measured_is_neither_met_nor_missed(results):
    del results["rows"]["F"]
    results["time_to_accuracy"] = {"fast-97": {"seconds": None}, "fast-98": {"seconds": 1.25}}
    found = figures(results)
    assert found["than PyTorch in F"] == ("not measured", None)
    assert found["than PyTorch, geometric mean"] == ("not measured", None)
    assert found["training to 97 %"] == ("never reached", False)
    assert found["training to 98 %"] == ("1.25 s", True)
    assert found["training to 99 %"] == ("not measured", None)


def test_a_document_keeps_what_is_around_its_tables(results):
    page = updated(f"before\n{BEGIN}\nold\n{END}\nafter\n", results)
    assert page.startswith("before\n")
    assert page.endswith(f"{END}\nafter\n")
    assert "old" not in page
    assert "64.00 ×" in page
    assert updated(page, results) == page
    with pytest.raises(ValueError, match="put them where the tables belong"):
        updated("no markers", results)


def test_figures_of_a_busy_machine_are_marked(results):
    results["busy_percent"] = {"A": 1.0, "scaling": 60.0}
    assert "Other programs were at work when these were begun: scaling." in updated(BEGIN + END, results)


def test_the_chart_names_every_row_and_shows_every_competitor(results):
    chart = draw(results)
    assert chart.count('class="torch"') == 7 + 1  # and once in the legend
    assert chart.count('class="sklearn"') == 5 + 1
    assert "G · linear" in chart


def test_results_are_added_to_those_of_the_same_machine_only(results, tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    monkeypatch.setattr(results_module, "conditions", lambda: HERE)
    save_results({**results, "rows": {"B": row(torch=1.23456789), "A": row(torch=2.0)}}, path)
    stored = json.loads(path.read_text())
    assert list(stored["rows"]) == ["A", "B"]
    assert stored["rows"]["B"]["torch"] == 1.23457
    assert set(results_here(path)["rows"]) == {"A", "B"}
    monkeypatch.setattr(results_module, "conditions", lambda: {**HERE, "data": "generated-60000"})
    assert results_here(path)["rows"] == {}
