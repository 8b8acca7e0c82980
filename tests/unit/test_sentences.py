"""Sentences can be translated: each is whole, marked where it stands, and looked up when it is said."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import app
from app import errors, formats, messages, translation
from app.core import session_words
from app.core.microagent_message import microagent_message
from tests.pseudo import BRACKETS, pseudo

ROOMS = Path(app.__file__).parent
LOOKS_UP = {"_", "gettext", "ngettext"}
MARKS = {"N_", "NN_"}
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_call_of(names: set[str], node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """What is evaluated when a module is loaded: bodies of classes, default arguments and decorators too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            outer = [*child.args.defaults, *filter(None, child.args.kw_defaults)]
            outer += [] if isinstance(child, ast.Lambda) else child.decorator_list
            for one in outer:
                yield one
                yield from run_at_import(one)
        else:
            yield child
            yield from run_at_import(child)


def translated_at_import(source: str) -> list[str]:
    return [ast.unparse(node) for node in run_at_import(ast.parse(source)) if is_call_of(LOOKS_UP, node)]


def glued(source: str) -> list[str]:
    """Sentences that are put together of translated parts by + or in an f-string."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.expr] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            parts = [node.left, node.right]
        elif isinstance(node, ast.JoinedStr):
            parts = [one.value for one in node.values if isinstance(one, ast.FormattedValue)]
        if sum(is_call_of(LOOKS_UP, inner) for part in parts for inner in ast.walk(part)) > 1:
            found.append(ast.unparse(node))
    return found


def not_literal(source: str) -> list[str]:
    """Marks around what an extractor cannot read."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if is_call_of(MARKS | {"ngettext"}, node)
        and isinstance(node, ast.Call)
        and not all(isinstance(one, ast.Constant) for one in node.args[:2])
        and not any(isinstance(one, ast.Starred) for one in node.args)  # a row of a table, marked there
    ]


SOURCES = {str(path.relative_to(ROOMS)): path.read_text("utf-8") for path in ROOMS.rglob("*.py")}


@pytest.mark.parametrize(
    "planted",
    [
        'TITLE = _("Title")',
        'class A:\n    title = gettext("Title")',
        'def f(title=_("Title")): ...',
        'def f(*, title=ngettext("a", "b", 2)): ...',
        'f = lambda title=_("Title"): title',
        'TABLE = {1: [_("Title")]}',
        '@named(_("Title"))\ndef f(): ...',
        "if True:\n    for one in range(2):\n        TITLE = _(one)",
    ],
)
def test_a_translation_at_import_is_found(planted: str) -> None:
    assert translated_at_import(planted)


@pytest.mark.parametrize("clean", ['def f():\n    return _("a")', 'class A:\n    def f(self): return _("a")'])
def test_a_translation_in_a_function_is_none_at_import(clean: str) -> None:
    assert not translated_at_import(clean)


def test_no_sentence_is_translated_at_import() -> None:
    found = {name: translated_at_import(source) for name, source in SOURCES.items()}
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize("planted", ['_("in") + " " + _("on")', 'f"{_(word)} {_(place)}"'])
def test_a_sentence_that_is_glued_is_found(planted: str) -> None:
    assert glued(planted)


def test_no_sentence_is_glued() -> None:
    found = {name: glued(source) for name, source in SOURCES.items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_an_extractor_can_read_each_marked_sentence() -> None:
    found = {name: not_literal(source) for name, source in SOURCES.items() if name != "translation.py"}
    assert {name: calls for name, calls in found.items() if calls} == {}


def test_gettext_is_bound_in_one_module() -> None:
    binds = {
        name
        for name, source in SOURCES.items()
        if re.search(r"^\s*(from|import) gettext\b", source, re.MULTILINE)
    }
    assert binds == {"translation.py"}


def test_each_state_has_a_whole_sentence_of_a_row() -> None:
    for look in session_words.STATE_WORDINGS.values():
        assert look.says.startswith("{title} ")


@pytest.mark.parametrize(
    ("kind", "of_launch", "title", "advice"),
    [
        (errors.TooManyRequests(7.0), True, "The server is busy", "Wait 7 s, then launch again."),
        (errors.TooManyRequests(7.0), False, "The server is busy", "Wait 7 s, then try again."),
        (
            errors.BadRequest("No such thing"),
            True,
            "The server refused this launch: No such thing",
            "launch again.",
        ),
        (errors.BadRequest("No such thing"), False, "The server refused this: No such thing", "try again."),
        (errors.BadRequest(""), False, "The server refused this.", "The server's log says why."),
    ],
)
def test_a_launch_and_another_request_have_sentences_of_their_own(
    kind: errors.LauncherError, of_launch: bool, title: str, advice: str
) -> None:
    said = messages.error(kind, of_launch=of_launch)
    assert said.title.startswith(title)
    assert said.text.endswith(advice)


@pytest.mark.parametrize(
    ("type_", "facts", "said"),
    [
        ("images_left_out", {"most": 8, "count": 3, "taken": 1}, "of these 3, only 1 was added."),
        ("images_left_out", {"most": 8, "count": 3, "taken": 2}, "of these 3, 2 were added."),
        ("replay_left_out", {"count": 1, "events": 1}, "Left out: 1 of 1 event."),
        ("replay_left_out", {"count": 1, "events": 2}, "Left out: 1 of 2 events."),
        ("many_running", {"running": 1, "title": "Fix it"}, "1 conversation open"),
        ("many_running", {"running": 3, "title": "Fix it"}, "3 conversations open"),
    ],
)
def test_a_sentence_follows_its_number(type_: str, facts: dict[str, str | int | float], said: str) -> None:
    assert said in messages.problem(errors.Problem(type=type_, ctx=facts))


def test_what_the_agent_is_told_is_not_translated() -> None:
    before = microagent_message("o/n", "Linting")
    with pseudo():
        assert microagent_message("o/n", "Linting") == before


# Another language.


def test_a_language_is_switched_on_in_one_place() -> None:
    with pseudo():
        assert BRACKETS.fullmatch(messages.untitled(""))
        assert BRACKETS.fullmatch(messages.problem(errors.Problem(type="missing")))
        assert BRACKETS.fullmatch(translation.ngettext("{n} image", "{n} images", 2))
    assert messages.untitled("") == "New conversation"


def test_the_parts_of_a_pseudo_sentence_are_filled_in() -> None:
    with pseudo():
        said = messages.problem(errors.Problem(type="repository_differs", ctx={"own": "acme/web"}))
    assert "acme/web" in said
    assert "{" not in said


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "age", "ago", "number", "listing"),
    [
        ("en", "2 min", "2 minutes ago", "10,000", "a, b, c"),
        ("de", "2 Min.", "vor 2 Minuten", "10.000", "a, b und c"),
        ("ja", "2 分", "2 分前", "10,000", "a、b、c"),
    ],
)
def test_ages_numbers_and_lists_are_written_as_in_a_locale(
    locale: str, age: str, ago: str, number: str, listing: str
) -> None:
    then = NOW - timedelta(minutes=2)
    assert formats.age(then, NOW, locale) == age
    assert formats.time_ago(then, NOW, locale) == ago
    assert formats.number(10_000, locale) == number
    assert formats.listing(["a", "", "b", "c"], locale) == listing


@pytest.mark.parametrize(
    ("locale", "time"), [("en", "14:05:09"), ("de", "14:05:09"), ("en_US", "2:05:09\u202fPM")]
)
def test_a_time_of_day_is_written_as_in_a_locale(locale: str, time: str) -> None:
    moment = datetime(2026, 11, 24, 14, 5, 9).astimezone()
    assert formats.clock(moment, locale, seconds=True) == time


def test_without_another_word_the_locale_is_that_of_the_sentences() -> None:
    with pseudo("de"):
        assert formats.number(10_000) == "10.000"
    assert formats.number(10_000) == "10,000"
