"""Files of text: which encodings are read, and what is said of a file that holds no text."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.core.text_files import decoded, text_from_file, text_of
from app.errors import Problem
from app.wire import rules

LIMIT = 2 * rules.MIB
TEXT = "Fix „ü“ 🙂\r\n"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"[]", "[]"),
        (TEXT.encode(), TEXT),
        (TEXT.encode("utf-8-sig"), TEXT),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), TEXT),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), TEXT),
        (TEXT.encode("utf-32"), TEXT),
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"a" * LIMIT, "a" * LIMIT),
    ],
    ids=[
        "ascii",
        "utf-8",
        "with a mark",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "empty",
        "a mark alone",
        "long",
    ],
)
def test_a_text_is_read_in_its_encoding_without_the_mark_before_it(
    tmp_path: Path, content: bytes, text: str
) -> None:
    file = tmp_path / "message.md"
    file.write_bytes(content)
    assert text_from_file(file, LIMIT, ("initial_user_msg",)) == text


NO_TEXT: list[Any] = [
    (b"a" * (LIMIT + 1), "“x” is larger than 2 MiB."),
    (b"\x89PNG\r\n\x1a\n\xff", "“x” is an image, not text. Add it to the images."),
    (b"RIFF\x24\x00\x00\x00WEBPVP8 \xff", "“x” is an image, not text. Add it to the images."),
    (b"RIFF\x24\x00\x00\x00WAVEfmt \xff", "“x” is not a text file."),
    (b"%PDF-1.7\xe2\xe3", "“x” is a PDF file, not text. Save its contents as a text file."),
    (b"PK\x03\x04\xff", "“x” is a ZIP file, not text. Save its contents as a text file."),
    (
        "Größe\nFix".encode("cp1252"),
        "“x” is not UTF-8, as line 1 shows. Save it as UTF-8.",
    ),
    (
        "Fix\nGröße".encode("cp1252"),
        "“x” is not UTF-8, as line 2 shows. Save it as UTF-8.",
    ),
    ("Fix it".encode("utf-16-le"), "“x” seems to be UTF-16 without a byte-order mark. Save it as UTF-8."),
    ("Fix it".encode("utf-16-be"), "“x” seems to be UTF-16 without a byte-order mark. Save it as UTF-8."),
    (b"\x7fELF\x02\x01\x01\x00\xff\xff\xff\xff", "“x” is not a text file."),
    (b"Fix it\0", "“x” is not a text file."),
]


@pytest.mark.parametrize(("content", "said"), NO_TEXT, ids=range(len(NO_TEXT)))
def test_what_holds_no_text_says_what_it_is_and_what_to_do(content: bytes, said: str) -> None:
    problem = text_of(content, "x", LIMIT, ("replay_json",))
    assert isinstance(problem, Problem)
    assert (problem.loc, problem.blocks) == (("replay_json",), False)
    assert messages.problem(problem) == said


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    problem = text_from_file(tmp_path / "gone.md", LIMIT, ("replay_json",))
    assert isinstance(problem, Problem)
    assert messages.problem(problem) == "“gone.md” cannot be read."


@pytest.mark.parametrize("name", ["a\0b", "\udcff", "x" * 5000])
def test_a_name_that_no_file_can_have_is_a_problem(tmp_path: Path, name: str) -> None:
    problem = text_from_file(tmp_path / name, LIMIT, ("replay_json",))
    assert isinstance(problem, Problem)
    assert problem.type == "file_unreadable"


def test_what_is_no_file_says_what_it_is(tmp_path: Path) -> None:
    problem = text_from_file(Path("/"), LIMIT, ("replay_json",))
    assert isinstance(problem, Problem)
    assert messages.problem(problem) == "“/” is a folder, not a file."


texts = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: not text.startswith("\0"))
"""In UTF-16 a NUL at the beginning makes the mark that of UTF-32."""


@given(texts, st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]))
def test_any_text_with_a_mark_is_read_as_it_is(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


@given(st.binary())
def test_any_bytes_are_text_or_a_problem_in_words(content: bytes) -> None:
    found = text_of(content, "x", LIMIT, ())
    assert isinstance(found, str) or messages.problem(found).startswith("“x” ")
