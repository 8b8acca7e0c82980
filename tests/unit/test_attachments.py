"""Images for a launch: read once, known by their content."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.core.attachments import (
    ImageAttachment,
    from_address,
    from_bytes,
    from_file,
    is_address,
    is_web_address,
)
from app.errors import Problem
from app.wire import rules
from tests.pictures import picture

PNG = picture("png")
IMAGES = [(picture(type_), type_) for type_ in ("png", "jpeg", "gif", "webp")]


@pytest.mark.parametrize(("content", "type_"), IMAGES)
def test_an_image_is_known_by_its_first_bytes(content: bytes, type_: str) -> None:
    assert rules.image_type(content) == type_
    url = url_of(from_bytes(content, "x.svg"))
    assert url == f"data:image/{type_};base64,{base64.b64encode(content).decode()}"
    assert rules.image_url(url) == url
    assert rules.image_bytes(url) == len(content)


def url_of(found: ImageAttachment | Problem) -> str:
    assert isinstance(found, ImageAttachment)
    return found.url


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
    url = url_of(from_bytes(largest, "x.png"))
    assert rules.image_url(url) == url
    assert from_bytes(largest + b"\x00", "x.png") == Problem(
        loc=("image_urls",), type="image_size_of", ctx={"name": "x.png", "mib": 5}, blocks=False
    )


@given(st.binary())
def test_whatever_is_dropped_becomes_a_right_image_or_a_problem(content: bytes) -> None:
    found = from_bytes(content, "x")
    assert isinstance(found, Problem) or rules.image_url(found.url) == found.url


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "größe.png"
    file.write_bytes(PNG)
    assert from_file(file) == from_bytes(PNG, "größe.png")


@pytest.mark.parametrize(("name", "type_"), [("missing.png", "file_unreadable"), (".", "file_folder")])
def test_a_file_that_cannot_be_read_says_which(tmp_path: Path, name: str, type_: str) -> None:
    problem = from_file(tmp_path / name)
    assert isinstance(problem, Problem)
    assert problem.type == type_
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


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (" https://a.example/x.png ", "https://a.example/x.png"),
        ("HTTPS://a.example/X.png", "https://a.example/X.png"),
        ("https://a.example/my shot 2.png?a=b c", "https://a.example/my%20shot%202.png?a=b%20c"),
        ("https://a.example/%20x.png", "https://a.example/%20x.png"),
    ],
)
def test_a_web_address_is_sent_as_it_is_meant(typed: str, sent: str) -> None:
    assert is_address(typed)
    assert is_web_address(typed)
    assert from_address(typed, "x") == ImageAttachment(sent)


def test_a_data_url_is_known_by_its_content_too() -> None:
    assert url_of(from_address(data_url(PNG), "x")) == data_url(PNG)
    assert url_of(from_address(data_url(PNG, "gif"), "x")) == data_url(PNG)


@pytest.mark.parametrize("type_", ["jpg", "jpeg", "pjpeg", "JPEG"])
def test_a_data_url_may_call_a_jpeg_as_people_do(type_: str) -> None:
    jpeg = picture("jpeg")
    assert url_of(from_address(data_url(jpeg, type_), "x")) == data_url(jpeg, "jpeg")


def test_a_data_url_may_be_broken_into_lines() -> None:
    lines = data_url(PNG).replace("base64,", "base64,\n")
    broken = "\r\n ".join(lines[start : start + 60] for start in range(0, len(lines), 60))
    assert url_of(from_address(broken.replace("\r\n ", "", 1), "x")) == data_url(PNG)
    assert url_of(from_address(data_url(PNG).replace("=", "%3D"), "x")) == data_url(PNG)
    assert url_of(from_address(data_url(PNG).replace("png;", "png;charset=utf-8;"), "x")) == data_url(PNG)


@pytest.mark.parametrize("host", ["", "localhost"])
def test_the_address_of_a_file_is_read_as_the_file(tmp_path: Path, host: str) -> None:
    file = tmp_path / "my größe.png"
    file.write_bytes(PNG)
    address = file.as_uri().replace("file://", f"FILE://{host}")
    assert from_address(address, "x") == from_bytes(PNG, "my größe.png")


def test_a_file_whose_address_no_file_can_have_cannot_be_read(tmp_path: Path) -> None:
    for address in (f"{tmp_path.as_uri()}/gone.png", "file:///x%00.png"):
        problem = from_address(address, "x")
        assert isinstance(problem, Problem)
        assert problem.type == "file_unreadable"


@pytest.mark.parametrize("path", ["/home/me/x.png", "x.png", "C:\\x.png", "a b.png", "data", "~/x:y.png"])
def test_a_path_is_no_address(path: str) -> None:
    assert not is_address(path)


@pytest.mark.parametrize(
    ("address", "type_"),
    [
        ("", "image_url"),
        ("x.png", "image_url"),
        ("https://", "image_url"),
        ("ftp://a.example/x.png", "image_scheme"),
        ("blob:https://a.example/0b5a", "image_scheme"),
        ("https://a example/x.png", "image_spaces"),
        ("https://a.example x.png", "image_spaces"),
        ("https://a.example/x.png https://a.example/y.png", "image_spaces"),
        ("https://a.example/x.\npng", "image_spaces"),
        ("data:image/svg+xml;base64,PHN2Zy8+", "image_type"),
        ("data:text/plain;base64,AAAA", "image_type"),
        ("data:,", "image_type"),
        ("data:image/png,%89PNG", "image_not_base64"),
        ("data:image/png;base64,abc", "image_broken_of"),
        ("data:image/png;base64,a b=", "image_broken_of"),
        ("data:image/png;base64,ü", "image_broken_of"),
        (data_url(b"<svg/>"), "image_type_of"),
        (data_url(PNG + bytes(rules.IMAGE_LIMIT)), "image_size_of"),
    ],
)
def test_an_address_without_a_right_image_says_why(address: str, type_: str) -> None:
    problem = from_address(address, "x")
    assert isinstance(problem, Problem)
    assert (problem.loc, problem.type, problem.blocks) == (("image_urls",), type_, False)
    assert messages.problem(problem) != messages.problem(Problem(type="unknown"))
