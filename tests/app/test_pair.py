"""The page of two digits: its counts, every view of every kind of network, its address, the links that lead to it."""

import re
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnistcore.data import Dataset
from mnistcore.runs import RunStore
from mnistcore.training import parse_config
from tests.app.pages import app_at, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.pair.axis import CHART, KEPT, START, axis_spec, take_click
from ui.runs.evaluation import images_of_part
from ui.runs.film import PLAYING

opened = partial(open_page, "pair")
CONVOLUTION = [{"kind": "conv2d", "filters": 3}, {"kind": "max_pool2d", "kernel": 4}, {"kind": "flatten"}]
NETWORKS = {"linear": [], "dense": [{"units": 8}], "convolution": CONVOLUTION}


def seen_pair(store: RunStore, run_id: str, first: int, second: int, step: int | None = None) -> SimpleNamespace:
    """The validation images of two digits, their labels, and where plain NumPy puts them on the axis."""
    images, labels, positions = images_of_part(store.run(run_id), easy_digits(), "validation")
    inside = np.isin(labels, (first, second))
    logits = store.load_weights(run_id, step).network.logits(images[inside])
    lead = logits[:, second].astype(float) - logits[:, first]
    return SimpleNamespace(labels=labels[inside], positions=positions[inside], lead=lead, read=logits.argmax(axis=1))


def accounts(page: AppTest) -> np.ndarray:
    """The table of the mean accounts, (rows, 3)."""
    table = re.findall(r"<tbody>(.*?)</tbody>", html(page))[0]
    rows = [re.findall(r"<td>([^<]*)</td>", row) for row in table.split("</tr>")[:-1]]
    return np.array([[float(value.replace("−", "-")) for value in row] for row in rows])


def address(page: AppTest) -> dict[str, str]:
    """The address's query parameters."""
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}


def test_without_runs_it_offers_to_train_one(store: RunStore) -> None:
    assert [found.label for found in opened().button] == ["Train a first network"]
    waiting = store.create_run(parse_config({"layers": []}), dataset=store.add_dataset(easy_digits()))
    assert "No weights to look at yet" in texts(opened(run=waiting))


def test_the_sides_are_those_of_the_scores_and_move_with_the_film(store: RunStore) -> None:
    run_id = trained_run(store, epochs=1, learning_rate=0.001, validation_size=200)
    steps, domains = store.snapshot_steps(run_id), set()
    for step in (steps[1], steps[-1]):
        page, found = opened(run=run_id, first="0", second="1", step=str(step)), seen_pair(store, run_id, 0, 1, step)
        zeros, ones = found.labels == 0, found.labels == 1
        own, other = (found.lead[zeros] < 0).sum(), (found.lead[zeros] > 0).sum()
        words = f"Of **{zeros.sum()} images** of a 0, **{own}** {'lies' if own == 1 else 'lie'} on the side of the 0 "
        assert f"{words}and **{other}** on that of the 1" in texts(page)
        right, taken = (found.read[ones] == 1).sum(), (found.read[ones] == 0).sum()
        assert f"Read as 1: {right}, as 0: {taken}, as another: {ones.sum() - right - taken}." in texts(page)
        assert f"After step {step:,}. {len(found.lead)} validation images of easy digits" in texts(page)
        nearest = found.positions[np.argsort(np.abs(found.lead), kind="stable")[:20]]
        captions = [image.caption for element in page.get("image") for image in element.proto.imgs]
        assert {int(words.split("#")[1]) for words in captions} == set(nearest.tolist())
        (chart,) = page.get("vega_lite_chart")
        domains.add(re.search(r'"domain": ?\[(-[^\]]*)\]', chart.proto.spec)[1])
    assert len(domains) == 1  # of the last snapshot: the axis stays while the film plays


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_view_of_every_kind_of_network(store: RunStore, kind: str) -> None:
    run_id = trained_run(store, layers=NETWORKS[kind], epochs=1, learning_rate=0.002)
    page, found = opened(run=run_id, first="0", second="1", view="account"), seen_pair(store, run_id, 0, 1)
    table = accounts(page)
    np.testing.assert_allclose(table[:3].sum(axis=0), table[3], atol=0.021)
    np.testing.assert_allclose(table[3] + table[5], table[4], atol=0.016)
    means = [found.lead[found.labels == digit].mean() for digit in (0, 1)]  # ten each: the sample is all of them
    np.testing.assert_allclose(table[4], [*means, means[1] - means[0]], atol=0.006)
    assert ("Exact: a pixel's" in texts(page)) == (kind == "linear")
    view = page.segmented_control(key="choose_view")
    view.set_value("means").run()
    for digit, other in ((0, 1), (1, 0)):
        taken = int(((found.labels == digit) & (found.read == other)).sum())
        words = f"mean of {taken} image" if taken else f"No {digit} was taken for a {other} here."
        assert words in html(page) + texts(page)
    page.segmented_control(key="choose_view").set_value("morph").run()
    first, last = (found.read[found.labels == digit][_median(found.lead[found.labels == digit])] for digit in (0, 1))
    assert f"t answers **{first}**" in texts(page) or f"Its answer is **{first}** all the way." in texts(page)
    assert f'title="0 % of the way, read as {first}:' in html(page)
    assert f'title="100 % of the way, read as {last}:' in html(page)
    assert not page.exception


def _median(lead: np.ndarray) -> int:
    return int(np.argsort(lead, kind="stable")[(len(lead) - 1) // 2])


def slider(page: AppTest) -> Any:
    """The slider with two ends."""
    return next(found for found in page.select_slider if found.label == "Part of the axis")


def test_a_part_of_the_axis_is_chosen_by_a_slider_or_a_click(store: RunStore) -> None:
    run_id = trained_run(store)
    page, found = opened(run=run_id, first="0", second="1", view="part"), seen_pair(store, run_id, 0, 1)
    slider(page).set_range(0, 20).run()
    assert not page.exception
    left = found.lead < 0
    counts = [int((left & (found.labels == digit)).sum()) for digit in (0, 1)]
    assert f"beyond the end of the axis: {counts[0]} labelled 0, {counts[1]} labelled 1." in texts(page)
    slider(page).set_range(3, 3).run()
    assert "Move an end of the slider, or click a bar." in texts(page)
    page.segmented_control(key="choose_view").set_value("middle").run()
    page.segmented_control(key="choose_view").set_value("part").run()
    assert slider(page).value == (3, 3)  # it has come back as it was left
    page.session_state[KEPT], page.session_state[START] = (20, 40), (page.session_state[START][0], None)
    assert slider(page.run()).value == (20, 40)


def test_a_click_on_a_bar_opens_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict = {CHART: {"selection": {"bar": [{"low": 0.30000000000000004}]}}}
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(st, "query_params", query := {})
    take_click(0.1 * np.arange(-20, 21))
    assert (state[KEPT], query) == ((23, 24), {"view": "part"})
    state[CHART] = {"selection": {"bar": []}}
    take_click(np.arange(-20, 21) * 1.0)
    assert state[KEPT] == (23, 24)
    assert axis_spec(3, 8, 20.0)["params"][0]["views"] == [axis_spec(3, 8, 20.0)["layer"][0]["name"]]


def test_the_address_holds_what_is_looked_at(store: RunStore) -> None:
    run_id = trained_run(store)
    number = str(seen_pair(store, run_id, 5, 1).positions[0])
    page = opened(run=run_id, first="5", second="1", part="validation", view="morph")
    label = int(seen_pair(store, run_id, 5, 1).labels[0])
    page.selectbox(key="choose_from" if label == 5 else "choose_to").set_value(number).run()
    page.selectbox(key="pair-second").set_value(9).run()
    page.selectbox(key="pair-second").set_value(1).run()
    assert not page.exception
    asked = address(page)
    assert asked["from" if label == 5 else "to"] == number
    assert (asked["first"], asked["second"], asked["view"]) == ("5", "1", "morph")
    assert html(opened(**asked)) == html(page)


def test_one_digit_cannot_be_chosen_twice(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id)
    assert (page.selectbox(key="pair-first").value, page.selectbox(key="pair-second").value) == (3, 8)
    assert "8" not in page.selectbox(key="pair-first").options
    assert "3" not in page.selectbox(key="pair-second").options
    page = opened(run=run_id, first="3", second="3")
    assert "must be two different digits, got 3 twice. Shown: 3 and 8." in page.warning[0].value
    assert address(page)["second"] == "8"
    assert page.selectbox(key="pair-second").value == 8
    for asked, shown in (({"first": "8"}, (8, 3)), ({"second": "3"}, (8, 3)), ({"second": "5"}, (3, 5))):
        page = opened(run=run_id, **asked)
        assert not page.warning
        assert (page.selectbox(key="pair-first").value, page.selectbox(key="pair-second").value) == shown


def test_what_is_not_there_is_named(store: RunStore) -> None:
    run_id = trained_run(store)
    page = opened(run=run_id, first="x", second="11", **{"view": "morph", "from": "99999"})
    said = [warning.value for warning in page.warning]
    assert any("must be a digit from 0 to 9, got “x”. Shown: 3." in words for words in said)
    assert any("got “11”. Shown: 8." in words for words in said)
    assert any("There is no 3 with the number 99999 among these images" in words for words in said)
    full = easy_digits()
    kept = [labels != 8 for labels in (full.train_labels, full.test_labels)]
    parts = full.train_images[kept[0]], full.train_labels[kept[0]], full.test_images[kept[1]], full.test_labels[kept[1]]
    page = opened(run=trained_run(store, Dataset.build("without 8", *parts)))
    assert "There is no 8 among these images: choose another digit" in texts(page)
    assert not page.get("vega_lite_chart")


def test_a_running_and_a_diverged_run(store: RunStore) -> None:
    run_id = trained_run(store)
    with store.database.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'running'")
    page = opened(run=run_id)
    assert "is still training: these are its newest weights" in texts(page)
    page.session_state[PLAYING] = True
    page.query_params["view"], page.query_params["step"] = "account", "0"
    assert "Pause the film: these accounts are made for one moment." in texts(page.run())
    diverged = trained_run(store, learning_rate=100, optimizer="sgd", loss="linear_squared_error")
    assert store.run(diverged).status == "diverged"
    page = opened(run=diverged)
    assert "diverged" in page.warning[0].value
    assert page.get("vega_lite_chart") or "choose weights of an earlier step" in page.error[0].value


def test_a_confusion_leads_to_it(store: RunStore) -> None:
    run_id = trained_run(store)
    app = app_at("confusions", run=run_id, part="test").run()
    app.selectbox(key="confused-true").set_value(1)
    app.selectbox(key="confused-predicted").set_value(0).run()
    (link,) = [found.proto for found in app.get("page_link") if found.proto.page == "pair"]
    assert link.label == "1 and 0 under the microscope"
    step = store.run(run_id).step
    assert link.query_string == f"run={run_id}&first=1&second=0&part=test&step={step}"
    page = opened(run=run_id, first="1", second="0", part="test", step=str(step))
    assert "20 test images of easy digits" in texts(page)
    app.selectbox(key="confused-predicted").set_value(1).run()
    assert not [found for found in app.get("page_link") if found.proto.page == "pair"]
