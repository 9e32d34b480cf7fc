"""The history of a run for live charts: only new rows are read, and the table stays short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnistcore.runs.history import thin

if TYPE_CHECKING:
    import pandas as pd

    from mnistcore.runs import Run, RunStore

MAX_POINTS = 150


def last_validation(history: pd.DataFrame) -> tuple[int, float] | None:
    """The step of the newest validation accuracy in a history, and the accuracy; None before one was measured."""
    measured = history[history["validation_accuracy"].notna()]
    return (int(measured["step"].iloc[-1]), float(measured["validation_accuracy"].iloc[-1])) if len(measured) else None


class LiveHistory:
    """What one page has read of a run's history so far: at most 2 × MAX_POINTS rows, thinned to MAX_POINTS then."""

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self.table: pd.DataFrame | None = None

    def refresh(self, run: Run) -> pd.DataFrame:
        """The history up to now, columns as in `RunStore.history`.

        The last row is read again, because its validation figures come later. The history of a run that went back to a
        checkpoint is read from the start.
        """
        import pandas as pd

        last = -1 if self.table is None or not len(self.table) else int(self.table["step"].iloc[-1])
        if self.table is None or run.step < last:
            self.table = self.store.history(self.run_id, max_points=MAX_POINTS)
            return self.table
        news = self.store.history(self.run_id, after_step=last - 1)
        if len(news):
            kept = self.table[self.table["step"] < news["step"].iloc[0]]
            self.table = pd.concat([kept, news], ignore_index=True) if len(kept) else news
        if len(self.table) > 2 * MAX_POINTS:
            thinned = thin(self.table.to_numpy(), MAX_POINTS)
            self.table = pd.DataFrame(thinned, columns=self.table.columns).astype({"step": "int64"})
        return self.table
