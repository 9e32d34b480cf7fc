"""What a phone is shown: what is asked of it now, and what has come of what it sent."""

from typing import Any

from sqlalchemy import Connection, func, select

from mnistcore.classroom.contest import contest_for_phone
from mnistcore.classroom.players import Player, player_of
from mnistcore.classroom.quiz import quiz_for_phone
from mnistcore.classroom.room import CONTEST, DRAW, QUIZ, State, read_state
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassDrawingRow
from mnistcore.runs.database import reading


def phone_state(store: RunStore, token: object) -> dict[str, Any]:
    """For the phone's page, as JSON has it: `name`, `doing`, and what belongs to that; StrangerError if not known."""
    with reading(store.database) as connection:
        player, state = player_of(connection, token), read_state(connection)
        shown = {"name": player.name, "doing": state["doing"]}
        if state["doing"] == DRAW:
            return shown | _drawing(connection, player, state)
        if state["doing"] == QUIZ:
            return shown | quiz_for_phone(connection, player, state)
        if state["doing"] == CONTEST:
            return shown | contest_for_phone(connection, player, state)
        return shown


def _drawing(connection: Connection, player: Player, state: State) -> dict[str, Any]:
    mine = select(func.count()).select_from(ClassDrawingRow).where(ClassDrawingRow.player == player.id)
    return {"digit": state["digit"], "frozen": state["frozen"], "sent": connection.execute(mine).scalar() or 0}
