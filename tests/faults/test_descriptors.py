"""A process that may open no more files says so, sends nothing, and goes on when it may again."""

import asyncio
import os
import ssl
import sys
from pathlib import Path

import pytest
import trustme

from tests.faults.hostile import answer, hostile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit there")


async def starved(spare: int, *addresses: str, **environment: str) -> list[str]:
    """What came of a press while no more than `spare` files could be opened, and of one after it."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.starved", str(spare), *addresses),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment,
    )
    said, _ = await child.communicate()
    assert child.returncode == 0
    return said.decode().splitlines()


async def test_without_a_descriptor_nothing_is_sent_and_later_requests_are() -> None:
    async with hostile(answer(b"{}")) as there:
        by_name = there.address.replace("127.0.0.1", "localhost")
        assert await starved(0, there.address, by_name) == ["TooManyOpenFiles, an answer"] * 2
        assert len(there.requests) == 2, "nothing was half sent"


@pytest.mark.skipif(sys.platform == "darwin", reason="its trust store is no file")
@pytest.mark.parametrize("spare", [0, 1])
async def test_a_trust_store_that_could_not_be_read_is_read_later(spare: int, tmp_path: Path) -> None:
    """Else an empty one would be kept, and every server be called untrusted until the next start."""
    authority, file = trustme.CA(), tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    async with hostile(answer(b"{}"), tls=tls) as there:
        (said,) = await starved(spare, there.address, SSL_CERT_FILE=str(file))
        expected = "an answer" if spare else "TooManyOpenFiles"
        assert said == f"{expected}, an answer"
        assert len(there.requests) == 1 + bool(spare)
