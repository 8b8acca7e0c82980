"""JSON that a person wrote or saved: read strictly, and what is wrong with it is named with its place.

Types and facts of a fault are those of a `Problem`; nothing of the text is quoted, because a secret may stand
there. A key that stands twice is named, less a value that was written into it by mistake.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_COMMENT = ("//", "/*", "#")
_STRING = r'"[^"\\]*(?:\\.[^"\\]*)*"'
_TOKEN = re.compile(rf"(?P<text>{_STRING})(?P<colon>\s*:)?|[{{}}\[\]]", re.DOTALL)
_STARTS_A_VALUE = re.compile(r'["{\[\d-]|true\b|false\b|null\b')


MOST_VALUES = 1_500_000
"""Of a whole text: 32 MiB of the smallest events have 900,000, and as many as this take a second."""
MOST_IN_A_ROW = 100_000
"""Without an object among them, so that no other thread waits for them for more than 50 ms."""
_SLICE = 256 * 1024
_SLICE_ENDS = re.compile(r"\\*+.", re.DOTALL)

DEEPEST = 500
"""Lists and objects within each other. What people have nests some ten."""


@dataclass(eq=False)
class JsonFault(ValueError):
    """Why a text is no JSON that can be used; `messages` has the sentence for its type."""

    type: str
    facts: dict[str, str | int] = field(default_factory=dict)


def read(text: str) -> Any:
    """The value of a JSON text; raises `JsonFault`. A key twice is one: what is meant cannot be known.

    How deep Python itself reads depends on its version, and writing what it has read may fail: so the limit is ours.

    The hook makes the reader stop at every object, so that megabytes read in a thread do not hold up the others; what
    has too many values, or too many without an object, is not read at all.
    """
    if len(text) > _SLICE and _has_too_many_values(text):
        raise JsonFault("json_parts")
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as fault:
        raise _named(fault, text) from None
    except _Twice:
        raise _twice(text) from None
    except RecursionError:
        raise JsonFault("json_deep") from None
    except ValueError:  # Python reads no number of more than 4300 digits, and neither does the server
        raise JsonFault("json_number") from None
    if _is_deeper_than(DEEPEST, value):
        raise JsonFault("json_deep")
    return value


def _has_too_many_values(text: str) -> bool:
    """Counts brackets and commas outside of strings, slice by slice, before anything is made of them."""
    values, in_a_row = 0, 0
    for outside in _outside_of_strings(text):
        first, *others = map(_values_in, outside.split("}"))
        longest = max(in_a_row + first, *others) if others else in_a_row + first
        in_a_row = others[-1] if others else longest
        values += first + sum(others)
        if values > MOST_VALUES or longest > MOST_IN_A_ROW:
            return True
    return False


def _values_in(text: str) -> int:
    return text.count(",") + text.count("[") + text.count("{")


def _outside_of_strings(text: str) -> Iterator[str]:
    """A text of JSON without what stands in quotation marks. No slice ends between a backslash and what it escapes."""
    at, is_inside = 0, 0
    while at < len(text):
        found = _SLICE_ENDS.match(text, min(at + _SLICE, len(text)))
        end = found.end() if found else len(text)
        parts = text[at:end].replace("\\\\", "").replace('\\"', "").split('"')
        yield "".join(parts[is_inside::2])
        is_inside ^= (len(parts) - 1) & 1
        at = end


def _is_deeper_than(most: int, value: Any) -> bool:
    level = [value]
    for _level in range(most):
        level = [inner for one in level for inner in _inside(one) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


class _Twice(Exception): ...


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _twice(text: str) -> JsonFault:
    """The second of two equal keys of one object, in a text of which each token up to there is right."""
    objects: list[set[str]] = []
    for token in _TOKEN.finditer(text):
        if token["colon"]:
            name = json.loads(token["text"])
            if name in objects[-1]:
                return _at("json_twice", text, token.start(), name=name.partition("=")[0])
            objects[-1].add(name)
        elif token[0] in ("{", "["):
            objects.append(set())
        elif token[0] in ("}", "]"):
            objects.pop()
    raise AssertionError("no key is there twice")


def _named(fault: json.JSONDecodeError, text: str) -> JsonFault:
    """What people really write where Python expects something else; said only where it is certain."""
    place, before = fault.pos, text[: fault.pos].rstrip()
    if fault.msg.startswith("Illegal trailing comma"):  # from Python 3.13 on
        return _at("json_trailing_comma", text, place)
    if text.startswith(("}", "]"), place) and before.endswith(","):
        return _at("json_trailing_comma", text, len(before) - 1)
    return _at(_mistake(fault.msg, text, place, before) or _expected(fault.msg), text, place)


def _mistake(message: str, text: str, place: int, before: str) -> str | None:
    if text.startswith(_COMMENT, place):
        return "json_comment"
    if text.startswith(",", place):
        return "json_comma"
    if text[place:].isspace() or place == len(text):
        return "json_ends" if before else "json_empty"
    if text.startswith("'", place) or message.startswith("Expecting property name"):
        return "json_quotes"
    if message.startswith("Expecting ','") and _comma_is_missing(text, place):
        return "json_missing_comma"
    return None if before else "json_invalid"


def _comma_is_missing(text: str, place: int) -> bool:
    """A quotation mark that stands right after the one before may be meant as part of the text."""
    apart = text[place - 1].isspace() or text[place - 1] in "}]"
    return apart and _STARTS_A_VALUE.match(text, place) is not None


_EXPECTED = {
    "Expecting ','": "json_delimiter",
    "Expecting ':'": "json_colon",
    "Expecting value": "json_value",
    "Unterminated string": "json_unterminated",
    "Invalid control character": "json_control",
    "Invalid \\": "json_escape",
    "Extra data": "json_extra",
}


def _expected(message: str) -> str:
    return next((type_ for begin, type_ in _EXPECTED.items() if message.startswith(begin)), "json_invalid")


def _at(type_: str, text: str, place: int, **facts: str) -> JsonFault:
    line = text.count("\n", 0, place) + 1
    return JsonFault(type_, {"line": line, "column": place - text.rfind("\n", 0, place), **facts})
