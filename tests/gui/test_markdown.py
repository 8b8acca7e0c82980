"""An agent's words: Markdown reads well, opens nothing, and keeps nobody waiting."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QTextBlock, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.foreign_text import without_marks
from app.redaction import MASK, learn
from app.ui import markdown
from app.ui.markdown import BREAK, Part, Run, parts_of
from app.ui.sessions.quoted_text import QuotedText
from app.ui.text import plain_text
from app.ui.theme import colours, set_scheme
from app.ui.theme.sizes import font

pytestmark = pytest.mark.usefixtures("qapp")


def parts(text: str) -> list[Part]:
    return [part for some in parts_of(text) for part in some]


def text_of(part: Part) -> str:
    return "".join(run.text for run in part.runs)


def texts(text: str) -> list[str]:
    return [" ".join(filter(None, (part.marker, text_of(part)))) for part in parts(text)]


def runs(text: str) -> list[Run]:
    [part] = parts(text)
    return list(part.runs)


# What it means.


def test_marks_become_looks() -> None:
    found = runs("Say **it** *well*, `x = 1`, ~~not~~ ***so***.")
    assert [one.text for one in found] == [
        "Say ",
        "it",
        " ",
        "well",
        ", ",
        "x = 1",
        ", ",
        "not",
        " ",
        "so",
        ".",
    ]
    assert (found[1].bold, found[3].italic, found[5].code, found[7].struck) == (True,) * 4
    assert (found[9].bold, found[9].italic) == (True, True)
    assert not found[0].bold


def test_headings_lists_quotes_and_rules_are_parts() -> None:
    found = parts("# One\n\n- a\n- b\n  1. c\n\n> d\n\n---\n\n- [x] e\n- [ ] f")
    assert [(text_of(one), one.marker, one.depth) for one in found if not one.is_rule] == [
        ("One", "", 0),
        ("a", "•", 1),
        ("b", "•", 1),
        ("c", "1.", 2),
        ("d", "", 0),
        ("e", "[x]", 1),
        ("f", "[ ]", 1),
    ]
    assert found[0].heading == 1
    assert found[4].quoted == 1
    assert found[5].is_rule
    assert texts("7. seven\n8. eight") == ["7. seven", "8. eight"]


def test_a_line_that_was_broken_stays_so() -> None:
    assert texts("Done:\nfirst  \nsecond\\\nthird **x**\nlast") == [
        BREAK.join(("Done:", "first", "second", "third x", "last"))
    ]
    assert texts("- a\n  b\n- c") == [f"• a{BREAK}b", "• c"]


def test_a_block_of_code_is_one_part_as_it_was_written() -> None:
    code, after = parts("```python\ndef f():\n\n    return '**x**'\n```\nAfter")
    assert text_of(code) == f"def f():{BREAK}{BREAK}    return '**x**'"
    assert (code.is_code, text_of(after), after.is_code) == (True, "After", False)
    assert text_of(parts("Look:\n\n    one\n    two")[1]) == f"one{BREAK}two"
    assert [one.is_code for one in parts("```\nnever closed\n\n# x")] == [True]


def test_a_table_stands_in_columns_of_code() -> None:
    [table] = parts("| Name | n |\n|:--|--:|\n| **long one** | 1 |\n| b | `22` |")
    assert table.is_code
    assert text_of(table).split(BREAK) == ["Name      n", "────────  ──", "long one  1", "b         22"]
    [odd] = parts("a | b\n--- | ---\nc \\| d | e | f")
    assert text_of(odd).split(BREAK)[2] == "c \\| d | e | f"


def test_the_address_of_a_link_stands_behind_it_as_text() -> None:
    assert text_of(parts("See [the *page*](https://example.com/a), please.")[0]) == (
        "See the page (https://example.com/a), please."
    )
    assert runs("[x](file:///etc/passwd)")[1] == Run(" (file:///etc/passwd)", quiet=True)
    for shown in ("https://example.com/a", "<https://example.com/a>", "www.example.com", "me@example.com"):
        assert texts(shown) == [shown.strip("<>")]


def test_html_is_text() -> None:
    assert texts('<b>bold</b> <img src="file:///etc/passwd"> &lt;&amp;') == [
        '<b>bold</b> <img src="file:///etc/passwd"> <&'
    ]
    assert texts("<script>\nalert(1)\n</script>") == [BREAK.join(("<script>", "alert(1)", "</script>"))]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a&#x202e;b", "a\\u202eb"),
        ("a\u202eb", "a\\u202eb"),
        ("a&#27;b", "a\\u001bb"),
        ("`a\u2066b`", "a\\u2066b"),
        ("[a](https://x.example/&#x202e;gpj)", "a (https://x.example/&#x202e;gpj)"),
        ("[a](<https://x.example/\u202egpj>)", "a (https://x.example/\\u202egpj)"),
        ("תיקון \u200f!", "תיקון \u200f!"),
    ],
)
def test_what_could_mislead_is_escaped_though_it_was_written_as_an_entity(written: str, shown: str) -> None:
    assert texts(written) == [shown]


# Nothing is loaded.


@pytest.fixture
def quote(qtbot: QtBot) -> Iterator[QuotedText]:
    quote = QuotedText()
    qtbot.addWidget(quote)
    quote.resize(450, 200)
    quote.show()
    yield quote
    set_scheme(Qt.ColorScheme.Unknown)


def say(quote: QuotedText, qtbot: QtBot, said: str, told: str = "") -> str:
    quote.set_text(told, said)
    qtbot.waitUntil(quote.is_whole)
    return quote.toPlainText()


def formats(quote: QuotedText) -> Iterator[tuple[QTextBlock, str, QTextCharFormat]]:
    block = quote.document().begin()
    while block.isValid():
        place = block.begin()
        while not place.atEnd():
            yield block, place.fragment().text(), place.fragment().charFormat()
            place += 1
        block = block.next()


def test_an_image_is_its_name_and_nothing_is_opened(
    quote: QuotedText, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "picture.png"
    image = QImage(300, 300, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    assert image.save(str(picture))
    asked: list[Any] = []
    monkeypatch.setattr(QuotedText, "loadResource", lambda *of: asked.append(of), raising=False)
    ways = (str(picture), picture.as_uri(), picture.name, f"qrc:{picture}", "http://127.0.0.1:9/x.png")
    monkeypatch.chdir(tmp_path)
    shown = say(quote, qtbot, "\n".join(f"![look]({way}) [![in](<{way}>)](x)" for way in ways))
    assert all(f"look ({way})" in shown for way in ways)
    assert "\ufffc" not in shown
    assert asked == []
    seen = quote.grab().toImage()
    red = sum(
        seen.pixelColor(x, y) == QColor(Qt.GlobalColor.red)
        for x in range(0, 450, 5)
        for y in range(0, 200, 5)
    )
    assert red == 0
    assert not any(form.isImageFormat() or form.isAnchor() for _, _, form in formats(quote))


@given(
    st.text(
        st.sampled_from("*_`~[]()!<>#-+|\\ \n\t&;:/.=x1é\u202e\u2028\ufffc\x1b") | st.characters(),
        max_size=200,
    )
)
def test_whatever_is_written_comes_out_as_clean_text(written: str) -> None:
    for part in parts(written):
        for run in part.runs:
            for line in run.text.split(BREAK):
                assert plain_text(line, limit=None) == line
                assert "\n" not in line


# How it looks.


def test_fonts_are_those_of_the_theme(quote: QuotedText, qtbot: QtBot) -> None:
    say(quote, qtbot, "# Head\n\n## Sub\n\nbody **bold** `code`\n\n```\nblock\n```")
    looks = {text: form.font() for _, text, form in formats(quote)}
    assert looks["Head"] == font("section")
    assert looks["Sub"] == font("strong")
    assert looks["body "].pixelSize() == font("body").pixelSize()
    assert looks["bold"].bold()
    for code in ("code", "block"):
        assert (looks[code].families(), looks[code].pixelSize()) == (
            font("code").families(),
            font("code").pixelSize(),
        )


def test_what_happened_is_no_markdown(quote: QuotedText, qtbot: QtBot) -> None:
    assert say(quote, qtbot, "**Done**", told="Error: **x**\n# y") == "Error: **x**\n# y\nDone"


@pytest.mark.parametrize("deep", ["- ", "> ", "1. ", "> - "])
def test_what_stands_deep_can_still_be_read(quote: QuotedText, qtbot: QtBot, deep: str) -> None:
    assert "words" in say(quote, qtbot, deep * 200 + "words")
    assert {block.blockFormat().leftMargin() < 200 for block, _, _ in formats(quote)} == {True}


def test_what_is_copied_is_plain_text(quote: QuotedText, qtbot: QtBot) -> None:
    say(quote, qtbot, "**Done**:\n\n- a\n- `b`")
    quote.selectAll()
    quote.copy()
    copied = QGuiApplication.clipboard().mimeData()
    assert copied.formats() == ["text/plain"]
    assert copied.text() == "Done:\n• a\n• b"


def test_the_ground_of_code_follows_the_theme(quote: QuotedText, qtbot: QtBot) -> None:
    say(quote, qtbot, "`code`")
    for scheme in (Qt.ColorScheme.Dark, Qt.ColorScheme.Light):
        set_scheme(scheme)
        qtbot.waitUntil(
            lambda: all(form.background().color() == colours().sunken for _, _, form in formats(quote))
        )


# Nobody waits.

HARD = {
    "report": "## Done\n\nAll **tests** pass, see [this](https://example.com/a).\n\n- one\n- two\n\n```\nx\n```\n\n",
    "one list": "- a\n",
    "numbers": "1. a\n",
    "one table": "|1|2|3|\n",
    "divided": "|a|b|\n|-|-|\n",
    "one line": "word ",
    "no space": "x",
    "quotes": "> x ",
    "ticks": "`a``b",
    "stars": "*a **b",
    "brackets": "[",
    "tildes": "~x",
    "fences": "```\nx\n",
}


@pytest.mark.parametrize("written", HARD.values(), ids=HARD.keys())
def test_a_long_text_comes_whole_in_slices(quote: QuotedText, qtbot: QtBot, written: str) -> None:
    text = written * (20_000 // len(written))
    longest = 0.0
    slices = parts_of(text)
    count = 0
    while True:
        began = time.perf_counter()
        some = next(slices, None)
        longest = max(longest, time.perf_counter() - began)
        if some is None:
            break
        count += 1
    assert count > 2
    assert longest < 0.2  # a bound for a busy machine: cut at no place, the worst takes seconds
    letters = sum(map(str.isalnum, text))
    assert sum(map(str.isalnum, say(quote, qtbot, text))) >= letters


def test_the_beginning_is_there_at_once_and_the_rest_disturbs_no_selection(
    quote: QuotedText, qtbot: QtBot
) -> None:
    quote.set_text("", "First.\n\n" + "More of it.\n\n" * 3000)
    assert quote.toPlainText().startswith("First.\nMore of it.")
    assert not quote.is_whole()
    cursor = quote.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, 12)
    quote.setTextCursor(cursor)
    chosen = quote.textCursor().selectedText()
    qtbot.waitUntil(quote.is_whole)
    assert quote.textCursor().selectedText() == chosen
    assert len(quote.toPlainText()) > 2 * len(chosen)


def test_other_words_take_the_place_of_what_is_still_coming(quote: QuotedText, qtbot: QtBot) -> None:
    quote.set_text("", "More of it.\n\n" * 3000)
    assert say(quote, qtbot, "Short.") == "Short."
    QApplication.processEvents()
    assert quote.toPlainText() == "Short."


def test_a_table_that_is_wider_than_anybody_reads_stays_as_it_was_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = list[str]()

    def counted(text: str) -> str:
        looked_at.append(text)
        return without_marks(text)

    monkeypatch.setattr(markdown, "without_marks", counted)
    row = "|" + "**a " * 790 + "|b|"
    [part, *_] = parts("\n".join(["|a|b|", "|-|-|", *[row] * 15]))
    assert part.is_code
    assert text_of(part).startswith("|a|b|")
    assert looked_at == []


# A line without fonts.


@pytest.mark.parametrize(
    "written",
    ["**a ", "***a ", "__a ", "_a ", "~~a ", "*a ", "`a``b```c ", "[a](b", "~", "`", "[", "![a"],
)
def test_marks_that_never_end_take_a_time_that_grows_with_the_text(written: str) -> None:
    short, long = (written * (length // len(written)) + "`x" for length in (2_000, 32_000))
    assert seconds(without_marks, long) < 80 * seconds(without_marks, short)  # the square would be 256


def seconds(act: Callable[[str], object], text: str) -> float:
    """Of this thread's own, in the best of some."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        act(text)
        best = min(best, time.thread_time() - began)
    return max(best, 20e-6)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("**Done:** all `tests` *pass*, ~~not~~ __so__ _it_ ***is***", "Done: all tests pass, not so it is"),
        ("## Head\ntext\n* a\n- b", "Head\ntext\n- a\n- b"),
        ("see [this](https://x.example/a) ![pic](a.png)", "see this pic"),
        ("```python\nx = 1\n```", "x = 1\n"),
        ("2 * 3 * 4, snake_case_name, **kwargs, [x] (y), #5", None),
        ("``a`b``", "a`b"),
        ("~~**not**~~ **a *b* c** __a__ ***a** b*", "not a b c a a b"),
        ("**a **b\n**c** __d", "**a **b\nc __d"),
    ],
)
def test_marks_are_left_out_where_there_are_no_fonts(written: str, read: str | None) -> None:
    assert without_marks(written) == (written if read is None else read)


@pytest.mark.parametrize("marked", ["sk_live_`Abc123`-XYZ789qwe", "sk_liv**e_Abc1**23-XYZ789qwe"])
def test_a_secret_with_a_mark_in_the_middle_is_masked(marked: str) -> None:
    learn("sk_live_Abc123-XYZ789qwe")
    parts = [part for some in parts_of(f"The key {marked} is wrong.") for part in some]
    assert ["".join(run.text for run in part.runs) for part in parts] == [f"The key {MASK} is wrong."]
