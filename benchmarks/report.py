"""The results as tables, in Markdown: on the terminal, and in docs/performance.md between two markers."""

import statistics
from collections.abc import Iterable
from typing import Any

from benchmarks.goals import goals, ratios
from benchmarks.peers import TITLES as PEER_TITLES
from benchmarks.results import BUSY_PERCENT
from benchmarks.rows import ROWS
from benchmarks.rows import TITLES as ROW_TITLES

BEGIN, END = "<!-- results: written by make bench -->", "<!-- end of results -->"
OTHERS = ("torch", "sklearn", "jax", "floor")
LEARNERS = ("ours", "torch", "sklearn", "jax")

Results = dict[str, Any]


def updated(text: str, results: Results) -> str:
    """A document with these results between its markers; ValueError if it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document has no lines {BEGIN!r} and {END!r}: put them where the tables belong")
    return f"{before}{BEGIN}\n{report(results)}\n{END}{after}"


def report(results: Results) -> str:
    """All tables of what was measured."""
    parts = [_conditions(results)]
    if results["rows"]:
        parts += [_times(results), _learned(results)]
    for name, part in PARTS.items():
        if results.get(name):
            parts.append(part(results[name]))
    return "\n\n".join([*parts, _goals(results)])


def _table(head: list[str], rows: Iterable[list[str]], numbers_from: int = 1) -> str:
    """A Markdown table whose columns stand straight on a terminal too."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        left, right = cells[:numbers_from], cells[numbers_from:]
        padded = [
            *map(str.ljust, left, widths[:numbers_from]),
            *map(str.rjust, right, widths[numbers_from:]),
        ]
        return f"| {' | '.join(padded)} |"

    rule = ["-" * (width - 1) + (":" if n >= numbers_from else "-") for n, width in enumerate(widths)]
    return "\n".join(map(line, [head, rule, *lines[1:]]))


def _percent(share: float, digits: int = 2) -> str:
    return f"{share * 100:.{digits}f} %"


def _conditions(results: Results) -> str:
    machine, versions = results["machine"], results["versions"]
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items())
    busy = [name for name, percent in results.get("busy_percent", {}).items() if percent > BUSY_PERCENT]
    doubt = f" Other programs were at work when these were begun: {', '.join(busy)}." if busy else ""
    return (
        f"Measured on {results['date']}: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gigabytes']:g} GB, {machine['system']}, Python {machine['python']}; {libraries}; "
        f"OpenBLAS uses its code for {machine['blas']}; "
        f"{'MNIST' if results['data'] == 'mnist' else 'generated digits'}.{doubt}"
    )


def _times(results: Results) -> str:
    """Our seconds, and how many times as long the others take."""
    head = ["", "network", PEER_TITLES["ours"], *(PEER_TITLES[peer] for peer in OTHERS)]
    lines = []
    for name, row in results["rows"].items():
        others = ["–" if row[peer] is None else f"{row[peer] / row['ours']:.2f} ×" for peer in OTHERS]
        lines.append([name, ROW_TITLES[name], f"{row['ours']:.3f} s", *others])
    if len(results["rows"]) == len(ROWS):
        means = [f"{statistics.geometric_mean(ratios(results, peer, ''.join(ROWS))):.2f} ×" for peer in OTHERS]
        lines.append(["", "geometric mean", "", *means])
    counts = {row["epochs"] for row in results["rows"].values()}
    epochs = f"{min(counts)}" if len(counts) == 1 else f"{min(counts)} to {max(counts)}"
    return (
        f"One epoch over 60,000 images, the median of {epochs}; beside our seconds, how many times as long the others "
        f"take:\n\n{_table(head, lines, 2)}"
    )


def _learned(results: Results) -> str:
    """Accuracy and memory after the epochs that were timed."""
    head = ["", *(PEER_TITLES[peer] for peer in LEARNERS), *(f"{PEER_TITLES[peer]}, MB" for peer in LEARNERS)]

    def cell(row: Results, what: str, peer: str) -> str:
        value = row[what].get(peer)
        return "–" if value is None else _percent(value) if what == "accuracy" else f"{value:.0f}"

    lines = [
        [name, *(cell(row, what, peer) for what in ("accuracy", "megabytes") for peer in LEARNERS)]
        for name, row in results["rows"].items()
    ]
    return (
        "Test accuracy after these epochs and the one before to warm up, and peak memory beyond the libraries and the "
        f"uint8 data set, a second process of ours wholly included:\n\n{_table(head, lines)}"
    )


def _full_batch(found: Results) -> str:
    return (
        f"784-128-10 on all 60,000 images at once: {found['ours']:.3f} s a step, the floor {found['floor']:.3f} s; "
        f"{found['megabytes']['ours'] or 0:.0f} MB."
    )


def _augmentation(found: Results) -> str:
    cost = found["augmented"] / found["plain"] - 1
    return (
        f"An epoch of `lenet` takes {found['plain']:.3f} s, with shift, rotation, scale, shear and elastic bending "
        f"{found['augmented']:.3f} s: {_percent(cost, 0)} more."
    )


def _scaling(found: Results) -> str:
    head = ["", "6,000 images", "60,000 images"]
    lines = [[name, *(f"{row[count] / 0.06:.2f} µs" for count in ("6000", "60000"))] for name, row in found.items()]
    return f"Time for one image, with so many in the data set:\n\n{_table(head, lines)}"


def _prediction(found: Results) -> str:
    words = (
        f"`lenet` predicts 10,000 images in {found['test_images'] / 1000:.3f} s and one drawn digit in "
        f"{found['digit']:.2f} ms ({found['digit_with_preparation']:.2f} ms with its preparation)."
    )
    if "ledger" in found:
        longest = max(found["samples"]["ledger"])
        words += f" What each pixel adds to an answer takes {found['ledger']:.1f} ms, at most {longest:.1f} ms."
    return words


def _insight(found: Results) -> str:
    pages = ", ".join(f"{address} {milliseconds:.0f} ms" for address, milliseconds in found["frames"].items())
    shares = ", ".join(f"`{name}` {_percent(share, 1)}" for name, share in found["health"].items())
    return (
        f"Another moment of a film, the whole page, for the slower of the two networks that ship as films: {pages}. "
        f"The two principal components of 10,000 × 128 numbers: {found['pca']:.0f} ms. t-SNE of 10,000 images in a "
        f"worker: {found['tsne']:.0f} s. The health of the layers, of the training time: {shares}."
    )


def _one_core(found: Results) -> str:
    lines = [[name, f"{row['ours']:.3f} s", f"{row['torch'] / row['ours']:.2f} ×"] for name, row in found.items()]
    mean = statistics.geometric_mean(row["torch"] / row["ours"] for row in found.values())
    lines.append(["geometric mean", "", f"{mean:.2f} ×"])
    table = _table(["", PEER_TITLES["ours"], PEER_TITLES["torch"]], lines)
    return f"The same with one core and one thread each, as the runs of an experiment have them:\n\n{table}"


def _sharing(found: Results) -> str:
    head = ["", "alone", "with the other", "share of its speed"]
    lines = []
    for name, row in found.items():
        for alone, together, share in zip(row["alone"], row["together"], row["share"], strict=True):
            lines.append([name, f"{alone:.3f} s", f"{together:.3f} s", _percent(share, 0)])
    return f"Two runs at the same time, an epoch of each:\n\n{_table(head, lines)}"


def _time_to_accuracy(found: Results) -> str:
    head = ["recipe", "test accuracy", "training, by seed", "epochs", "preparing", "looking at the test set"]
    lines = []
    for name, row in found.items():
        runs = row["runs"]
        times = ", ".join("never" if run["seconds"] is None else f"{run['seconds']:.2f} s" for run in runs)
        epochs = ", ".join(f"{run['epochs']:.0f}" for run in runs)
        spent = (f"{statistics.median(run[what] for run in runs):.2f} s" for what in ("preparing", "evaluating"))
        lines.append([name, _percent(row["goal"], 0), times, epochs, *spent])
    return f"From the first step to the end of the epoch that reaches an accuracy:\n\n{_table(head, lines)}"


def _plain(found: Results) -> str:
    head = ["", "epoch", "the textbook core's", "accuracies", "the textbook core's"]
    lines = []
    for name, row in found.items():
        seconds = [f"{row['seconds'][peer]:.3f} s" for peer in ("ours", "plain")]
        accuracies = [" · ".join(_percent(value) for value in row["accuracy"][peer]) for peer in ("ours", "plain")]
        lines.append([name, *seconds, *accuracies])
    epochs = max(row["epochs"] for row in found.values())
    return (
        "Beside the textbook core, `mnistcore.plain`, which does nothing for speed: test accuracy after "
        f"{epochs} epochs from {len(found[lines[0][0]]['accuracy']['ours'])} seeds:\n\n{_table(head, lines)}"
    )


PARTS = {
    "one_core": _one_core,
    "full_batch": _full_batch,
    "augmentation": _augmentation,
    "scaling": _scaling,
    "prediction": _prediction,
    "insight": _insight,
    "sharing": _sharing,
    "time_to_accuracy": _time_to_accuracy,
    "plain": _plain,
}


def _goals(results: Results) -> str:
    words = {True: "met", False: "**missed**", None: "–"}
    lines = [[goal.title, goal.wanted, goal.measured, words[goal.is_met]] for goal in goals(results)]
    return f"Goals:\n\n{_table(['goal', 'wanted', 'measured', ''], lines, 4)}"
