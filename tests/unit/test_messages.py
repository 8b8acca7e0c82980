"""Every problem, error and state has its words, and foreign text is fit for a screen."""

import ast
import inspect
import re
import string
import tracemalloc
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import ErrorDetails, core_schema

import app
from app import errors, foreign_text, formats, messages
from app.core import session_words
from app.core.conversations import Fault, Reason, StartupStep
from app.core.draft import LaunchDraft, SuggestedTaskDraft
from app.core.kinds import LaunchKind
from app.core.microagent_message import microagent_message
from app.core.session_words import StateWording, said_reason, said_step
from app.errors import LauncherError, Problem, Redirected, Remedy
from app.foreign_text import safe_text
from app.messages import ErrorText
from app.wire import rules

ROOMS = Path(app.__file__).parent
NOT_ACCEPTED = messages.problem(Problem(type="no such type"))

# Every type of problem has its sentence, and its sentence gets its facts.

_TYPE_IN = {
    "broken_rule": 0,
    "matching": 1,
    "web_address": 1,
    "Problem.warning": 1,
    "UnusableImage": 0,
}
"""Calls that name the type of a problem, and at which place."""
_ANSWERS_A_TYPE = {"parse_address", "_address_fault"}


def name_of(call: ast.Call) -> str:
    return ast.unparse(call.func).removeprefix("rules.")


def types_in(node: ast.expr | None) -> list[str]:
    """The words that an expression may come to."""
    if isinstance(node, ast.IfExp):
        return types_in(node.body) + types_in(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def facts_of(call: ast.Call) -> set[str]:
    named = {word.arg for word in call.keywords if word.arg}
    named |= {"name"} if name_of(call) == "UnusableImage" else set()  # the one who reads the image adds it
    ctx = next((word.value for word in call.keywords if word.arg == "ctx"), None)
    keys = ctx.keys if isinstance(ctx, ast.Dict) else []
    return named | {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}


def raised() -> dict[str, list[set[str]]]:
    """Type of problem → the facts it gets at each place where the program makes it."""
    found: dict[str, list[set[str]]] = defaultdict(list)
    for path in ROOMS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and (place := _TYPE_IN.get(name_of(node))) is not None:
                for type_ in types_in(node.args[place] if len(node.args) > place else None):
                    found[type_].append(facts_of(node))
            if isinstance(node, ast.Call) and name_of(node) == "Problem":
                told = next((word.value for word in node.keywords if word.arg == "type"), None)
                for type_ in types_in(told):
                    found[type_].append(facts_of(node))
            if isinstance(node, ast.FunctionDef) and node.name in _ANSWERS_A_TYPE:
                for inner in ast.walk(node):
                    for type_ in types_in(inner.value) if isinstance(inner, ast.Return) else []:
                        found[type_].append(set())
    return found


RAISED = raised()


def test_the_types_of_problems_are_found() -> None:
    assert {
        "repository_name",
        "image_size",
        "replay_first",
        "no_git_token",
        "mcp_equal",
        "arguments_quote",
    } <= set(RAISED)
    assert {"address_scheme", "conversation_exists", "file_unreadable", "branch_spaces", "mcp_url"} <= set(
        RAISED
    )


MADE_OF_SENTENCES = {"server_refused"}


@pytest.mark.parametrize("type_", sorted(RAISED))
def test_every_type_of_problem_has_its_sentence_and_gets_its_facts(type_: str) -> None:
    for facts in RAISED[type_]:
        fact: str | int = "X." if type_ in MADE_OF_SENTENCES else 2 if type_ in messages._COUNTED else "x"
        sentence = messages.problem(Problem(type=type_, ctx=dict.fromkeys(facts, fact)))
        assert sentence != NOT_ACCEPTED
        assert sentence.endswith((".", "?"))


def test_how_large_images_may_be_is_said_with_the_limit_of_the_rules() -> None:
    too_large = "data:image/png;base64," + "A" * (rules.IMAGE_LIMIT * 4 // 3 + 4)
    one = LaunchDraft(image_urls=[too_large]).to_request()
    assert isinstance(one, list)
    assert [messages.problem(problem) for problem in one] == ["An image can have at most 5 MiB."]
    several = LaunchDraft(
        image_urls=[too_large[: len("data:image/png;base64,") + 4_000_000]] * 8
    ).to_request()
    assert isinstance(several, list)
    assert [messages.problem(one) for one in several] == ["All images together can have at most 20 MiB."]


def test_every_sentence_of_a_problem_is_said_somewhere() -> None:
    texts = [path.read_text("utf-8") for path in ROOMS.rglob("*.py") if path.name != "messages.py"]
    tabled = {*messages._PROBLEMS, *messages._COUNTED}
    typed = {type_ for type_ in tabled if any(f'"{type_}"' in text for text in texts)}
    assert tabled <= typed | set(get_args(core_schema.ErrorType))


def test_a_number_that_no_computer_reads_is_refused_in_our_words() -> None:
    task = SuggestedTaskDraft(issue_number="9" * 5000)
    wrong = LaunchDraft(kind=LaunchKind.SUGGESTED_TASK, suggested_task=task).to_request()
    assert isinstance(wrong, list)
    said = {one.type: messages.problem(one) for one in wrong if one.loc[-1] == "issue_number"}
    assert said == {"int_parsing_size": "Enter a smaller number."}


def test_a_problem_of_a_type_we_do_not_know_says_the_servers_own_words() -> None:
    told = Problem(type="value_error", msg="Value error, URL must use\u202e\n http")
    assert messages.problem(told) == "URL must use\\u202e http"
    assert messages.problem(Problem(type="new", msg=" \n")) == NOT_ACCEPTED


@pytest.mark.parametrize("ctx", [{}, {"other": "x"}])
def test_a_problem_without_its_facts_is_still_said(ctx: dict[str, Any]) -> None:
    assert messages.problem(Problem(type="repository_differs", ctx=ctx)) == NOT_ACCEPTED


def test_the_facts_of_a_problem_cannot_forge_a_sentence() -> None:
    told = messages.problem(
        Problem(type="repository_differs", ctx={"own": "o/n\u202e{own}{0.__class__}" + "x" * 500})
    )
    assert "\u202e" not in told
    assert "{own}" in told
    assert len(told) < 200


# Errors.

CLASSES = [one for one in vars(errors).values() if inspect.isclass(one) and issubclass(one, LauncherError)]
MAKE: dict[type[LauncherError], LauncherError] = {
    errors.TrustUnreadable: errors.TrustUnreadable("SSL_CERT_FILE"),
    errors.ServerFault: errors.ServerFault(503),
    errors.UnsupportedServer: errors.UnsupportedServer(
        "OpenHands Agent Server", "1.58.2", supported="0.53 to 0.62"
    ),
    errors.StrangeStatus: errors.StrangeStatus(418),
    errors.Redirected: errors.Redirected(307, "https://elsewhere.example"),
    errors.RedirectedToHttps: errors.RedirectedToHttps(308, "https://box.example"),
    errors.BadRequest: errors.BadRequest("No such thing"),
    errors.TooManyRequests: errors.TooManyRequests(7.0),
    errors.Invalid: errors.Invalid([Problem(type="missing")]),
}
KINDS = [one for one in CLASSES if one is not LauncherError]
UNEXPLAINED = [errors.BadRequest(""), errors.Redirected(307, ""), errors.Invalid([])]
"""Where the server left out what the sentence would tell."""
MAYBE = "A conversation may have started"
NOTHING = ("Nothing was sent; your text is kept.", "Nothing was started; your text is kept.")


def an_error(kind: type[LauncherError]) -> LauncherError:
    return MAKE[kind] if kind in MAKE else kind()


@pytest.mark.parametrize("of_launch", [True, False])
@pytest.mark.parametrize("fault", [*map(an_error, KINDS), *UNEXPLAINED], ids=repr)
def test_every_error_says_what_happened_and_what_to_do(fault: LauncherError, of_launch: bool) -> None:
    said = messages.error(fault, of_launch=of_launch)
    advice = said.text.removeprefix(messages._may_have_happened(fault)) if of_launch else said.text
    assert said.title.strip()
    assert advice.strip().endswith((".", "?"))
    assert not re.search(r"[{}]", said.title + said.text)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.may_have_started])
def test_what_may_have_started_is_never_advised_to_be_launched_again(kind: type[LauncherError]) -> None:
    assert "again" not in messages.error(an_error(kind)).text


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_says_whether_a_conversation_may_exist(kind: type[LauncherError]) -> None:
    fault = an_error(kind)
    said = messages.error(fault)
    assert kind in messages._ERRORS
    assert (MAYBE in said.text) is fault.may_have_started
    assert said.text.startswith(MAYBE if fault.may_have_started else NOTHING)


@pytest.mark.parametrize("kind", KINDS)
def test_beside_a_launch_no_error_speaks_of_one(kind: type[LauncherError]) -> None:
    said = messages.error(an_error(kind), of_launch=False)
    assert not re.search(r"[Ll]aunch|may have started|text is kept|The fields say", said.title + said.text)


def test_what_was_not_sent_is_told_from_what_was_refused() -> None:
    assert messages.error(errors.NobodyListens()).text.startswith(NOTHING[0])
    assert messages.error(errors.KeyRefused()).text.startswith(NOTHING[1])


@pytest.mark.parametrize("kind", [errors.AnswerTimedOut, errors.WebPage, errors.ServerFault])
def test_an_error_before_the_press_left_says_that_nothing_started(kind: type[LauncherError]) -> None:
    fault = an_error(kind)
    fault.may_have_started = False
    assert messages.error(fault).text.startswith(NOTHING[1])


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_with_a_button_says_what_it_does(kind: type[LauncherError]) -> None:
    assert kind.remedy is Remedy.NONE or messages.REMEDIES[kind.remedy]


def test_a_redirect_that_may_have_been_done_says_so() -> None:
    assert MAYBE in messages.error(Redirected(303, "https://a.example")).text
    assert MAYBE not in messages.error(Redirected(308, "https://a.example")).text


def test_a_redirect_says_where_to_if_that_can_be_read() -> None:
    said = messages.error(Redirected(308, "https://a.example"))
    assert said.title == "The server redirects to https://a.example."
    assert messages.error(Redirected(308, "")).title == "The server redirects, but not to a web address."


def test_a_redirect_to_https_of_the_same_host_says_what_to_write() -> None:
    said = messages.error(errors.RedirectedToHttps(308, "https://box.example"), of_launch=False)
    assert said == ErrorText(
        "The server redirects to https://box.example.", "Write https:// before its address."
    )


@pytest.mark.parametrize(("seconds", "shown"), [(None, 1), (7.4, 8), (7.0, 7), (0.2, 1), (0.0, 1)])
def test_a_busy_server_says_when_to_launch_again(seconds: float | None, shown: int) -> None:
    assert f"Wait {shown} s, then launch again." in messages.error(errors.TooManyRequests(seconds)).text


def test_the_servers_own_sentence_is_shown_and_cannot_forge_ours() -> None:
    said = messages.error(errors.BadRequest("No {status}\u202e\n" + "x" * 1000))
    assert said.title.startswith("The server refused this launch: No {status}\\u202e x")
    assert len(said.title) < 300
    assert messages.error(errors.BadRequest("")).title == "The server refused this launch."


# Translation.


def texts_in(value: object) -> Iterator[str]:
    """The sentences in a table, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, StateWording):
        yield from (value.word, value.says)
    elif isinstance(value, dict | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts_in(one)


def extracted(path: str) -> Iterator[str | tuple[str, ...]]:
    keywords = DEFAULT_KEYWORDS | {"NN_": (1, 2)}
    return (text for _, text, _, _ in extract_from_file("python", path, keywords=keywords))


@pytest.mark.parametrize("module", [messages, session_words])
def test_an_extractor_finds_the_sentences_of_every_table(module: ModuleType) -> None:
    found = set(texts_in(tuple(extracted(str(module.__file__)))))
    tables = {
        name: one for name, one in vars(module).items() if isinstance(one, dict) and name != "__builtins__"
    }
    if "_COUNTED" in tables:
        tables["_COUNTED"] = dict(messages._COUNTED.values())
    said = {name: set(texts_in(table)) for name, table in tables.items() if name != "PROVIDERS"}
    assert {name: texts - found for name, texts in said.items() if texts - found} == {}
    assert sum(map(len, said.values())) > 20


# The server's words.


@pytest.mark.parametrize(
    ("own", "word"),
    [("STATUS$WAITING_FOR_APPROVAL", "Waiting for approval"), ("hibernating", "Hibernating"), ("$", "")],
)
def test_a_word_we_do_not_know_is_made_readable(own: str, word: str) -> None:
    assert foreign_text.readable(own) == word


def test_what_the_runtime_does_is_said() -> None:
    assert said_step(StartupStep.STARTING_RUNTIME) == "preparing the runtime"
    assert said_step("STATUS$WARMING_UP") == "warming up"
    assert said_step("") == ""
    assert all(map(said_step, StartupStep))


def test_why_a_conversation_failed_is_said() -> None:
    assert said_reason(Reason("out of memory", Fault.OUT_OF_MEMORY)) == "The server ran out of memory."
    assert said_reason(Reason("BadRequestError: bad key\u202e")) == "BadRequestError: bad key\\u202e"
    assert said_reason(Reason("x" * 5000)) == "x" * 5000
    assert all(said_reason(Reason("x", fault)) != "x" for fault in Fault)


def test_a_provider_is_called_by_its_name() -> None:
    assert [messages.provider(one) for one in ("github", "enterprise_sso", "azure_devops", "")] == [
        "GitHub",
        "Enterprise SSO",
        "Azure devops",
        "",
    ]


@pytest.mark.parametrize(
    ("repository", "title", "begin"),
    [
        ("o/n", "Linting", "Create a microagent in o/n about “Linting”.\n\n"),
        ("o/n", "", "Create a microagent in o/n about what I describe below.\n\n"),
        ("", "Linting", "Create a microagent in this repository about “Linting”.\n\n"),
        ("{about}", "{where}{0}", "Create a microagent in {about} about “{where}{0}”.\n\n"),
    ],
)
def test_a_microagents_message_names_repository_and_title(repository: str, title: str, begin: str) -> None:
    assert microagent_message(repository, title).startswith(begin)


@pytest.mark.parametrize(
    ("kind", "title"), [("replay", "Replay"), ("message", "New conversation"), ("", "New conversation")]
)
def test_what_has_no_title_is_called_something(kind: str, title: str) -> None:
    assert messages.untitled(kind) == title


# Ages.

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (timedelta(days=-1), "now"),
        (timedelta(), "now"),
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(minutes=2, seconds=20), "2 min"),
        (timedelta(hours=3), "3 hr"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=5), "5 days"),
        (timedelta(days=400), "1 yr"),
    ],
)
def test_an_age_is_short_and_never_below_now(passed: timedelta, said: str) -> None:
    assert formats.age(NOW - passed, NOW) == said


def test_an_age_that_is_not_known_is_not_said() -> None:
    assert formats.age(None, NOW) == ""


# Foreign text.

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
odd = st.text(
    st.characters(categories=["Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "L", "P"])
    | st.sampled_from(BIDI + "\n\t…")
)


def is_noncharacter(one: str) -> bool:
    return ord(one) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(one) <= 0xFDEF


def is_forbidden(one: str) -> bool:
    """In a text that is read from left to right."""
    controls = one not in "\n\t" and unicodedata.category(one) in ("Cc", "Cs", "Co", "Zl", "Zp")
    return one in BIDI or controls or is_noncharacter(one)


def turns(text: str) -> bool:
    return any(unicodedata.bidirectional(one) in ("R", "AL") for one in text if one.isalpha())


@given(odd | st.text(), st.integers(1, 40), st.booleans())
def test_foreign_text_comes_out_fit_for_a_screen(text: str, limit: int, single_line: bool) -> None:
    shown = safe_text(text, limit=limit, single_line=single_line)
    may_pass = "\u200e\u200f\u061c\u2068\u2069" if turns(shown) else ""
    assert not [one for one in shown if is_forbidden(one) and one not in may_pass]
    assert len(shown) <= limit
    assert safe_text(shown, limit=limit, single_line=single_line) == shown
    shown.encode()
    if single_line:
        assert "\n" not in shown
        assert "\t" not in shown


@given(st.text(string.ascii_letters + " äöü€🙂", max_size=50))
def test_harmless_text_comes_out_as_it_is(text: str) -> None:
    assert safe_text(text, limit=50) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\u001b[31mb"),
        ("invoice\u202egpj.exe", "invoice\\u202egpj.exe"),
        ("a\nb\tc", "a\nb\tc"),
        ("a\u2028b", "a\\u2028b"),
        ("\ud800", "\\ud800"),
        ("👩‍💻", "👩‍💻"),
        ("\U0001fa77 \U0001fae8", "\U0001fa77 \U0001fae8"),  # younger than the tables of Python 3.11
        ("\ufffe\ufdd0\U0001ffff", "\\ufffe\\ufdd0\\U0001ffff"),
        ("\ue000\U000f0001", "\\ue000\\U000f0001"),
        ("x" * 301, "x" * 299 + "…"),
        ("x" * 300, "x" * 300),
        ("\x00" * 300, "\\u0000" * 49 + "\\u000…"),
    ],
)
def test_what_could_mislead_is_shown_as_what_it_is(text: str, shown: str) -> None:
    assert safe_text(text) == shown


HEBREW = "\u200fתיקון הכניסה (login)\u200f!"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HEBREW, HEBREW),
        ("\u061cإصلاح (login)\u200e", "\u061cإصلاح (login)\u200e"),
        ("acme\u200f/web\u200e", "acme\\u200f/web\\u200e"),
        ("א \u202eabc\u202c", "א \\u202eabc\\u202c"),
        ("א \u2067abc\u2069", "א \\u2067abc\u2069".replace("\u2069", "\\u2069")),
        ("a \u2068א\u2069 b", "a \u2068א\u2069 b"),
        ("a \u2068א\nb\u2069", "a \\u2068א\nb\\u2069"),
        ("a \u2068b\u2069", "a \\u2068b\\u2069"),
    ],
)
def test_marks_of_direction_pass_only_where_letters_are_read_from_the_right(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_a_part_that_is_read_from_the_right_keeps_its_direction_to_itself() -> None:
    assert foreign_text.part("תיקון\nהכניסה") == "\u2068תיקון הכניסה\u2069"
    assert foreign_text.part("fix\nit") == "fix it"
    row = f"{foreign_text.part(HEBREW)} · acme/web"
    assert safe_text(row) == row


def test_without_a_limit_a_text_is_shown_whole() -> None:
    assert safe_text("x" * 100_000 + "\x1b", limit=None) == "x" * 100_000 + "\\u001b"


def test_a_single_line_is_one() -> None:
    assert safe_text(" a\r\n\tb \u2028 c ", single_line=True) == "a b c"
    assert safe_text("a" + " " * 1000 + "b", limit=5, single_line=True) == "a b"
    assert safe_text("a b c d", limit=5, single_line=True) == "a b …"


def test_of_megabytes_only_what_a_single_line_shows_is_taken_apart() -> None:
    text = "word " * 400_000
    tracemalloc.start()
    try:
        safe_text(text, limit=240, single_line=True)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(text)
    finally:
        tracemalloc.stop()


# What is read of somebody else's problem.

DETAIL: ErrorDetails = {
    "type": "missing",
    "loc": ("body", "mcp_config", 0),
    "msg": "Field required",
    "input": "canary",
}


def test_a_problem_reads_place_and_type_and_never_the_input() -> None:
    found = Problem.read(
        [{**DETAIL, "ctx": {"error": ValueError("canary"), "ge": 1, "deep": {"a": "canary"}}}]
    )
    assert [(one.loc, one.type, one.ctx) for one in found] == [(("mcp_config", 0), "missing", {"ge": 1})]
    assert "canary" not in repr(found)


@pytest.mark.parametrize(
    ("loc", "wanted"),
    [
        (["body", "repository"], ("repository",)),
        (["body"], ()),
        ([], ()),
        (["body", 17], (17,)),
        (["query", "limit"], ("query", "limit")),
        (("repository", "body"), ("repository", "body")),
    ],
)
def test_the_loc_of_a_422_is_the_loc_of_the_field(loc: Any, wanted: Any) -> None:
    assert Problem.read([{"type": "x", "loc": loc}])[0].loc == wanted


@pytest.mark.parametrize(
    "detail", [None, "text", 7, [], {}, {"loc": ["body"]}, {"type": 7}, {"type": "x", "loc": "body"}]
)
def test_what_is_no_problem_is_left_out(detail: Any) -> None:
    assert [one.type for one in Problem.read([detail, DETAIL])] == ["missing"]


def test_pairs_of_isolates_pass_where_letters_are_read_from_the_right_but_not_thousands_of_them() -> None:
    pair = "\u2068א\u2069"
    assert foreign_text.safe_text(pair * 500, limit=None) == pair * 500
    assert foreign_text.safe_text(pair * 501, limit=None) == "\\u2068א\\u2069" * 501
