"""Whatever bytes come over the wire in place of an answer: only our own errors come out."""

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import NoAnswer, RefusedByServer
from app.wire.schemas import InitSessionRequest
from tests.faults.hostile import answer, hostile

WHOLE = answer(b'{"status":"ok","conversation_id":"' + b"f" * 32 + b'"}')


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A good answer with a piece cut out and anything put in its place."""
    start = draw(st.integers(0, len(WHOLE)))
    end = draw(st.integers(start, len(WHOLE)))
    return WHOLE[:start] + draw(st.binary(max_size=40)) + WHOLE[end:]


@settings(max_examples=60, deadline=None, database=None)
@given(st.lists(broken() | st.binary(max_size=200), min_size=5, max_size=5))
def test_any_bytes_are_an_answer_or_an_error_of_ours(said: list[bytes]) -> None:
    async def launch(what: bytes) -> None:
        async with hostile(what) as there:
            client = there.client("key")
            with suppress(NoAnswer, RefusedByServer):
                await client.create(InitSessionRequest(initial_user_msg="Fix it"))
            await client.aclose()
            assert len(there.requests) == 1

    async def all_of_them() -> None:
        await asyncio.gather(*map(launch, said))

    asyncio.run(all_of_them())
