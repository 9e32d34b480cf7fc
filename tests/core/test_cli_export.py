"""`export`: the file it writes, and the one line with which it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from mnistcore.cli import main
from mnistcore.exports.formats import FORMATS
from mnistcore.runs import RunStore
from mnistcore.runs.records import FILM_IDS, SHIPPED_ID

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


def test_bad_input_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.search(
        rf"--as must be one of {', '.join(FORMATS)}, got 'pickle'", refused(capsys, DENSE, "--as", "pickle")
    )
    assert "no run 'ffff'" in refused(capsys, "ffff", "--as", "safetensors")
    assert "has no weights of step 987,654,321" in refused(capsys, DENSE, "--as", "safetensors", "--step", "987654321")
    assert "cannot be used" in refused(capsys, DENSE, "--as", "safetensors", "--output", "/proc/nowhere/x")
