"""Images for a launch: read once, known by their content."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.attachments import from_address, from_bytes, from_file, image_type
from app.errors import Problem
from app.wire import rules

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 8
GIF = b"GIF89a" + b"\x00" * 8
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
IMAGES = [(PNG, "png"), (JPEG, "jpeg"), (GIF, "gif"), (b"GIF87a", "gif"), (WEBP, "webp")]


@pytest.mark.parametrize(("content", "type_"), IMAGES)
def test_an_image_is_known_by_its_first_bytes(content: bytes, type_: str) -> None:
    assert image_type(content) == type_
    url = from_bytes(content, "x.svg")
    assert isinstance(url, str)
    assert url == f"data:image/{type_};base64,{base64.b64encode(content).decode()}"
    assert rules.image_url(url) == url
    assert rules.image_bytes(url) == len(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
        b"RIFF",
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><svg/>',
        b"BM\x00\x00",
        b"%PDF-1.7",
        b"<html>",
        b"\x00\x00\x00\x20ftypheic",
        b"GIF9",
        b" " + PNG,
    ],
)
def test_anything_else_is_no_image_whatever_it_is_called(content: bytes) -> None:
    assert from_bytes(content, "x.png") == Problem(
        loc=("image_urls",), type="image_type_of", ctx={"name": "x.png"}, blocks=False
    )


def test_an_image_may_have_five_mebibytes_and_not_a_byte_more() -> None:
    largest = PNG + bytes(rules.IMAGE_LIMIT - len(PNG))
    url = from_bytes(largest, "x.png")
    assert isinstance(url, str)
    assert rules.image_url(url) == url
    assert from_bytes(largest + b"\x00", "x.png") == Problem(
        loc=("image_urls",), type="image_size_of", ctx={"name": "x.png"}, blocks=False
    )


@given(st.binary())
def test_whatever_is_dropped_becomes_a_right_image_or_a_problem(content: bytes) -> None:
    found = from_bytes(content, "x")
    assert isinstance(found, Problem) or rules.image_url(found) == found


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "größe.png"
    file.write_bytes(PNG)
    assert from_file(file) == from_bytes(PNG, "größe.png")


@pytest.mark.parametrize("name", ["missing.png", "."])
def test_a_file_that_cannot_be_read_says_which(tmp_path: Path, name: str) -> None:
    problem = from_file(tmp_path / name)
    assert isinstance(problem, Problem)
    assert problem.type == "file_unreadable"
    assert problem.ctx == {"name": (tmp_path / name).name}
    assert not problem.blocks


def test_a_file_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "huge.png"
    with file.open("wb") as made:
        made.write(PNG)
        made.truncate(2**40)  # a terabyte of nothing
    problem = from_file(file)
    assert isinstance(problem, Problem)
    assert problem.type == "image_size_of"


# An address.


def data_url(content: bytes, type_: str = "png") -> str:
    return f"data:image/{type_};base64,{base64.b64encode(content).decode()}"


def test_a_web_address_stays_as_it_is() -> None:
    assert from_address(" https://a.example/x.png ", "x") == "https://a.example/x.png"


def test_a_data_url_is_known_by_its_content_too() -> None:
    assert from_address(data_url(PNG), "x") == data_url(PNG)
    assert from_address(data_url(PNG, "gif"), "x") == data_url(PNG)


@pytest.mark.parametrize(
    ("address", "type_"),
    [
        ("", "image_url"),
        ("ftp://a.example/x.png", "image_url"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "image_type"),
        ("data:image/png;base64,abc", "image_broken_of"),
        ("data:image/png;base64,a b=", "image_broken_of"),
        ("data:image/png;base64,ü", "image_broken_of"),
        (data_url(b"<svg/>"), "image_type_of"),
        (data_url(PNG + bytes(rules.IMAGE_LIMIT)), "image_size"),
    ],
)
def test_an_address_without_a_right_image_says_why(address: str, type_: str) -> None:
    problem = from_address(address, "x")
    assert isinstance(problem, Problem)
    assert (problem.loc, problem.type, problem.blocks) == (("image_urls",), type_, False)
