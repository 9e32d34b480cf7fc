"""What changes by itself is drawn again in place, and the whole page once its state is another."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.errors import RunError
from tests.app.fragments import run_fragment

Now = dict[str, Any]


def script(now: "Now", find: "Callable[[], Now]") -> None:
    import streamlit as st

    from ui.frame.follow import follow
    from ui.frame.session import guard

    now["pages"] += 1
    st.title(now["state"])
    with guard():
        follow(
            find,
            lambda found: st.write(str(found["value"])),
            every=lambda found: found["pace"],
            state=lambda found: found["state"],
        )


@pytest.fixture
def now() -> Now:
    """What is followed, and how often the page has run and looked."""
    return {"pages": 0, "looks": 0, "value": 1, "state": "running", "pace": 0.5, "problem": None}


@pytest.fixture
def page(now: Now) -> AppTest:
    def find() -> Now:
        now["looks"] += 1
        if now["problem"] is not None:
            raise now["problem"]
        return dict(now)

    page = AppTest.from_function(script, kwargs={"now": now, "find": find}).run()
    assert [element.value for element in page.markdown] == ["1"]
    return page


def test_it_looks_once_while_the_page_is_drawn(now: Now, page: AppTest) -> None:
    assert (now["pages"], now["looks"]) == (1, 1)


def test_what_has_changed_is_drawn_in_place(now: Now, page: AppTest) -> None:
    now["value"] = 2
    run_fragment(page)
    assert [element.value for element in page.markdown] == ["2"]
    assert (now["pages"], now["looks"]) == (1, 2)


@pytest.mark.parametrize("change", [{"state": "finished"}, {"pace": None}])
def test_another_state_or_pace_runs_the_whole_page_once_more(now: Now, page: AppTest, change: Now) -> None:
    now.update(change, value=3)
    run_fragment(page)
    assert now["pages"] == 2
    assert page.title[0].value == now["state"]
    assert [element.value for element in page.markdown] == ["3"]
    run_fragment(page)
    assert now["pages"] == 2


def test_what_is_gone_is_left_to_the_page(now: Now, page: AppTest) -> None:
    now["problem"] = RunError("there is no such run")
    run_fragment(page)
    assert now["pages"] == 2
    assert [error.value for error in page.error] == ["there is no such run"]


def test_a_change_since_the_page_was_drawn_is_seen() -> None:
    """The page around shows a run that trains; before the fragment's first look of its own the run is paused."""

    def paused_meanwhile(pages: list[str]) -> None:
        from ui.frame.follow import follow

        pages.append("drawn")
        follow(lambda: "paused", lambda _: None, every=lambda _: 0.5, state=lambda status: status, found="running")

    pages: list[str] = []
    page = AppTest.from_function(paused_meanwhile, kwargs={"pages": pages}).run()
    run_fragment(page)
    assert len(pages) == 2
