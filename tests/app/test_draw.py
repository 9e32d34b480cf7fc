"""The Draw page: empty, with a drawing put in as the browser would send it, with a picture, with several runs."""

import base64
import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mnistcore.data import Dataset
from mnistcore.drawing import DOT_HINT, EMPTY_HINT, NO_INK_HINT, prepare
from mnistcore.errors import DataError
from mnistcore.runs import RunStore
from mnistcore.runs.job import execute_run
from mnistcore.training.config import parse_config
from tests.app.drawings import BLOCK, STROKES, address, draw, one, png
from tests.app.fragments import counted_queries, run_fragment
from tests.app.pages import app_at, page_at
from tests.app.small_runs import easy_digits, trained_run
from ui.frame.page import PAGES
from ui.frame.words import probability_text
from ui.pictures.canvas import CELL, KEY, SIDE, decode_canvas
from ui.pictures.digits import probability_bars

ROOT = Path(__file__).parents[2]
opened = partial(page_at, "draw")


def verdicts(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if 'role="status"' in element.proto.body]


def words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def test_without_runs_it_offers_to_train_one() -> None:
    page = opened().run()
    assert not page.exception
    assert [button.label for button in page.button] == ["Train a first network"]


def test_an_empty_canvas_asks_for_a_digit_and_shows_none(store: RunStore) -> None:
    trained_run(store)
    page = opened().run()
    assert not page.exception
    assert EMPTY_HINT in words(page)
    assert verdicts(page) == []


def test_a_stroke_asks_the_store_nothing_about_runs_that_are_over(store: RunStore) -> None:
    page = draw(opened(run=trained_run(store)), one())
    with counted_queries() as queries:
        run_fragment(page)
    assert not page.exception
    assert len(verdicts(page)) == 1
    assert queries == []


def test_a_drawing_is_prepared_and_read(store: RunStore) -> None:
    run_id = trained_run(store)
    page = draw(opened(run=run_id), one())
    assert not page.exception
    expected = store.load_weights(run_id).network.predict(prepare(one()).image[None])[0]
    assert verdicts(page) == [probability_bars(expected).strip()]
    assert f'<span class="digit">{expected.argmax()}</span>' in verdicts(page)[0]
    steps = next(e.proto.body for e in page.get("html") if "Fitted" in e.proto.body)
    assert steps.count("<img") == 5
    assert "Download the 28 × 28 image" in [e.proto.label for e in page.get("download_button")]


def test_several_digits_are_read_one_by_one_from_left_to_right(store: RunStore) -> None:
    run_id = trained_run(store)
    two = one() | np.roll(one(), 8 * CELL, axis=1)
    page = draw(opened(run=run_id), two)
    assert not page.exception
    assert "There are 2 digits here" in words(page)
    answer = store.load_weights(run_id).network.predict(prepare(one()).image[None])[0].argmax()
    assert f'<span class="digit">{answer}{answer}</span>' in verdicts(page)[0]
    shown = "".join(element.proto.body for element in page.get("html"))
    assert "digit 2 from the left, read as" in shown
    assert shown.count('alt="Fitted') == 2
    assert "Download the 28 × 28 images, side by side" in [e.proto.label for e in page.get("download_button")]


def test_what_is_left_out_of_a_picture_is_said(store: RunStore) -> None:
    trained_run(store)
    framed = one()
    framed[6:-6, 6:-6] |= np.pad(np.zeros((SIDE - 18, SIDE - 18), np.uint8), 3, constant_values=200)
    page = opened().run()
    page.segmented_control[0].set_value("Picture").run()
    page.file_uploader[0].set_value(("one.png", png(255 - framed), "image/png")).run()
    assert not page.exception
    assert "Left out a frame." in words(page)


def test_a_dot_is_no_digit(store: RunStore) -> None:
    trained_run(store)
    dot = np.zeros((SIDE, SIDE), np.uint8)
    dot[150:180, 150:180] = 255
    page = draw(opened(), dot)
    assert DOT_HINT in words(page)
    assert verdicts(page) == []


def test_several_runs_read_the_same_drawing(store: RunStore) -> None:
    dataset = easy_digits()
    runs = [trained_run(store, dataset, name=f"run {i}", seed=i) for i in range(3)]
    page = draw(opened(run=runs[0], **{"with": ",".join(runs[1:])}), one())
    assert not page.exception
    assert len(verdicts(page)) == 3
    page.multiselect[0].set_value([]).run()
    assert len(verdicts(page)) == 1
    assert "with" not in page.query_params


def test_unknown_runs_in_the_address_do_no_harm(store: RunStore) -> None:
    trained_run(store)
    page = draw(opened(**{"with": "nonsense,<b>"}), one())
    assert not page.exception
    assert len(verdicts(page)) == 1


def test_it_says_what_a_network_was_trained_on(store: RunStore) -> None:
    trained_run(store)
    page = draw(opened(), one())
    assert "Trained on easy digits, not on MNIST" in words(page)


def test_a_run_without_weights_says_so(store: RunStore) -> None:
    store.create_run(parse_config({"layers": []}), dataset="generated", fingerprint="f", name="waiting")
    page = draw(opened(), one())
    assert not page.exception
    assert "waiting has no weights yet" in words(page)


def test_a_run_that_diverged_says_so(store: RunStore) -> None:
    run_id = trained_run(store, learning_rate=100.0, loss="linear_squared_error", optimizer="sgd")
    assert store.run(run_id).status == "diverged"
    page = draw(opened(run=run_id), one())
    assert not page.exception
    assert "It diverged during training" in words(page)


def test_a_picture_instead(store: RunStore) -> None:
    trained_run(store)
    page = opened().run()
    page.segmented_control[0].set_value("Picture").run()
    assert "Choose a picture of a digit, or of several in a row." in words(page)
    page.file_uploader[0].set_value(("one.png", png(255 - one()), "image/png")).run()
    assert not page.exception
    assert "Dark ink on light paper: inverted." in words(page)
    assert len(verdicts(page)) == 1


def test_the_picture_is_there_again_after_another_page_until_another_is_chosen(store: RunStore) -> None:
    run_id = trained_run(store)
    app = app_at("draw", run=run_id).run()
    app.segmented_control[0].set_value("Picture").run()
    app.file_uploader[0].set_value(("one.png", png(255 - one()), "image/png")).run()
    before = verdicts(app)
    assert len(before) == 1
    app.switch_page(PAGES["runs"].file).run()
    app.switch_page(PAGES["draw"].file).run()
    assert app.segmented_control[0].value == "Picture"
    assert verdicts(app) == before
    app.file_uploader[0].set_value(("nothing.png", png(np.full_like(one(), 255)), "image/png")).run()
    assert verdicts(app) == []


@pytest.mark.parametrize("level", [0, 255])
def test_nothing_is_said_about_the_ink_of_an_empty_picture(store: RunStore, level: int) -> None:
    trained_run(store)
    page = opened().run()
    page.segmented_control[0].set_value("Picture").run()
    page.file_uploader[0].set_value(("empty.png", png(np.full((60, 60), level, np.uint8)), "image/png")).run()
    assert NO_INK_HINT in words(page)
    assert " ink " not in words(page)


def test_the_picture_is_shown_as_it_is_read(store: RunStore) -> None:
    """Held sideways, the photo of a 1 has it lying; EXIF data says so, and the picture shown is upright and small."""
    trained_run(store)
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.fromarray(255 - one()).resize((1200, 900)).transpose(Image.Transpose.ROTATE_90)
    target = io.BytesIO()
    lying.save(target, "JPEG", exif=exif)
    page = opened().run()
    page.segmented_control[0].set_value("Picture").run()
    page.file_uploader[0].set_value(("one.jpg", target.getvalue(), "image/jpeg")).run()
    assert not page.exception
    shown = Image.open(io.BytesIO(base64.b64decode(page.get("image")[0].proto.imgs[0].url.split(",", 1)[1])))
    assert shown.size == (480, 360)
    ink = np.asarray(shown) < 128
    assert np.ptp(np.flatnonzero(ink.any(axis=1))) > 2 * np.ptp(np.flatnonzero(ink.any(axis=0)))


def test_a_drawing_is_there_again_when_the_visitor_comes_back(store: RunStore) -> None:
    page = draw(opened(run=trained_run(store)), one())
    before = verdicts(page)
    del page.session_state[KEY]  # as Streamlit forgets a canvas that is on the page no more
    page.run()
    assert verdicts(page) == before
    assert json.loads(page.get("bidi_component")[0].proto.json)["strokes"] == STROKES


def test_what_is_no_picture_is_refused_in_words(store: RunStore) -> None:
    trained_run(store)
    page = opened().run()
    page.segmented_control[0].set_value("Picture").run()
    page.file_uploader[0].set_value(("one.png", b"not a picture", "image/png")).run()
    assert not page.exception
    assert "the picture is not a PNG, JPEG or WebP picture" in page.error[0].value


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "data:image/png;base64,?",
        *(address(png) for png in (b"", b"junk", png(np.zeros((4, 2000), np.uint8)), png(one())[:200])),
    ],
)
def test_what_a_browser_should_not_send_is_refused(sent: str) -> None:
    with pytest.raises(DataError, match="clear it and draw again"):
        decode_canvas(sent)


def test_probabilities_are_never_rounded_to_certainty() -> None:
    assert probability_text(0.99999) == "> 99.9 %"
    assert probability_text(0.00001) == "< 0.1 %"
    assert probability_text(0.5) == "50.0 %"
    assert probability_text(0.0) == "0.0 %"


@pytest.mark.mnist
def test_a_real_digit_drawn_large_is_recognised(store: RunStore, mnist: Dataset) -> None:
    config = parse_config({"layers": [], "epochs": 1, "train_size": 5000, "learning_rate": 0.005})
    run_id = store.create_run(config, dataset="mnist", fingerprint=mnist.fingerprint)
    execute_run(store.url, run_id)
    network = store.load_weights(run_id).network
    certain = network.predict(mnist.test_images[:200]).max(axis=1).argmax()
    drawn = np.kron(mnist.test_images[certain], BLOCK)
    page = draw(opened(run=run_id), drawn)
    assert f'<span class="digit">{mnist.test_labels[certain]}</span>' in verdicts(page)[0]
    assert "Trained on" not in words(page)
