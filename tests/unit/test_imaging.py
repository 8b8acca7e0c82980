"""Images before they are sent: checked, upright, without their position, scaled; else byte for byte."""

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.core import imaging
from app.core.attachments import ImageAttachment, from_bytes
from app.core.image_metadata import _jpeg_parts as without_metadata_parts
from app.core.image_metadata import without_metadata
from app.core.imaging import LONGEST_SIDE, ImageOptions, Position, PreparedImage, UnusableImage, prepare
from app.errors import Problem
from app.wire.rules import IMAGE_LIMIT, image_type
from tests.pictures import ON_ITS_SIDE, UPRIGHT, XMP_POSITION, noise, picture, says_where, seen

CHECKOUT = Path(__file__).parents[2]
PHOTOGRAPHS = ("jpeg", "png", "webp")
"""What has EXIF."""
RED, BLUE = (255, 0, 0), (0, 0, 255)


def prepared(content: bytes, **wishes: bool) -> PreparedImage:
    type_ = image_type(content)
    assert type_
    return prepare(content, type_, ImageOptions(**wishes))


def refused(content: bytes, **wishes: bool) -> str:
    with pytest.raises(UnusableImage) as refusal:
        prepared(content, **wishes)
    return refusal.value.type


# What is no image, or too much of one.


@pytest.mark.parametrize("type_", ["png", "jpeg", "gif", "webp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_image_is_broken(type_: str, share: float) -> None:
    content = noise(type_)
    assert refused(content[: int(len(content) * share)]) == "image_broken_of"


def test_a_png_whose_end_is_missing_is_broken() -> None:
    for missing in (12, 20):
        assert refused(picture()[:-missing]) == "image_broken_of"


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n<html>Not found</html>",
        b"\xff\xd8\xff<html>Not found</html>",
        b"GIF89a<html>Not found</html>",
        b"RIFF\x00\x00\x00\x00WEBP<html>Not found</html>",
    ],
)
def test_the_signature_of_an_image_before_something_else_is_broken(content: bytes) -> None:
    assert refused(content) == "image_broken_of"


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels of it."""
    chunk = b"IHDR" + width.to_bytes(4) + height.to_bytes(4) + b"\x08\x02\x00\x00\x00"
    ihdr = (13).to_bytes(4) + chunk + zlib.crc32(chunk).to_bytes(4)
    idat = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + ihdr + (len(idat) - 4).to_bytes(4) + idat + zlib.crc32(idat).to_bytes(4)


@pytest.mark.parametrize("side", [9_000, 50_000, 2**31 - 1])
def test_the_size_is_refused_by_the_header_before_anything_is_decoded(side: int) -> None:
    assert refused(png_header(side, side)) == "image_pixels_of"


def test_a_real_picture_of_81_million_pixels_is_refused() -> None:
    written = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(written, "PNG")
    assert refused(written.getvalue()) == "image_pixels_of"


def test_a_large_text_beside_the_picture_is_no_fault() -> None:
    """Programs that draw diagrams put the whole drawing into the PNG of it."""
    text = PngImagePlugin.PngInfo()
    text.add_text("mxfile", "<diagram>" * 200_000, zip=True)
    content = picture("png", pnginfo=text)
    assert prepared(content).content == content


@given(
    st.sampled_from(["png", "jpeg", "gif", "webp"]), st.integers(0, 600), st.binary(min_size=1, max_size=8)
)
def test_whatever_is_damaged_becomes_an_image_or_a_reason(type_: str, at: int, damage: bytes) -> None:
    content = picture(type_, orientation=ON_ITS_SIDE, position=True) if type_ != "gif" else picture(type_)
    damaged = content[:at] + damage + content[at + len(damage) :]
    found = from_bytes(damaged, "x")
    assert isinstance(found, ImageAttachment | Problem)


# What stays as it is.


@pytest.mark.parametrize(
    "how",
    [
        {"type_": "png"},
        {"type_": "jpeg"},
        {"type_": "jpeg", "orientation": UPRIGHT},
        {"type_": "webp"},
        {"type_": "gif"},
        {"type_": "png", "size": (8_000, 10)},
    ],
    ids=str,
)
def test_an_image_without_position_that_is_upright_is_sent_byte_for_byte(how: dict[str, Any]) -> None:
    content = picture(**how)
    image = prepared(content, scale=True)
    assert (image.content, image.turned, image.scaled) == (content, False, False)
    assert image.position is Position.NONE


def test_only_what_is_a_position_counts_as_one() -> None:
    """Cameras write the version of their GPS data where there is none."""
    exif, written = Image.Exif(), io.BytesIO()
    exif.get_ifd(0x8825)[0] = b"\x02\x03\x00\x00"
    Image.new("RGB", (4, 4)).save(written, "JPEG", exif=exif)
    assert prepared(written.getvalue()).content == written.getvalue()


# Position.


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + (len(content) + 2).to_bytes(2) + content


def a_position() -> bytes:
    """An EXIF that has one, without the six letters before it."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 7.0), 3: "E", 4: (13.0, 24.0, 37.0)})
    return exif.tobytes().removeprefix(b"Exif\x00\x00")


def png_chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4) + name + content + zlib.crc32(name + content).to_bytes(4)


HIDDEN: dict[str, Callable[[], bytes]] = {
    "in a second EXIF": lambda: (
        picture("jpeg")[:2]
        + segment(0xE1, b"Exif\x00\x00" + Image.Exif().tobytes().removeprefix(b"Exif\x00\x00"))
        + segment(0xE1, b"Exif\x00\x00" + a_position())
        + picture("jpeg")[2:]
    ),
    "in a segment for previews": lambda: (
        picture("jpeg")[:2] + segment(0xE2, b"MPF\x00" + a_position()) + picture("jpeg")[2:]
    ),
    "in a second picture behind it": lambda: picture("jpeg") + picture("jpeg", position=True),
    "behind the end of a PNG": lambda: picture("png") + png_chunk(b"eXIf", a_position()),
}


@pytest.mark.parametrize("make", HIDDEN.values(), ids=HIDDEN.keys())
def test_a_position_is_found_wherever_it_stands(make: Callable[[], bytes]) -> None:
    content = make()
    image = prepared(content)
    assert image.position is Position.REMOVED
    assert a_position() not in image.content
    assert b"Exif" not in image.content
    assert b"eXIf" not in image.content


@pytest.mark.parametrize("type_", PHOTOGRAPHS)
def test_its_position_is_taken_out_and_the_pixels_are_not_touched(type_: str) -> None:
    content = picture(type_, position=True, icc_profile=b"profile")
    assert says_where(content)
    image = prepared(content)
    assert (image.position, image.turned, image.type) == (Position.REMOVED, False, type_)
    assert not says_where(image.content)
    assert b"ACME" not in image.content
    assert seen(image.content).tobytes() == seen(content).tobytes()
    assert seen(image.content).info["icc_profile"] == b"profile"


@pytest.mark.parametrize("type_", PHOTOGRAPHS)
def test_its_position_stays_where_that_is_wished(type_: str) -> None:
    content = picture(type_, position=True)
    image = prepared(content, keep_metadata=True)
    assert (image.content, image.position) == (content, Position.KEPT)


@pytest.mark.parametrize("type_", ["jpeg", "webp"])
def test_a_position_in_xmp_is_one_too(type_: str) -> None:
    image = prepared(picture(type_, xmp=XMP_POSITION))
    assert image.position is Position.REMOVED
    assert not says_where(image.content)


def test_a_position_in_the_text_of_a_png_is_one_too() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP_POSITION.decode(), zip=True)
    image = prepared(picture("png", pnginfo=text))
    assert image.position is Position.REMOVED
    assert b"XML:com" not in image.content


def test_a_position_in_a_gif_is_one_too() -> None:
    plain = picture("gif")
    image = prepared(in_gif(plain, GIF_XMP))
    assert (image.position, image.content) == (Position.REMOVED, plain)


GIF_XMP = b"\x21\xff\x0bXMP DataXMP" + XMP_POSITION + b"\x01" + bytes(range(255, -1, -1)) + b"\x00"


def gif_comment(text: bytes) -> bytes:
    """In blocks of 50, so that words are cut."""
    blocks = (text[at : at + 50] for at in range(0, len(text), 50))
    return b"\x21\xfe" + b"".join(bytes([len(one)]) + one for one in blocks) + b"\x00"


def in_gif(plain: bytes, extensions: bytes) -> bytes:
    """With these before its first frame."""
    start = 13 + 3 * 2 ** ((plain[10] & 7) + 1)
    return plain[:start] + extensions + plain[start:]


def film() -> bytes:
    """A GIF that goes on for ever."""
    frames, written = [Image.new("RGB", (6, 4), one) for one in ("red", "blue")], io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], loop=0, duration=40)
    return written.getvalue()


@pytest.mark.parametrize(
    "extensions",
    [GIF_XMP + GIF_XMP, gif_comment(XMP_POSITION), gif_comment(b"beach") + GIF_XMP],
    ids=["twice", "in a comment", "after a comment"],
)
def test_no_position_stays_in_a_gif_wherever_it_stands(extensions: bytes) -> None:
    plain = picture("gif")
    image = prepared(in_gif(plain, extensions))
    assert (image.position, image.content) == (Position.REMOVED, plain)


def test_a_film_goes_on_for_ever_without_its_position() -> None:
    plain = film()
    image = prepared(in_gif(plain, GIF_XMP))
    assert (image.position, image.content, image.animated) == (Position.REMOVED, plain, True)
    assert seen(image.content).info["loop"] == 0


@pytest.mark.parametrize("junk", [b"\x00", b"junk", b"\xff\x00", b"\xff\xff"], ids=str)
@pytest.mark.parametrize("metadata", [{"position": True}, {"xmp": XMP_POSITION}], ids=["EXIF", "XMP"])
def test_what_stands_between_the_parts_of_a_jpeg_hides_no_position(
    junk: bytes, metadata: dict[str, Any]
) -> None:
    plain, content = picture("jpeg"), picture("jpeg", **metadata)
    end = 4 + int.from_bytes(content[4:6])
    image = prepared(content[:end] + junk + content[end:])
    assert image.position is Position.REMOVED
    assert not says_where(image.content)
    assert seen(image.content).tobytes() == seen(plain).tobytes()


@pytest.mark.parametrize("type_", ["jpeg", "png", "webp", "gif"])
def test_what_would_not_be_found_in_the_file_goes_with_its_encoding(
    type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may be written in a way that nobody has thought of."""
    monkeypatch.setattr("app.core.imaging.without_metadata", lambda content, type_: content)
    content = in_gif(picture("gif"), GIF_XMP) if type_ == "gif" else picture(type_, position=True)
    image = prepared(content)
    assert (image.position, image.size) == (Position.REMOVED, (60, 40))
    assert not says_where(image.content)
    assert [near(seen(image.content), spot) for spot in ((5, 5), (50, 30))] == [RED, BLUE]


def test_a_film_that_would_keep_its_position_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.imaging.without_metadata", lambda content, type_: content)
    content = in_gif(film(), GIF_XMP)
    assert refused(content) == "image_position_stays_of"
    assert prepared(content, keep_metadata=True).content == content


def test_a_comment_in_a_photograph_that_is_turned_keeps_no_position() -> None:
    content = picture("jpeg", orientation=ON_ITS_SIDE, comment=XMP_POSITION)
    image = prepared(content)
    assert (image.turned, image.position) == (True, Position.REMOVED)
    assert not says_where(image.content)


def test_a_position_in_the_hexadecimal_text_of_a_png_is_one_too() -> None:
    """So ImageMagick keeps what it knows of a photograph."""
    text = PngImagePlugin.PngInfo()
    written = f"\nxmp\n{len(XMP_POSITION):8}\n{XMP_POSITION.hex()}\n"
    text.add_text("Raw profile type xmp", written, zip=True)
    image = prepared(picture("png", pnginfo=text))
    assert (image.position, b"Raw profile" in image.content) == (Position.REMOVED, False)


def test_what_a_telephone_appends_to_a_photograph_goes_with_its_position() -> None:
    content = picture("jpeg", position=True, progressive=True)
    image = prepared(content + b"MotionPhoto" + picture("jpeg", position=True))
    assert not says_where(image.content)
    assert b"MotionPhoto" not in image.content
    assert image.content.endswith(b"\xff\xd9")


# Upright.


@pytest.mark.parametrize("keeps", [False, True])
@pytest.mark.parametrize("has_position", [False, True])
@pytest.mark.parametrize("type_", PHOTOGRAPHS)
def test_a_photograph_on_its_side_is_turned_upright(type_: str, has_position: bool, keeps: bool) -> None:
    content = picture(type_, orientation=ON_ITS_SIDE, position=has_position)
    image = prepared(content, keep_metadata=keeps)
    assert (image.size, image.turned, image.type) == ((40, 60), True, type_)
    drawn = seen(image.content)
    assert drawn.getexif().get(0x0112, 1) == UPRIGHT
    assert says_where(image.content) == (has_position and keeps)
    assert [near(drawn, spot) for spot in ((35, 5), (5, 5), (5, 55), (35, 55))] == [RED, BLUE, BLUE, BLUE]


def near(image: Image.Image, spot: tuple[int, int]) -> tuple[int, ...]:
    """The colour there, as far as a JPEG can tell."""
    found = image.convert("RGB").getpixel(spot)
    assert isinstance(found, tuple)
    return tuple(255 if one > 127 else 0 for one in found)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_every_orientation_is_turned(orientation: int) -> None:
    image = prepared(picture("png", orientation=orientation))
    assert image.size == ((60, 40) if orientation < 5 else (40, 60))
    assert image.turned


def test_a_photograph_that_is_turned_stays_as_good_and_about_as_large() -> None:
    source, written, exif = Image.open(io.BytesIO(noise("png"))), io.BytesIO(), Image.Exif()
    exif[0x0112] = ON_ITS_SIDE
    source.save(written, "JPEG", quality=93, exif=exif)
    image = prepared(written.getvalue())
    assert len(image.content) == pytest.approx(len(written.getvalue()), rel=0.05)
    tables = [getattr(seen(one), "quantization", None) for one in (image.content, written.getvalue())]
    assert tables[0] == tables[1]


def test_what_is_without_loss_stays_so_when_it_is_turned() -> None:
    content = picture("webp", orientation=ON_ITS_SIDE, lossless=True)
    turned = prepared(content).content
    assert b"VP8L" in turned
    assert seen(turned).tobytes() == seen(content).transpose(Image.Transpose.ROTATE_270).tobytes()


def test_what_is_too_large_once_it_is_turned_is_refused() -> None:
    written, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = ON_ITS_SIDE
    noisy = Image.effect_noise((2_000, 1_000), 90).convert("RGB")
    noisy.save(written, "WEBP", lossless=True, exif=exif, method=0)
    assert len(written.getvalue()) < IMAGE_LIMIT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.core.imaging.IMAGE_LIMIT", 1_000)
        assert refused(written.getvalue()) == "image_encoded_size_of"


def test_a_film_is_not_turned_into_a_picture() -> None:
    frames, written, exif = (
        [Image.new("RGB", (60, 40), one) for one in ("red", "blue")],
        io.BytesIO(),
        Image.Exif(),
    )
    exif[0x0112] = ON_ITS_SIDE
    frames[0].save(written, "WEBP", save_all=True, append_images=frames[1:], exif=exif)
    image = prepared(written.getvalue(), scale=True)
    assert (image.content, image.animated) == (written.getvalue(), True)


# Size.


@pytest.mark.parametrize("type_", ["png", "jpeg", "webp", "gif"])
def test_a_long_side_is_scaled_where_that_is_wished(type_: str) -> None:
    content = picture(type_, (LONGEST_SIDE + 800, 44))
    plain, scaled = prepared(content), prepared(content, scale=True)
    assert (plain.content, plain.is_long, plain.scaled) == (content, True, False)
    assert (scaled.size, scaled.is_long, scaled.scaled) == ((LONGEST_SIDE, 40), False, True)
    assert (near(seen(scaled.content), (50, 5)), near(seen(scaled.content), (7_900, 30))) == (RED, BLUE)


# Work: what would keep a decoder busy is not given to one.


def chunk(kind: bytes, content: bytes = b"") -> bytes:
    checksum = zlib.crc32(kind + content).to_bytes(4, "big")
    return len(content).to_bytes(4, "big") + kind + content + checksum


def with_many(type_: str, count: int) -> bytes:
    """An image with so many parts more, each of which says nothing."""
    content = picture(type_)
    if type_ == "png":
        return content[:33] + chunk(b"teSt") * count + content[33:]
    if type_ == "jpeg":
        return content[:2] + b"\xff\xfe\0\2" * count + content[2:]
    if type_ == "webp":
        more = b"teSt\0\0\0\0" * count
        return content[:4] + (len(content) - 8 + len(more)).to_bytes(4, "little") + content[8:] + more
    return content[:-1] + b"!\xfe" + b"\1x" * count + b"\0;"


@pytest.mark.parametrize("type_", ["png", "jpeg", "webp", "gif"])
def test_an_image_in_more_parts_than_any_program_writes_is_not_opened(
    type_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prepared(with_many(type_, 49_000)).type == type_
    monkeypatch.setattr(Image, "open", None)  # who calls it fails
    assert refused(with_many(type_, 50_001)) == "image_parts_of"


def test_bytes_that_only_fill_a_jpeg_are_parts_too() -> None:
    content = picture("jpeg")
    assert refused(content[:2] + b"\xff" * 60_000 + content[2:]) == "image_parts_of"


def test_a_jpeg_goes_over_its_picture_at_most_32_times() -> None:
    progressive = picture("jpeg", progressive=True)
    scans = [part for part in without_metadata_parts(progressive) if part[1] == 0xDA]
    assert 1 < len(scans) <= 10
    most = progressive[:-2] + scans[-1] * (32 - len(scans))
    assert prepared(most + b"\xff\xd9").type == "jpeg"
    assert refused(most + scans[-1] + b"\xff\xd9") == "image_parts_of"


def test_a_run_of_0xff_in_the_pixels_is_looked_at_once() -> None:
    """It was looked at once for each of its bytes: 5 MiB took hours."""
    content = picture("jpeg")
    run = b"\xff" * 500_000 + b"\0"
    assert without_metadata(content[:-2] + run + content[-2:], "jpeg").count(run) == 1


def test_a_row_of_a_million_pixels_is_not_decoded() -> None:
    assert refused(picture(size=(65_536, 1))) == "image_side_of"
    assert prepared(picture(size=(65_535, 1))).size == (65_535, 1)


def test_an_encoder_stops_where_it_is_too_much() -> None:
    with pytest.raises(UnusableImage, match="image_encoded_size_of"):
        imaging._Written().write(bytes(IMAGE_LIMIT + 1))


def test_a_film_that_is_cut_after_its_first_picture_is_broken() -> None:
    content = film()
    assert prepared(content).animated
    assert refused(content[:-20]) == "image_broken_of"


# What window and command line say of it.


@pytest.mark.parametrize(
    ("content", "wishes", "types"),
    [
        (picture(), {}, []),
        (picture("jpeg", orientation=6), {}, ["image_turned"]),
        (picture("jpeg", position=True), {}, ["image_position_removed"]),
        (picture("jpeg", position=True), {"keep_metadata": True}, []),
        (picture("jpeg", orientation=6, position=True), {}, ["image_turned", "image_position_removed"]),
        (picture(size=(9_000, 10)), {}, ["image_long"]),
        (picture(size=(9_000, 10)), {"scale": True}, ["image_scaled"]),
    ],
    ids=str,
)
def test_what_was_done_to_an_image_is_noted(
    content: bytes, wishes: dict[str, bool], types: list[str]
) -> None:
    found = from_bytes(content, "x", ImageOptions(**wishes))
    assert isinstance(found, ImageAttachment)
    assert [note.type for note in found.notes()] == types
    assert not any(note.blocks for note in found.notes())


def test_the_library_is_loaded_with_the_first_image() -> None:
    loaded = "import sys, app.ui.app, app.cli.parser, app.core.attachments; print('PIL' in sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", loaded], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "False"
