"""Every download of the product is clicked, and its file opened: AppTest never calls what a download button calls."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from dashboard import Server, canvas_of, draw, scrolls_sideways, wait_until_still
from PIL import Image
from playwright.sync_api import Page, expect
from safetensors.numpy import load_file
from strokes import THREE

from mnistcore.data import Dataset, load_dataset
from mnistcore.data.imports.pictures import decode_picture
from mnistcore.experiments import advance, create_experiment, parse_experiment, parse_variation
from mnistcore.runs import RunStore, execute_run
from mnistcore.training import parse_config, recipe
from tests.core.digit_files import PIXEL_NAMES, csv_bytes
from ui.frame.selection import config_address

pytestmark = pytest.mark.browser

FEW = 12


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset("mnist")


def downloaded(page: Page, press: Callable[[], None], folder: Path) -> Path:
    """The file that the browser saves when `press` is called, under the name that it gives it."""
    with page.expect_download() as started:
        press()
    target = folder / started.value.suggested_filename
    started.value.save_as(target)
    return target


def assert_holds_pictures(path: Path, dataset: Dataset, count: int) -> None:
    """The table names every picture of the ZIP, and the pictures and digits are the data set's."""
    with zipfile.ZipFile(path) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode())))
        assert len(rows) == count
        assert {row["file"] for row in rows} | {"labels.csv"} == set(archive.namelist())
        for row in rows:
            images, labels = dataset.part(row["split"])
            position = int(row["index"])
            assert int(row["label"]) == labels[position]
            picture = decode_picture(archive.read(row["file"]), row["file"])
            np.testing.assert_array_equal(picture, images[position])


@pytest.mark.parametrize(("address", "more"), [("data", 7), ("stepped-mlp?view=pictures", 8)])
def test_pictures(server: Server, open_page, mnist: Dataset, tmp_path: Path, address: str, more: int) -> None:
    """From both pages; not as many from each, so that neither finds what the other has had made."""
    page = open_page(f"{server.url}/{address}")
    expect(page.get_by_role("button", name="Prepare 70,000 pictures")).to_be_visible()
    page.get_by_label("Number of pictures").fill(str(FEW + more))
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Prepare {FEW + more} pictures").click()
    button = page.get_by_role("button", name=re.compile(rf"Download {FEW + more} pictures \(0\.0 MB\)"))
    assert_holds_pictures(downloaded(page, button.click, tmp_path), mnist, FEW + more)


def test_a_run_comes_back_from_its_download(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/runs")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.locator("canvas").first).to_be_visible()
    wait_until_still(page)
    table.click(position={"x": 18, "y": 52})  # the tick of the first run, drawn on a canvas
    button = page.get_by_test_id("stDownloadButton").get_by_role("button", name="Download")
    path = downloaded(page, button.click, tmp_path)
    run_id = path.stem[-12:]
    store = RunStore(server.store_url)
    with zipfile.ZipFile(path) as archive:
        assert {"config.json", "metrics.csv", "weights.npz"} <= set(archive.namelist())
    copy = RunStore(f"sqlite:///{tmp_path / 'elsewhere.db'}")
    imported = copy.import_run(path.read_bytes())
    assert copy.run(imported).config == store.run(run_id).config
    images = load_dataset("mnist").test_images[:50]
    (found, step), (kept, kept_step) = copy.load_weights(imported), store.load_weights(run_id)
    assert step == kept_step
    np.testing.assert_array_equal(found.predict(images), kept.predict(images))


def test_a_network_is_taken_home(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    """After a training: the menu opens, a form is chosen, and the file is the network's."""
    page = open_page(f"{server.url}/train?run={trained_run}")
    page.get_by_role("button", name="Take it home").click()
    page.get_by_role("combobox", name="As").click()
    page.get_by_role("option", name="Weights (safetensors)").click()
    button = page.get_by_role("button", name=re.compile(r"Download \(.* (KB|MB)\)"))
    expect(page.get_by_text("--as safetensors")).to_be_visible()
    path = downloaded(page, button.click, tmp_path)
    assert path.name.endswith(f"{trained_run}.safetensors")
    network = RunStore(server.store_url).load_network(trained_run)
    np.testing.assert_array_equal(load_file(path)["output.W"], network.layers[-1].W)
    assert not scrolls_sideways(page)


def test_the_table_of_runs(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/runs")
    button = page.get_by_role("button", name="Export as CSV")
    table = list(csv.DictReader(io.StringIO(downloaded(page, button.click, tmp_path).read_text())))
    runs = {run.id: run for run in RunStore(server.store_url).runs()}
    assert {row["run"] for row in table} == set(runs)
    (row,) = (row for row in table if row["run"] == trained_run)
    assert float(row["test_accuracy"]) == pytest.approx(runs[trained_run].test_accuracy)


def test_a_recipe_of_ones_own(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    """The settings in Train's builder, as the command line takes them."""
    page = open_page(f"{server.url}/train?config={quote(config_address(recipe('lenet').config, 'mnist'))}")
    opener = page.get_by_role("button", name="Keep as a recipe")
    opener.click()
    button = page.get_by_role("button", name="Export as JSON")
    button.wait_for()
    wait_until_still(page)  # until then the builder grows, and takes what is below it out of sight
    opener.scroll_into_view_if_needed()
    path = downloaded(page, button.click, tmp_path)
    assert parse_config(json.loads(path.read_text())) == recipe("lenet").config


def test_the_drawn_digit(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/draw?run={trained_run}")
    draw(page, canvas_of(page), THREE)
    button = page.get_by_role("button", name="Download the 28 × 28 image")
    with Image.open(downloaded(page, button.click, tmp_path)) as picture:
        assert picture.size == (28, 28)
        assert 20 < np.count_nonzero(np.asarray(picture.convert("L"))) < 400


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


def test_answers_for_images_without_labels(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    """A file without labels is chosen on the Data page, classified, and its answers come as a competition asks."""
    images = load_dataset("mnist").test_images[:30]
    (tmp_path / "test.csv").write_bytes(csv_bytes(PIXEL_NAMES, labels=None, images=images))
    page = open_page(f"{server.url}/data?run={trained_run}")
    page.locator("input[type=file]").set_input_files(tmp_path / "test.csv")
    page.get_by_role("button", name="Classify 30 images").click()
    button = page.get_by_role("button", name="Download 30 answers (CSV)")
    rows = rows_of(downloaded(page, button.click, tmp_path))
    answers = RunStore(server.store_url).load_weights(trained_run).network.predict(images).argmax(axis=1)
    assert rows == [["ImageId", "Label"], *([str(i + 1), str(digit)] for i, digit in enumerate(answers))]


def test_answers_of_confusions(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    page = open_page(f"{server.url}/confusions?run={trained_run}")
    button = page.get_by_role("button", name="Download the answers (CSV)")
    rows = rows_of(downloaded(page, button.click, tmp_path))
    assert rows[0] == ["ImageId", "Label"]
    assert len(rows) > 1000
    assert all(label in "0123456789" for _, label in rows[1:])


def test_reports_open_offline(server: Server, trained_run: str, open_page, tmp_path: Path) -> None:
    """Of an experiment by its button, of a run from its menu; as files they ask for nothing and fit on a phone."""
    base = parse_config({"layers": [], "epochs": 1, "train_size": 1000, "validation_size": 500})
    plan = {"base": base, "dataset": "mnist", "vary": {"batch_size": parse_variation("50,100")}, "sampler": "grid"}
    store = RunStore(server.store_url)
    experiment_id = create_experiment(store, parse_experiment(plan))
    while queued := advance(store, 2):
        for run_id, owner in queued:
            execute_run(store.url, run_id, owner)
    page = open_page(f"{server.url}/experiments?experiment={experiment_id}")
    paths = [downloaded(page, page.get_by_role("button", name="Report", exact=True).click, tmp_path)]
    page = open_page(f"{server.url}/train?run={trained_run}")
    page.get_by_role("button", name="Take it home").click()
    page.get_by_role("combobox", name="As").click()
    page.get_by_role("option", name="Report").click()
    expect(page.get_by_text("--as report")).to_be_visible()
    paths.append(downloaded(page, page.get_by_role("button", name=re.compile(r"Download \(")).click, tmp_path))
    for path in paths:
        report, asked = open_page(path.as_uri(), width=390), []
        report.on("request", lambda request, asked=asked: asked.append(request.url))
        report.reload()
        assert asked == [path.as_uri()]
        expect(report.get_by_role("heading", name="Confusions")).to_be_visible()
        assert report.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
        assert report.evaluate("document.documentElement.scrollWidth <= innerWidth")
