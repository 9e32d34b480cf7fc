"""The network that ships: what its archive holds, and how it comes into a store and stays out of it."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from digit_files import zip_bytes
from tiny_digits import tiny_config

from mnistcore import pretrained
from mnistcore.cli import main
from mnistcore.data import Dataset, load_dataset
from mnistcore.errors import RunError
from mnistcore.pretrained import build, import_pretrained, pretrained_sheet
from mnistcore.runs import RunStore
from mnistcore.runs.archive import unpack_run
from mnistcore.runs.records import FILM_IDS, SHIPPED_ID
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
    run, *films = store.runs()
    assert (run.id, run.name, run.status, run.dataset) == (SHIPPED_ID, pretrained.NAME, "finished", "mnist-drawn")
    assert {film.id for film in films} == set(FILM_IDS)
    assert store.load_weights(SHIPPED_ID).network.parameter_count == run.parameter_count
    for shipped in (run, *films):
        store.delete(shipped.id)
    store.purge_deleted()
    assert import_pretrained(store) is None
    assert store.runs() == []


def test_two_networks_ship_with_their_whole_training():
    store = RunStore()
    import_pretrained(store)
    kinds = set()
    for path, film_id in zip(pretrained.FILMS, FILM_IDS, strict=True):
        sheet = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        run, steps = store.run(film_id), store.snapshot_steps(film_id)
        assert path.stat().st_size == sheet["bytes"] <= 2_000_000
        assert len(steps) == sheet["snapshots"] > 30
        assert (steps[0], steps[-1]) == (0, run.step)
        assert run.test_accuracy == pytest.approx(sheet["test_accuracy"], abs=1e-6)
        history = store.history(film_id).set_index("step")["validation_accuracy"].dropna()
        assert len(history) > 10
        images = load_dataset("generated-600")
        first, last = (store.load_weights(film_id, step).network for step in (steps[0], steps[-1]))
        accuracy = [evaluate(one, images.test_images, images.test_labels).accuracy for one in (first, last)]
        assert accuracy[0] < 0.3 < 0.6 < accuracy[1]
        kinds.add(run.config.layers[0].kind)
    assert kinds == {"dense", "conv2d"}


def npz(save: Callable[..., None], **arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


def test_snapshots_in_an_archive_are_checked():
    with zipfile.ZipFile(pretrained.FILMS[1]) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    with np.load(io.BytesIO(members["snapshots.npz"])) as stored:
        steps, parameters = stored["steps"], stored["parameters"]
    broken = parameters.copy()
    broken[3, 5] = np.nan
    odd = [
        (npz(np.savez, steps=steps[::-1], parameters=parameters), "steps or numbers that cannot be"),
        (npz(np.savez, steps=steps - 1, parameters=parameters), "steps or numbers that cannot be"),
        (npz(np.savez, steps=steps, parameters=broken), "steps or numbers that cannot be"),
        (npz(np.savez, steps=steps, parameters=parameters[:, 1:]), "belongs to another network"),
        (npz(np.savez, steps=steps[1:], parameters=parameters), "belongs to another network"),
        (npz(np.savez, steps=steps[0], parameters=parameters), "belongs to another network"),
        (npz(np.savez, steps=steps, parameters=parameters.astype(np.float64)), "belongs to another network"),
        (npz(np.savez, steps=steps, parameters=np.array([{}] * len(steps))), "holds no snapshots"),
        (npz(np.savez, steps=steps), "holds no snapshots"),
        (npz(np.savez_compressed, steps=steps, parameters=np.zeros((40, 1_000_000), np.float16)), "unpacks to 80,0"),
        (members["snapshots.npz"][:-100], "holds no snapshots"),
        (b"no archive at all", "holds no snapshots"),
        (zip_bytes({"steps": b"1", "parameters": b"2"}), "belongs to another network"),
    ]
    for wrong, words in odd:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            for name, data in members.items():
                packed.writestr(name, wrong if name == "snapshots.npz" else data)
        with pytest.raises(RunError, match=words):
            unpack_run(archive.getvalue())


def test_a_store_that_had_a_run_is_left_alone():
    store = RunStore()
    store.delete(store.import_run(pretrained.ARCHIVE.read_bytes()))
    assert import_pretrained(store) is None


def test_the_command_trains_packs_and_measures_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
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


def test_the_command_films_small_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(pretrained, "FILMS", (tmp_path / "film.zip",))
    monkeypatch.setattr(build, "FILMED", (("Tiny film", tiny_config().model_dump()),))
    monkeypatch.setattr("mnistcore.cli.reproduction.load_dataset", lambda name: load_dataset("generated-600"))
    assert main(["reproduce", "films"]) == 0
    assert "Tiny film: 1" in capsys.readouterr().out
    packed = unpack_run((tmp_path / "film.zip").read_bytes())
    assert len(packed.snapshots) == json.loads((tmp_path / "film.json").read_text())["snapshots"] > 10
    assert packed.sheet.recipe is None


@pytest.mark.mnist
def test_it_is_as_good_on_real_mnist_as_its_sheet_says(mnist: Dataset):
    packed, sheet = unpack_run(pretrained.ARCHIVE.read_bytes()), pretrained_sheet()
    count = 2000
    measured = evaluate(packed.network, mnist.test_images, mnist.test_labels, np.arange(count)).accuracy
    assert measured == pytest.approx(sheet["test_accuracy"], abs=0.02)
    assert packed.sheet.dataset == sheet["data"] == "mnist-drawn"  # whose test part is MNIST's
