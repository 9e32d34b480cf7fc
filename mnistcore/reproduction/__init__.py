"""The five systems, and networks beyond them: what was published, the goals, and what we have measured."""

from mnistcore.reproduction.results import stored
from mnistcore.reproduction.systems import FIVE, SYSTEMS, Goal, System
from mnistcore.reproduction.verdict import figures, verdict

__all__ = ["FIVE", "SYSTEMS", "Goal", "System", "figures", "stored", "verdict"]
