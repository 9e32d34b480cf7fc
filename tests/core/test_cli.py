"""The command line: what scripts rely on, and what a person sees who mistypes."""

import contextlib
import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_info, threadpool_limits

from mnistcore import __version__
from mnistcore.cli import main
from mnistcore.cli.dashboard import find_app
from mnistcore.data import load_dataset, save_idx
from mnistcore.nn import Network
from mnistcore.runs import RunStore
from mnistcore.training import RECIPES
from tests.core.digit_files import PIXEL_NAMES, csv_bytes
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
QUICK = ["--data", "generated-600", "--set", "epochs=2", "--set", "validation_size=100"]


@pytest.fixture
def call(capsys):
    """Run a command in this process: (exit code, stdout, stderr)."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def call_json(call):
    """Run a command with --json: stdout is exactly one JSON object."""

    def run(*arguments: str) -> dict:
        code, out, err = call(*arguments, "--json")
        assert (code, err) == (0, "")
        return json.loads(out)

    return run


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """A data folder in which a network has been trained, and what the command said of it."""
    home, said = tmp_path_factory.mktemp("trained"), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
        patch.setenv("MNIST_EXPLORER_HOME", str(home))
        assert main(["train", "--recipe", "first-network", *QUICK, "--json"]) == 0
    return home, said.getvalue()


@pytest.fixture
def trained(trained_once, own_home):
    """A copy of it in the test's own data folder: stdout was exactly one JSON object."""
    home, said = trained_once
    shutil.copytree(home, own_home, dirs_exist_ok=True)
    return json.loads(said)


def test_train_reports_the_run_that_pages_see(trained):
    run = RunStore().run(trained["run_id"])
    assert (run.status, run.recipe, run.dataset) == ("finished", "first-network", "generated-600")
    assert run.test_accuracy == trained["test_accuracy"] > 0.3
    assert trained["recipe"] == "first-network"
    assert trained["epochs"] == 2
    assert trained["steps"] == 2 * 8
    assert 0 < trained["validation_accuracy"] <= 1
    assert 0 < trained["train_accuracy"] <= 1
    assert trained["test_loss"] > 0
    assert trained["seconds"] > 0
    assert trained["images_per_second"] > 0


def test_without_json_the_object_comes_last(call):
    code, out, _ = call("train", "--recipe", "first-network", *QUICK)
    *summary, last = out.strip().splitlines()
    assert code == 0
    assert any(line.startswith("test ") and "%" in line for line in summary)
    assert json.loads(last)["steps"] == 16


def test_a_run_that_learns_nothing_is_named_while_it_trains_and_in_the_end(call):
    zeros = ["--set", "initialization=zeros", "--set", "validation_size=200", "--set", "evaluate_at_steps=[40]"]
    code, out, err = call("train", "--recipe", "first-network", *QUICK, "--set", "epochs=8", *zeros)
    assert code == 0
    assert err.startswith("warning: No better than guessing: after ")
    assert err.endswith("(they were 'zeros').\n")
    assert json.loads(out.strip().splitlines()[-1])["message"].startswith("No better than guessing: after ")
    assert "finished (guessing)" in call("runs", "list")[1]


def test_a_config_file_is_a_recipe_printed_and_edited(call, call_json, tmp_path):
    code, out, _ = call("recipes", "first-network")
    config = json.loads(out) | {"learning_rate": 0.01, "validation_size": 100}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    result = call_json("train", "--config", path, "--data", "generated-600", "--set", "max_steps=3")
    assert code == 0
    assert (result["steps"], result["recipe"]) == (3, None)
    assert RunStore().run(result["run_id"]).config.learning_rate == 0.01


def test_training_twice_gives_the_same_network(call_json):
    first, second = (call_json("train", "--recipe", "first-network", *QUICK) for _ in range(2))
    store = RunStore()
    networks = [store.load_weights(result["run_id"]).network for result in (first, second)]
    np.testing.assert_array_equal(networks[0].parameters, networks[1].parameters)


def test_evaluate_agrees_with_the_training_report(call_json, trained):
    result = call_json("evaluate", trained["run_id"])
    assert (result["part"], result["data"], result["count"]) == ("test", "generated-600", 100)
    assert result["accuracy"] == pytest.approx(trained["test_accuracy"])
    assert result["loss"] == pytest.approx(trained["test_loss"], rel=1e-5)
    low, high = result["accuracy_interval"]
    assert low < result["accuracy"] < high
    validation = call_json("evaluate", "latest", "--part", "validation")
    assert validation["count"] == 100
    assert validation["accuracy"] == pytest.approx(trained["validation_accuracy"])
    assert call_json("evaluate", "latest", "--part", "train")["count"] == 500


def test_a_command_predicts_on_one_blas_thread(call_json, trained, monkeypatch):
    """With more of them they wait for each other: a report took eight times the processor time."""
    threads, bind = set(), Network.bind

    def count_threads(network, *arguments, **settings):
        threads.update(library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas")
        return bind(network, *arguments, **settings)

    monkeypatch.setattr(Network, "bind", count_threads)
    with threadpool_limits(2, "blas"):
        call_json("evaluate", trained["run_id"])
    assert threads == {1}


@pytest.mark.parametrize("is_dark_on_light", [False, True])
def test_predict_prepares_the_picture_as_the_draw_page_does(call_json, trained, tmp_path, is_dark_on_light):
    from mnistcore.drawing import prepare_picture

    digit = load_dataset("generated-600").test_images[0]
    large = np.pad(np.kron(digit, np.ones((8, 8), np.uint8)), ((80, 16), (8, 120)))
    path = tmp_path / "digit.png"
    Image.fromarray(255 - large if is_dark_on_light else large).save(path)
    result = call_json("predict", trained["run_id"], path)
    network = RunStore().load_weights(trained["run_id"]).network
    expected = network.predict(prepare_picture(path.read_bytes()).image[np.newaxis])[0]
    assert result["probabilities"] == pytest.approx(expected.tolist())
    assert result["prediction"] == int(expected.argmax())
    assert result["inverted"] is is_dark_on_light


def test_on_a_fresh_machine_the_shipped_network_answers(call_json, tmp_path):
    digit = load_dataset("generated-600").test_images[0]
    Image.fromarray(np.kron(digit, np.ones((8, 8), np.uint8))).save(tmp_path / "digit.png")
    result = call_json("predict", "latest", tmp_path / "digit.png")
    assert result["prediction"] == load_dataset("generated-600").test_labels[0]


def test_predict_answers_a_whole_set_as_a_competition_asks(call, call_json, trained, tmp_path):
    images, labels = load_dataset("generated-600").test_images, load_dataset("generated-600").test_labels
    (tmp_path / "test.csv").write_bytes(csv_bytes(PIXEL_NAMES, labels=None, images=images))
    network = RunStore().load_weights(trained["run_id"]).network
    expected = network.predict(images).argmax(axis=1)
    code, out, err = call("predict", "latest", tmp_path / "test.csv")
    assert (code, err) == (0, "")
    assert list(csv.reader(io.StringIO(out))) == [
        ["ImageId", "Label"],
        *([str(row + 1), str(digit)] for row, digit in enumerate(expected)),
    ]
    done = call_json("predict", "latest", tmp_path / "test.csv", "--output", tmp_path / "answers.csv")
    assert (tmp_path / "answers.csv").read_text() == out
    assert (done["images"], done["correct"]) == (100, None)
    assert call_json("predict", "latest", tmp_path / "test.csv")["predictions"] == expected.tolist()
    np.savez(tmp_path / "both.npz", x_train=images[:30], y_train=labels[:30], x_test=255 - images, y_test=labels)
    settings = ["--part", "test", "--set", "invert=yes"]
    done = call_json("predict", "latest", tmp_path / "both.npz", *settings, "--output", tmp_path / "both.csv")
    assert (done["images"], done["correct"]) == (100, int((expected == labels).sum()))


def test_predict_names_pictures_by_their_files(call_json, trained, tmp_path):
    folder = tmp_path / "unsorted"
    folder.mkdir()
    for i, image in enumerate(load_dataset("generated-600").test_images[:3]):
        Image.fromarray(image).save(folder / f"scan {i}.png")
    call_json("predict", "latest", folder, "--output", tmp_path / "answers.csv")
    rows = (tmp_path / "answers.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["ImageId", "scan 0.png", "scan 1.png", "scan 2.png"]


def test_odd_pixels_are_told_and_mended_by_set(call, call_json, tmp_path):
    dataset = load_dataset("generated-600")
    np.savez(tmp_path / "light.npz", x_train=255 - dataset.train_images, y_train=dataset.train_labels)
    code, _, err = call("data", "info", "--data", tmp_path / "light.npz")
    assert code == 0
    assert "darker than the paper" in err
    assert "(invert=yes)" in err
    stored = call_json("data", "import", tmp_path / "light.npz", "--set", "invert=yes", "--name", "mine")["name"]
    assert "mine" in [one.title for one in RunStore().datasets()]
    info = call_json("data", "info", "--data", tmp_path / "light.npz", "--set", "invert=yes")
    assert info["name"] == stored
    assert info["notes"] == ["light.npz/x_train.npy: 600 images, all, a sixth of them for testing."]
    settings = ["--set", "max_steps=2", "--set", "validation_size=100", "--set", "invert=yes"]
    result = call_json("train", "--recipe", "first-network", "--data", tmp_path / "light.npz", *settings)
    assert result["dataset"] == stored


def _large(image: np.ndarray) -> np.ndarray:
    """As a picture of that image alone is prepared."""
    from mnistcore.drawing import prepare_picture

    return prepare_picture(Image.fromarray(np.kron(image, np.ones((8, 8), np.uint8)))).image


def test_predict_reads_several_digits_one_by_one(call, call_json, trained, tmp_path):
    images = load_dataset("generated-600").test_images[:2]
    path = tmp_path / "two.png"
    Image.fromarray(np.kron(np.hstack(images), np.ones((8, 8), np.uint8))).save(path)
    result = call_json("predict", trained["run_id"], path)
    network = RunStore().load_weights(trained["run_id"]).network
    expected = [int(network.predict(_large(image)[None])[0].argmax()) for image in images]
    assert [digit["prediction"] for digit in result["digits"]] == expected
    assert result["prediction"] is None
    assert "There are 2 digits here" in result["hint"]
    out = call("predict", trained["run_id"], path)[1]
    assert out.splitlines()[0] == "".join(map(str, expected))
    assert "digit 2 from the left" in out


def test_predict_makes_no_digit_up(call, trained, tmp_path):
    path = tmp_path / "empty.png"
    Image.new("L", (280, 280)).save(path)
    code, out, err = call("predict", trained["run_id"], path, "--json")
    assert (code, out) == (2, "")
    assert "No digit found in this picture" in err


def test_runs_can_be_renamed_deleted_restored_and_moved(call, call_json, trained, tmp_path):
    run_id = trained["run_id"]
    call_json("runs", "rename", run_id[:6], "my first")
    assert call_json("runs", "show", run_id)["name"] == "my first"
    call_json("runs", "export", "latest", tmp_path / "run.zip")
    call_json("runs", "delete", run_id)
    assert call_json("runs", "list") == {"runs": []}
    call_json("runs", "restore", run_id)
    copy_id = call_json("runs", "import", tmp_path / "run.zip")["run_id"]
    assert copy_id != run_id
    assert {run["run_id"] for run in call_json("runs", "list")["runs"]} == {run_id, copy_id}
    assert call_json("evaluate", copy_id)["accuracy"] == pytest.approx(trained["test_accuracy"])
    code, out, _ = call("runs", "list")
    assert code == 0
    assert "my first" in out


def test_runs_are_found_tagged_and_archived(call, call_json, trained):
    run_id = trained["run_id"]
    found = partial(call_json, "runs", "list", "--find")
    assert call_json("runs", "tag", "latest", "--add", "best", "--add", "kept") == {"tags": {run_id: ["best", "kept"]}}
    assert call("runs", "tag", run_id, "--remove", "kept")[1] == f"{run_id}: best\n"
    assert [run["run_id"] for run in found("tag = best accuracy > 1%")["runs"]] == [run_id]
    assert found("tag = kept") == {"runs": []}
    assert call_json("runs", "archive", run_id) == {"runs": [run_id], "archived": True}
    assert found("tag = best") == {"runs": []}
    assert call_json("runs", "list", "--archived", "--find", "tag = best")["runs"][0]["archived"] is True
    assert call("runs", "archive", "--back", run_id[:5])[1] == f"{run_id}: back from the archive\n"
    assert len(found("tag = best")["runs"]) == 1
    for arguments, problem in (
        (["list", "--find", "speed > 3"], "Nothing is called “speed”: compare one of accuracy"),
        (["tag", run_id], "nothing to change: give --add TAG or --remove TAG"),
        (["tag", run_id, "--add", "two words"], "write it without spaces"),
        (["archive", "0123456789ab"], "no run '0123456789ab'"),
    ):
        code, out, err = call("runs", *arguments)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert problem in err


def test_data_info_counts_every_digit(call, call_json):
    info = call_json("data", "info", "--data", "generated-600")
    assert (info["train_images"], info["test_images"]) == (600, 100)
    assert sum(info["train_digits"]) == 600
    assert len(info["fingerprint"]) == 64
    assert "600 training and 100 test images" in call("data", "info", "--data", "generated-600")[1]


@pytest.mark.parametrize("target", ["digits.npz", "digits"])
def test_generated_files_open_as_data(call_json, tmp_path, target):
    made = call_json("data", "generate", tmp_path / target, "--train-size", 600, "--test-size", 100, "--seed", 3)
    info = call_json("data", "info", "--data", tmp_path / target)
    assert (made["train_images"], info["train_images"], info["test_images"]) == (600, 600, 100)
    assert call_json("data", "info", "--data", "generated-600")["fingerprint"] != info["fingerprint"]


def test_export_writes_the_chosen_images_and_their_labels(call_json, tmp_path):
    target = tmp_path / "threes.zip"
    result = call_json(
        "data", "export", target, "--data", "generated-600", "--split", "test", "--digits", "3,5", "--limit", 7
    )
    with zipfile.ZipFile(target) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("labels.csv").decode())))
        first = np.asarray(Image.open(io.BytesIO(archive.read(rows[0]["file"]))))
    dataset = load_dataset("generated-600")
    assert result["images"] == len(rows) == 7
    assert {row["label"] for row in rows} <= {"3", "5"}
    np.testing.assert_array_equal(first, dataset.test_images[int(rows[0]["index"])])


def test_convolution_from_the_command_line(call, call_json):
    layers = 'layers=[{"kind":"conv2d","filters":2,"stride":3},{"kind":"max_pool2d"},{"kind":"flatten"},{"units":8}]'
    settings = ["--set", "max_steps=2", "--set", "validation_size=100", "--set", layers, "--data", "generated-600"]
    result = call_json("train", "--recipe", "lenet", *settings)
    assert (result["status"], result["steps"]) == ("finished", 2)
    assert "conv 2×5×5 stride 3 relu → pool → flatten → 8 relu" in call("runs", "show", result["run_id"])[1]
    code, out, err = call("train", "--recipe", "lenet", "--set", 'layers=[{"kind":"conv2d"},{"units":8}]')
    assert (code, out) == (2, "")
    assert "layer 2, dense, takes a row of numbers, not 8 maps of 24 × 24: put a flatten layer before it" in err


def test_recipes_lists_all_five_systems(call, call_json):
    assert {entry["name"] for entry in call_json("recipes")["recipes"]} == set(RECIPES)
    assert all(name in call("recipes")[1] for name in RECIPES)


def test_a_run_can_be_trained_on_a_folder_of_ones_own(call_json, tmp_path):
    dataset = load_dataset("generated-600")
    for part, images, labels in (
        ("train", dataset.train_images, dataset.train_labels),
        ("t10k", dataset.test_images, dataset.test_labels),
    ):
        save_idx(tmp_path / f"{part}-images-idx3-ubyte", images)
        save_idx(tmp_path / f"{part}-labels-idx1-ubyte", labels)
    settings = ["--set", "max_steps=2", "--set", "validation_size=100"]
    result = call_json("train", "--recipe", "first-network", "--data", tmp_path, *settings)
    assert result["dataset"] == str(tmp_path.resolve())
    assert call_json("evaluate", result["run_id"])["count"] == 100


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train"], "give --recipe, --config FILE or --start-from RUN"),
        (
            ["train", "--recipe", "first-network", "--config", "x.json"],
            "give --recipe, --config FILE or --start-from RUN",
        ),
        (["train", "--recipe", "resnet"], "first-network"),
        (["train", "--config", "missing.json"], "missing.json"),
        (["train", "--config", "broken.json"], "broken.json: the config is not JSON"),
        (["train", "--recipe", "first-network", "--data", "broken.json"], "broken.json: no digits in a known format"),
        (["train", "--recipe", "first-network", "--data", "generated-600"], "validation_size is 5,000"),
        (["train", "--recipe", "first-network", "--set", "epochs"], "--set must be KEY=VALUE"),
        (["train", "--recipe", "first-network", "--set", "epochs=0"], "epochs"),
        (["train", "--recipe", "first-network", "--set", "lr=0.1"], "learning_rate"),
        (["train", "--recipe", "first-network", "--data", "nowhere"], "nowhere"),
        (["train", "--recipe", "first-network", "--data", "mnist"], "data download"),
        (["evaluate", "latest", "--part", "all"], "--part must be test, validation or train"),
        (["predict", "0123456789ab", "x.png"], "no such picture, file or folder: x.png"),
        (["predict", "latest", "broken.json"], "broken.json: no digits in a known format"),
        (["predict", "latest", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (["predict", "latest", "broken.csv", "--part", "all"], "--part must be train or test, got 'all'"),
        (["predict", "latest", "broken.csv", "--set", "invert=maybe"], "invert must be yes or no, got 'maybe'"),
        (["predict", "latest", "broken.png", "--output", "x.csv"], "--output is for files and folders of many images"),
        (["predict", "latest", "broken.png"], "broken.png: the picture is not a PNG"),
        (["data", "import", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (["data", "import", "missing.csv"], "missing.csv: cannot be read (No such file or directory)"),
        (["data", "info", "--data", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (["data", "info", "--data", "generated-600", "--set", "invert=yes"], "--set invert tells how files are read"),
        (["data", "export", "x.zip", "--data", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (["evaluate", "latest", "--data", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (
            ["evaluate", "latest", "--data", "broken.csv", "--set", "turn=yes"],
            "there is no setting 'turn' of an import",
        ),
        (["train", "--recipe", "first-network", "--data", "broken.csv"], "broken.csv: 1 column, expected 785"),
        (["train", "--recipe", "first-network", "--data", "broken.npz"], "broken.npz: not a ZIP archive"),
        (["train", "--recipe", "first-network", "--data", "a_folder.npz"], "a_folder.npz: holds nothing. Give IDX"),
        (["train", "--recipe", "first-network", "--set", "invert=yes"], "--set invert tells how files are read"),
        (["runs", "show", "0123456789ab"], "no run '0123456789ab'"),
        (["runs", "import", "missing.zip"], "missing.zip"),
        (["runs", "list", "--limit", "0"], "greater than or equal to 1. See python -m mnistcore runs list --help."),
        (["data", "export", "broken.json/x.zip", "--data", "generated-600"], "broken.json/x.zip cannot be used"),
        (
            ["data", "generate", "a_folder.npz", "--train-size", "10", "--test-size", "10"],
            "a_folder.npz cannot be used",
        ),
        (["data", "export", "x.zip", "--split", "half"], "--split must be all, train or test"),
        (["data", "export", "x.zip", "--digits", "3,x"], "--digits must be digits"),
        (["data", "generate", "x.npz", "--train-size", "0"], "train-size"),
        (["nonsense"], "nonsense"),
        (["recipes", "nonsense"], "first-network"),
        (["train", "--nonsense"], "--nonsense"),
    ],
)
@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_bad_input_is_one_clear_line_and_exit_code_2(call, monkeypatch, tmp_path, arguments, expected, as_json):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MNIST_EXPLORER_DATA", raising=False)
    Path("broken.json").write_text("{")
    Path("a_folder.npz").mkdir()
    for name in ("broken.csv", "broken.npz", "broken.png"):
        Path(name).write_text("nonsense\n")
    code, out, err = call(*arguments, *as_json)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert expected in err


def test_a_data_folder_that_cannot_be_made_is_named(call, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_EXPLORER_HOME", str(tmp_path / "file" / "home"))
    code, out, err = call("runs", "list")
    assert (code, out) == (2, "")
    place = tmp_path / "file" / "home"
    remedy = "make it writable, or set MNIST_EXPLORER_HOME to another"
    assert err == f"error: the data folder {place} cannot be used: Not a directory; {remedy}\n"


def test_a_picture_that_is_none_is_named(call, trained, tmp_path):
    (tmp_path / "digit.png").write_text("no picture")
    code, _, err = call("predict", trained["run_id"], tmp_path / "digit.png")
    assert code == 2
    assert "digit.png: the picture is not a PNG" in err


def test_a_run_that_fails_before_its_first_step_is_told_without_a_traceback(call, monkeypatch):
    def begin(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("mnistcore.runs.job.TrainingState.begin", begin)
    code, out, err = call("train", "--recipe", "first-network", *QUICK)
    assert code == 1
    assert "0 steps, 0 epochs" in out
    assert json.loads(out.splitlines()[-1])["status"] == "failed"
    assert (
        err
        == "error: the run has failed: There was not enough memory (MemoryError): choose a smaller network or batch.\n"
    )


def test_half_a_command_is_refused(call):
    assert call("data") == (2, "", "error: Missing command. See python -m mnistcore data --help.\n")


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--nonsense"], ["--json"]])
def test_app_refuses_what_it_does_not_know(call, arguments):
    code, out, err = call("app", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert arguments[0] in err
    assert err.endswith("See python -m mnistcore app --help.\n")


def test_a_port_in_use_is_told(call):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = call("app", "--port", port)
    assert (code, out) == (2, "")
    assert err == f"error: --port {port} cannot be used (Address already in use): choose another one\n"


def test_app_in_a_checkout_is_its_own():
    assert find_app() == ROOT / "app.py"


def test_the_version_is_told(call):
    assert call("--version") == (0, f"mnist-explorer {__version__}\n", "")


def test_a_diverged_run_is_kept_and_told(call):
    settings = ["--set", "optimizer=sgd", "--set", "learning_rate=100", "--set", "layers=[]"]
    settings += ["--set", "loss=linear_squared_error"]
    code, out, err = call("train", "--recipe", "first-network", *QUICK, *settings, "--json")
    result = json.loads(out)
    assert code == 1
    assert result["status"] == "diverged"
    assert "diverged" in err
    assert RunStore().run(result["run_id"]).status == "diverged"


def start(*arguments: str, **options) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mnistcore", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ), **options
    )


def test_help_as_a_program():
    process = start()
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    for command in ("data", "recipes", "train", "evaluate", "predict", "runs"):
        assert command in out


def test_ctrl_c_keeps_what_was_learnt():
    process = start("train", "--recipe", "first-network", "--data", "generated-600",
                    "--set", "epochs=100000", "--set", "validation_size=100", "--json")  # fmt: skip
    store = RunStore()
    wait_for(lambda: any(run.step for run in store.runs()) or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    result = json.loads(out)
    assert (process.returncode, result["status"], err) == (130, "stopped", "")
    assert result["steps"] > 0
    network, step = store.load_weights(result["run_id"])
    assert step == result["steps"]
    assert network.predict(load_dataset("generated-600").test_images).shape == (100, 10)


EXPERIMENT = ["experiment", "run", *QUICK, "--set", "layers=[]", "--vary", "learning_rate=0.001,0.01"]


def test_an_experiment_is_run_shown_extended_and_exported(call, tmp_path):
    code, out, err = call(*EXPERIMENT, "--sampler", "grid", "--seeds", "2", "--json")
    assert code == 0
    assert "4 runs of 2 combinations, 2 seeds each" in err
    found = json.loads(out)
    assert (found["status"], found["runs"]) == ("finished", 4)
    code, out, _ = call("experiment", "list")
    assert f"{found['experiment']}  finished  4     learning rate" in out
    table = tmp_path / "runs.csv"
    assert call("experiment", "export", "latest", "--output", table)[0] == 0
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [(row["learning_rate"], row["seed"], row["status"]) for row in rows] == [
        *(("0.001", seed, "finished") for seed in "01"),
        *(("0.01", seed, "finished") for seed in "01"),
    ]
    code, _, err = call("experiment", "resume", "latest")
    assert (code, err) == (2, "error: the experiment “learning rate” is finished: extend it to make more runs\n")
    code, out, _ = call("experiment", "show", "latest")
    assert code == 0
    assert "Whether the learning rate matters shows from 8 runs on; 4 have ended." in out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run", "--vary", "learning_rate=0"], "runs: the sampler 'random' has no end of its own"),
        (["run", "--vary", "lr=1,2", "--runs", "3"], "there is no setting 'lr'"),
        (["run", "--vary", "units=8,9", "--sampler", "magic"], "sampler: input should be 'grid', 'random' or 'tpe'"),
        (["run", "--vary", "units", "--runs", "3"], "--vary must be SETTING=VALUES, as in batch_size=16,64,256"),
        (["run", "nothing.json"], "nothing.json cannot be used: No such file or directory"),
        (["show", "latest"], "there is no experiment yet"),
        (["pause", "zzz"], "There is no experiment “zzz”"),
    ],
)
def test_an_experiment_that_is_refused_says_why_in_one_line(call, arguments, reason):
    code, out, err = call("experiment", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {reason}")
    assert err.count("\n") == 1
