"""A class: who may join under which name, which drawings are taken, and how all of it is deleted."""

import os
import re
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import update

from mnistcore.classroom import key
from mnistcore.classroom.board import build_board
from mnistcore.classroom.drawings import (
    MAX_EACH,
    add_drawing,
    drawings,
    drawn_dataset,
    hide_drawing,
    remove_drawings,
)
from mnistcore.classroom.phone import phone_state
from mnistcore.classroom.players import StrangerError, cleaned_name, join, leave, players, remove_player
from mnistcore.classroom.room import end_class, forget_yesterday, join_code, set_state, state_of
from mnistcore.classroom.strokes import SIDE, ink_of, parse_strokes
from mnistcore.cli import main
from mnistcore.drawing import prepare
from mnistcore.errors import ConfigError, DataError
from mnistcore.runs import RunStore
from mnistcore.runs.class_tables import ClassDrawingRow, ClassPlayerRow
from mnistcore.runs.database import writing

SEVEN = [[[250, 250], [700, 250], [450, 820]]]


@pytest.fixture
def store(own_home: Path) -> RunStore:
    return RunStore()


def joined(store: RunStore, name: str = "Ada") -> str:
    return join(store, join_code(store), name)[0]


def test_a_code_is_six_digits_and_stays_until_the_class_ends(store):
    code = join_code(store)
    assert re.fullmatch(r"\d{6}", code)
    assert join_code(RunStore()) == code  # also for a server that is started again


@pytest.mark.parametrize("code", ["", "12345", None, 7, ["000000"], "0" * 5000])
def test_without_the_code_nobody_joins(store, code):
    with pytest.raises(StrangerError, match="not the code"):
        join(store, code, "Ada")
    assert players(store) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "at least one letter"),
        (" \t", "at least one letter"),
        ("👾", "at least one letter"),
        ("x" * 21, "this one has 21"),
        ("x" * 10_000, "at most 20"),
        (None, "at most 20"),
        ("a\u202eb", "cannot be shown"),  # it would turn what follows around
        ("a\x00b", "cannot be shown"),
        ("a" + "\u0336" * 9, "cannot be shown"),
    ],
)
def test_a_name_that_cannot_be_shown_is_refused(name, problem):
    with pytest.raises(DataError, match=problem):
        cleaned_name(name)


def test_names_are_text_in_one_line_and_told_apart(store):
    assert cleaned_name("  Zoë\n <b>*x*</b>  ") == "Zoë <b>*x*</b>"
    joined(store)
    assert join(store, join_code(store), "Ada")[1].name == "Ada 2"
    assert [player.name for player in players(store)] == ["Ada", "Ada 2"]


def test_the_store_does_not_hold_the_token_of_a_phone(store, own_home):
    token = joined(store)
    store.close()
    assert all(token.encode() not in file.read_bytes() for file in own_home.glob("runs.db*"))


@pytest.mark.parametrize(
    "strokes",
    [
        None,
        "M0 0",
        [[]],
        [[[0]]],
        [[[0, 1001]]],
        [[[-1, 0]]],
        [[[0.5, 0]]],
        [[[True, 0]]],
        [[["0", 0]]],
        [[[0, 0]] * 3001],
        [[[0, 0]]] * 61,
    ],
)
def test_what_are_no_strokes_is_refused(strokes):
    with pytest.raises(DataError):
        parse_strokes(strokes)


def test_strokes_become_ink_as_wide_as_the_pen_and_where_they_are():
    ink = ink_of(parse_strokes([[[500, 200], [500, 800]]]))
    assert ink.shape == (SIDE, SIDE)
    across = np.flatnonzero(ink[SIDE // 2] > 127)
    assert len(across) == pytest.approx(20, abs=1)
    assert across.mean() == pytest.approx(SIDE / 2, abs=1)
    down = np.flatnonzero(ink[:, SIDE // 2] > 127)
    assert (down[0], down[-1]) == (pytest.approx(0.2 * SIDE - 10, abs=1), pytest.approx(0.8 * SIDE + 10, abs=1))


def test_a_drawing_is_kept_as_the_network_is_to_see_it(store):
    set_state(store, doing="draw", digit=7)
    token = joined(store, "Ada")
    assert add_drawing(store, token, 7, SEVEN) == 1
    assert add_drawing(store, token, 7, SEVEN) == 2
    one, _ = drawings(RunStore())  # another server sees it
    assert (one.name, one.digit, one.hidden) == ("Ada", 7, False)
    np.testing.assert_array_equal(one.image, prepare(ink_of(parse_strokes(SEVEN))).image)
    assert phone_state(store, token) == {"name": "Ada", "doing": "draw", "digit": 7, "frozen": False, "sent": 2}
    hide_drawing(store, one.id)
    images, labels = drawn_dataset(store)
    assert (images.shape, labels.tolist()) == ((1, 28, 28), [7])
    remove_drawings(store)
    assert len(drawn_dataset(store)[0]) == 0


@pytest.mark.parametrize(
    ("state", "digit", "strokes", "problem"),
    [
        ({}, 7, SEVEN, "No drawing is asked for"),
        ({"doing": "draw", "frozen": True}, 7, SEVEN, "frozen"),
        ({"doing": "draw"}, 10, SEVEN, "0 to 9"),
        ({"doing": "draw"}, True, SEVEN, "0 to 9"),
        ({"doing": "draw"}, 7, [], "Draw a digit"),
        ({"doing": "draw"}, 7, [[[500, 500]]], "dot"),
        ({"doing": "draw"}, 7, [[[200, 300], [200, 700]], [[800, 300], [800, 700]]], "just one"),
    ],
)
def test_a_drawing_that_is_not_asked_for_or_shows_no_digit_is_refused(store, state, digit, strokes, problem):
    set_state(store, **state)
    with pytest.raises(DataError, match=problem):
        add_drawing(store, joined(store), digit, strokes)
    assert drawings(store) == []


def test_nobody_sends_more_than_their_share(store, monkeypatch):
    monkeypatch.setattr("mnistcore.classroom.drawings.MAX_EACH", 1)
    monkeypatch.setattr("mnistcore.classroom.drawings.MAX_DRAWINGS", 2)
    assert MAX_EACH < 1000
    set_state(store, doing="draw", digit=7)
    one, two, three = (joined(store) for _ in range(3))
    add_drawing(store, one, 7, SEVEN)
    with pytest.raises(DataError, match="You have sent 1"):
        add_drawing(store, one, 7, SEVEN)
    add_drawing(store, two, 7, SEVEN)
    with pytest.raises(DataError, match="holds 2"):
        add_drawing(store, three, 7, SEVEN)


def test_no_more_join_than_there_is_room_for(store, monkeypatch):
    monkeypatch.setattr("mnistcore.classroom.players.MAX_PLAYERS", 1)
    joined(store)
    with pytest.raises(DataError, match="no more can"):
        joined(store)


def test_whoever_is_removed_or_leaves_is_gone_with_all_they_sent(store):
    set_state(store, doing="draw", digit=7)
    ada, ben = joined(store, "Ada"), joined(store, "Ben")
    for token in (ada, ben):
        add_drawing(store, token, 7, SEVEN)
    remove_player(store, players(store)[0].id)
    assert [one.name for one in drawings(store)] == ["Ben"]
    with pytest.raises(StrangerError):
        phone_state(store, ada)
    leave(store, ben)
    assert (drawings(store), players(store)) == ([], [])


def test_the_end_of_a_class_deletes_everything_and_changes_the_code(store):
    set_state(store, doing="draw", digit=7)
    token, code = joined(store), join_code(store)
    add_drawing(store, token, 7, SEVEN)
    end_class(store)
    assert (drawings(store), players(store), state_of(store)["doing"]) == ([], [], "wait")
    assert join_code(store) != code
    with pytest.raises(StrangerError):
        add_drawing(store, token, 7, SEVEN)


def test_after_a_day_everything_is_forgotten_and_before_that_nothing(store):
    set_state(store, doing="draw", digit=7)
    token = joined(store)
    add_drawing(store, token, 7, SEVEN)
    forget_yesterday(store)
    assert len(drawings(store)) == 1
    for table, column in ((ClassDrawingRow, "created_at"), (ClassPlayerRow, "joined_at")):
        with writing(store.database) as connection:
            connection.execute(update(table).values({column: time.time() - 25 * 3600}))
    forget_yesterday(store)
    assert (drawings(store), players(store)) == ([], [])


def test_only_what_exists_can_be_asked_for(store):
    with pytest.raises(ConfigError, match="doing must be one of"):
        set_state(store, doing="sleep")
    with pytest.raises(ConfigError, match="digit must be 0 to 9"):
        set_state(store, digit=11)


def test_the_board_sorts_counts_and_leaves_out_what_is_hidden(store):
    set_state(store, doing="draw", digit=7)
    token = joined(store)
    for digit in (7, 7, 1):
        add_drawing(store, token, digit, SEVEN)
    kept = drawings(store)
    reads = np.full((3, 10), 0.01)
    reads[0, 7], reads[1, 1], reads[2, 1] = 0.6, 0.9, 0.8

    def order(name: str, **options: bool) -> list[int]:
        return [kept.index(tile.drawing) for tile in build_board(kept, lambda _: reads, name, **options).tiles]

    assert order("newest") == [2, 1, 0]
    assert order("surest") == [1, 2, 0]
    assert order("least sure") == [0, 2, 1]
    assert order("wrong first") == [1, 2, 0]
    board = build_board(kept, lambda _: reads)
    assert (board.counts, board.correct, board.rarest) == ((0, 1, 0, 0, 0, 0, 0, 2, 0, 0), 2, 0)
    hide_drawing(store, kept[1].id)
    kept = drawings(store)
    board = build_board(kept, lambda _: reads)
    assert (board.total, board.hidden, len(board.tiles)) == (2, 1, 2)
    assert len(build_board(kept, lambda _: reads, with_hidden=True).tiles) == 3
    assert build_board([], lambda _: reads).total == 0


def test_the_key_outlives_a_restart_but_not_a_day_and_nobody_else_reads_it(own_home):
    first = key.teacher_key()
    path = own_home / key.KEY_FILE
    assert key.teacher_key() == first
    assert path.stat().st_mode & 0o777 == 0o600
    os.utime(path, (0, time.time() - 25 * 3600))
    second = key.teacher_key()
    assert second != first
    path.write_text("guess")
    assert key.KEY.fullmatch(key.teacher_key())
    assert second not in key.pass_of(second)


def test_a_drawing_is_read_once_for_a_board_that_follows(store):
    set_state(store, doing="draw", digit=7)
    token, known, asked = joined(store), {}, []

    def predict(images: np.ndarray) -> np.ndarray:
        asked.append(len(images))
        return np.full((len(images), 10), 0.1)

    for _ in range(2):
        add_drawing(store, token, 7, SEVEN)
        for _ in range(2):
            build_board(drawings(store), predict, known=known)
    assert asked == [1, 1]


@pytest.mark.parametrize("address", ["a b", "http://192.168.1.20", "-x", "1.2.3.4:80", "x" * 300])
def test_an_address_that_phones_could_not_open_is_refused(address, capsys):
    assert main(["class", f"--address={address}"]) == 2
    assert "no name or IPv4 address" in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused_and_no_key_is_printed(capsys, own_home):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["class", "--address", "127.0.0.1", "--port", str(port)]) == 2
    told = capsys.readouterr()
    assert f"--port {port} cannot be used" in told.err
    assert "key=" not in told.out + told.err
