"""A race on the Train page: whom the network races against, the lanes, the buttons for all, and who has won."""

from dataclasses import replace
from functools import partial

import pytest

from mnistcore.runs import Run, RunStore, work
from mnistcore.training import parse_config
from tests.app.pages import button, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.frame.session import get_engine
from ui.live.standing import difference_margin, places, verdict
from ui.pictures.race_charts import race_data, race_domain, race_spec
from ui.train.race_start import race_entries

pytestmark = pytest.mark.usefixtures("few_generated_digits")

opened = partial(open_page, "train")
SMALL = '{"validation_size":100,"target_accuracy":0.9}'


@pytest.fixture
def pair(store: RunStore) -> tuple[str, str]:
    """Two runs that have ended, of the same name."""
    first = trained_run(store, name="net")
    return first, trained_run(store, name="net", learning_rate=0.05, seed=3)


def with_figures(run: Run, accuracy: float | None, **figures: object) -> Run:
    return replace(run, validation_accuracy=accuracy, **figures)


def test_the_network_of_the_builder_races_against_those_that_are_chosen(store: RunStore) -> None:
    other = trained_run(store, name="mine", epochs=1)
    page = opened(config=SMALL, run=other)
    page.toggle(key="race_offered").set_value(True).run()
    assert button(page, "Start the race").disabled
    page.multiselect(key="race_rivals").set_value(["faster", f"run:{other}"]).run()
    button(page, "Start the race").click().run()
    assert not page.exception
    newest = store.runs()[:3]
    assert page.query_params["race"] == ",".join(run.id for run in reversed(newest))
    assert "run" not in page.query_params
    rival, faster, own = newest
    assert own.config.target_accuracy == faster.config.target_accuracy == rival.config.target_accuracy == 0.9
    assert faster.config == own.config.overridden({"learning_rate": 10 * own.config.learning_rate})
    assert rival.config.epochs == 1
    assert rival.name == "mine 2"
    assert {run.dataset for run in newest} == {own.dataset}
    assert all(run.hold_at == 0 for run in newest)
    assert "A race of 3 networks" in texts(page)
    assert html(page).count('role="progressbar"') == 3


def test_a_rival_that_the_data_set_is_too_small_for_is_refused_in_words(store: RunStore) -> None:
    dataset = store.add_dataset(easy_digits())
    page = opened(config=f'{{"validation_size":100,"dataset":"{dataset}"}}')
    page.toggle(key="race_offered").set_value(True).run()
    page.multiselect(key="race_rivals").set_value(["recipe:lenet"]).run()
    before = len(store.runs())
    button(page, "Start the race").click().run()
    assert "“lenet” holds 5,000 images back for validation" in page.error[0].value
    assert "race" not in page.query_params
    assert len(store.runs()) == before


def test_each_variation_is_named_by_what_differs(store: RunStore) -> None:
    config = parse_config({"layers": [], "learning_rate": 0.03, "seed": 2**32 - 1})
    entries = race_entries(store, config, ["slower", "seed"])
    assert [name for _, name in entries[1:]] == ["784-10 adam, learning rate 0.003", "784-10 adam, seed 0"]
    assert [entry.learning_rate for entry, _ in entries] == [0.03, 0.003, 0.03]
    assert entries[2][0].seed == 0


def test_a_race_that_is_over_says_who_won_and_starts_again(store: RunStore, pair: tuple[str, str]) -> None:
    page = opened(race=",".join(pair))
    assert any(words in texts(page) for words in ("wins:", "Too close to call:"))
    assert "learning rate: 0.05" in html(page)
    assert "learning rate: 0.02" in html(page)
    button(page, "Race again with another seed").click().run()
    newest = store.runs()[:2]
    assert [run.config.seed for run in newest] == [4, 4]
    assert {run.config.learning_rate for run in newest} == {0.02, 0.05}
    assert set(page.query_params["race"].split(",")) == {run.id for run in newest}
    assert not page.exception


def test_missing_and_deleted_runs_are_named_and_the_others_shown(store: RunStore, pair: tuple[str, str]) -> None:
    store.delete(pair[1])
    page = opened(race=f"{pair[0]},{pair[1]},0123456789ab")
    assert [found.value for found in page.warning] == ["“net 2” was deleted.", "There is no run “0123456789ab”."]
    assert html(page).count('role="progressbar"') == 1
    page = opened(race=trained_run(store, validation_size=0, epochs=1))
    assert "no validation images, so no place" in html(page)
    page = opened(race="<b>no</b>")
    assert "None of the runs of this race is here" in page.error[0].value
    assert button(page, "Train this network")


def test_pause_go_on_and_stop_are_for_all(store: RunStore) -> None:
    dataset = easy_digits()
    name = store.add_dataset(dataset)
    config = parse_config({"layers": [], "epochs": 1000, "batch_size": 20, "validation_size": 100})
    ids = [store.create_run(config, name, dataset.fingerprint, hold_at=hold) for hold in (2, None)]
    training = [work(store, run_id) for run_id in ids]
    next(training[1])
    page = opened(race=",".join(ids))
    button(page, "Pause all").click().run()
    while not store.run(ids[0]).is_held:
        next(training[0])
    page = opened(race=",".join(ids))
    assert "held · epoch 0.2" in html(page)
    button(page, "Go on").click().run()
    button(page, "Stop all").click().run()
    assert get_engine().commands == [("hold", *ids), ("release", *ids), ("stop", ids[0]), ("stop", ids[1])]
    assert not page.exception
    for one in training:
        one.close()


def test_a_run_started_from_the_builder_takes_the_place_of_the_race(store: RunStore, pair: tuple[str, str]) -> None:
    page = opened(race=",".join(pair), config='{"validation_size":100}')
    button(page, "Train this network").click().run()
    assert page.query_params["run"] == store.runs()[0].id
    assert "race" not in page.query_params


def said(runs: dict[str, Run]) -> str:
    return verdict(runs).replace("\N{NO-BREAK SPACE}", " ")


def test_places_are_by_validation_accuracy_and_equal_ones_share_one(store: RunStore, pair: tuple[str, str]) -> None:
    run = store.run(pair[0])
    runs = [with_figures(run, accuracy, id=name) for name, accuracy in
            (("a", 0.9), ("b", 0.95), ("c", 0.9), ("d", None))]  # fmt: skip
    runs.append(with_figures(run, 0.99, id="e", status="diverged"))
    assert places(runs) == {"a": 2, "b": 1, "c": 2}


def test_the_verdict_names_a_winner_only_beyond_the_interval(store: RunStore, pair: tuple[str, str]) -> None:
    run = store.run(pair[0])
    large = replace(run, config=run.config.model_copy(update={"validation_size": 10_000}))
    ahead, behind = with_figures(large, 0.98), with_figures(large, 0.97)
    # By hand: 1.96 √(0.98·0.02/10,000 + 0.97·0.03/10,000) = 0.00433.
    assert difference_margin(ahead, behind) == pytest.approx(0.00433, abs=1e-5)
    assert said({"x": behind, "y": ahead}) == (
        "**“y” wins:** 98.00 % of the validation images, 1.00 ± 0.43 points more than “x” (97.00 %)."
    )
    assert said({"x": with_figures(large, 0.979), "y": ahead}).startswith("**Too close to call:** “y” and “x”")
    lost = with_figures(large, None, status="diverged")
    assert said({"x": ahead, "y": lost}).endswith("“y” diverged.")
    assert said({"x": lost, "y": lost}).startswith("**No winner:**")


def test_with_a_common_target_the_first_to_reach_it_wins(store: RunStore, pair: tuple[str, str]) -> None:
    run = store.run(pair[0])
    aimed = replace(run, config=run.config.model_copy(update={"target_accuracy": 0.9}))
    quick, slow = with_figures(aimed, 0.9, seconds=2.0), with_figures(aimed, 0.95, seconds=3.0)
    assert said({"slow": slow, "quick": quick}).startswith("**“quick” wins:** it reached 90.00")
    assert "“slow” needed 3.0 s" in said({"slow": slow, "quick": quick})
    assert said({"a": quick, "b": with_figures(aimed, 0.91, seconds=2.01)}).startswith("**A tie:** “a” and “b”")
    assert "no other reached it" in said({"a": quick, "b": with_figures(aimed, 0.5)})
    neither = {"a": with_figures(aimed, 0.2), "b": with_figures(aimed, 0.8)}
    assert said(neither).startswith("**“b” wins:** 80.00")


def test_the_chart_has_a_colour_for_each_and_leaves_the_steep_start_out(store: RunStore, pair: tuple[str, str]) -> None:
    tables = {label: store.history(run_id) for label, run_id in zip("ab", pair, strict=True)}
    data = race_data(tables, "step", 90, ["a", "b"])
    assert set(data["run"]) == {"a", "b"}
    assert set(data["part"]) == {"Training", "Validation"}
    validation = data[(data["run"] == "a") & (data["part"] == "Validation")]
    assert validation["value"].tolist() == pytest.approx(tables["a"]["validation_accuracy"].dropna().tolist(), abs=1e-6)
    spec = race_spec(["a", "b"], "step", race_domain(data, False, is_active=False))
    low, high = spec["encoding"]["y"]["scale"]["domain"]
    assert 0 <= low < high <= 1
    assert spec["encoding"]["color"]["scale"]["domain"] == ["a", "b"]
    assert race_domain(data, True, is_active=False) == [0.0, 1.0]
