"""Pictures and photos of digits: uneven light, either polarity, hostile files; real digits are still recognised."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from mnistcore.drawing import NO_INK_HINT, prepare, prepare_picture
from mnistcore.errors import DataError


def two_strokes(side: int = 300, pen: int = 24) -> np.ndarray:
    """A 4-like figure of three thick lines, as a mask."""
    mask = np.zeros((side, side), bool)
    mask[60:160, 90 : 90 + pen] = True
    mask[140 : 140 + pen, 90:210] = True
    mask[60:250, 170 : 170 + pen] = True
    return mask


def photo(mask: np.ndarray, light: float = 0.6, grain: float = 4, ink: float = 0.75, seed: int = 0) -> Image.Image:
    """Dark ink on paper whose light falls off by ``light`` from one corner to the other, with grain."""
    rng = np.random.default_rng(seed)
    height, width = mask.shape
    shade = 1 - light * (np.linspace(0, 0.5, height)[:, None] + np.linspace(0, 0.5, width))
    paper = 225 * shade * (1 - ink * ndimage.gaussian_filter(mask.astype(float), 1))
    return Image.fromarray((paper + rng.normal(0, grain, mask.shape)).clip(0, 255).astype(np.uint8))


def encoded(picture: Image.Image, form: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def shifted(image: np.ndarray) -> list[np.ndarray]:
    """The image moved by up to one pixel: MNIST's centring rounds, so noise may tip it over to the next pixel."""
    return [np.roll(image, (down, right), (0, 1)).astype(int) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def difference(first: np.ndarray, second: np.ndarray) -> float:
    return min(float(np.abs(moved - second).mean()) for moved in shifted(first))


CLEAN = prepare((two_strokes() * 255).astype(np.uint8)).image


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_photo_under_uneven_light_gives_the_same_digit(form: str):
    preparation = prepare_picture(encoded(photo(two_strokes()), form))
    assert preparation.inverted
    assert difference(preparation.image, CLEAN) < 6


def test_chalk_on_a_blackboard_is_not_inverted():
    board = Image.eval(photo(two_strokes(), light=0.2), lambda level: 255 - level)
    preparation = prepare_picture(board)
    assert not preparation.inverted
    assert difference(preparation.image, CLEAN) < 6


def test_specks_and_the_edge_of_the_desk_are_left_out():
    mask = two_strokes()
    mask[:, :22] = True
    for row, column in ((30, 60), (280, 280), (200, 50)):
        mask[row : row + 4, column : column + 4] = True
    assert difference(prepare_picture(photo(mask, light=0.3)).image, CLEAN) < 6


def test_a_digit_that_fills_the_picture_is_kept():
    mask = two_strokes()[60:250, 90:210]
    assert difference(prepare_picture(Image.fromarray(((~mask) * 255).astype(np.uint8))).image, CLEAN) < 6


def test_hair_lines_become_as_broad_as_a_pen():
    thin = ndimage.binary_erosion(two_strokes(), iterations=10)
    preparation = prepare_picture(photo(thin, light=0.2, grain=2))
    assert (preparation.image > 128).sum() > 0.5 * (CLEAN > 128).sum()


def test_a_photo_is_turned_upright_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    lying = photo(two_strokes()).transpose(Image.Transpose.ROTATE_90)
    preparation = prepare_picture(encoded(lying, "JPEG", exif=exif, quality=92))
    assert difference(preparation.image, CLEAN) < 6


def test_the_picture_is_kept_as_it_was_read():
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = photo(two_strokes()[:, 60:]).resize((960, 1200))
    picture = encoded(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif, quality=92)
    read = prepare_picture(picture).picture
    assert read.shape == (480, 384)
    expected = np.asarray(upright.resize((384, 480), Image.Resampling.BOX)).astype(int)
    assert np.abs(read - expected).mean() < 3


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_damaged_picture_is_refused_in_our_own_words_or_read(form: str):
    """Bytes changed at random, in the header too: Pillow raises whatever its decoders do, and a person reads ours."""
    whole = encoded(photo(two_strokes(), grain=0), form, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0")
    rng = np.random.default_rng(4)
    ours = re.compile(
        "the picture (cannot be decoded; save it again as PNG or JPEG and try that one"
        "|is not a PNG, JPEG or WebP picture; save it again as PNG or JPEG and try that one"
        "|has [0-9×]+ pixels; .*|has more than 50 million pixels; save it smaller)"
    )
    messages = []
    for _ in range(40):
        broken = bytearray(whole)
        for place in rng.integers(0, min(len(whole), int(rng.choice([60, 400, len(whole)]))), rng.integers(1, 6)):
            broken[place] = rng.integers(256)
        try:
            prepare_picture(bytes(broken))
        except DataError as error:
            messages.append(str(error))
    assert len(messages) > 5
    assert [message for message in messages if not ours.fullmatch(message)] == []


@pytest.mark.parametrize(("ink", "inverted"), [(0, True), (255, False)])
def test_transparent_ground_is_paper_under_dark_ink_and_black_under_light(ink: int, inverted: bool):
    mask = two_strokes()
    pixels = np.zeros((*mask.shape, 4), np.uint8)
    pixels[mask] = (ink, ink, ink, 255)
    preparation = prepare_picture(encoded(Image.fromarray(pixels)))
    assert preparation.inverted is inverted
    assert difference(preparation.image, CLEAN) < 6


def test_sixteen_bit_palette_and_black_and_white_pictures():
    mask = two_strokes()
    sixteen = Image.fromarray((~mask).astype(np.uint16) * 65000)
    for picture in (sixteen, Image.fromarray(~mask), photo(mask, light=0, grain=0).convert("P")):
        assert difference(prepare_picture(encoded(picture)).image, CLEAN) < 6


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_empty_sheet_gives_a_hint_and_no_digit(level: int):
    for picture in (
        Image.new("L", (200, 300), level),
        photo(np.zeros((300, 200), bool), light=0.5, grain=5, seed=level),
    ):
        preparation = prepare_picture(picture)
        assert preparation.is_empty
        assert preparation.hint == NO_INK_HINT
        assert not preparation.image.any()


def test_one_pixel_is_no_digit():
    assert prepare_picture(Image.new("L", (1, 1), 200)).is_empty


def png_promising(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the picture is not a PNG, JPEG or WebP picture"),
        (b"GIF89a" + bytes(40), "the picture is not a PNG, JPEG or WebP picture"),
        (encoded(Image.new("L", (9, 9)), "BMP"), "save it again as PNG or JPEG"),
        (
            encoded(photo(two_strokes()))[:4000],
            "the picture cannot be decoded; save it again as PNG or JPEG and try that one",
        ),
        (
            encoded(photo(two_strokes()), "JPEG")[:900],
            "the picture cannot be decoded; save it again as PNG or JPEG and try that one",
        ),
        (png_promising(9000, 9000), "the picture has 9000×9000 pixels; at most 50 million"),
        (encoded(Image.new("RGBA", (5000, 5000))), r"5000×5000 pixels, which take 95 MB when decoded, at most 64 MB"),
        (png_promising(60000, 60000), "the picture has more than 50 million pixels; save it smaller"),
        (png_promising(300, 300), "the picture cannot be decoded; save it again as PNG or JPEG and try that one"),
        (bytes(21 * 2**20), "the picture has 21 MB; at most 20 MB"),
    ],
)
def test_what_is_not_a_usable_picture_is_refused(data: bytes, message: str):
    with pytest.raises(DataError, match=re.escape(message)):
        prepare_picture(data)


@pytest.mark.mnist
def test_real_digits_survive_as_pictures_and_photos(mnist):
    """A 28×28 PNG in either polarity comes back as it was; a photo of a digit looks like the original."""
    rng = np.random.default_rng(3)
    for index in rng.choice(len(mnist.test_images), 20, replace=False):
        real = mnist.test_images[index]
        for picture in (real, 255 - real):
            assert difference(prepare_picture(encoded(Image.fromarray(picture))).image, real) < 4
        large = np.asarray(Image.fromarray(real).resize((280, 280), Image.Resampling.BICUBIC)) > 110
        sheet = np.zeros((420, 360), bool)
        sheet[60:340, 40:320] = large
        found = prepare_picture(photo(sheet)).image
        assert max(np.minimum(moved, real).sum() for moved in shifted(found)) / real.sum() > 0.7
