"""A number out of a range: what is shown is used, or a sentence says why not; and the ones before and after."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    """A page with such a field, from 1 to 1,500, and what it gives; or 40 pages fewer, or none at all."""
    import streamlit as st

    from ui.frame.number_choice import put_number, step_number

    st.button("Lot", on_click=put_number, args=("page", 77))
    if not st.toggle("Away"):
        used = step_number("Page", "page", 1, 1000 if st.toggle("Fewer") else 1500, "page")
        st.caption(f"used: {used}")


@pytest.fixture
def shown() -> AppTest:
    return AppTest.from_function(page, default_timeout=30).run()


def used(shown: AppTest) -> int:
    assert not shown.exception
    return int(shown.caption[0].value.removeprefix("used: "))


def sentences(shown: AppTest) -> list[str]:
    return [element.value for element in shown.markdown]


def press(shown: AppTest, label: str) -> AppTest:
    return next(button for button in shown.button if button.label == label).click().run()


@pytest.mark.parametrize(("text", "value"), [("1e3", 1000), ("1,234", 1234), (" 7 ", 7), ("1500", 1500)])
def test_what_is_typed_is_used(shown: AppTest, text: str, value: int) -> None:
    shown.text_input[0].set_value(text).run()
    assert used(shown) == value
    assert sentences(shown) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0", "must be at least 1 and at most 1,500, not “0”."),
        ("1501", "must be at least 1 and at most 1,500, not “1501”."),
        ("2.5", "must be a whole number, not “2.5”."),
        ("two", "must be a number, not “two”."),
        ("", "is empty: type a number."),
    ],
)
def test_what_cannot_be_used_is_said_and_what_still_is(shown: AppTest, text: str, reason: str) -> None:
    shown.text_input[0].set_value("12").run()
    shown.text_input[0].set_value(text).run()
    assert used(shown) == 12
    assert shown.text_input[0].value == text
    assert sentences(shown) == [f":red[Page {reason} Still shown: 12.]"]
    press(shown, "Next page")
    assert (used(shown), shown.text_input[0].value, sentences(shown)) == (13, "13", [])


def test_it_is_stepped_through_and_ends_at_both_ends(shown: AppTest) -> None:
    assert [button.disabled for button in shown.button[1:]] == [True, False]
    press(press(shown, "Next page"), "Next page")
    assert used(shown) == 3
    press(shown, "Previous page")
    assert (used(shown), shown.text_input[0].value) == (2, "2")
    shown.text_input[0].set_value("1499")  # typed, and the click comes with it
    press(shown, "Next page")
    assert used(shown) == 1500
    assert [button.disabled for button in shown.button[1:]] == [False, True]


def test_what_another_control_puts_there_is_used(shown: AppTest) -> None:
    shown.text_input[0].set_value("nothing").run()
    press(shown, "Lot")
    assert (used(shown), shown.text_input[0].value, sentences(shown)) == (77, "77", [])


def test_it_comes_back_as_it_was_and_within_a_range_that_became_smaller(shown: AppTest) -> None:
    shown.text_input[0].set_value("1200").run()
    shown.toggle[0].set_value(True).run()
    assert not shown.text_input
    shown.toggle[0].set_value(False).run()
    assert (used(shown), shown.text_input[0].value) == (1200, "1200")
    shown.toggle[1].set_value(True).run()
    assert (used(shown), shown.text_input[0].value, sentences(shown)) == (1000, "1000", [])
