"""The network that ships: what its archive holds, and how it comes into a store and stays out of it."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from tiny_digits import tiny_config

from mnistcore import pretrained
from mnistcore.cli import main
from mnistcore.data import Dataset
from mnistcore.pretrained import build, import_pretrained, pretrained_sheet
from mnistcore.runs import RunStore
from mnistcore.runs.archive import unpack_run
from mnistcore.runs.records import SHIPPED_ID
from mnistcore.training import RECIPES, Recipe, evaluate


def test_the_archive_is_small_and_what_its_sheet_says():
    data, sheet = pretrained.ARCHIVE.read_bytes(), pretrained_sheet()
    packed = unpack_run(data)
    assert len(data) == sheet["bytes"] <= 2_000_000
    assert sheet["recipe"] == packed.sheet.recipe
    assert sheet["settings"] == packed.config.differences() == RECIPES[sheet["recipe"]].config.differences()
    assert packed.sheet.metrics["test_accuracy"] == pytest.approx(sheet["test_accuracy"], abs=1e-6)
    assert packed.network is not None
    assert packed.network.parameter_count == sheet["parameters"]


def test_a_store_is_given_it_once_and_never_again():
    store = RunStore()
    assert import_pretrained(store) == SHIPPED_ID
    assert import_pretrained(store) is None
    (run,) = store.runs()
    assert (run.name, run.status, run.dataset) == (pretrained.NAME, "finished", "mnist-drawn")
    assert store.load_weights(SHIPPED_ID).network.parameter_count == run.parameter_count
    store.delete(SHIPPED_ID)
    store.purge_deleted()
    assert import_pretrained(store) is None
    assert store.runs() == []


def test_a_store_that_had_a_run_is_left_alone():
    store = RunStore()
    store.delete(store.import_run(pretrained.ARCHIVE.read_bytes()))
    assert import_pretrained(store) is None


def test_the_command_trains_packs_and_measures_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    from mnistcore.data import load_dataset

    recipe = Recipe("tiny", "Tiny", "", "", tiny_config())
    monkeypatch.setitem(RECIPES, "tiny", recipe)
    monkeypatch.setattr(build, "RECIPE", "tiny")
    monkeypatch.setattr(pretrained, "ARCHIVE", tmp_path / "network.zip")
    monkeypatch.setattr(pretrained, "SHEET", tmp_path / "network.json")
    monkeypatch.setattr("mnistcore.cli.reproduction.load_dataset", lambda name: load_dataset("generated-600"))
    assert main(["reproduce", "pretrained"]) == 0
    assert "Shipped with MNIST Explorer: recipe tiny" in capsys.readouterr().out
    dataset = load_dataset("generated-600")
    network = unpack_run(pretrained.ARCHIVE.read_bytes()).network
    measured = evaluate(network, dataset.test_images, dataset.test_labels).accuracy
    assert pretrained_sheet()["test_accuracy"] == pytest.approx(measured, abs=1e-6)
    assert np.array_equal(network.parameters, network.parameters.astype(np.float16).astype(np.float32))
    assert b"pickle" not in zipfile.ZipFile(pretrained.ARCHIVE).read("weights.npz")
    store = RunStore()
    history = store.history(import_pretrained(store))
    assert history["test_accuracy"].iloc[-1] == pytest.approx(measured)


@pytest.mark.mnist
def test_it_is_as_good_on_real_mnist_as_its_sheet_says(mnist: Dataset):
    packed, sheet = unpack_run(pretrained.ARCHIVE.read_bytes()), pretrained_sheet()
    count = 2000
    measured = evaluate(packed.network, mnist.test_images, mnist.test_labels, np.arange(count)).accuracy
    assert measured == pytest.approx(sheet["test_accuracy"], abs=0.02)
    assert packed.sheet.dataset == sheet["data"] == "mnist-drawn"  # whose test part is MNIST's
