"""`explain` on the command line: for people, as JSON, and refused input in one line."""

import json

import numpy as np
import pytest
from PIL import Image

from mnistcore.cli import main
from mnistcore.data import load_dataset
from mnistcore.runs import RunStore
from mnistcore.runs.job import execute_run
from mnistcore.training import parse_config


@pytest.fixture
def run_id(own_home) -> str:
    """A network without hidden layers, trained on a few generated digits."""
    store = RunStore()
    config = parse_config({"layers": [], "epochs": 2, "validation_size": 100, "learning_rate": 0.01})
    run_id = store.create_run(config, dataset="generated-600")
    execute_run(store.url, run_id)
    return run_id


@pytest.fixture
def call(capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["explain", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_json_has_the_whole_account(call, run_id):
    code, out, err = call("latest", "test:4", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    network, step = RunStore().load_weights(run_id)
    image = load_dataset("generated-600").test_images[4]
    logits = network.logits(image[None])[0]
    answer, rival = (int(digit) for digit in np.argsort(-logits)[:2])
    assert (found["run_id"], found["step"], found["image"]) == (run_id, step, "test:4")
    assert (found["answer"], found["rival"]) == (answer, rival)
    assert found["difference"] == pytest.approx(float(logits[answer] - logits[rival]), rel=1e-4)
    contributions = np.array(found["contributions"])
    W = network.layers[0].W
    by_hand = image / 255 * (W[:, answer] - W[:, rival]).reshape(28, 28)
    np.testing.assert_allclose(contributions, by_hand, rtol=1e-4, atol=1e-7)
    assert found["sum"] == pytest.approx(found["blank_sheet"] + contributions.sum())
    assert found["remainder"] == pytest.approx(found["difference"] - found["sum"])
    assert found["remainder_share"] < 0.01


def test_a_picture_at_another_step_against_another_rival_in_words(call, run_id, tmp_path):
    store = RunStore()
    step = store.snapshot_steps(run_id)[1]
    image = load_dataset("generated-600").test_images[0]
    picture = tmp_path / "digit.png"
    Image.fromarray(255 - np.kron(np.pad(image, 4), np.ones((6, 6), np.uint8))).save(picture)
    found = json.loads(call(run_id[:5], picture, "--step", step, "--json")[1])
    rival = next(digit for digit in range(10) if digit not in (found["answer"], found["rival"]))
    code, out, err = call(run_id[:5], picture, "--step", step, "--against", rival)
    assert (code, err) == (0, "")
    assert f"weights after step {step:,}, reads {picture} as {found['answer']} rather than {rival}" in out
    for words in ("blank sheet", "pixels for", "sum", f"minus score of {rival}", "remainder, 0.00 %", "row  column"):
        assert words in out


REFUSED = {
    ("test:5000",): "test:INDEX must be a whole number from 0 to 99, got 'test:5000'",
    ("test:-1",): "test:INDEX must be a whole number from 0 to 99, got 'test:-1'",
    ("test:",): "test:INDEX must be a whole number",
    ("nowhere.png",): "no such picture: nowhere.png; a test image is named as test:0",
    ("test:0", "--against", "10"): "--against must be a digit other than the answer",
    ("test:0", "--step", "999999"): "has no weights of step 999,999: choose one of its snapshot steps",
    ("nowhere.png", "--data", "generated"): "--data is for test:INDEX, not for a picture",
}


def test_refused_input_is_one_line(call, run_id):
    for arguments, message in REFUSED.items():
        code, out, err = call("latest", *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("error: ")
        assert err.count("\n") == 1
        assert message in err


def test_the_answer_itself_is_no_rival_and_two_digits_are_too_many(call, run_id, tmp_path):
    answer = json.loads(call("latest", "test:0", "--json")[1])["answer"]
    code, _, err = call("latest", "test:0", "--against", answer)
    assert code == 2
    assert f"--against must be a digit other than the answer, {answer}, got {answer}" in err
    one = np.zeros((120, 90), np.uint8)
    one[20:100, 40:50] = 255
    picture = tmp_path / "two.png"
    Image.fromarray(np.hstack([one, one])).save(picture)
    code, _, err = call("latest", picture)
    assert code == 2
    assert "shows 2 digits: give a picture of one" in err
