"""`export`: the file it writes, and the one line with which it refuses."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from mnistcore.cli import main
from mnistcore.exports.formats import FORMATS
from mnistcore.pretrained import import_pretrained
from mnistcore.runs import RunStore
from mnistcore.runs.records import FILM_IDS, SHIPPED_ID
from mnistcore.take_home import FORMS, facts_of

DENSE = FILM_IDS[0]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the test's own to write into."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr with which the command ends, exit code 2."""
    assert main(["export", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


def test_the_shipped_network_is_written_under_its_name(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", SHIPPED_ID[:8], "--as", "safetensors"]) == 2  # the beginning of three ids
    assert main(["export", SHIPPED_ID, "--as", "safetensors"]) == 0
    (path,) = elsewhere.iterdir()
    assert path.name == f"shipped-with-mnist-explorer-{SHIPPED_ID}.safetensors"
    assert f"is in {path.name} ({path.stat().st_size:,} bytes)" in capsys.readouterr().out
    network = RunStore().load_network(SHIPPED_ID)
    assert sum(array.size for array in load_file(path).values()) == network.parameter_count


def test_json_says_where_it_is_and_of_which_step(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (elsewhere / "here").mkdir()
    assert main(["export", DENSE, "--as", "safetensors", "--output", "here", "--step", "90", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["run_id"], said["step"], said["as"]) == (DENSE, 90, "safetensors")
    path = Path(said["path"])
    assert path.parent == Path("here")
    assert path.stat().st_size == said["bytes"]
    weights = RunStore().load_network(DENSE, 90).layers[0].W
    np.testing.assert_array_equal(load_file(path)["dense1.W"], weights)


def test_a_file_is_overwritten_only_by_force(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = elsewhere / "mine.safetensors"
    target.write_text("precious")
    assert "mine.safetensors exists" in refused(capsys, DENSE, "--as", "safetensors", "--output", str(target))
    assert target.read_text() == "precious"
    assert main(["export", DENSE, "--as", "safetensors", "--output", str(target), "--force"]) == 0
    assert load_file(target)
    assert list(elsewhere.iterdir()) == [target]  # no part of a file is left beside it


def test_a_form_that_cannot_hold_the_network_says_why(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "this has convolutional layers too. Instead, take" in refused(capsys, SHIPPED_ID, "--as", "sklearn")
    assert not list(elsewhere.iterdir())


def test_every_form_has_a_name_of_its_own(elsewhere: Path) -> None:
    for form in FORMS:
        assert main(["export", DENSE, "--as", form]) == 0
    suffixes = [*(form.suffix for form in FORMATS.values()), "-report.html"]
    assert {path.name for path in elsewhere.iterdir()} == {f"filmed-30-hidden-units-{DENSE}{end}" for end in suffixes}
    assert len(set(suffixes)) == len(FORMS)


def test_what_a_file_says_is_of_its_own_weights() -> None:
    """The test accuracy was measured of the last ones; of a data set at a path, the folders are nobody's business."""
    store = RunStore()
    import_pretrained(store)
    run = store.run(DENSE)
    last = store.newest_step(DENSE)
    assert facts_of(store, run, last).test_accuracy == run.test_accuracy is not None
    assert facts_of(store, run, 90).test_accuracy is None
    assert facts_of(store, replace(run, dataset="/home/ada/secret/digits.npz"), last).dataset == "digits.npz"


def test_bad_input_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(rf"--as must be one of {', '.join(FORMS)}, got 'pickle'", refused(capsys, DENSE, "--as", "pickle"))
    assert "no run 'ffff'" in refused(capsys, "ffff", "--as", "safetensors")
    assert "has no weights of step 987,654,321" in refused(capsys, DENSE, "--as", "safetensors", "--step", "987654321")
    assert "cannot be used" in refused(capsys, DENSE, "--as", "safetensors", "--output", "/proc/nowhere/x")
