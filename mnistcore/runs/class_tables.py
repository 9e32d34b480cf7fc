"""The tables of a class: what is going on, who has joined, and what they drew, answered and trained."""

from sqlalchemy import Boolean, Double, ForeignKey, Integer, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from mnistcore.runs.tables import RUN_ID_LENGTH, Base


def _player() -> Mapped[int]:
    return mapped_column(Integer, ForeignKey("class_players.id", ondelete="CASCADE"), index=True)


class ClassStateRow(Base):
    """One thing that the teacher has set (what is asked, whether the board is frozen, a quiz …), as JSON."""

    __tablename__ = "class_state"
    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class ClassPlayerRow(Base):
    """Somebody who has joined; of the token that their phone holds only the SHA-256 is kept."""

    __tablename__ = "class_players"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(40))
    joined_at: Mapped[float] = mapped_column(Double, index=True)


class ClassDrawingRow(Base):
    """A drawing: the digit that was asked for, its strokes as JSON, and the 28×28 image made of them."""

    __tablename__ = "class_drawings"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    player: Mapped[int] = _player()
    digit: Mapped[int] = mapped_column(Integer)
    strokes: Mapped[str] = mapped_column(Text)
    image: Mapped[bytes] = mapped_column(LargeBinary)
    hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    created_at: Mapped[float] = mapped_column(Double, index=True)


class ClassAnswerRow(Base):
    """What somebody answered to one question of a quiz; the first answer counts."""

    __tablename__ = "class_answers"
    quiz: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), primary_key=True)
    question: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    player: Mapped[int] = mapped_column(
        Integer, ForeignKey("class_players.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    answer: Mapped[int] = mapped_column(Integer)


class ClassEntryRow(Base):
    """A run that somebody has entered in a contest."""

    __tablename__ = "class_entries"
    run_id: Mapped[str] = mapped_column(
        String(RUN_ID_LENGTH), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    contest: Mapped[str] = mapped_column(String(RUN_ID_LENGTH), index=True)
    player: Mapped[int] = _player()
