"""JSON that people wrote: what is wrong is named with its line and column, and never quoted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import messages
from app.errors import Problem
from app.wire import json_text
from app.wire.json_text import JsonFault, read

SECRET = "s3cr3t-c4n4ry"


def fault_of(text: str) -> JsonFault:
    with pytest.raises(JsonFault) as caught:
        read(text)
    return caught.value


FAULTS = [
    ("", "json_empty", 1, 1),
    ("{", "json_ends", 1, 2),
    ('{"a": [1', "json_ends", 1, 9),
    ("// mine\n{}", "json_comment", 1, 1),
    ('{"a": 1, // mine\n "b": 2}', "json_comment", 1, 10),
    ('{"a":\n /* mine */ 1}', "json_comment", 2, 2),
    ('{"a": 1}\n# mine', "json_comment", 2, 1),
    ('{"a": 1,\n}', "json_trailing_comma", 1, 8),
    ("[1, 2\n, ]", "json_trailing_comma", 2, 1),
    ("[1,, 2]", "json_comma", 1, 4),
    ('{"a": 1,,}', "json_comma", 1, 9),
    ('{"a": 1\n "b": 2}', "json_missing_comma", 2, 2),
    ('[{"a": 1}{"a": 2}]', "json_missing_comma", 1, 10),
    ("[1 2]", "json_missing_comma", 1, 4),
    ('["a" "b"]', "json_missing_comma", 1, 6),
    ('["a "quoted" b"]', "json_delimiter", 1, 6),
    ('["a""]', "json_delimiter", 1, 5),
    ('{"a" 1}', "json_colon", 1, 6),
    ("{a: 1}", "json_quotes", 1, 2),
    ("{'a': 1}", "json_quotes", 1, 2),
    ("['a']", "json_quotes", 1, 2),
    ("[True]", "json_value", 1, 2),
    ('["a]', "json_unterminated", 1, 2),
    ('["a\nb"]', "json_control", 1, 4),
    ('["C:\\Users"]', "json_escape", 1, 5),
    ("{}\n{}", "json_extra", 2, 1),
    ("hello", "json_invalid", 1, 1),
    ('{"a": 1,\n "a": 2}', "json_twice", 2, 2),
    ('[{"a": {"b": 1}, "b": [{"a": ["}", 1]}]}, {"a": {"b": 1, "c": 1, "\\u0062": 2}}]', "json_twice", 1, 66),
]


@pytest.mark.parametrize(("text", "type_", "line", "column"), FAULTS)
def test_a_fault_is_named_with_its_place_and_has_its_sentence(
    text: str, type_: str, line: int, column: int
) -> None:
    fault = fault_of(text)
    assert (fault.type, fault.facts["line"], fault.facts["column"]) == (type_, line, column)
    said = messages.problem(Problem(type=fault.type, ctx=fault.facts))
    assert said.startswith(f"Line {line}, column {column}: ") or type_ == "json_empty"


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("[" * 100_000, "json_deep"),
        ("[" * 501 + "]" * 501, "json_deep"),
        ('{"a":' * 501 + "1" + "}" * 501, "json_deep"),
        (f"[{'9' * 5000}]", "json_number"),
    ],
    ids=["deep without end", "deep", "deep objects", "number"],
)
def test_what_no_reader_takes_is_named_too(text: str, type_: str) -> None:
    fault = fault_of(text)
    assert fault.type == type_
    assert messages.problem(Problem(type=fault.type)).endswith(".")


def test_a_key_that_is_there_twice_is_named_without_a_value_that_was_written_into_it() -> None:
    assert fault_of('{"TOKEN": 1, "TOKEN": 2}').facts["name"] == "TOKEN"
    assert fault_of(f'{{"TOKEN={SECRET}": 1, "TOKEN={SECRET}": 2}}').facts["name"] == "TOKEN"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_whatever_is_json_is_read_as_it_is(value: Any) -> None:
    assert read(json.dumps(value)) == value


@given(st.text() | st.text("{}[]\":,01 \n\\'/#truenl"))
def test_any_text_is_read_or_has_a_sentence(text: str) -> None:
    try:
        read(text)
    except JsonFault as fault:
        said = messages.problem(Problem(type=fault.type, ctx=fault.facts))
        assert said != messages.problem(Problem(type="no such type"))


def test_what_people_have_is_not_too_deep() -> None:
    assert read("[" * 500 + "]" * 500)


# How many values it has.


@pytest.mark.parametrize(
    "text",
    [
        f"[{'[],' * 100_000}[]]",
        f"[{'10,' * 100_001}1]",
        f"[{chr(34) * 2},{(chr(34) * 2 + ',') * 100_001}1]",
        f"[{'{},' * 800_000}1]",
    ],
    ids=["lists", "numbers", "strings", "objects"],
)
def test_more_values_than_anybody_has_are_refused_before_any_is_made(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "loads", None)  # who calls it fails
    with pytest.raises(JsonFault) as fault:
        read(text)
    assert fault.value.type == "json_parts"


@pytest.mark.parametrize(
    "value",
    [
        ["," * 2_000_000],
        ['",[' * 500_000],
        ["\\" * 300_000 + '",' * 200_000],
        [{"a": [1] * 90_000}] * 3,
        ["\\" * 262_143 + '"' + "," * 200_000],
        ["\\" * 262_142 + '"' + "," * 200_000],
    ],
    ids=["commas", "quotes", "backslashes", "lists in objects", "a slice ends", "one earlier"],
)
def test_what_stands_in_strings_is_no_value(value: object) -> None:
    assert read(json.dumps(value)) == value


@given(st.text('\\\\\\"a,[', max_size=40), st.integers(1, 7))
def test_a_text_may_be_cut_anywhere(text: str, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_SLICE", size)
        outside = "".join(json_text._outside_of_strings(json.dumps([text, 1, text])))
    assert outside == "[, 1, ]"
