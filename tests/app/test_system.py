"""The frame of a system's page: figures side by side, Reproduce, the settings, and code beside the equations."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.nn import Dense
from mnistcore.reproduction import FIVE, SYSTEMS
from mnistcore.runs import RunStore
from mnistcore.training import RECIPES, recipe
from tests.app.pages import app_at, open_page, texts
from tests.app.small_runs import trained_run
from ui.frame.equations import place_of, source_of
from ui.frame.page import PAGES, ROOT
from ui.systems import fast_twins
from ui.systems.claims import _verdict, claims_html
from ui.systems.config import config_line, config_words
from ui.systems.newest import newest_run
from ui.systems.system import VIEWS

pytestmark = pytest.mark.usefixtures("few_generated_digits")

PAGES_OF_SYSTEMS = [page for page in PAGES.values() if page.section == "Five systems"]


def buttons(page: AppTest) -> dict[str, object]:
    return {button.label: button for button in page.button}


@pytest.fixture
def page() -> Iterator[AppTest]:
    page = open_page("perceptrons")
    yield page
    assert not page.exception


def test_reproduce_trains_exactly_the_recipe_and_follows_it_in_place(page: AppTest, store: RunStore) -> None:
    assert "figures are not comparable" in texts(page)
    page.button(key="system_reproduce").click().run()
    (run,) = store.runs()
    assert (run.recipe, run.dataset, run.status) == ("perceptrons", "generated", "queued")
    assert run.config == recipe("perceptrons").config
    assert page.title[0].value == "Ten perceptrons"  # still here
    assert "Stop" in buttons(page)
    assert "Reproduce" not in buttons(page)
    assert "waiting for a free worker" in texts(page)


def test_a_run_that_came_to_nothing_says_why_and_can_be_tried_again(page: AppTest, store: RunStore) -> None:
    run_id = store.create_run(recipe("perceptrons").config, dataset="generated", recipe="perceptrons")
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'failed', message = 'the disk is full'")
    page.run()
    assert [warning.value for warning in page.warning] == ["the disk is full"]
    assert "Reproduce" in buttons(page)
    assert store.run(run_id).status == "failed"


@pytest.mark.parametrize("name", FIVE)
def test_a_run_leads_to_the_views_that_show_the_systems_point(store: RunStore, name: str) -> None:
    run_id = store.create_run(recipe(name).config, recipe=name)
    app = app_at(name).run()
    assert not app.exception
    found = {link.proto.label: (link.proto.page, link.proto.query_string) for link in app.get("page_link")}
    for view, question in VIEWS[name].items():
        assert found[question] == (view, f"run={run_id}")


def test_only_runs_of_the_very_same_config_are_the_recipes(store: RunStore) -> None:
    config = recipe("perceptrons").config
    store.create_run(config.overridden({"seed": 1}), recipe="perceptrons")
    assert newest_run(store.runs(), config) is None
    wanted = store.create_run(config)
    trained_run(store)
    newest = newest_run(store.runs(), config)
    assert newest is not None
    assert newest.id == wanted
    assert newest_run(store.runs(), config, among=("finished",)) is None


def test_the_settings_are_one_line_that_opens_to_all_of_them_and_leads_to_train() -> None:
    words = config_words(recipe("linear-online").config)
    assert words["Layers"] == "784 → 10, no bias"
    assert words["Initial weights"] == "uniform, 0 to 1"
    assert words["Batch"] == "1 image, in the given order"
    assert words["Held back"] == "no images"
    line = config_line(recipe("from-scratch").config)
    assert line == "784 → 128 ReLU → 10 · SGD, learning rate 0.001 · all images at once · 2,020 epochs"
    page = app_at("perceptrons").run()
    (link,) = [link for link in page.get("page_link") if link.proto.label == "Change the settings"]
    assert link.proto.page == "train"
    assert "perceptrons" in link.proto.query_string


def test_our_own_measurement_stands_between_what_was_published_and_what_was_measured_here() -> None:
    system = SYSTEMS["from-scratch"]
    table = claims_html(system, None, {})
    assert re.findall(r"<th>(.*?)</th>", table) == ["", "Published", "Measured here"]
    assert re.findall(r"<td>(?:<b>)?([^<]+)", table)[1:] == ["80.57 %", "–"]
    ours = {"measured": {"test_accuracy": {"mean": 0.79, "seeds": [0.78, 0.8]}}}
    table = claims_html(system, ours, {"test_accuracy": 0.65})
    assert re.findall(r"<td><b>(.*?)</b>", table) == ["80.57 %", "79.00 %", "65.00 %"]
    assert re.findall("[✓✗]", table) == ["✓", "✗"]
    assert re.findall("[✓✗]", claims_html(system, ours, {"test_accuracy": 0.65}, counts=False)) == ["✓"]


@pytest.mark.parametrize(
    ("ours", "here", "is_over", "words"),
    [
        (None, 0.2, True, "**Not reached: test accuracy after 2,020 iterations is 20.00 %, not "),
        ("Reproduced.", 0.2, False, "**Reproduced.**"),
        ("Reproduced.", 0.8057, True, "**Reproduced, by us and on this machine.**"),
        (
            "Reproduced.",
            0.2,
            True,
            "By us: **Reproduced.** On this machine: **Not reached: test accuracy after 2,020 iterations is 20.00 %",
        ),
    ],
)
def test_both_verdicts_are_one_sentence(ours: str | None, here: float, is_over: bool, words: str) -> None:
    stored = None if ours is None else {"verdict": ours}
    assert _verdict(SYSTEMS["from-scratch"], stored, {"test_accuracy": here}, is_over).startswith(words)


def test_the_figures_of_a_finished_run_are_held_against_the_published_ones(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = recipe("perceptrons")
    small = known.config.overridden({"validation_size": 100, "epochs": 1})
    monkeypatch.setitem(RECIPES, "perceptrons", replace(known, config=small))
    monkeypatch.setattr("ui.systems.system.stored", lambda name: None)
    run_id = trained_run(store, **small.model_dump(mode="json"))
    page = open_page("perceptrons")
    accuracy = store.run(run_id).test_accuracy
    assert accuracy is not None
    (table,) = [block.proto.body for block in page.get("html") if 'class="figures"' in block.proto.body]
    assert f"{100 * accuracy:.2f} %" in table
    assert "✓" not in table  # these were no MNIST digits
    assert "not comparable" in texts(page)


def test_an_equation_shows_the_code_as_it_stands_in_its_file() -> None:
    assert place_of(Dense.forward) == "mnistcore/nn/layers.py · Dense.forward"
    assert source_of(Dense.forward).startswith("def forward(self")
    assert "np.matmul" in source_of(Dense.forward)


def test_the_code_that_trains_is_folded_away_below_that_of_the_textbook() -> None:
    def page() -> None:
        from mnistcore.nn import Dense
        from mnistcore.plain.dense import dense
        from ui.frame.equations import Equation, show_equations

        show_equations(
            [Equation("Sums", "x W + b", dense), Equation("Sums", "x W + b", dense, "", Dense.forward, "Why.")]
        )

    shown = AppTest.from_function(page).run()
    assert not shown.exception
    (folded,) = shown.expander
    assert (folded.label, folded.proto.expanded) == ("As trained, in place", False)
    assert [element.value.split("(")[0] for element in shown.code] == ["def dense", "def dense", "def forward"]
    assert folded.code[0].value == source_of(Dense.forward)
    assert folded.markdown[0].value == "Why."


@pytest.mark.parametrize("name", [name for name in vars(fast_twins) if name.isupper()])
def test_every_fast_twin_says_what_it_gains(name: str) -> None:
    twin = getattr(fast_twins, name)
    assert place_of(twin["fast"]).startswith("mnistcore/nn/")
    assert twin["gain"].endswith(".")


@pytest.mark.parametrize("system", PAGES_OF_SYSTEMS, ids=[page.address for page in PAGES_OF_SYSTEMS])
def test_every_piece_of_code_on_the_page_stands_in_the_file_it_names(system) -> None:
    """So each object that an equation names exists, and what is shown is no copy that has gone stale."""
    page = open_page(system.address, view="equations")  # where a page has several
    places = [match for caption in page.caption if (match := re.fullmatch(r"`(mnistcore/\S+) · \S+`", caption.value))]
    assert len(places) == len(page.code) > 0
    for place, code in zip(places, page.code, strict=True):
        lines = [line.strip() for line in Path(ROOT / place[1]).read_text().splitlines()]
        assert '"""' in code.value
        shown = [line.strip() for line in code.value.splitlines()]
        start = lines.index(shown[0])
        assert any(lines[at : at + len(shown)] == shown for at in range(start, len(lines)) if lines[at] == shown[0])
