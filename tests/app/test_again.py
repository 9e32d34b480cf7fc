"""A run once more on the Train page: the same seed, another one, and the earlier runs behind it."""

from functools import partial

import numpy as np

from mnistcore.runs import RunStore, execute_run
from tests.app.pages import button, open_page
from tests.app.small_runs import trained_run
from ui.live.again import MOST
from ui.pictures.live_charts import curve_data, curve_spec

opened = partial(open_page, "train")


def labels(page) -> list[str]:
    return [found.label for found in page.button if (found.key or "").startswith("earlier_")]


def test_the_same_seed_gives_the_same_weights(store: RunStore) -> None:
    first = trained_run(store, name="mine", seed=7)
    page = opened(run=first)
    button(page, "Again").click().run()
    again = store.runs()[0]
    assert again.id != first
    assert again.config == store.run(first).config
    assert again.name == "mine 2"
    assert execute_run(store.url, again.id) == "finished"
    assert np.array_equal(store.load_weights(again.id).network.parameters, store.load_weights(first).network.parameters)


def test_each_other_seed_is_a_new_one_and_earlier_runs_stay(store: RunStore) -> None:
    first = trained_run(store, name="mine", seed=2**32 - 2)
    page = opened(run=first)
    ids = [first]
    for _ in range(2):
        button(page, "Again with another seed").click().run()
        newest = store.runs()[0]
        execute_run(store.url, newest.id)
        page = opened(run=newest.id, earlier=",".join(reversed(ids)))
        ids.append(newest.id)
    assert [store.run(one).config.seed for one in ids] == [2**32 - 2, 2**32 - 1, 0]
    assert [store.run(one).name for one in ids] == ["mine", "mine 2", "mine 3"]
    assert [label.split(" · ")[0] for label in labels(page)] == ["seed 4294967295", "seed 4294967294"]
    page.button(key=f"earlier_{ids[1]}").click().run()
    assert page.query_params["earlier"] == first
    page.button(key=f"earlier_{first}").click().run()
    assert "earlier" not in page.query_params
    assert labels(page) == []
    assert not page.exception


def test_what_is_gone_or_makes_no_sense_is_left_out(store: RunStore) -> None:
    run, other, deleted = (trained_run(store, name=name) for name in ("this", "other", "deleted"))
    store.delete(deleted)
    page = opened(run=run, earlier=",".join([run, deleted, "zzz", "0" * 12, "", "?", other]))
    assert labels(page) == []  # no more than MOST are looked up
    page = opened(run=run, earlier=",".join([other, other, "zzz", "x" * 9999, *("y" for _ in range(50 * MOST))]))
    assert len(labels(page)) == 1
    assert not page.exception


def test_earlier_curves_are_behind_the_own_ones(store: RunStore) -> None:
    run, other = trained_run(store, seed=1), trained_run(store, seed=2)
    histories = [store.history(one) for one in (run, other)]
    data = curve_data(histories[0], "step", "accuracy", earlier={"other": histories[1]})
    own, behind = data[data["earlier"].isna()], data[data["earlier"] == "other"]
    assert set(behind["part"]) == {"Training", "Validation"}
    expected = histories[1]["validation_accuracy"].dropna().to_numpy(np.float32)
    assert np.array_equal(behind[behind["part"] == "Validation"]["value"], expected)
    assert len(own) == len(curve_data(histories[0], "step", "accuracy"))
    with_earlier, alone = (curve_spec("step", "accuracy", False, with_earlier=each) for each in (True, False))
    assert len(with_earlier["layer"]) == len(alone["layer"]) + 1
    assert with_earlier["layer"][0]["encoding"]["opacity"]["value"] < 0.5
