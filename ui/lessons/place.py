"""Where in a lesson the visitor is: `lesson`, `at` and `seed` of the address, which stay while pages change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from mnistcore.data import default_dataset_name
from mnistcore.data.home import data_home
from mnistcore.lessons import Lesson, LessonNetwork, Step, load_lessons
from mnistcore.runs import Run, RunStore
from mnistcore.runs.matching import run_of_config
from ui.frame.page import PAGES, ROOT, go_to
from ui.frame.selection import config_address

OWN_FOLDER = "lessons"  # in the data folder


def known_lessons() -> tuple[dict[str, Lesson], list[str]]:
    """The lessons that ship and the visitor's own, by name; and what is wrong with files that are none."""
    return load_lessons((ROOT / "lessons", data_home() / OWN_FOLDER), tuple(PAGES))


@dataclass(frozen=True)
class Place:
    """A lesson, which of its places is shown (from 1), and the seed in place of the lesson's own."""

    lesson: Lesson
    at: int
    seed: int | None

    @property
    def step(self) -> Step:
        return self.lesson.places()[self.at - 1][0]

    @property
    def is_revealed(self) -> bool:
        return self.lesson.places()[self.at - 1][1]

    @property
    def count(self) -> int:
        return len(self.lesson.places())

    @property
    def networks(self) -> dict[str, tuple[LessonNetwork, str]]:
        """By name: the network with its seed, and the name of its data set."""
        seeded = {name: network.seeded(self.seed) for name, network in self.lesson.networks.items()}
        return {name: (network, network.dataset or default_dataset_name()) for name, network in seeded.items()}

    def runs(self, store: RunStore) -> dict[str, Run | None]:
        """By the network's name, its run; None before it is trained."""
        return {
            name: run_of_config(store.database, network.config, dataset)
            for name, (network, dataset) in self.networks.items()
        }

    def query(self, runs: Mapping[str, Run | None]) -> dict[str, str]:
        """The parameters of the step's page, each network in them by its run, or left out before it is trained."""
        filled = {key: self._filled(key, value, runs) for key, value in self.step.parameters.items()}
        return {key: value for key, value in filled.items() if value}

    def _filled(self, key: str, value: str, runs: Mapping[str, Run | None]) -> str:
        parts = []
        for one in value.split(","):
            if not one.startswith("$"):
                parts.append(one)
            elif key == "config":
                network, dataset = self.networks[one[1:]]
                parts.append(config_address(network.config, dataset))
            elif (run := runs[one[1:]]) is not None:
                parts.append(run.id)
        return ",".join(parts)

    def go(self, at: int, runs: Mapping[str, Run | None], seed: int | None = None) -> None:
        """Leave for another place of the lesson, and its page; does not return."""
        there = Place(self.lesson, at, self.seed if seed is None else seed)
        marks = {"lesson": self.lesson.name, "at": str(at)} | ({} if there.seed is None else {"seed": str(there.seed)})
        go_to(there.step.page, **there.query(runs) | marks)


def place_in(lesson: Lesson) -> Place:
    """The place that the address names; the first or last one where it names none of the lesson."""
    at, seed = st.query_params.get("at", ""), st.query_params.get("seed", "")
    number = int(at) if at.isdecimal() and len(at) < 5 else 1
    return Place(
        lesson, max(1, min(number, len(lesson.places()))), int(seed) if seed.isdecimal() and len(seed) < 10 else None
    )
