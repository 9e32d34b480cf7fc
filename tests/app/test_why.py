"""The page Why: its account adds up for every kind of network, what it looks at is in the address, links lead to it."""

import base64
import re
from functools import partial
from hashlib import sha256
from urllib.parse import parse_qs

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.drawings import draw, one
from tests.app.pages import app_at, button, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.pictures.canvas import LOADED
from ui.runs.why_link import parse_pixels, pixels_text
from ui.why.paper import KEY as PAPER
from ui.why.paper import parse_paper

opened = partial(open_page, "why")
CONVOLUTION = [
    {"kind": "conv2d", "filters": 4},
    {"kind": "max_pool2d", "kernel": 4, "stride": 4},
    {"kind": "conv2d", "filters": 3, "kernel": 3},
    {"kind": "flatten"},
    {"units": 6},
]
NETWORKS = {"linear": [], "dense": [{"units": 12}], "convolution": CONVOLUTION}


def accounts(page: AppTest) -> list[dict[str, float]]:
    """The numbers of each account on the page, by the words before them."""
    found = []
    for table in re.findall(r'<table class="account">(.*?)</table>', html(page)):
        rows = re.findall(r'<th scope="row">(.*?)</th><td>([^,<]*)', table)
        found.append({words: float(re.sub("less than .*", "0", value).replace("−", "-")) for words, value in rows})
    return found


def adds_up(account: dict[str, float]) -> bool:
    values = list(account.values())
    *parts, total, difference, remainder = values
    return abs(sum(parts) - total) < 0.0021 and abs(total + remainder - difference) < 0.02


def asked(page: AppTest) -> dict[str, str]:
    """The address's query parameters."""
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}


def answer_of(store: RunStore, run_id: str, image: np.ndarray, step: int | None = None) -> list[int]:
    """The digits by their scores, the answer first."""
    logits = store.load_weights(run_id, step).network.logits(image[None])[0]
    return [int(digit) for digit in np.argsort(-logits, kind="stable")]


def test_without_runs_it_offers_to_train_one() -> None:
    assert [found.label for found in opened().button] == ["Train a first network"]


def test_a_run_without_weights_says_so(store: RunStore) -> None:
    config = parse_config({"layers": []})
    assert "No weights to look at yet" in texts(opened(run=store.create_run(config, dataset="generated")))


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_view_of_every_kind_of_network(store: RunStore, kind: str) -> None:
    run_id = trained_run(store, layers=NETWORKS[kind], epochs=1)
    page = opened(run=run_id, image="3")
    ranked = answer_of(store, run_id, easy_digits().test_images[3])
    assert f"reads test image 3, labelled 3, as **{ranked[0]}**" in texts(page)
    assert f"Why not as {ranked[1]}?" in texts(page)
    assert ("Exact: a pixel's" in texts(page)) == (kind == "linear")
    views = page.segmented_control(key="choose_view").options
    assert ("Units" in views) == (kind != "linear")
    seen = {}
    for view in ("units", "covered", "strokes", "neighbours", "pixels"):
        if view == "units" and kind == "linear":
            continue
        page.segmented_control(key="choose_view").set_value(view).run()
        assert not page.exception
        assert asked(page).get("view", page.segmented_control(key="choose_view").value) == view
        assert all(adds_up(account) for account in accounts(page))
        seen[view] = texts(page)
    assert f"The score of {ranked[0]} exceeds that of {ranked[1]} by" in seen["covered"]
    assert "turns the answer from" in seen["strokes"] or "No stroke of up to" in seen["strokes"]
    assert "Searched: 200 training images." in seen["neighbours"]  # of 300, 100 are held back
    table = page.dataframe[0].value
    assert len(table) == np.count_nonzero(easy_digits().test_images[3])
    positive = next(value for words, value in accounts(page)[0].items() if words.endswith(f"for the {ranked[0]}"))
    assert table["adds"][table["adds"] > 0].sum() == pytest.approx(positive, abs=0.01)


def test_every_hidden_layer_has_an_account_of_the_same_difference(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=CONVOLUTION, epochs=1), view="units")
    layers = page.segmented_control(key="choose_layer")
    assert [name.split(" · ")[0] for name in layers.options] == ["5", "3", "1"]
    for layer in ("1", "3", "5"):
        page.segmented_control(key="choose_layer").set_value(layer).run()
        assert not page.exception
        pixels, units = accounts(page)
        assert adds_up(units)
        last = [list(account.values())[-2] for account in (pixels, units)]
        assert last[0] == last[1]
        assert any(words.endswith(("filters for the 0", "filter for the 0")) for words in units) == (layer != "5")


def test_all_that_it_looks_at_is_in_the_address(store: RunStore) -> None:
    run_id, images = trained_run(store, epochs=3), easy_digits().train_images
    step = store.snapshot_steps(run_id)[1]
    ranked = answer_of(store, run_id, images[7], step)
    page = opened(run=run_id, step=str(step), digit="train", image="7", against=str(ranked[4]), view="strokes")
    assert f"training image 7, labelled 7, as **{ranked[0]}**" in texts(page)
    assert f"Why not as {ranked[4]}?" in texts(page)
    assert f"weights after step {step:,}" in texts(page)
    button(page, "Next image").click().run()
    assert asked(page)["image"] == "8"
    ranked = answer_of(store, run_id, images[8], step)
    next(box for box in page.selectbox if box.label == "Rival").set_value(ranked[3]).run()
    assert asked(page)["against"] == str(ranked[3])
    page.select_slider[0].set_value(0).run()
    assert asked(page)["step"] == "0"
    again = opened(**asked(page))
    assert accounts(again) == accounts(page)
    page.query_params["image"] = "2"  # as another link in the same session has it
    assert "training image 2," in texts(page.run())


def test_what_is_not_there_is_named(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id, image="100", against="x")
    said = [warning.value for warning in page.warning]
    assert any("There is no test image 100: they go from 0 to 99." in words for words in said)
    assert accounts(page)
    page = opened(run=run_id, digit="given", pixels="nonsense")
    assert "The image in the address is not complete" in page.error[0].value


def test_a_drawing_is_explained_and_a_blank_canvas_waits(store: RunStore) -> None:
    page = opened(run=trained_run(store, layers=[{"units": 8}]), digit="draw")
    assert not accounts(page)
    draw(page, one())
    assert "reads the drawing as" in texts(page)
    assert adds_up(accounts(page)[0])


def test_a_flip_that_is_shown_is_one_and_opens_in_draw(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 8}], epochs=1, learning_rate=0.0005)
    app = app_at("why", run=run_id, view="strokes").run()
    words = re.findall(r"(Erasing|Drawing) along .*? turns the answer from \*\*(\d)\*\* to \*\*(\d)\*\*", texts(app))
    assert words
    button(app, "Open in Draw").click().run()
    assert app.title[0].value == "Draw"
    assert answer_of(store, run_id, app.session_state[LOADED].image)[0] == int(words[0][2]) != int(words[0][1])


def test_a_diverged_run_and_a_lost_data_set(store: RunStore) -> None:
    run_id = trained_run(store, learning_rate=100, optimizer="sgd", loss="linear_squared_error")
    assert store.run(run_id).status == "diverged"
    page = opened(run=run_id)
    assert "diverged" in page.warning[0].value
    assert accounts(page) or "too large for a number: choose weights of an earlier step" in page.error[0].value
    store.delete_dataset(store.run(run_id).dataset)
    page = opened(run=run_id)
    assert "Only drawn digits" in page.info[0].value


@pytest.mark.parametrize("address", ["confusions", "trace", "weights", "draw"])
def test_pages_with_a_single_image_lead_to_it(store: RunStore, address: str) -> None:
    run_id, images = trained_run(store), easy_digits().test_images
    query = {"weights": {"view": "digit"}}.get(address, {})
    app = app_at(address, run=run_id, **query).run()
    if address == "draw":
        draw(app, one())
    links = [link.proto for link in app.get("page_link") if link.proto.label.startswith("Why?"[:3])]
    links = [parse_qs(link.query_string) for link in links if link.query_string]
    assert links
    assert links[0]["run"] == [run_id]
    image = parse_pixels(links[0]["pixels"][0])
    if address in ("trace", "weights"):
        np.testing.assert_array_equal(image, images[0])
    page = opened(**{name: value[0] for name, value in links[0].items()})
    assert f"reads the image from the link as **{answer_of(store, run_id, image)[0]}**" in texts(page)
    assert adds_up(accounts(page)[0])


def test_an_image_in_an_address_comes_back_or_is_refused() -> None:
    rng = np.random.default_rng(0)
    for image in (np.zeros((28, 28), np.uint8), rng.integers(0, 256, (28, 28)).astype(np.uint8)):
        np.testing.assert_array_equal(parse_pixels(pixels_text(image)), image)
        assert re.fullmatch(r"[\w-]{10,1100}", pixels_text(image))
    for text in ("", "a", "ü", "!!!!", pixels_text(image)[:-9], "A" * 5000, pixels_text(np.zeros((28, 29), np.uint8))):
        with pytest.raises(DataError, match="not complete: copy the whole address"):
            parse_pixels(text)


def paper_text(image: np.ndarray) -> str:
    return base64.b64encode(image.tobytes()).decode()


def test_a_digit_changed_by_hand_is_read_as_it_is_now(store: RunStore) -> None:
    run_id = trained_run(store, layers=[{"units": 12}])
    page = opened(run=run_id, digit="test", image="3", view="hand")
    images = store.open_dataset(store.run(run_id).dataset).test_images
    assert "Erase a part of the digit, or draw on it" in texts(page)
    image = images[3]
    other = next(one for one in images if answer_of(store, run_id, one)[0] != answer_of(store, run_id, image)[0])
    name = sha256(image.tobytes()).hexdigest()[:16]
    page.session_state[PAPER] = {"edit": {"name": name, "pixels": paper_text(other)}}
    said = texts(page.run())
    before, now = answer_of(store, run_id, image)[0], answer_of(store, run_id, other)[0]
    assert f"With {(image != other).sum()} pixels changed, the lead of {before} over" in said
    assert f"Its mind has changed: it reads **{now}**, " in said
    page.session_state[PAPER] = {"edit": {"name": "of another image", "pixels": paper_text(other)}}
    assert "Erase a part of the digit, or draw on it" in texts(page.run())
    page.session_state[PAPER] = {"edit": {"name": name, "pixels": "no digit"}}
    assert "The paper sent something that is not a digit" in page.run().error[0].value


@pytest.mark.parametrize("sent", [None, 7, "", "AAAA", "%%%", "A" * 100_000])
def test_what_is_no_paper_is_refused(sent: object) -> None:
    with pytest.raises(DataError, match="not a digit"):
        parse_paper(sent)
