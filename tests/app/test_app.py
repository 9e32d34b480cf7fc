"""Every page through the router, as a visitor comes to it: with no run at all, and with one."""

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.runs import RunStore
from mnistcore.training import RECIPES
from tests.app.pages import app_at
from tests.app.small_runs import trained_run
from ui.frame.page import PAGES, ROOT

pytestmark = pytest.mark.usefixtures("few_generated_digits")


def opened(address: str, **query: str) -> AppTest:
    return app_at(address, **query).run()


def heading(address: str) -> str:
    return "MNIST Explorer" if address == "home" else PAGES[address].title


@pytest.mark.parametrize("address", PAGES)
def test_each_page_without_a_run(address: str) -> None:
    app = opened(address)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == heading(address)


@pytest.mark.parametrize("address", PAGES)
def test_each_page_with_a_run(address: str, store: RunStore) -> None:
    run_id = trained_run(store)
    app = opened(address, run=run_id)
    assert not app.exception
    assert not app.error
    assert app.title[0].value == heading(address)
    # A picture that is served as a file is gone at the next rerun, and a slow browser asks for it in vain.
    pictures = [image.url for element in app.get("image") for image in element.proto.imgs]
    assert all(url.startswith("data:image/png;base64,") for url in pictures)


@pytest.mark.parametrize("address", ["weights", "confusions", "draw"])
def test_a_page_without_a_run_leads_to_the_first_one(address: str, store: RunStore) -> None:
    app = opened(address)
    next(button for button in app.button if button.label == "Train a first network").click().run()
    assert not app.exception
    (run,) = store.runs()
    assert run.recipe == "first-network"
    assert app.title[0].value == "Train"
    assert run.id in app.query_params["run"]


def test_pages_holds_one_file_a_page_and_each_begins_at_the_router() -> None:
    files = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "pages").rglob("*.py")}
    assert set(files) == {page.file for page in PAGES.values()}
    for path in files.values():
        assert path.read_text().endswith("\n\nif through_router():\n    show()\n")


def test_a_system_has_the_title_of_its_recipe() -> None:
    systems = [page for page in PAGES.values() if page.section == "Five systems"]
    assert {page.address: page.title for page in systems} == {
        page.address: RECIPES[page.address].title for page in systems
    }
