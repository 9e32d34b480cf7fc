"""Layers in the builder: what is added where, what is refused and how it is mended, with nothing lost on the way."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnistcore.errors import ConfigError
from mnistcore.training import RECIPES, parse_config
from tests.app.pages import button, texts
from tests.app.test_train import address, opened, widget
from ui.train import stack
from ui.train.add_buttons import KEY
from ui.train.layers import MOST_LAYERS, Layers

pytestmark = pytest.mark.usefixtures("without_mnist")

LENET = ["conv2d", "max_pool2d", "conv2d", "max_pool2d", "flatten", "dense"]


def layers_of(*kinds: str) -> list[dict[str, Any]]:
    return [stack.new_layer(kind) for kind in kinds]


def kinds_of(layers: list[dict[str, Any]]) -> list[str]:
    return [layer["kind"] for layer in layers]


def add_layers(page: AppTest, *kinds: str) -> None:
    """Click the buttons that add a layer, as the browser says it: all clicks of the session so far."""
    layers = page.session_state["draft_layers"]
    page.session_state[KEY] = {"made": {"token": layers.token, "kinds": [*layers.done * ["dense"], *kinds]}}
    page.run()


def idle_buttons(page: AppTest) -> list[str]:
    """The kinds of which no layer can be added now."""
    row = next(found for found in page.get("bidi_component") if found.proto.component_name == "add_layer")
    return [button["kind"] for button in json.loads(row.proto.json)["buttons"] if button["disabled"]]


def lenet() -> AppTest:
    return opened(config='{"recipe":"lenet"}')


@pytest.mark.parametrize(
    ("before", "kind", "after"),
    [
        (["dense"], "conv2d", ["conv2d", "flatten", "dense"]),
        ([], "conv2d", ["conv2d", "flatten"]),
        (["dropout", "dense"], "conv2d", ["dropout", "conv2d", "flatten", "dense"]),
        (["conv2d", "flatten", "dense"], "max_pool2d", ["conv2d", "max_pool2d", "flatten", "dense"]),
        (["conv2d", "dense"], "flatten", ["conv2d", "flatten", "dense"]),
        (["conv2d"], "dense", ["conv2d", "flatten", "dense"]),
        (["batch_norm"], "dense", ["batch_norm", "dense"]),
        (["conv2d", "flatten"], "dropout", ["conv2d", "flatten", "dropout"]),
        (["dense"], "batch_norm", ["dense", "batch_norm"]),
    ],
)
def test_a_new_layer_goes_where_it_fits(before: list[str], kind: str, after: list[str]) -> None:
    layers = stack.with_layer(kind, layers_of(*before))
    assert kinds_of(layers) == after
    assert stack.measure(layers).refusal is None


def test_rounds_of_convolution_and_pooling_can_be_added_until_nothing_is_left() -> None:
    layers: list[dict[str, Any]] = []
    for kind in ["conv2d", "max_pool2d"] * 5:
        layers = stack.with_layer(kind, layers)
    measured = stack.measure(layers)
    assert measured.refusal is None
    assert measured.shapes[:4] == ((8, 24, 24), (8, 12, 12), (16, 8, 8), (16, 4, 4))
    assert measured.shapes[-2:] == ((128,), (10,))


@pytest.mark.parametrize(
    ("kinds", "reason", "label", "mended"),
    [
        (["conv2d", "dense"], "layer 2, dense", "Put a flatten layer before it", ["conv2d", "flatten", "dense"]),
        (["conv2d"], "the output layer", "Add a flatten layer", ["conv2d", "flatten"]),
        (["dense", "conv2d"], "layer 2, conv2d", "Move it before layer 1", ["conv2d", "flatten", "dense"]),
        (
            ["conv2d", "flatten", "max_pool2d", "dense"],
            "layer 3, max_pool2d",
            "Move it before layer 2",
            ["conv2d", "max_pool2d", "flatten", "dense"],
        ),
        (["conv2d", "flatten", "flatten"], "layer 3, flatten", "Remove it", ["conv2d", "flatten"]),
    ],
)
def test_what_does_not_fit_can_be_mended(kinds: list[str], reason: str, label: str, mended: list[str]) -> None:
    layers = layers_of(*kinds)
    measured = stack.measure(layers)
    assert (measured.refusal or "").startswith(reason)
    remedy = stack.remedy(layers, measured)
    assert remedy is not None
    assert (remedy.label, kinds_of(remedy.layers)) == (label, mended)
    assert stack.remedy(remedy.layers, stack.measure(remedy.layers)) is None
    assert all(any(new is old for old in layers) for new in remedy.layers if new["kind"] != "flatten")


def test_the_builder_measures_as_the_network_does() -> None:
    from mnistcore.nn import summarize

    for known in RECIPES.values():
        settings = known.config.model_dump(mode="json")
        measured = stack.measure(settings["layers"], settings["output_bias"])
        rows = summarize(known.config)
        assert list(zip(measured.shapes, measured.parameters, strict=True)) == [
            (row.output_shape, row.parameters) for row in rows
        ]


def test_lenet_can_be_put_together_by_clicks() -> None:
    page = opened()
    for kind in LENET[:4]:
        add_layers(page, kind)
    assert not page.error
    assert address(page) == {"recipe": "lenet"}
    assert widget(page.selectbox, "Start from").value == "lenet"
    assert idle_buttons(page) == ["flatten"]
    for words in ("8 maps of 24 × 24 · 208 parameters", "16 maps of 4 × 4 · no parameters", "256 numbers"):
        assert words in texts(page)
    assert "Total: **37,610 parameters**" in texts(page)


def test_a_stack_that_does_not_fit_is_refused_in_place_and_mended_with_one_click() -> None:
    page = lenet()
    widget(page.text_input, "Units").set_value("50").run()
    page.button(key="remove_4").click().run()
    assert not page.exception
    assert (
        page.error[0].value
        == "Layer 5 (dense) takes a row of numbers, not 16 maps of 4 × 4: put a flatten layer before it."
    )
    assert len(page.error) == 1
    assert "Layer 5 does not fit yet" in texts(page)
    assert button(page, "Train this network").disabled
    button(page, "Put a flatten layer before it").click().run()
    assert not page.error
    assert not button(page, "Train this network").disabled
    assert kinds_of(address(page)["layers"]) == LENET
    assert address(page)["layers"][-1]["units"] == 50


def test_a_kernel_larger_than_its_maps_is_refused_and_can_be_put_right() -> None:
    page = lenet()
    page.text_input(key="draft.layer.2.kernel").set_value("13").run()
    assert page.error[0].value.startswith(
        "Layer 3 (convolution) needs at least 13 × 13 pixels, but gets 8 maps of 12 × 12"
    )
    assert [found.value for found in page.text_input if found.label == "Filters"] == ["8", "16"]
    page.text_input(key="draft.layer.2.padding").set_value("1").run()
    assert not page.error
    assert "16 maps of 2 × 2" in texts(page)
    page.text_input(key="draft.layer.2.kernel").set_value("5")
    page.text_input(key="draft.layer.2.padding").set_value("0")
    page.run()
    assert address(page) == {"recipe": "lenet"}


def test_every_field_of_every_kind_is_in_the_address() -> None:
    layers = [
        {"kind": "conv2d", "filters": 3, "kernel": 4, "stride": 2, "padding": 1, "activation": "tanh", "bias": False},
        {"kind": "average_pool2d", "kernel": 3, "stride": 1},
        {"kind": "batch_norm", "activation": "relu"},
        {"kind": "flatten"},
        {"kind": "dropout", "rate": 0.01},
    ]
    page = opened(config=json.dumps({"layers": layers}))
    assert not page.exception
    assert not page.warning
    assert address(page)["layers"] == layers
    assert "3 maps of 12 × 12" in texts(page)


def test_clicks_bear_a_layer_that_is_gone_and_a_network_that_is_full() -> None:
    layers = Layers()
    layers.begin(layers_of("dense"))
    layers.remove(0)
    for late in (layers.remove, layers.repeat, lambda gone: layers.move(gone, -1)):
        late(0)
    layers.mend()
    layers.settle()
    assert layers.all() == []
    clicked = ["dense"] * (MOST_LAYERS + 2)
    layers.settle(clicked)
    layers.repeat(next(iter(layers.by_number)))
    layers.settle([*clicked, "flatten"])
    assert kinds_of(layers.all()) == ["dense"] * MOST_LAYERS


def test_every_click_is_done_once_in_order_however_many_come_at_once_or_again() -> None:
    layers = Layers()
    clicked: list[str] = []
    for kinds, after in (
        (["dense", "dense"], ["dense"] * 2),
        ([], ["dense"] * 2),  # sent once more
        (["dropout", "dense"], ["dense", "dense", "dropout", "dense"]),
    ):
        clicked += kinds
        layers.settle(clicked)
        assert kinds_of(layers.all()) == after
    layers.begin(layers_of("flatten"))  # another network: what was done for the one before it is not done again
    layers.settle([*clicked, "dense"])
    assert kinds_of(layers.all()) == ["flatten", "dense"]


def test_a_click_of_another_session_adds_nothing() -> None:
    page = opened()
    page.session_state[KEY] = {"made": {"token": "of another", "kinds": ["dense"]}}
    page.run()
    assert address(page) == {}
    add_layers(page, "dense", "no kind of layer")
    assert kinds_of(address(page)["layers"]) == ["dense", "dense"]


def test_a_copy_has_what_was_typed_just_before() -> None:
    page = opened()
    widget(page.text_input, "Units").set_value("37")
    page.button(key="repeat_0").click().run()
    assert [layer["units"] for layer in address(page)["layers"]] == [37, 37]


def test_as_many_layers_as_a_config_allows() -> None:
    with pytest.raises(ConfigError, match=f"at most {MOST_LAYERS} hidden layers"):
        parse_config({"layers": [{"units": 1}] * (MOST_LAYERS + 1)})
