"""What stands around a body is bounded, whatever it is, and honest framing is read all the same."""

import pytest

from app.client.network import HEAD_LIMIT, PIECE, BoundedStream
from app.client.transport import SMALL_PARTS, Transport
from app.client.v0.api import OpenHandsClient
from app.errors import ConnectionLost
from app.wire.schemas import InitSessionRequest
from tests.faults.framing import CHUNKED, FRAMING, saying
from tests.faults.hostile import OK, Act, answer, hostile


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what the reader of HTTP was given."""
    sizes = list[int]()
    read = BoundedStream.read

    async def noted(line: BoundedStream, max_bytes: int, timeout: float | None = None) -> bytes:
        piece = await read(line, max_bytes, timeout)
        sizes.append(len(piece))
        return piece

    monkeypatch.setattr(BoundedStream, "read", noted)
    return sizes


async def body_of(act: Act | bytes, limit: int = 2**20) -> bytes:
    async with hostile(act) as there:
        http = Transport(there.server("key"))
        try:
            return (await http.ask("GET", "/api/conversations", limit=limit)).body
        finally:
            await http.aclose()
            assert len(there.requests) == 1


@pytest.mark.parametrize("name", FRAMING)
async def test_what_stands_around_a_body_is_bounded(name: str, given: list[int]) -> None:
    with pytest.raises(ConnectionLost):
        await body_of(FRAMING[name])
    assert max(given) <= PIECE
    assert sum(given) <= HEAD_LIMIT


@pytest.mark.parametrize("name", FRAMING)
async def test_who_is_there_is_asked_as_carefully(name: str, given: list[int]) -> None:
    """Not a word was sent that matters: it was only a look."""
    async with hostile(FRAMING[name]) as there:
        client = OpenHandsClient(there.server("key"))
        with pytest.raises(ConnectionLost) as raised:
            await client.create(InitSessionRequest())
        await client.aclose()
        assert [request.split()[1] for request in there.requests] == [b"/openapi.json"]
    assert (raised.value.was_sent, raised.value.may_have_started) == (False, False)
    assert sum(given) <= HEAD_LIMIT


def chunked(body: bytes, size: int, *, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    chunks = (b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
    return CHUNKED + b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"


BODY = b'{"words": "' + b" \n0\r\n" * 20_000 + b'"}'


@pytest.mark.parametrize("size", [64, 1000, 1024, 16_384, len(BODY)])
@pytest.mark.parametrize("trailer", [b"", b"Server-Timing: 1\r\nX: " + b"a" * 900 + b"\r\n"])
async def test_honest_chunks_are_read(size: int, trailer: bytes) -> None:
    extension = b";name=value" if size > 64 else b""
    assert await body_of(chunked(BODY, size, extension=extension, trailer=trailer)) == BODY


async def test_small_chunks_are_read_while_there_are_not_many() -> None:
    body = BODY[:SMALL_PARTS]
    assert await body_of(chunked(body, 1)) == body
    with pytest.raises(ConnectionLost):
        await body_of(chunked(BODY[: SMALL_PARTS + 1], 1))


async def test_an_honest_head_is_read() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 10
    head = b"".join(b"X-%d: %b\r\n" % (number, b"a" * 200) for number in range(150))
    assert await body_of(early + answer(BODY).replace(b"\r\n\r\n", b"\r\n" + head + b"\r\n", 1)) == BODY


async def test_a_body_of_blanks_beside_a_short_head_is_no_head() -> None:
    assert await body_of(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 5000) == b" " * 5000


async def test_a_body_with_a_length_is_read_in_large_pieces(given: list[int]) -> None:
    body = b"a" * 2**20
    assert await body_of(answer(body)) == body
    assert len(given) < 1000
    assert max(given) > PIECE


@pytest.mark.parametrize(
    "said", [b'{"id": 1}', b"<html>\n\nhello</html>", b"\r\n\r\n{}", b"HTTP/0.9\r\n\r\n{}"]
)
async def test_an_answer_without_a_head_is_none(said: bytes) -> None:
    with pytest.raises(ConnectionLost):
        await body_of(said)


async def test_another_protocol_is_not_switched_to() -> None:
    with pytest.raises(ConnectionLost):
        await body_of(saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n{}"))


async def test_an_answer_of_an_old_server_is_read() -> None:
    assert await body_of(OK.replace(b"1.1", b"1.0") + b"\r\n{}") == b"{}"
