"""Answers that are little but what stands around a body: headers, chunks, trailers, and early answers."""

from tests.faults.hostile import OK, Act, Line

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BLANKS = b" " * 48 * 1024 + b"\0"
"""What no header may end with: h11's pattern tries all ways to divide the blanks before it says so."""


def flooding(start: bytes, part: bytes) -> Act:
    async def act(line: Line) -> None:
        await line.say(start)
        await line.flood(part)

    return act


def saying(*parts: bytes) -> Act:
    """Says them, and waits for the other side to go."""

    async def act(line: Line) -> None:
        await line.say(*parts)
        await line.silence()

    return act


FRAMING: dict[str, Act] = {
    "chunks of one byte": flooding(CHUNKED, b"1\r\n \r\n" * 10_000),
    "chunks with long extensions": flooding(CHUNKED, b"1;" + b"a" * 60_000 + b"\r\n \r\n"),
    "an extension without end": flooding(CHUNKED + b"1;", b"a" * 65_536),
    "early answers without end": flooding(b"", b"HTTP/1.1 100 \r\n\r\n" * 4000),
    "100,000 headers": saying(OK + b"a: b\r\n" * 100_000 + b"\r\n{}"),
    "33,000 headers as short as can be": saying(b"HTTP/1.1 200 OK\r\n" + b"a:\n" * 33_000 + b"\r\n"),
    "a header that is folded 30,000 times": saying(OK + b"a:\n" + b" b\n" * 30_000 + b"\r\n"),
    "a header of blanks": saying(OK + b"X:" + BLANKS + b"\r\n\r\n"),
    "a header of tabs and blanks": saying(OK + b"X:" + b"\t " * 24 * 1024 + b"\0\r\n\r\n"),
    "a trailer of blanks": saying(CHUNKED + b"2\r\n{}\r\n0\r\nX:" + BLANKS + b"\r\n\r\n"),
    "a trailer of blanks after one that was long": saying(
        CHUNKED + b"2\r\n{}\r\n0\r\n", b"a: b\r\n" * 150, b"X:" + BLANKS + b"\r\n\r\n"
    ),
    "33,000 trailers": saying(CHUNKED + b"2\r\n{}\r\n0\r\n" + b"a:\n" * 33_000 + b"\r\n"),
}
