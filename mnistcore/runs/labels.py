"""What its owner says of a run: tags, notes, and whether it is archived."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, bindparam, select, update

from mnistcore.errors import RunError
from mnistcore.runs.database import reading, writing
from mnistcore.runs.tables import RunRow

MAX_TAG = 40  # characters
MAX_TAGS = 20  # of a run
MAX_NOTES = 5_000  # characters


def parse_tags(text: str) -> tuple[str, ...]:
    """Tags as somebody types them, between spaces or commas, each once; RunError for one that cannot be a tag."""
    return checked_tags(text.replace(",", " ").split())


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags, each once; RunError unless they are words of 1 to MAX_TAG printable characters."""
    unique = tuple(dict.fromkeys(tags))
    for tag in unique:
        if len(tag) > MAX_TAG:
            raise RunError(f"A tag has at most {MAX_TAG} characters, “{tag[:20]}…” has {len(tag):,}: shorten it.")
        if not tag or not tag.isprintable() or tag.split() != [tag]:
            raise RunError(f"A tag is one word of characters that can be shown, got {tag!r}: write it without spaces.")
    return unique


def checked_notes(notes: str) -> str:
    """Notes without blank ends; RunError if they are too long or have characters that cannot be shown."""
    notes = "\n".join(notes.expandtabs(4).splitlines()).strip()
    if len(notes) > MAX_NOTES:
        raise RunError(f"Notes have at most {MAX_NOTES:,} characters, these have {len(notes):,}: shorten them.")
    if wrong := next((letter for letter in notes if letter != "\n" and not letter.isprintable()), None):
        raise RunError(f"The notes contain a character that cannot be shown ({wrong!r}): remove it.")
    return notes


def change_tags(
    database: Engine, run_ids: Collection[str], add: Iterable[str] = (), remove: Collection[str] = ()
) -> None:
    """Take tags from all these runs, then add others; RunError, and no change, if one is unknown or gets too many."""
    added = checked_tags(add)
    with writing(database) as connection:
        statement = select(RunRow.id, RunRow.name, RunRow.tags).where(RunRow.id.in_(run_ids))
        rows = connection.execute(statement).all()
        _check_known(run_ids, [row.id for row in rows])
        changes = []
        for run_id, name, before in rows:
            kept = [tag for tag in (before or "").split() if tag not in remove]
            tags = list(dict.fromkeys([*kept, *added]))
            if len(tags) > MAX_TAGS:
                raise RunError(f"A run has at most {MAX_TAGS} tags, “{name}” would have {len(tags)}: remove some.")
            changes.append({"changed_id": run_id, "changed_tags": " ".join(tags) or None})
        if changes:
            changed = update(RunRow.__table__).where(RunRow.id == bindparam("changed_id"))  # type: ignore[arg-type]
            connection.execute(changed.values(tags=bindparam("changed_tags")), changes)


def set_notes(database: Engine, run_id: str, notes: str) -> None:
    """Replace the notes of a run, at most MAX_NOTES printable characters in lines; RunError for an unknown run."""
    values = {"notes": checked_notes(notes) or None}
    with writing(database) as connection:
        _update_all(connection, [run_id], values)


def set_archived(database: Engine, run_ids: Collection[str], archived: bool) -> None:
    """Hide runs from the usual lists, or bring them back; RunError, and no change, if one is unknown."""
    with writing(database) as connection:
        _update_all(connection, run_ids, {"archived": archived})


def all_tags(database: Engine) -> list[str]:
    """Every tag that a run has, in the order of the alphabet."""
    statement = select(RunRow.tags).where(RunRow.deleted.is_(False), RunRow.tags.is_not(None)).distinct()
    with reading(database) as connection:
        return sorted({tag for tags in connection.execute(statement).scalars() for tag in (tags or "").split()})


def _update_all(connection: Connection, run_ids: Collection[str], values: Mapping[str, str | bool | None]) -> None:
    known = connection.execute(select(RunRow.id).where(RunRow.id.in_(run_ids))).scalars().all()
    _check_known(run_ids, known)
    connection.execute(update(RunRow).where(RunRow.id.in_(run_ids)).values(**values))


def _check_known(run_ids: Collection[str], known: Sequence[str]) -> None:
    if unknown := set(run_ids) - set(known):
        raise RunError(f"There is no run “{min(unknown)[:60]}”: choose one from the list of runs.")
