"""The Data page: browsing, the set on the whole, import, export, deletion, and a machine without MNIST."""

import io
import zipfile
from typing import Any
from unittest.mock import Mock, patch

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnistcore.data import Dataset, DownloadStatus, MnistDownload
from mnistcore.runs import RunStore
from tests.app.pages import open_page, page_at
from tests.app.small_runs import easy_digits
from tests.waiting import wait_for
from ui.frame import mnist_state, picture_zips
from ui.frame.dataset_choice import TITLES_SEEN, chosen_in
from ui.frame.picture_zips import Choice, PictureZip, find_zip, start_zip
from ui.pictures.overview import balance_chart, ink_chart

pytestmark = pytest.mark.usefixtures("few_generated_digits")


@pytest.fixture(autouse=True)
def without_zips() -> None:
    picture_zips._zips.clear()


@pytest.fixture
def page(store: RunStore) -> AppTest:
    """The page on a small imported data set, not yet run."""
    return page_at("data", dataset=store.add_dataset(easy_digits()))


def words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption))


def gallery(page: AppTest) -> str:
    return next(element.proto.body for element in page.get("html") if "image 0" in element.proto.body)


def labels_shown(page: AppTest) -> list[str]:
    bodies = [e.proto.body for e in page.get("html") if "<figcaption>" in e.proto.body]
    return [part.split(" · ")[0] for part in bodies[0].split("<figcaption>")[1:]]


def test_images_come_with_label_and_index(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert gallery(page).count("<img") == 60
    assert labels_shown(page)[:12] == list("012345678901")
    assert 'alt="Labelled 3, image 3"' in gallery(page)


def test_browsing_by_digit_and_page(page: AppTest) -> None:
    page.run()
    page.selectbox(key="browse_digit").set_value(7).run()
    assert labels_shown(page) == ["7"] * 30
    page.selectbox(key="browse_digit").set_value(None).run()
    page.text_input(key="browse_page_None_5").set_value("5").run()
    assert not page.exception
    assert any("#299" in element.proto.body for element in page.get("html"))
    next(button for button in page.button if button.label == "Previous page").click().run()
    assert not any("#299" in element.proto.body for element in page.get("html"))
    assert page.text_input(key="browse_page_None_5").value == "4"


def test_one_image_by_its_index(page: AppTest) -> None:
    page.run()
    page.text_input(key="browse_index_299").set_value("123").run()
    assert not page.exception
    inked = int(np.count_nonzero(easy_digits().train_images[123]))
    assert f"Labelled **3**: {inked} of its 784 pixels are inked." in words(page)
    assert page.dataframe[0].value.shape == (28, 28)


def test_the_test_part(page: AppTest) -> None:
    page.run()
    page.segmented_control(key="browse_part").set_value("test").run()
    assert not page.exception
    assert "browse_index_99" in [element.key for element in page.text_input]


def test_pixel_statistics_are_those_of_the_images(page: AppTest) -> None:
    page.run()
    images = easy_digits().train_images
    assert f"mean is **{images.mean():.1f}**" in words(page)
    assert f"standard deviation **{images.std():.1f}**" in words(page)


def test_charts_show_counts_and_shares() -> None:
    counts = balance_chart(np.arange(10) + 1).to_dict()
    assert [row["count"] for row in next(iter(counts["datasets"].values()))] == list(range(1, 11))
    histogram = np.zeros(256, np.int64)
    histogram[[0, 1, 15, 16, 255]] = [99, 1, 1, 2, 4]
    shares = [row["share"] for row in next(iter(ink_chart(histogram).to_dict()["datasets"].values()))]
    assert shares == [0.25, 0.25] + [0.0] * 14 + [0.5]


def test_deleting_an_imported_set(page: AppTest, store: RunStore) -> None:
    store.add_dataset(easy_digits(seed=1))
    page.run()
    other = next(stored.name for stored in store.datasets() if stored.name != page.query_params["dataset"][0])
    page.session_state["chosen_dataset"] = other
    page.button(key="delete_dataset").click().run()
    assert not page.exception
    assert [stored.name for stored in store.datasets()] == [other]


def asked(page: AppTest) -> str:
    """The data set in the address, which is a list only after the page has changed it."""
    found = page.query_params["dataset"]
    return found if isinstance(found, str) else found[0]


def choice(page: AppTest) -> Any:
    return page.selectbox(key="choose_dataset")


def test_an_unknown_data_set_in_the_address_gives_way_to_no_other(page: AppTest) -> None:
    page.query_params["dataset"] = "fashion"
    page.run()
    assert not page.exception
    assert page.warning[0].value == "There is no data set 'fashion'. Choose a data set."
    assert choice(page).value is None
    assert "Export" not in [element.value for element in page.subheader]
    choice(page).set_value("generated").run()
    assert not page.warning
    assert asked(page) == "generated"


def test_a_data_set_deleted_in_another_tab_is_named(page: AppTest, store: RunStore) -> None:
    page.run()
    store.delete_dataset(asked(page))
    page.button(key="delete_dataset").click().run()
    assert not page.exception
    assert page.warning[0].value == "The data set “easy digits” has been deleted. Choose a data set."
    assert not page.get("download_button")


def test_data_sets_of_the_same_name_can_be_told_apart(page: AppTest, store: RunStore) -> None:
    first, second = asked(page), store.add_dataset(easy_digits(seed=1))
    page.run()
    assert len(set(choice(page).options)) == 3
    for name in (second, first):
        choice(page).set_value(name).run()
        assert asked(page) == name


def test_a_choice_whose_title_has_changed_on_its_way_is_still_known() -> None:
    state = {TITLES_SEEN: {"import:1": "mine.csv"}, "box": "mine.csv"}
    with patch.object(st, "session_state", state):
        assert chosen_in("box") == "import:1"
        state["box"] = "import:1"
        assert chosen_in("box") == "import:1"


def prepare(page: AppTest) -> Any:
    return page.button(key="export_prepare")


def wait_for_zip(page: AppTest) -> str:
    """Run the page anew, as its fragment does, until the ZIP can be downloaded; the label of its button."""
    wait_for(lambda: page.run().get("download_button"))
    assert not page.exception
    return page.get("download_button")[0].proto.label


def test_export_counts_the_selection(page: AppTest) -> None:
    page.run()
    assert prepare(page).label == "Prepare 400 pictures"
    page.segmented_control(key="export_split").set_value("test").run()
    page.multiselect(key="export_digits").set_value([1, 2]).run()
    assert prepare(page).label == "Prepare 20 pictures"
    page.text_input(key="export_limit").set_value("1").run()
    assert prepare(page).label == "Prepare 1 picture"


@pytest.mark.parametrize("typed", ["0", "-1", "abc", "2.5"])
def test_a_number_of_pictures_that_is_none_is_refused(page: AppTest, typed: str) -> None:
    page.run()
    page.text_input(key="export_limit").set_value(typed).run()
    assert not page.exception
    assert "Number of pictures must be" in words(page)
    assert not [button for button in page.button if button.key == "export_prepare"]


def test_a_zip_is_prepared_once_for_all_sessions(page: AppTest) -> None:
    page.run()
    prepare(page).click().run()
    assert wait_for_zip(page).startswith("Download 400 pictures (0.")
    again = open_page("data", dataset=asked(page))
    assert len(again.get("download_button")) == 1


def test_while_a_zip_is_made_it_can_be_cancelled(page: AppTest) -> None:
    page.run()
    page.segmented_control(key="export_split").set_value("train").run()
    with picture_zips._turn:  # another one is else's is being written
        prepare(page).click().run()
        assert not page.exception
        assert not page.get("download_button")
        page.button(key="export_cancel").click().run()
    assert prepare(page).label == "Prepare 300 pictures"


def test_a_zip_that_cannot_be_made_says_why(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    page.run()
    with monkeypatch.context() as patched:
        patched.setattr(picture_zips, "zip_pictures", Mock(side_effect=MemoryError))
        prepare(page).click().run()
        wait_for(lambda: page.run().error)
    assert page.error[0].value == "There is not enough memory for a ZIP of 400 pictures: choose fewer."
    prepare(page).click().run()
    assert wait_for_zip(page).startswith("Download 400 pictures")


def made_zip(digits: Dataset, choice: Choice) -> PictureZip:
    start_zip(digits, choice, choice.limit or 0)
    made = find_zip(digits, choice)
    assert made is not None
    wait_for(lambda: not made.is_running)
    return made


def test_the_zip_holds_the_selection_and_few_are_kept() -> None:
    digits = easy_digits(seed=3)
    limit = picture_zips.KEPT + 3
    for few in range(1, limit + 1):
        made = made_zip(digits, Choice("test", (3,), few))
    assert (made.done, made.total) == (limit, limit)
    with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
        names = archive.namelist()
        table = archive.read("labels.csv").decode().splitlines()
    assert len([name for name in names if name.endswith(".png")]) == limit
    assert table[0] == "file,label,split,index"
    assert all(row.split(",")[1:3] == ["3", "test"] for row in table[1:])
    assert find_zip(digits, Choice("test", (3,), 1)) is None


class PretendedDownload:
    """A download in a given state; only what the page reads and does."""

    def __init__(self, state: str) -> None:
        self.status = DownloadStatus(state, 3 * 2**20, 11 * 2**20, f"It is {state}.")  # type: ignore[arg-type]
        self.started = 0

    def start(self) -> bool:
        self.started += 1
        return True


@pytest.mark.parametrize(
    ("state", "label"), [("idle", "Download MNIST (11 MB)"), ("failed", "Try again"), ("downloading", None)]
)
def test_where_mnist_stands(page: AppTest, monkeypatch: pytest.MonkeyPatch, state: str, label: str | None) -> None:
    download = PretendedDownload(state)
    monkeypatch.setattr(mnist_state, "mnist_download", lambda: download)
    page.run()
    assert not page.exception
    offered = [button for button in page.button if button.key == "mnist_download"]
    assert [button.label for button in offered] == ([label] if label else [])
    assert any("It is failed." in caption.value for caption in page.caption) == (state == "failed")
    assert not page.error
    if label:
        offered[0].click().run()
        assert download.started == 1


def test_the_pretended_download_has_what_the_real_one_has() -> None:
    assert hasattr(MnistDownload, "start")
    assert isinstance(MnistDownload.status, property)
