"""Measures the training core beside its competitors, and writes results.json, docs/performance.md's tables and a chart.

python -m benchmarks                        everything: about a quarter of an hour, with nothing else running
python -m benchmarks B F prediction         some of it; the rest is kept as it was
python -m benchmarks --epochs 2 F           a quick look
python -m benchmarks --report               only the tables and the chart, from results.json
"""

import argparse
import signal
import sys
from pathlib import Path

import psutil

from benchmarks.chart import draw
from benchmarks.measure import FURTHER, NAMES, row
from benchmarks.report import report, updated
from benchmarks.results import BUSY_PERCENT, load_results, results_here, save_results
from benchmarks.rows import ROWS, TURNS

DOCS = Path(__file__).parents[1] / "docs"


def main() -> None:
    """Measure what was asked for, saving after each part."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(NAMES)}; default all")
    parser.add_argument("--epochs", type=int, default=TURNS - 1, help="how many to take the median of (%(default)s)")
    parser.add_argument("--report", action="store_true", help="measure nothing, write tables and chart")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown or options.epochs < 1:
        parser.error(f"there is no {', '.join(sorted(unknown))}" if unknown else "--epochs must be at least 1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nobody is left behind
    if not options.report:
        results = results_here()
        for name in options.names or NAMES:
            results["busy_percent"][name] = busy = psutil.cpu_percent(1)
            warning = f", but other programs use {busy:.0f} % of this machine" if busy > BUSY_PERCENT else ""
            print(f"measuring {name}{warning} ...", file=sys.stderr, flush=True)
            if name in ROWS:
                results["rows"][name] = row(name, options.epochs)
            else:
                results[name] = FURTHER[name](options.epochs)
            save_results(results)
    write_report()


def write_report() -> None:
    """Print the tables, and put them and the chart where readers look."""
    results = load_results()
    print(report(results))
    page = DOCS / "performance.md"
    page.write_text(updated(page.read_text(encoding="utf-8"), results), encoding="utf-8")
    (DOCS / "images" / "benchmark.svg").write_text(draw(results), encoding="utf-8")


if __name__ == "__main__":
    main()
