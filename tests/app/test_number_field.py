"""Fields for numbers: what is meant is read, what may be meant in two ways is refused, limits are the config's own."""

import pytest

from mnistcore.errors import ConfigError
from mnistcore.training import RECIPES
from ui.frame.number_field import Number, number_text, shown
from ui.frame.setting_numbers import LABELS, in_words, number_of

WHOLE = Number("Epochs", is_whole=True, low=1, high=100_000)
FRACTION = Number("Learning rate", is_whole=False, above=0, high=100)
OPTIONAL = Number("Training images", is_whole=True, low=1, is_optional=True)


@pytest.mark.parametrize(
    ("number", "text", "value"),
    [
        (WHOLE, "5", 5),
        (WHOLE, " 5 ", 5),
        (WHOLE, "5.0", 5),
        (WHOLE, "1e3", 1000),
        (WHOLE, "60,000", 60_000),
        (WHOLE, "60 000", 60_000),
        (WHOLE, "100,000", 100_000),
        (OPTIONAL, "", None),
        (OPTIONAL, "1,000,000", 1_000_000),
        (FRACTION, "0.01", 0.01),
        (FRACTION, "0,01", 0.01),
        (FRACTION, ",5", 0.5),
        (FRACTION, "1,5e-3", 0.0015),
        (FRACTION, "1E-6", 1e-6),
        (FRACTION, "0,001", 0.001),
        (FRACTION, "100", 100.0),
    ],
)
def test_what_is_meant_is_read(number: Number, text: str, value: float | None) -> None:
    found = number.parse(text)
    assert found == value
    assert isinstance(found, int) == (number.is_whole and value is not None)


@pytest.mark.parametrize(
    ("number", "text", "reason"),
    [
        (WHOLE, "", "Epochs is empty: type a number."),
        (WHOLE, "0", "Epochs must be at least 1 and at most 100,000, not “0”."),
        (WHOLE, "1e400", "Epochs must be at least 1 and at most 100,000, not “1e400”."),
        (WHOLE, "9" * 5000, "Epochs must be at least 1"),
        (WHOLE, "2.5", "Epochs must be a whole number, not “2.5”."),
        (WHOLE, "0,5", "Epochs must be a whole number, not “0,5”."),
        (WHOLE, "5 epochs", "Epochs must be a number, not “5 epochs”."),
        (WHOLE, "1_000", r"Epochs must be a number, not “1\_000”."),
        (WHOLE, "٣", "Epochs must be a number"),
        (FRACTION, "0", "Learning rate must be above 0 and at most 100, not “0”."),
        (FRACTION, "-1", "Learning rate must be above 0 and at most 100, not “-1”."),
        (FRACTION, "1e9", "Learning rate must be above 0 and at most 100, not “1e9”."),
        (FRACTION, "nan", "Learning rate must be a number, not “nan”."),
        (FRACTION, "inf", "Learning rate must be a number, not “inf”."),
        (FRACTION, "1,000", "Learning rate: “1,000” can be read in two ways; write it without a comma."),
        (FRACTION, "1.2.3", "Learning rate must be a number, not “1.2.3”."),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(number: Number, text: str, reason: str) -> None:
    with pytest.raises(ConfigError) as refused:
        number.parse(text)
    assert str(refused.value).startswith(reason)


def test_what_is_typed_is_shown_as_plain_text_and_short() -> None:
    assert shown("**1**") == r"“\*\*1\*\*”"
    assert len(shown("x" * 500)) < 30


@pytest.mark.parametrize(
    "value", [0.001, 1e-8, 1e-12, 0.99999, 128, 1_000_000, 2**32 - 1, 60_000, 0.1 + 0.2, 0.0, 25.0]
)
def test_a_number_is_read_back_from_its_text(value: float) -> None:
    read = Number("Any", is_whole=isinstance(value, int)).parse(number_text(value))
    assert read == value
    assert "e+" not in number_text(value)


def test_every_setting_has_the_limits_of_its_config_and_takes_what_recipes_say() -> None:
    numbers = {name: number_of(name) for name in LABELS}
    assert number_of("loss") is None
    for name, number in numbers.items():
        assert number is not None
        assert number.low is not None or number.above is not None, name
        assert number.high is not None or number.below is not None, name
    assert (numbers["dense.units"].low, numbers["dense.units"].high, numbers["dense.units"].is_whole) == (1, 4096, True)
    assert (numbers["dropout.rate"].above, numbers["dropout.rate"].below) == (0, 1)
    assert numbers["train_size"].is_optional
    assert not numbers["epochs"].is_optional
    for known in RECIPES.values():
        settings = known.config.model_dump(mode="json")
        for name, number in numbers.items():
            group, _, field = name.rpartition(".")
            owners = [layer for layer in settings["layers"] if layer["kind"] == group]
            owners += [] if group and group not in settings else [settings[group] if group else settings]
            for value in [owner[field] for owner in owners]:
                assert value == "full" or number.parse(number_text(value)) == value


def test_settings_in_a_sentence_have_the_names_of_their_fields() -> None:
    assert in_words("initialization.low must be below initialization.high") == "“From” must be below “To”."
    assert in_words("the seed of it.") == "The “Seed” of it."
