"""What the core set out to reach, and how far it came."""

import math
import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Results = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """One aim: ``figure`` is what was measured, nan if it was not, infinite if it was never reached."""

    title: str
    bound: float
    is_least: bool  # or else the most
    figure: float
    unit: str

    @property
    def is_met(self) -> bool | None:
        """None as long as it is not measured."""
        if math.isnan(self.figure):
            return None
        return self.figure >= self.bound if self.is_least else self.figure <= self.bound

    @property
    def wanted(self) -> str:
        """The bound in words."""
        return f"{'at least' if self.is_least else 'at most'} {self.bound:g}{self.unit}"

    @property
    def measured(self) -> str:
        """The figure in words."""
        if math.isnan(self.figure):
            return "not measured"
        return f"{float(f'{self.figure:.3g}'):g}{self.unit}" if math.isfinite(self.figure) else "never reached"


def ratios(results: Results, peer: str, rows: str) -> list[float]:
    """How many times as long as ours a competitor takes, for those rows that it has."""
    found = (results["rows"][row] for row in rows)
    return [row[peer] / row["ours"] for row in found if row[peer] is not None]


def goals(results: Results) -> list[Goal]:
    """All of them; those that need a row which was not measured have no figure."""

    def least(title: str, bound: float, figure: Callable[[], float], unit: str = " ×") -> Goal:
        return Goal(title, bound, True, _known(figure), unit)

    def most(title: str, bound: float, figure: Callable[[], float | None], unit: str) -> Goal:
        return Goal(title, bound, False, _known(figure), unit)

    def speed(peer: str, rows: str, over: Callable[[list[float]], float] = min) -> Callable[[], float]:
        return lambda: over(ratios(results, peer, rows))

    mean = statistics.geometric_mean
    return [
        least("faster than PyTorch in every row", 1.3, speed("torch", "ABCDEFG")),
        least("than PyTorch, geometric mean", 2.5, speed("torch", "ABCDEFG", mean)),
        least("than PyTorch in F", 2.5, speed("torch", "F")),
        least("faster than scikit-learn in every row", 1.5, speed("sklearn", "ABCDEFG")),
        least("than JAX jit, geometric mean of A to F", 1.3, speed("jax", "ABCDEF", mean)),
        least("than JAX jit in every row of A to F", 1, speed("jax", "ABCDEF")),
        least("than JAX jit in G", 1.5, speed("jax", "G")),
        most("one epoch of G", 0.2, lambda: results["rows"]["G"]["ours"], " s"),
        least("of the floor in B, C, D and E", 0.65, speed("floor", "BCDE")),
        least("of the floor with the full batch", 0.85, lambda: _floor_share(results["full_batch"])),
        most("more for an epoch of lenet with augmentation", 35, lambda: _augmentation(results["augmentation"]), " %"),
        most("time per image, 6,000 to 60,000 images", 10, lambda: _largest_change(results["scaling"]), " % apart"),
        most("memory beyond the data set in A to F", 130, lambda: _memory(results, "ABCDEF"), " MB"),
        most("memory with the full batch", 700, lambda: results["full_batch"]["megabytes"]["ours"], " MB"),
        most("10,000 predictions of lenet", 0.25, lambda: results["prediction"]["test_images"] / 1000, " s"),
        most("prediction of one drawn digit", 3, lambda: results["prediction"]["digit"], " ms"),
        most("ledger of one digit through lenet", 150, lambda: results["prediction"]["ledger"], " ms"),
        most("frame of a film, on the slowest page", 300, lambda: max(results["insight"]["frames"].values()), " ms"),
        most("two components of 10,000 × 128", 300, lambda: results["insight"]["pca"], " ms"),
        most("t-SNE of 10,000 images", 60, lambda: results["insight"]["tsne"], " s"),
        most("health of layers", 3, lambda: 100 * max(results["insight"]["health"].values()), " % of the training"),
        most("training to 97 %", 0.4, lambda: _time(results, "fast-97"), " s"),
        most("training to 98 %", 1.4, lambda: _time(results, "fast-98"), " s"),
        most("training to 99 %", 5, lambda: _time(results, "fast-99"), " s"),
        least("than PyTorch on one core, in every row of A to F", 1.5, lambda: min(_one_core(results["one_core"]))),
        least("the same, geometric mean", 2, lambda: mean(_one_core(results["one_core"]))),
        least("speed of each of two runs", 50, lambda: _least_share(results["sharing"]), " % of one alone"),
    ]


def _known(figure: Callable[[], float | None]) -> float:
    try:
        found = figure()
    except KeyError:  # a measurement that is missing
        return math.nan
    return math.nan if found is None else found


def _one_core(rows: Results) -> list[float]:
    return [row["torch"] / row["ours"] for row in rows.values()]


def _floor_share(row: Results) -> float:
    return row["floor"] / row["ours"]


def _augmentation(found: Results) -> float:
    return (found["augmented"] / found["plain"] - 1) * 100


def _largest_change(scaling: Results) -> float:
    """Percent by which the time for an image differs, in the row where it does most."""
    return max(abs(row["60000"] / row["6000"] - 1) * 100 for row in scaling.values())


def _memory(results: Results, rows: Iterable[str]) -> float | None:
    found = [results["rows"][row]["megabytes"]["ours"] for row in rows]
    return None if None in found else max(found)


def _time(results: Results, recipe: str) -> float:
    seconds = results["time_to_accuracy"][recipe]["seconds"]
    return math.inf if seconds is None else seconds


def _least_share(sharing: Results) -> float:
    return min(share for row in sharing.values() for share in row["share"]) * 100
