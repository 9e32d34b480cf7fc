"""Who has joined: names that can be shown, and the token by which a phone is known again."""

import hmac
import secrets
import time
import unicodedata
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from mnistcore.classroom.room import join_code
from mnistcore.errors import DataError, RunError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassPlayerRow
from mnistcore.runs.database import reading, writing

LONGEST_NAME = 20
MOST_MARKS = 2  # combining marks: accents, not towers of them
MAX_PLAYERS = 200
LONGEST_TOKEN = 64


class StrangerError(RunError):
    """A phone that is not known (any more): it has to join again."""


@dataclass(frozen=True)
class Player:
    """Somebody who has joined."""

    id: int
    name: str


def join(store: RunStore, code: object, name: object) -> tuple[str, Player]:
    """Let somebody in who has the join code; returns the token for their phone, and who they are here.

    StrangerError for a wrong code; DataError for a name that cannot be shown, or when MAX_PLAYERS are in.
    """
    given = code.strip() if isinstance(code, str) else ""
    if not hmac.compare_digest(given.encode(), join_code(store).encode()):
        raise StrangerError("That is not the code on the screen: it has six digits.")
    cleaned = cleaned_name(name)
    token = secrets.token_urlsafe(24)
    with writing(store.database) as connection:
        names = set(connection.execute(select(ClassPlayerRow.name)).scalars())
        if len(names) >= MAX_PLAYERS:
            raise DataError(f"{MAX_PLAYERS} have joined, and no more can: ask the teacher to remove a name.")
        number, free = 2, cleaned
        while free in names:
            number, free = number + 1, f"{cleaned} {number}"
        row = {"token": _hash(token), "name": free, "joined_at": time.time()}
        player = connection.execute(insert(ClassPlayerRow).values(**row)).inserted_primary_key
    assert player is not None
    return token, Player(int(player[0]), free)


def cleaned_name(name: object) -> str:
    """A name in one line of at most LONGEST_NAME printable characters; DataError says what is wrong with it."""
    if not isinstance(name, str) or len(name) > 10 * LONGEST_NAME:
        raise DataError(f"A name has at most {LONGEST_NAME} characters: choose a shorter one.")
    text = " ".join(unicodedata.normalize("NFKC", name).split())
    if not any(character.isalnum() for character in text):
        raise DataError("A name needs at least one letter or digit.")
    if len(text) > LONGEST_NAME:
        raise DataError(f"A name has at most {LONGEST_NAME} characters, this one has {len(text)}: shorten it.")
    if not text.isprintable() or sum(map(bool, map(unicodedata.combining, text))) > MOST_MARKS:
        raise DataError("The name has a character that cannot be shown: leave it out.")
    return text


def player_of(connection: Connection, token: object) -> Player:
    """Who holds this token; StrangerError if nobody does, or no longer."""
    if isinstance(token, str) and 0 < len(token) <= LONGEST_TOKEN:
        found = select(ClassPlayerRow.id, ClassPlayerRow.name).where(ClassPlayerRow.token == _hash(token))
        if (row := connection.execute(found).one_or_none()) is not None:
            return Player(row.id, row.name)
    raise StrangerError("You are not in the class (any more): type your name to join.")


def players(store: RunStore) -> list[Player]:
    """All who have joined, in that order."""
    with reading(store.database) as connection:
        rows: Any = connection.execute(select(ClassPlayerRow.id, ClassPlayerRow.name).order_by(ClassPlayerRow.id))
        return [Player(row.id, row.name) for row in rows]


def count_players(store: RunStore) -> int:
    """How many have joined."""
    with reading(store.database) as connection:
        return int(connection.execute(select(func.count()).select_from(ClassPlayerRow)).scalar() or 0)


def remove_player(store: RunStore, player: int) -> None:
    """Remove somebody with all that they have sent; their phone has to join again."""
    with writing(store.database) as connection:
        connection.execute(delete(ClassPlayerRow).where(ClassPlayerRow.id == player))


def leave(store: RunStore, token: object) -> None:
    """The same, asked for by whoever holds the token; StrangerError if nobody does."""
    with reading(store.database) as connection:
        player = player_of(connection, token)
    remove_player(store, player.id)


def _hash(token: str) -> str:
    return sha256(token.encode("utf-8", "replace")).hexdigest()
