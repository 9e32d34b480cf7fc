"""A lesson as its file says it: the networks that it needs, and its steps, each about a page of the dashboard."""

from collections.abc import Mapping
from dataclasses import dataclass

from mnistcore.training.config import TrainingConfig

# What a lesson's text may take from its networks, as {{test accuracy of NAME}}; pictures stand in a line of their own.
FIGURES = ("test accuracy", "validation accuracy", "training accuracy", "mistakes")
PICTURES = ("digits", "answers")


@dataclass(frozen=True)
class LessonNetwork:
    """What is trained for a lesson; ``dataset`` None: MNIST where it is on the machine, else generated digits."""

    config: TrainingConfig
    dataset: str | None = None

    def seeded(self, seed: int | None) -> "LessonNetwork":
        """The same from another seed; None leaves it."""
        return self if seed is None else LessonNetwork(self.config.overridden({"seed": seed}), self.dataset)


@dataclass(frozen=True)
class Step:
    """One step: what is said and asked (Markdown), what is revealed on a click ("" for nothing), and its page.

    ``parameters`` are those of the page's address; a value ``$NAME`` stands for the run of that network of the lesson.
    """

    title: str
    text: str
    reveal: str
    page: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Lesson:
    """A whole lesson; its first step asks its question, its last one answers it."""

    name: str
    title: str
    minutes: int
    page: str
    ask: str
    networks: Mapping[str, LessonNetwork]
    needs_mnist: bool
    steps: tuple[Step, ...]

    def places(self) -> list[tuple[Step, bool]]:
        """What comes one after the other: every step, and once more with its answer where it has one."""
        return [(step, shown) for step in self.steps for shown in ((False, True) if step.reveal else (False,))]
