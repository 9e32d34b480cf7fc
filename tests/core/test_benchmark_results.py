"""The committed benchmark: its figures add up, and the page and the chart show them and no others."""

import statistics
from pathlib import Path

import pytest

from benchmarks.chart import draw
from benchmarks.measure import COMPARED
from benchmarks.report import updated
from benchmarks.results import load_results
from benchmarks.rows import ROWS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_row_names_all_competitors_and_its_figures_are_medians():
    rows = load_results()["rows"]
    assert set(rows) <= set(ROWS)
    for name, row in rows.items():
        missing = {peer for peer in COMPARED if row[peer] is None}
        assert missing == ({"sklearn"} if name in "FG" else set())
        for peer in set(COMPARED) - missing:
            assert len(row["samples"][peer]) >= 5
            assert row[peer] == pytest.approx(statistics.median(row["samples"][peer]))


def test_page_and_chart_show_the_results():
    results = load_results()
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert updated(page, results) == page
    assert (DOCS / "images" / "benchmark.svg").read_text(encoding="utf-8") == draw(results)
