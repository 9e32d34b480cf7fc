"""The Stress lab: curves that a worker measures, smallest changes and their way to Draw, and what is no digit."""

from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.analyses.smallest_change import image_text
from mnistcore.data import Dataset
from mnistcore.drawing import with_strokes
from mnistcore.insight.distortions import DISTORTIONS
from mnistcore.runs import RunStore
from tests.app.drawings import draw, one
from tests.app.pages import app_at, open_page
from tests.app.small_runs import analysed, easy_digits, trained_run
from ui.frame.page import PAGES
from ui.frame.words import probability_text
from ui.pictures.canvas import LOADED, SOURCE
from ui.pictures.digits import probability_bars
from ui.stress.curves import curve_data, curve_spec, spread, summary
from ui.stress.levels import level_words
from ui.stress.nonsense import sure_words

opened = partial(open_page, "stress")


@pytest.fixture
def dataset() -> Dataset:
    return easy_digits()


def words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def wanted(store: RunStore, dataset: Dataset, ids: list[str], distortion: str = "shift") -> dict[str, object]:
    runs = [{"id": run_id, "step": store.run(run_id).step} for run_id in ids]
    facts = {"dataset": store.run(ids[0]).dataset, "fingerprint": dataset.fingerprint, "count": 100, "seed": 0}
    return {"runs": runs, "distortion": distortion, **facts}


def test_without_runs_it_offers_to_train_one() -> None:
    page = opened()
    assert [button.label for button in page.button] == ["Train a first network"]


def test_nothing_is_measured_before_it_is_asked_for(store: RunStore, dataset: Dataset) -> None:
    run_id = trained_run(store, dataset)
    page = opened(run=run_id)
    assert "unchanged" in next(e.proto.body for e in page.get("html") if "digit-tiles" in e.proto.body)
    assert store.analysis("stress", wanted(store, dataset, [run_id])) is None
    press(page, "Measure on 100 images")
    queued = store.analysis("stress", wanted(store, dataset, [run_id]))
    assert queued is not None
    assert queued.status == "queued"
    assert "Cancel" in [button.label for button in page.button]


def test_no_other_data_set_takes_the_place_of_one_that_is_gone(store: RunStore, dataset: Dataset) -> None:
    run_id = trained_run(store, dataset)
    store.delete_dataset(store.run(run_id).dataset)
    for part in ("levels", "nonsense"):
        page = opened(run=run_id, part=part)
        assert "Choose a data set." in page.warning[0].value
        assert "digit-tiles" not in " ".join(element.proto.body for element in page.get("html"))
        assert not [button for button in page.button if button.label.startswith(("Measure", "Other noise"))]
    box = page.selectbox(key=f"evaluated-{run_id}")
    assert (box.label, box.value) == ("Test images of", None)
    box.set_value("generated").run()
    assert not page.exception
    assert not page.warning
    assert "New noise and digits" in [button.label for button in page.button]


def test_curves_and_table_of_two_runs(store: RunStore, dataset: Dataset) -> None:
    first = trained_run(store, dataset, name="plain")
    second = trained_run(store, dataset, name="other", seed=1)
    arguments = wanted(store, dataset, [first, second], "rotation")
    result = analysed(store, "stress", arguments)
    page = opened(runs=f"{first},{second}", distortion="rotation")
    table = page.dataframe[0].value
    assert list(table.columns) == ["Rotation", "plain", "other"]
    assert table["plain"].tolist() == pytest.approx([100 * share for share in result["accuracy"][first]])
    assert table["Rotation"].tolist()[3:5] == ["−15°", "unchanged"]
    assert "100 test images of easy digits" in words(page)
    assert "loses least" in words(page)


def test_a_run_without_weights_is_not_offered_and_none_is_no_choice(store: RunStore, dataset: Dataset) -> None:
    trained_run(store, dataset, name="trained")
    store.create_run(store.runs()[0].config, dataset="generated", fingerprint="f", name="waiting")
    page = opened()
    (chooser,) = page.multiselect
    assert len(chooser.options) == 1
    assert "trained" in chooser.options[0]
    chooser.set_value([]).run()
    assert not page.exception
    assert "Choose at least one run" in page.info[0].value


def smallest_arguments(store: RunStore, run_id: str, dataset: Dataset) -> dict:
    return {
        "image": image_text(dataset.test_images[0]),
        "runs": [{"id": run_id, "step": store.run(run_id).step}],
    }


def test_smallest_changes_that_a_worker_has_found_are_shown_and_really_flip(store: RunStore, dataset: Dataset) -> None:
    run_id = trained_run(store, dataset)
    page = opened(run=run_id, part="smallest")
    labels = [button.label for button in page.button]
    assert "Find the smallest changes" in labels
    assert "Open in Draw" not in labels
    press(page, "Find the smallest changes")
    asked = store.analysis("smallest_change", smallest_arguments(store, run_id, dataset))
    assert asked is not None
    press(page, "Cancel")
    analysed(store, "smallest_change", asked.arguments)
    page = opened(run=run_id, part="smallest")
    network = store.load_weights(run_id).network
    probabilities = network.predict(dataset.test_images[:1])[0]
    said = int(probabilities.argmax())
    assert f"It says **{said}**, {probability_text(float(probabilities[said]))} sure." in words(page)
    assert words(page).count(f"the answer from **{said}** to **") == 2
    assert [button.label for button in page.button].count("Open in Draw") == 2


def test_a_changed_digit_is_read_on_the_draw_page_as_it_is(store: RunStore, dataset: Dataset) -> None:
    run_id = trained_run(store, dataset)
    analysed(store, "smallest_change", smallest_arguments(store, run_id, dataset))
    app = app_at("stress", run=run_id, part="smallest").run()
    app.session_state[SOURCE] = "Picture"  # as chosen there last
    press(app, "Open in Draw")
    assert app.title[0].value == "Draw"
    name, loaded = app.session_state[LOADED].name, app.session_state[LOADED].image
    network = store.load_weights(run_id).network
    verdict = [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]
    assert verdict == [probability_bars(network.predict(loaded[None])[0]).strip()]
    assert "From the Stress lab" in words(app)
    draw(app.switch_page(PAGES["draw"].file), one(), over=name)  # AppTest itself would go back to the page before
    drawn = with_strokes(loaded, one())
    assert (drawn[6:22, 13:15] == 255).all()
    assert (drawn[:, :13] == loaded[:, :13]).all()
    verdict = [e.proto.body for e in app.get("html") if 'role="status"' in e.proto.body]
    assert verdict == [probability_bars(network.predict(drawn[None])[0]).strip()]
    draw(app, np.zeros_like(one()), cleared=name)
    assert LOADED not in app.session_state
    assert "From the Stress lab" not in words(app)


def test_what_is_no_digit_gets_a_claim_from_every_run(store: RunStore, dataset: Dataset) -> None:
    runs = [trained_run(store, dataset, name=name, seed=seed) for seed, name in enumerate(("a <b>", "c"))]
    page = opened(runs=",".join(runs), part="nonsense")
    table = next(e.proto.body for e in page.get("html") if 'class="nonsense"' in e.proto.body)
    assert "a &lt;b&gt;" in table
    blank = store.load_weights(runs[0]).network.predict(np.zeros((1, 28, 28), np.uint8))[0]
    first = table.split("<tbody>")[1].split("</tr>")[0]
    assert f"<b>{blank.argmax()}</b>" in first
    assert probability_text(float(blank.max())) in first.replace("&lt;", "<")
    press(page, "New noise and digits")


def test_names_at_the_curves_never_overlap() -> None:
    placed = spread(np.array([0.5, 0.99, 0.5, 1.0]))
    assert np.diff(np.sort(placed)).min() > 0.0599
    assert placed.max() <= 1
    assert placed[0] == 0.5
    assert np.diff(np.sort(spread(np.zeros(6)))).min() > 0.0599


def test_how_sure_each_network_is_is_said_in_a_sentence() -> None:
    sure, unsure = np.eye(10, dtype=np.float32)[:4], np.full((4, 10), 0.1, dtype=np.float32)
    assert sure_words({"net": sure}) == "**net** is at least 90 % sure about 4 of the 4 images."
    words = sure_words({"net": sure, "other": unsure})
    assert words == "**net** is at least 90 % sure about 4 of the 4 images, **other** about 0."


def test_curves_grow_while_they_are_measured() -> None:
    result = {"levels": [0.9, 1.0], "accuracy": {"r": [0.8, 0.9]}, "count": 10}
    data = curve_data({"net": "r"}, result)
    assert data["place"].isna().tolist() == [True, False]
    assert (data["low"] < data["accuracy"]).all()
    assert (data["high"] > data["accuracy"]).all()
    spec = curve_spec(DISTORTIONS["scale"], ["net"], dark=True)
    assert spec["layer"][2]["encoding"]["x"]["scale"]["domain"] == [0.4, 1.5]
    assert [len(layer["data"]["values"]) for layer in spec["layer"][:2]] == [
        1,
        1,
    ]  # one line and its words, not one a row
    assert summary(data, DISTORTIONS["scale"]) == (
        "**net** classifies 90.0 % of the original images correctly and 80.0 % of the changed ones on average."
    )


@pytest.mark.parametrize(
    ("name", "level", "said"), [("scale", 0.5, "× 0.5"), ("pen", -1.5, "−1.5 px"), ("contrast", 1, "unchanged")]
)
def test_levels_in_words(name: str, level: float, said: str) -> None:
    assert level_words(DISTORTIONS[name], level) == said
