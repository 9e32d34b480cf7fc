"""How often a phone, or an address, may ask: so many at once, and so many a second after that."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

MOST_KNOWN = 5000  # addresses or phones; who has not asked for longest is forgotten first


@dataclass
class Limit:
    """At most ``burst`` at once for each key, and ``rate`` a second in the long run; safe between threads."""

    rate: float
    burst: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict, repr=False)
    _guard: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def allows(self, key: str, cost: float = 1.0, now: float | None = None) -> bool:
        """Whether this key may once more, which is then counted; with a cost of 0 only whether it might."""
        now = time.monotonic() if now is None else now
        with self._guard:
            left, since = self._left.pop(key, (self.burst, now))
            left = min(self.burst, left + self.rate * (now - since))
            is_allowed = left >= max(cost, 1.0)
            self._left[key] = (left - cost if is_allowed else left, now)
            while len(self._left) > MOST_KNOWN:
                self._left.popitem(last=False)
        return is_allowed
