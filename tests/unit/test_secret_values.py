"""A secret as somebody gave it: what is sent of it, what is refused, and that none is ever quoted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.cli.parser import KEY
from app.core.secret_values import OWN_KEY, api_key, argument, server_key, variable
from app.errors import Problem
from app.redaction import MASK

SECRET = "s3cr3t-c4n4ry"
ENVIRONMENT = {
    "DOCS_TOKEN": SECRET,
    "docs": "small",
    "BEARER": f"Bearer {SECRET}\n",
    "REFERS": "${DOCS_TOKEN}",
    "EMPTY": "",
    OWN_KEY: "own",
}


def said(found: list[Problem]) -> list[str]:
    return [messages.problem(one) for one in found]


REFERENCES = [
    ("${env:DOCS_TOKEN}", SECRET),
    ("${DOCS_TOKEN}", SECRET),
    ("{env:DOCS_TOKEN}", SECRET),
    ("$DOCS_TOKEN", SECRET),
    ("$env:DOCS_TOKEN", SECRET),
    ("%DOCS_TOKEN%", SECRET),
    ("${docs}", "small"),
    ("${env:docs}", "small"),
    ("${GONE:-default}", "default"),
    ("${EMPTY:-default}", "default"),
    ("${DOCS_TOKEN:-default}", SECRET),
    ("${REFERS}", "${DOCS_TOKEN}"),
    ("a-${DOCS_TOKEN}-${env:docs}", f"a-{SECRET}-small"),
]


@pytest.mark.parametrize(("given_", "value"), REFERENCES)
def test_a_reference_is_resolved_from_the_environment(given_: str, value: str) -> None:
    assert api_key(given_, ENVIRONMENT) == (value, [])
    assert variable("DOCS", given_, ENVIRONMENT) == (value, [])


@pytest.mark.parametrize(
    "given_",
    ["a$DOCS_TOKEN", "pa$$word", "$docs", "100%", "a${docs}b", "${", "$", "{docs}", "%docs%", "a {{ b }} c"],
)
def test_what_only_resembles_a_reference_is_sent_as_it_is(given_: str) -> None:
    assert variable("DOCS", given_, ENVIRONMENT) == (given_, [])


@pytest.mark.parametrize(
    "given_", ["${env:GONE}", "Bearer ${GONE}", "$GONE", "a-${GONE}", "${GONE}${GONE}", "%GONE%"]
)
def test_a_reference_to_nothing_is_refused_by_its_name(given_: str) -> None:
    found = api_key(given_, ENVIRONMENT)[1]
    assert all(one.blocks for one in found)
    wanted = "The environment variable GONE is not set. Set it before you start the launcher, "
    assert set(said(found)) == {wanted + "or enter the secret itself."}


def test_what_is_set_and_empty_is_not_set() -> None:
    assert [one.type for one in api_key("${EMPTY}", ENVIRONMENT)[1]] == ["secret_not_set"]


@pytest.mark.parametrize("given_", [f"${{env:{OWN_KEY}}}", f"${{{OWN_KEY}:-x}}", f"${OWN_KEY}"])
def test_the_launchers_own_key_is_given_to_no_one(given_: str) -> None:
    assert OWN_KEY == KEY
    value, found = api_key(given_, ENVIRONMENT)
    assert value == given_
    assert said(found) == [
        f"{KEY} holds the key of the OpenHands server, which is never sent to an MCP server."
    ]


@pytest.mark.parametrize(
    "given_", ["${input:docs}", "{{DOCS_TOKEN}}", "${{ secrets.DOCS }}", "Bearer {{ docs }}"]
)
def test_a_reference_that_only_another_program_understands_is_refused(given_: str) -> None:
    assert [(one.type, one.blocks) for one in api_key(given_, ENVIRONMENT)[1]] == [("secret_reference", True)]


PLACEHOLDERS = [
    *(
        "<YOUR_TOKEN>",
        "<token>",
        "<your api key>",
        "YOUR_API_KEY",
        "your-token-here",
        "yourtoken",
        "YOUR GITHUB PAT",
    ),
    *(
        "sk-your-key",
        "INSERT_YOUR_API_KEY_HERE",
        "xxx",
        "xxxxxxxx-xxxx-xxxx",
        "ghp_xxxxxxxxxxxx",
        "sk-...",
        "…",
    ),
]


@pytest.mark.parametrize("given_", PLACEHOLDERS)
def test_what_certainly_is_a_placeholder_is_refused(given_: str) -> None:
    for found in (api_key(given_)[1], server_key(f"Bearer {given_}")[1], variable("ANY", given_)[1]):
        assert [one.type for one in found if one.blocks] == ["secret_placeholder"]


@pytest.mark.parametrize(
    "given_", ["changeme", "CHANGE_ME", "replace-me", "todo", "my-api-key", "API_KEY", "my-secret"]
)
def test_what_somebody_may_have_chosen_is_only_warned_of(given_: str) -> None:
    value, found = api_key(given_)
    assert (value, said(found)) == (given_, ["This looks like a placeholder; it is used as it is."])
    assert not found[0].blocks
    assert variable("MODE", given_) == (given_, [])


@pytest.mark.parametrize("given_", [MASK, "***", "••••••••", "●●●", "sk-****abcd", f"abc{MASK}"])
def test_a_mask_is_refused(given_: str) -> None:
    for found in (api_key(given_)[1], server_key(given_)[1], variable("ANY", given_)[1]):
        assert [one.type for one in found] == ["secret_mask"]


@pytest.mark.parametrize(
    "given_", ["sk-1", "key", "xx", "*", "**", "a*b*c", "yourself", "<a", "axxxx", "Bearers", '"a', "a.b.c"]
)
def test_anything_else_is_a_secret(given_: str) -> None:
    assert api_key(given_) == server_key(given_) == variable("TOKEN", given_) == (given_, [])


@pytest.mark.parametrize(
    ("given_", "value", "notes"),
    [
        (f"Bearer {SECRET}", SECRET, ["“Bearer” was removed from the start of this value."]),
        (f" bearer  {SECRET}\n", SECRET, ["“Bearer” was removed from the start of this value."]),
        (f"Authorization: Bearer {SECRET}", SECRET, ["“Bearer” was removed from the start of this value."]),
        (f" {SECRET}\n", SECRET, ["Spaces around this value were removed."]),
        ("${BEARER}", SECRET, ["“Bearer” was removed from the start of this value."]),
        ("Bearer ${DOCS_TOKEN}", SECRET, ["“Bearer” was removed from the start of this value."]),
        (f'"{SECRET}"', SECRET, ["The quotation marks around this value were removed."]),
        (f" '{SECRET}'\n", SECRET, ["The quotation marks around this value were removed."]),
        (f"“{SECRET}”", SECRET, ["The quotation marks around this value were removed."]),
        ("'${DOCS_TOKEN}'", SECRET, ["The quotation marks around this value were removed."]),
        (
            f'"Bearer {SECRET}"',
            SECRET,
            [
                "“Bearer” was removed from the start of this value.",
                "The quotation marks around this value were removed.",
            ],
        ),
        (
            f"\ufeff{SECRET[:3]}\u200b{SECRET[3:]}",
            SECRET,
            ["Invisible characters were removed from this value."],
        ),
        (" ", "", []),
        ("\u200b", "", []),
        ("", "", []),
    ],
)
def test_what_is_around_a_key_is_taken_off_and_said(given_: str, value: str, notes: list[str]) -> None:
    assert api_key(given_, ENVIRONMENT)[0] == value
    found = api_key(given_, ENVIRONMENT)[1]
    assert said(found) == notes
    assert not any(one.blocks for one in found)


@pytest.mark.parametrize("given_", ["Bearer ", '""', "' '", 'Bearer ""'])
def test_a_key_that_is_only_what_stands_around_it_is_missing(given_: str) -> None:
    for found in (api_key(given_)[1], server_key(given_)[1]):
        assert [(one.type, one.blocks) for one in found] == [("secret_missing", True)]


@pytest.mark.parametrize(
    "given_", ["ключ", '"ключ"', "a\0b", "a\nb", "a b", "a\x7f", "…a", "\ud800", "Bearer a b", "change me"]
)
def test_a_key_that_no_header_carries_is_refused(given_: str) -> None:
    for found in (api_key(given_)[1], server_key(given_)[1]):
        assert [one.type for one in found if one.blocks] == ["key_characters"]


def test_a_variable_holds_any_text_but_the_end_of_one() -> None:
    assert variable("NAME", "ключ\nключ") == ("ключ\nключ", [])
    assert said(variable("NAME", "a\0b")[1]) == [
        "NAME: The value of an environment variable cannot hold a NUL character."
    ]


def test_a_variable_keeps_its_white_space_unless_it_holds_a_secret_by_its_name() -> None:
    assert variable("SEPARATOR", " , ") == (" , ", [])
    assert variable("HEADER", f"Bearer {SECRET}") == (f"Bearer {SECRET}", [])
    value, found = variable("DOCS_TOKEN", f" {SECRET}\n")
    assert (value, said(found)) == (SECRET, ["DOCS_TOKEN: Spaces around this value were removed."])


@pytest.mark.parametrize(
    ("given_", "type_"),
    [
        ("${env:DOCS_TOKEN}", "argument_reference"),
        ("--key=${input:docs}", "argument_reference"),
        ("<YOUR_TOKEN>", "argument_placeholder"),
        ("Authorization: Bearer YOUR_API_KEY", "argument_placeholder"),
    ],
)
def test_an_argument_that_is_certainly_not_filled_in_is_refused(given_: str, type_: str) -> None:
    assert [(one.type, one.blocks) for one in argument(given_)] == [(type_, True)]


@pytest.mark.parametrize(
    "given_", ["", "...", "xxx", "***", "-y", "Authorization: Bearer ${TOKEN}", "a<b>c", "$HOME"]
)
def test_any_other_argument_is_the_programs_own_business(given_: str) -> None:
    assert argument(given_) == []


def test_a_server_key_resolves_nothing() -> None:
    assert [one.type for one in server_key("${DOCS_TOKEN}")[1]] == ["secret_reference"]


PARTS = st.sampled_from(
    ["$", "{", "}", "env:", "A", ":-", "Bearer ", " ", "*", "x", "<", ">", "%", "{{", "…", SECRET]
)


@given(st.lists(PARTS, max_size=8).map("".join) | st.text())
def test_whatever_is_given_is_never_quoted(text: str) -> None:
    for _value, found in (api_key(text, {}), server_key(text), variable("A_KEY", text, {})):
        for one in found:
            assert messages.problem(one) != messages.problem(Problem(type="no such type"))
            assert SECRET not in repr(one)
