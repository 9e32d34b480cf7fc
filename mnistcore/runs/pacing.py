"""How fast a run in progress may go on, and how far: what its user asked for, as a clock of its steps."""

import math
import time

from mnistcore.errors import ConfigError

MAX_SPEED = 1000.0  # steps a second
SLOW = 10.0  # steps a second up to which each of them is stored, to be seen
REPORTS = 10  # a second, of a run that is faster than that and has a speed
HELD_SECONDS = 600.0  # after which a run that is held gives its worker back
FEW = 10  # steps up to a hold that are all looked at: each of several quick clicks is one that is seen
ONE_BATCH, ONE_EPOCH, GO_ON = "one_batch", "one_epoch", "go_on"  # how far a run may go on


def checked_speed(speed: float | None) -> float | None:
    """Steps a second, or None for as fast as it can; ConfigError unless 0 < speed ≤ 1,000."""
    if speed is None or 0 < speed <= MAX_SPEED:
        return None if speed is None else float(speed)
    raise ConfigError(f"speed must be above 0 and at most {MAX_SPEED:,.0f} steps a second, got {speed}")


class Pacing:
    """The clock of one execution of a run: ``speed`` in steps a second (None: as fast as it can), and the step that it
    is to be held at (None: none)."""

    def __init__(self, steps_per_epoch: int, total_steps: int) -> None:
        self._steps_per_epoch, self._total_steps = steps_per_epoch, total_steps
        self.speed: float | None = None
        self.hold_at: int | None = None
        self._since = 0.0, 0  # a moment of time.monotonic(), and the step that was due then
        self._held_since: float | None = None

    @property
    def is_slow(self) -> bool:
        """Whether each step is to be seen."""
        return self.speed is not None and self.speed <= SLOW

    def set(self, speed: float | None, hold_at: int | None, step: int) -> None:
        """What the store says of it now; a new speed counts from this step on."""
        if speed != self.speed:
            self._since = time.monotonic(), step
        self.speed, self.hold_at = speed, hold_at

    def move_hold(self, how: str, step: int) -> None:
        """Hold one batch later, or at the end of the epoch, than where it is or is to be held; or not at all."""
        begin = step if self.hold_at is None else max(step, self.hold_at)
        if how == GO_ON:
            self.hold_at = None
        elif how == ONE_BATCH:
            self.hold_at = begin + 1
        else:
            self.hold_at = (begin // self._steps_per_epoch + 1) * self._steps_per_epoch

    def is_held(self, step: int) -> bool:
        """Whether it may not go on from this step; the last one is always followed by the run's end."""
        return self.hold_at is not None and self.hold_at <= step < self._total_steps

    def next_report(self, step: int) -> int | None:
        """The step before which it need not be looked at: that of the next wait; None if there is none."""
        stops = []
        if self.hold_at is not None and self.hold_at > step:
            stops.append(step + 1 if self.hold_at - step <= FEW else self.hold_at)
        if self.speed is not None:
            stops.append(step + max(1, round(self.speed / REPORTS)))
        return min(stops, default=None)

    def seconds_left(self, step: int) -> float:
        """How long until the step after this one is due; infinite while it is held. Time that was lost is not made up
        for."""
        if self.is_held(step):
            return math.inf
        if self.speed is None:
            return 0.0
        now, (began, first) = time.monotonic(), self._since
        left = began + (step - first) / self.speed - now
        if left <= 0:
            self._since = now, step
        return max(0.0, left)

    def is_held_too_long(self, step: int) -> bool:
        """Whether it has been held here for HELD_SECONDS, as far as was asked."""
        if not self.is_held(step):
            self._held_since = None
            return False
        self._held_since = self._held_since or time.monotonic()
        return time.monotonic() - self._held_since >= HELD_SECONDS
