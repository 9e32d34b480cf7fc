"""The class as a whole: its join code, what is going on in it, and how all of it is deleted."""

import json
import secrets
import time
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from mnistcore.classroom.key import DAY
from mnistcore.errors import ConfigError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassAnswerRow, ClassDrawingRow, ClassEntryRow, ClassPlayerRow, ClassStateRow
from mnistcore.runs.database import reading, writing
from mnistcore.runs.teaching import forget_teachings

WAIT, DRAW, QUIZ, CONTEST = "wait", "draw", "quiz", "contest"
ACTIVITIES = (WAIT, DRAW, QUIZ, CONTEST)
QUESTIONS = "questions"

State = dict[str, Any]


def join_code(store: RunStore) -> str:
    """The six digits that a phone needs to join; made at the first call, and again when the class has ended."""
    with reading(store.database) as connection:
        known = read_state(connection).get("code")
    if known is not None:
        return str(known)
    code = f"{secrets.randbelow(10**6):06d}"
    try:
        with writing(store.database) as connection:
            connection.execute(insert(ClassStateRow).values(name="code", value=json.dumps(code)))
    except IntegrityError:  # another process was faster
        return join_code(store)
    return code


def state_of(store: RunStore) -> State:
    """What the teacher has set: `doing` (one of ACTIVITIES), `digit`, `frozen`, `quiz`, `contest`."""
    with reading(store.database) as connection:
        return read_state(connection)


def read_state(connection: Connection) -> State:
    """The same within a transaction."""
    rows = connection.execute(select(ClassStateRow.name, ClassStateRow.value).where(ClassStateRow.name != QUESTIONS))
    return {"doing": WAIT, "digit": None, "frozen": False} | {name: json.loads(value) for name, value in rows}


def read_questions(connection: Connection) -> list[dict[str, Any]]:
    """The questions of the quiz: they are large, and so not part of the state that every phone asks for."""
    found = connection.execute(select(ClassStateRow.value).where(ClassStateRow.name == QUESTIONS)).scalar()
    return [] if found is None else _parsed(found)


@lru_cache(maxsize=2)
def _parsed(questions: str) -> list[dict[str, Any]]:
    return list(json.loads(questions))


def set_state(store: RunStore, **values: Any) -> None:
    """Set some of it; ConfigError for an activity or a digit that does not exist."""
    if values.get("doing", WAIT) not in ACTIVITIES:
        raise ConfigError(f"doing must be one of {', '.join(ACTIVITIES)}, got {values['doing']!r}")
    digit = values.get("digit")
    if digit is not None and (not isinstance(digit, int) or not 0 <= digit <= 9):
        raise ConfigError(f"digit must be 0 to 9, got {digit!r}")
    with writing(store.database) as connection:
        write_state(connection, values)


def write_state(connection: Connection, values: State) -> None:
    """The same within a transaction, unchecked."""
    connection.execute(delete(ClassStateRow).where(ClassStateRow.name.in_(values)))
    for name, value in values.items():
        connection.execute(insert(ClassStateRow).values(name=name, value=json.dumps(value)))


def end_class(store: RunStore) -> None:
    """Delete names, drawings, answers and what was going on; whoever wants to join again needs the new code.

    Runs that were trained in a contest or learned from drawings stay among the runs, without anybody's name; the data
    sets of drawings go.
    """
    forget_teachings(store, "class")
    with writing(store.database) as connection:
        for table in (ClassEntryRow, ClassAnswerRow, ClassDrawingRow, ClassPlayerRow, ClassStateRow):
            connection.execute(delete(table))


def forget_yesterday(store: RunStore) -> None:
    """Delete drawings that are older than a day, and whoever joined longer ago; with nobody left, the code too."""
    forget_teachings(store, "class", DAY)
    old = time.time() - DAY
    with writing(store.database) as connection:
        connection.execute(delete(ClassDrawingRow).where(ClassDrawingRow.created_at < old))
        gone = connection.execute(delete(ClassPlayerRow).where(ClassPlayerRow.joined_at < old)).rowcount
        if gone and not connection.execute(select(func.count()).select_from(ClassPlayerRow)).scalar():
            connection.execute(delete(ClassStateRow))
