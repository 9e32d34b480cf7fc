"""Reports: they say what the run store, the network and the data set have, in a page that needs nothing else."""

import base64
import io
import re
from html import escape, unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnistcore.cli import main
from mnistcore.experiments import advance, create_experiment, parse_experiment, parse_variation
from mnistcore.experiments.records import experiment, members
from mnistcore.experiments.results import best_of, combinations, summary
from mnistcore.insight.confusion import accuracy_interval, confusion_matrix
from mnistcore.insight.weight_images import weight_images
from mnistcore.reports import experiment_report
from mnistcore.reports.figures import Line, line_chart, ticks
from mnistcore.runs import RunStore, execute_run
from mnistcore.take_home import take_home
from mnistcore.training import parse_config
from tests.app.small_runs import easy_digits, paused_run, trained_run

HOSTILE = "</title><script>alert(1)</script> & “mine”"


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def report(store: RunStore, run_id: str) -> str:
    return take_home(store, run_id, "report").content.decode()


def assert_stands_alone(page: str) -> None:
    assert "<script" not in page
    assert not re.search(r'(src|href|srcset)="(?!data:)|https?:|@import|url\(', page)
    assert "{{" not in page


def cells(page: str) -> np.ndarray:
    """The numbers of the confusion table, (10, 10)."""
    table = page[page.index('class="matrix"') :].partition("</table>")[0]
    return np.array([int(text.replace(",", "") or 0) for text in re.findall(r"<td[^>]*>([\d,]*)</td>", table)]).reshape(
        10, 10
    )


def test_a_runs_report_has_its_figures_confusions_curves_and_weights(store: RunStore) -> None:
    dataset = easy_digits()
    run_id = trained_run(store, dataset, name=HOSTILE)
    page = report(store, run_id)
    assert_stands_alone(page)
    assert f"<h1>{escape(HOSTILE)}</h1>" in page
    network = store.load_network(run_id)
    predictions = network.predict(dataset.test_images).argmax(axis=1)
    np.testing.assert_array_equal(cells(page), confusion_matrix(dataset.test_labels, predictions))
    correct = int((predictions == dataset.test_labels).sum())
    low, high = accuracy_interval(correct, 100)
    words = f"{correct:.2f} % ({correct} / 100), 95 % interval {100 * low:.2f} to {100 * high:.2f} %"
    assert page.count(words) == 2  # among the figures, and above the confusions
    assert page.count("<polyline") == 4  # accuracy and loss, training and validation
    assert page.count("<figure>") == min(16, 100 - correct)
    assert "optimizer.kind</th><td>adam<" in page
    sheet = base64.b64decode(re.search(r'<img src="data:image/png;base64,([^"]+)" alt="Weights', page)[1])
    with Image.open(io.BytesIO(sheet)) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    images = weight_images(network)
    scale = (pixels.shape[1] // 10) // 28
    for place, strong, weak in ((images[0].argmax(), 0, 2), (images[0].argmin(), 2, 0)):  # red for, blue against
        row, column = np.unravel_index(place, (28, 28))
        color = pixels[row * scale, column * scale]
        assert color[strong] > color[weak] + 40


def test_before_training_has_ended_it_is_about_validation_images(store: RunStore) -> None:
    run_id = paused_run(store)
    page = report(store, run_id)
    assert "validation images, weights after step 147" in page
    assert "test images" not in page
    assert cells(page).sum() == 100


def test_what_needs_a_data_set_that_is_gone_is_left_out(store: RunStore) -> None:
    run_id = trained_run(store)
    store.delete_dataset(store.run(run_id).dataset)
    page = report(store, run_id)
    assert "Left out, because the data set cannot be opened" in page
    assert "Test accuracy, measured after training" in page
    assert "Weight images" in page


def test_an_experiments_report_says_what_its_page_says(store: RunStore, capsys, tmp_path: Path) -> None:
    base = parse_config({"layers": [], "epochs": 1, "batch_size": 20, "validation_size": 100})
    rates = {"learning_rate": parse_variation("0.0001,0.02")}
    plan = {"base": base, "dataset": store.add_dataset(easy_digits()), "vary": rates, "sampler": "grid", "seeds": 2}
    experiment_id = create_experiment(store, parse_experiment(plan), HOSTILE)
    assert "What came of it" in experiment_report(store, experiment_id).decode()  # before anything has run
    while queued := advance(store, 4):
        for run_id, owner in queued:
            execute_run(store.url, run_id, owner)
    page = experiment_report(store, experiment_id).decode()
    assert_stands_alone(page)
    made = members(store, experiment_id)
    assert summary(experiment(store, experiment_id).config, made) in unescape(page)
    best = best_of(combinations(made))
    assert f"{100 * best.mean:.2f} %, mean of 2 seeds" in page
    assert cells(page).sum() == 100
    assert page.count("<polyline") + page.count("<circle") == 2
    target = tmp_path / "report.html"
    assert main(["experiment", "report", "latest", "--output", str(target)]) == 0
    assert target.read_text(encoding="utf-8").split("<footer>")[0] == page.split("<footer>")[0]
    assert main(["experiment", "report", experiment_id, "--output", str(target)]) == 2
    assert "exists: choose another --output, or add --force" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 5, [0, 1, 2, 3, 4, 5]), (0.912, 0.987, [0.92, 0.94, 0.96, 0.98]), (0, 3, [0, 0.5, 1, 1.5, 2, 2.5, 3]),
     (120, 4300, [1000, 2000, 3000, 4000])],
)  # fmt: skip
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_a_point_lies_where_its_axes_say() -> None:
    x, y = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.1, 0.8, 0.9, 0.85])
    chart = line_chart([Line("a <b>", "#123456", x, y)], "Epoch", "Accuracy", is_percent=True)
    assert "a &lt;b&gt;" in chart
    inner = re.search(r'<svg x="(\d+)" y="(\d+)"', chart)
    points = np.array([list(map(float, pair.split(","))) for pair in re.search(r'points="([^"]+)"', chart)[1].split()])
    points += [float(inner[1]), float(inner[2])]
    up = [(float(text), float(y) - 4) for y, text in re.findall(r'y="([\d.]+)" text-anchor="end">([\d.]+) %', chart)]
    slope = (up[-1][1] - up[0][1]) / (up[-1][0] - up[0][0])
    np.testing.assert_allclose(points[1:, 1], up[0][1] + (100 * y[1:] - up[0][0]) * slope, atol=0.3)
    found = re.findall(r'<text x="([\d.]+)" y="\d+" text-anchor="middle">([\d.]+)<', chart)
    along = {text: float(place) for place, text in found}
    np.testing.assert_allclose(points[:, 0], along["0"] + x * (along["4"] - along["0"]) / 4, atol=0.3)
    assert points[0, 1] > points[1:, 1].max() + 100  # the steep start leaves the chart


def test_curves_of_one_point_and_of_one_value_are_drawn() -> None:
    one = Line("one", "#123456", np.array([0.0]), np.array([1.0]))
    assert "<circle" in line_chart([one], "Epoch", "Accuracy", is_percent=True)
    level = Line("level", "#123456", np.arange(3.0), np.full(3, 0.5))
    assert "nan" not in line_chart([level], "Epoch", "Loss", is_percent=False)
