"""The systems' goals, what a history makes of them, the command, and the stored result that ships."""

import json
import math
import statistics
from pathlib import Path

import pytest
from tiny_digits import tiny_config, tiny_dataset

from mnistcore.cli import main
from mnistcore.nn.views import predict_views
from mnistcore.reproduction import FIVE, SYSTEMS, Goal, System, figures, report, results, stored, verdict
from mnistcore.reproduction.measuring import history
from mnistcore.training import RECIPES, Recipe, TrainingState, train

ROWS = [
    {"step": 0, "test_accuracy": 0.1, "seconds": 0.0},
    {"step": 300, "test_accuracy": 0.82, "train_accuracy": 0.8, "seconds": 1.0},
    {"step": 450, "test_accuracy": None, "train_accuracy": 0.85, "seconds": 1.5},
    {"step": 500, "test_accuracy": 0.81, "seconds": 2.0},
    {"step": 900, "test_accuracy": math.nan, "train_accuracy": 0.95, "seconds": 3.0},
]


def test_the_systems_have_recipes_and_goals():
    assert FIVE == ("perceptrons", "stepped-mlp", "from-scratch", "deep-leaky", "linear-online")
    for name, system in SYSTEMS.items():
        assert system.name == name
        assert any(goal.wanted for goal in system.goals)
        assert len({goal.key for goal in system.goals}) == len(system.goals)
        assert {goal.recipe for goal in system.goals} - {None} == set(system.variants)
    for name in FIVE:
        assert {SYSTEMS[name].recipe, *SYSTEMS[name].variants} <= set(RECIPES)


def test_a_history_gives_the_figures_of_the_goals():
    assert figures(ROWS, SYSTEMS["perceptrons"]) == {"accuracy_by_step_500": 0.82, "test_accuracy": 0.81}
    assert figures(ROWS, SYSTEMS["linear-online"]) == {"accuracy_at_0": 0.1, "seconds": 3.0}
    assert figures(ROWS, SYSTEMS["deep-leaky"]) == {"train_accuracy": 0.95}
    assert figures(ROWS, SYSTEMS["deep-leaky"], "deep-leaky-regularised") == {"regularised_test_accuracy": 0.81}
    assert figures([], SYSTEMS["perceptrons"]) == {}


@pytest.mark.parametrize(
    ("value", "met", "words"),
    [
        (0.8057, True, "Reproduced."),
        (0.7657, True, "Reproduced."),
        (0.7656, False, "Not reached: test accuracy after 2,020 iterations is 76.56 %, not 76.57 % to 84.57 %."),
        (math.nan, False, "Not all measured; missing: test accuracy after 2,020 iterations."),
    ],
)
def test_a_verdict_says_what_is_missed(value: float, met: bool, words: str):
    assert verdict(SYSTEMS["from-scratch"], {"test_accuracy": value}) == (met, words)


def test_a_variant_need_not_have_been_measured():
    deep, measured = SYSTEMS["deep-leaky"], {"train_accuracy": 0.99}
    assert verdict(deep, measured, variants=False) == (True, "Reproduced.")
    assert verdict(deep, measured)[0] is False
    assert verdict(deep, measured | {"regularised_test_accuracy": 0.98}, variants=False)[0] is False


def test_times_are_to_be_under_their_bound():
    goal = SYSTEMS["linear-online"].goal("seconds")
    assert [goal.wanted, goal.stated(720), goal.shown(2.345)] == ["under 3 s", "720 s", "2.35 s"]
    assert goal.is_met(2.9)
    assert not goal.is_met(3.1)


@pytest.fixture
def tiny_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """A system that is measured in a moment; what comes out is stored elsewhere."""
    goals = (
        Goal("test_accuracy", "test accuracy", "test_accuracy", 0.9, low=0.2),
        Goal("plain", "test accuracy, plain", "test_accuracy", low=0.2, recipe="tiny-plain"),
    )
    system = System("tiny", "Tiny", "this test", "tiny", goals, ("tiny-plain",))
    for name, config in (("tiny", tiny_config(epochs=4)), ("tiny-plain", tiny_config(layers=[]))):
        monkeypatch.setitem(RECIPES, name, Recipe(name, name, "", "", config))
    monkeypatch.setitem(SYSTEMS, "tiny", system)
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(report, "PAGE", tmp_path / "reproduction.md")
    monkeypatch.setattr("mnistcore.cli.reproduction.load_dataset", {"mnist": tiny_dataset()}.__getitem__)
    report.PAGE.write_text(f"Words.\n\n{report.BEGIN}\n{report.END}\nMore words.\n")
    return system


def test_the_command_measures_each_seed_and_stores_what_comes_out(tiny_system: System, capsys):
    before = results.result(SYSTEMS["perceptrons"], {"test_accuracy": {"mean": 0.9, "seeds": [0.9, 0.9, 0.9]}})
    results.save_result("perceptrons", before)
    assert main(["reproduce", "tiny", "--json"]) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert captured.err.count("tiny, seed ") == 3
    assert found["published"] == {"test_accuracy": 0.9}
    for key in ("test_accuracy", "plain"):
        measured = found["measured"][key]
        assert len(measured["seeds"]) == 3
        assert measured["mean"] == pytest.approx(statistics.fmean(measured["seeds"]), abs=1e-5)
    assert len(set(found["measured"]["plain"]["seeds"])) > 1
    assert (found["met"], found["verdict"]) == verdict(
        tiny_system, {key: value["mean"] for key, value in found["measured"].items()}
    )
    assert {"name": "tiny"} | stored("tiny") == found
    assert stored("perceptrons") == before


def test_the_command_writes_tables_for_people_and_into_the_page(tiny_system: System, capsys):
    assert main(["reproduce", "tiny"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Tiny: ")
    assert "test accuracy, plain" in out
    page = report.PAGE.read_text()
    assert page.startswith("Words.")
    assert page.endswith("More words.\n")
    assert "### Tiny" in page
    assert report.updated(page, results.load_results()) == page


def test_without_mnist_the_command_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.delenv("MNIST_EXPLORER_DATA", raising=False)
    assert main(["reproduce", "perceptrons"]) == 2
    assert "MNIST is not on this machine. Download it" in capsys.readouterr().err
    assert main(["reproduce", "perceptron"]) == 2
    assert "there is no system 'perceptron': choose from perceptrons, stepped-mlp" in capsys.readouterr().err


def test_the_page_shows_the_stored_results():
    page = Path(__file__).parents[2] / "docs" / "reproduction.md"
    text = page.read_text(encoding="utf-8")
    assert report.updated(text, results.load_results()) == text


@pytest.mark.parametrize("name", results.load_results())
def test_a_stored_result_is_of_the_recipe_as_it_is_and_adds_up(name: str):
    system, found = SYSTEMS[name], stored(name)
    for recipe, settings in found["recipes"].items():
        assert RECIPES[recipe].config.differences() == settings, f"{recipe} has changed: reproduce {name} again"
    for measured in found["measured"].values():
        assert len(measured["seeds"]) == len(system.seeds)
        assert measured["mean"] == pytest.approx(statistics.fmean(measured["seeds"]), rel=1e-4)
    means = {key: measured["mean"] for key, measured in found["measured"].items()}
    assert (found["met"], found["verdict"]) == verdict(system, means)
    assert found["published"] == system.published


def test_nine_views_are_measured_where_a_goal_asks_for_them():
    digits, config = tiny_dataset(), tiny_config(epochs=2)
    assert "views_accuracy" not in history(config, digits)[-1]
    state = TrainingState.begin(config, digits)
    for _ in train(state):
        pass
    right = predict_views(state.result, digits.test_images).argmax(axis=1) == digits.test_labels
    assert history(config, digits, in_views=True)[-1]["views_accuracy"] == pytest.approx(right.mean())
