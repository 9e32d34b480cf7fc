"""The teacher's page: how a class joins, what is asked of it, and what has come."""

import pytest
from sqlalchemy import update

import ui.runs.teach
from mnistcore.classroom.contest import contest_view, enter_contest
from mnistcore.classroom.drawings import add_drawing, drawings
from mnistcore.classroom.key import ADDRESS_VARIABLE
from mnistcore.classroom.players import join, players
from mnistcore.classroom.quiz import give_answer, quiz_view
from mnistcore.classroom.room import end_class, join_code, set_state, state_of
from mnistcore.runs import RunStore, execute_run
from mnistcore.runs.class_tables import ClassDrawingRow
from mnistcore.runs.database import writing
from tests.app.pages import button, html, open_page, texts
from tests.app.small_runs import easy_digits, trained_run
from ui.frame import addresses

pytestmark = pytest.mark.usefixtures("few_generated_digits")

SEVEN = [[[250, 250], [700, 250], [450, 820]]]


@pytest.fixture
def in_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "http://192.168.1.20:8501")


def drawn(store: RunStore, name: str) -> None:
    set_state(store, doing="draw", digit=7)
    add_drawing(store, join(store, join_code(store), name)[0], 7, SEVEN)


def test_a_server_that_no_phone_reaches_says_how_to_start_a_class(store):
    page = open_page("class")
    assert "make class" in page.code[0].value
    assert not page.get("image")


def test_the_projector_shows_address_and_code_and_that_it_listens(store, in_class):
    page = open_page("class")
    code = join_code(store)
    assert "192.168.1.20:8501/join" in texts(page)
    assert f"{code[:3]} {code[3:]}" in texts(page)
    assert "listens on the local network" in texts(page)
    assert page.get("image")[0].proto.imgs[0].url.startswith("data:image/png;base64,")


def test_the_teacher_asks_for_a_digit_and_freezes_the_board(store, in_class):
    page = open_page("class")
    page.segmented_control(key="class_digit").set_value(3).run()
    page.toggle(key="class_frozen").set_value(True).run()
    assert not page.exception
    assert state_of(store) | {"code": ""} == {"doing": "draw", "digit": 3, "frozen": True, "code": ""}


def test_drawings_are_counted_and_names_are_text(store, in_class):
    run_id = trained_run(store)
    page = open_page("class", run=run_id)
    assert "No drawings yet" in texts(page)
    drawn(store, "**Ada** <b>")
    page.run()
    assert "1 drawing:" in texts(page)
    assert "**7** 1" in texts(page)
    assert "Fewest so far: **0**" in texts(page)
    assert "<b>" not in texts(page)


def test_somebody_is_removed_all_drawings_are_deleted_and_the_class_ends(store, in_class):
    for name in ("Ada", "Ben", "Cem"):
        drawn(store, name)
    page = open_page("class")
    page.multiselect(key="class_remove").select(players(store)[0].id).run()
    button(page, "Remove them").click().run()
    assert [one.name for one in drawings(store)] == ["Ben", "Cem"]
    button(page, "Delete all drawings").click().run()
    assert (drawings(store), len(players(store))) == ([], 2)
    button(page, "End the class: delete everything").click().run()
    assert not page.exception
    assert players(store) == []


def test_a_quiz_is_played_from_the_first_image_to_the_last(store, in_class):
    run_id = trained_run(store)
    player = join(store, join_code(store), "*Ada*")[0]
    page = open_page("class", view="quiz", run=run_id)
    button(page, "Start a quiz").click().run()
    view = quiz_view(store)
    assert view is not None
    assert "0 of 1 have answered" in html(page)
    give_answer(store, player, view.id, 0, view.question.label)
    button(page, "Show the answer").click().run()
    assert f"Meant as: **{view.question.label}**" in texts(page)
    assert "the class **1**" in texts(page)
    assert "1 · \\*Ada\\*" in texts(page)
    button(page, "Next image").click().run()
    assert "Image 2 of 20" in html(page)
    button(page, "End the quiz").click().run()
    assert not page.exception
    assert "After 1 image" in texts(page)
    assert button(page, "Start a quiz")


def test_a_quiz_without_a_network_leads_to_training_one(store, in_class):
    page = open_page("class", view="quiz")
    assert button(page, "Train a first network")


def test_a_contest_is_held_and_its_test_set_opened_in_the_end(store, in_class):
    dataset = store.add_dataset(easy_digits())
    player = join(store, join_code(store), "Ada")[0]
    page = open_page("class", view="contest", contest_dataset=dataset)
    page.number_input(key="contest_images").set_value(200).run()
    button(page, "Start a contest").click().run()
    view = contest_view(store)
    assert view is not None
    assert (view.bounds.dataset, view.bounds.train_size) == (dataset, 200)
    assert "begins with the first network" in texts(page)
    choice = {
        "layers": [],
        "activation": "relu",
        "optimizer": "adam",
        "learning_rate": 0.01,
        "batch_size": 16,
        "epochs": 2,
    }
    run_id = enter_contest(store, player, view.id, choice, lambda c, d, n: store.create_run(c, d, name=n))
    page.run()
    assert "1 of them waiting or training" in texts(page)
    execute_run(store.url, run_id)
    page.run()
    board = page.dataframe[0].value
    assert board["Name"].tolist() == ["Ada"]
    assert "Test" not in board
    button(page, "Open the test set and end the contest").click().run()
    assert not page.exception
    assert page.dataframe[0].value["Test"].tolist() == [f"{100 * store.run(run_id).test_accuracy:.2f} %"]
    assert button(page, "Start a contest")


def test_a_network_learns_from_the_drawings_and_the_end_of_the_class_takes_them_away(
    store: RunStore, in_class: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.runs.teach, "training_images", lambda name: 300)
    monkeypatch.setattr(ui.runs.teach, "USUAL_MIX", 0)
    source = trained_run(store)
    assert "There are no drawings yet" in texts(open_page("class", view="teach", run=source))
    for name in ("Ada", "Ben", "Cem", "Dan", "Eve"):
        drawn(store, name)
    page = open_page("class", view="teach", run=source)
    assert "4 drawings to learn from, 1 is held back to judge by" in texts(page)
    button(page, "Learn from the class's drawings").click().run()
    assert not page.exception
    assert execute_run(store.url, store.runs(1)[0].id) == "finished"
    page = open_page("class", view="teach", run=source)
    titles = [metric.label for metric in page.metric]
    assert titles == ["Drawings that it learned from", "Drawings held back", "Generated digits, test images"]
    assert page.metric[0].value == "100.0 %"
    taught = store.runs(1)[0]
    end_class(store)
    assert taught.dataset not in {stored.name for stored in store.datasets()}
    assert not open_page("class", view="teach", run=source).metric
    assert store.run(taught.id).status == "finished"


def test_the_rarest_digit_is_asked_for(store, in_class):
    drawn(store, "Ada")
    for digit in (0, 1):
        add_drawing(store, join(store, join_code(store), "Ben")[0], digit, SEVEN)
    page = open_page("class")
    button(page, "The rarest").click().run()
    assert state_of(store)["digit"] == 2
    assert page.segmented_control(key="class_digit").value == 2


def test_a_server_forgets_by_itself_what_is_older_than_a_day(store):
    drawn(store, "Ada")
    addresses._forget_yesterday()
    assert len(drawings(store)) == 1
    with writing(store.database) as connection:
        connection.execute(update(ClassDrawingRow).values(created_at=0.0))
    addresses._forget_yesterday()
    assert drawings(store) == []
