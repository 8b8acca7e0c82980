"""How much work a JSON text makes: its parts are counted before it is parsed, since parsing cannot be interrupted."""

import asyncio
from dataclasses import dataclass

from app.errors import AnswerTooLarge

PARTS_LIMIT = 75_000
"""Values of one text: each object, list, and comma between values.

To parse so many, and to make the objects of Python that a `ValidationError` holds of them, takes 30 ms.
"""

ESCAPES_LIMIT = 2_000_000
"""Backslashes of one text. So many take 32 ms."""

LONG_NUMBERS_LIMIT = 100
_LONG_NUMBER = b"0" * 400
"""Of digits, at least. One takes 40 μs, as much as 1,500 objects."""

_SLICE = 256 * 1024
"""Bytes that are looked at in one go, which takes 2 ms at most."""

_DIGITS = bytes(ord("0") if chr(byte).isdigit() else byte for byte in range(128)) + bytes(range(128, 256))


async def check_parsing_cost(json: bytes) -> None:
    """Raises `AnswerTooLarge` for a text whose parsing would hold up the window. Itself it does not."""
    if len(json) <= _SLICE:
        _weigh(json)
    else:
        await asyncio.to_thread(_weigh, json)


def _weigh(json: bytes) -> None:
    if not (_fits(json, with_words=True) or _fits(json, with_words=False)):
        raise AnswerTooLarge


@dataclass(slots=True)
class _Weight:
    parts: int = 0
    escapes: int = 0
    long_numbers: int = 0

    def add(self, json: bytes) -> None:
        self.parts += json.count(b"{") + json.count(b"[") + json.count(b",")
        self.long_numbers += json.translate(_DIGITS).count(_LONG_NUMBER)

    def fits(self) -> bool:
        return (
            self.parts <= PARTS_LIMIT
            and self.escapes <= ESCAPES_LIMIT
            and self.long_numbers <= LONG_NUMBERS_LIMIT
        )


def _fits(json: bytes, *, with_words: bool) -> bool:
    """Whether it is light enough. With words it is quicker, and too strict: agents print files full of braces."""
    weight = _Weight()
    is_inside = False
    begin = 0
    while begin < len(json) and weight.fits():
        end = _end_of_slice(json, begin)
        piece, begin = json[begin:end], end
        weight.escapes += piece.count(b"\\")
        if with_words:
            weight.add(piece)
        else:
            bare = piece.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
            weight.add(b" ".join(bare[is_inside::2]))
            is_inside ^= len(bare) % 2 == 0
    return weight.fits()


def _end_of_slice(json: bytes, begin: int) -> int:
    """Where no escape is cut in two."""
    end = min(begin + _SLICE, len(json))
    backslashes = end - len(json[begin:end].rstrip(b"\\")) - begin
    return end + 1 if backslashes % 2 and end < len(json) else end
