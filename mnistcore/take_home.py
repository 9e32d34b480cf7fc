"""A stored run taken out of the program: its network in one of the forms of ``exports``, or a report on it."""

from pathlib import Path
from typing import NamedTuple

from mnistcore.errors import ConfigError
from mnistcore.exports.facts import Facts
from mnistcore.exports.formats import FORMATS
from mnistcore.reports import run_report
from mnistcore.runs import Run, RunStore


class Form(NamedTuple):
    """What a run can be taken home as: what that is called, and what it is good for in a sentence."""

    title: str
    words: str


FORMS = {name: Form(chosen.title, chosen.words) for name, chosen in FORMATS.items()}
FORMS["report"] = Form("Report", "One page to read and to print: figures, curves, confusions, weight images, settings.")


class TakenHome(NamedTuple):
    """A file: its content, name and type, and the step after which the run had these weights."""

    content: bytes
    file_name: str
    mime: str
    step: int


def take_home(store: RunStore, run_id: str, form: str, step: int | None = None) -> TakenHome:
    """A run in a form of FORMS, with its weights after ``step``, else the newest or kept ones.

    ConfigError for an unknown form, or one that cannot hold this network; RunError where there are no such weights.
    """
    if form not in FORMS:
        raise ConfigError(f"there is no form {form!r}: choose {', '.join(FORMS)}")
    run = store.run(run_id)
    network, found = store.load_weights(run.id, step)
    if form == "report":
        return TakenHome(run_report(store, run, network, found), f"{file_stem(run)}-report.html", "text/html", found)
    chosen = FORMATS[form]
    facts = facts_of(store, run, found)
    return TakenHome(chosen.write(network, facts), f"{file_stem(run)}{chosen.suffix}", chosen.mime, found)


def facts_of(store: RunStore, run: Run, step: int) -> Facts:
    """What is known of a run's weights after ``step``; its test accuracy is of the weights that it has kept."""
    titles = {stored.name: stored.title for stored in store.datasets()}
    dataset = titles.get(run.dataset, Path(run.dataset).name)  # of a path the last part: the rest is nobody's business
    is_final = run.status == "finished" and step == store.newest_step(run.id)
    return Facts(run.name, run.id, step, dataset, run.test_accuracy if is_final else None)


def file_stem(run: Run) -> str:
    """A file name without surprises: letters, digits and dashes of the run's name, and its id."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in run.name)
    return "-".join(part for part in [*words.lower().split("-"), run.id] if part)
