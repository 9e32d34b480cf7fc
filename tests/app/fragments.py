"""Running one fragment of a page by itself, as its clock or a click in it does; AppTest always runs the whole page."""

import functools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner


def run_fragment(page: AppTest, newest: bool = False) -> None:
    """Run the page's one fragment, with what its widgets have been set to; or the newest of several."""
    fragments = list(page._fragment_storage._fragments)
    assert newest or len(fragments) == 1
    fragment = fragments[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "RerunData", functools.partial(RerunData, fragment_id=fragment))
        page.run()


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The SQL statements that are sent to any store meanwhile."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)
