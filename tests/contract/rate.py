"""How many requests a second one address may make."""

import itertools
import time

import httpx

from tests.contract.case import case
from tests.contract.place import CONVERSATIONS, Place, at_once, from_address

DELAY_S = 1.0
FREE, LATE = 10, 10
_addresses = itertools.count(1)


class _Caller(httpx.AsyncClient):
    """One address, which nobody else uses."""

    def __init__(self, place: Place) -> None:
        key = {"X-Session-API-Key": place.key}
        transport = from_address(f"127.0.5.{next(_addresses)}")
        super().__init__(base_url=place.url, headers=key, timeout=20, transport=transport)

    async def timed(self, path: str) -> tuple[httpx.Response, float]:
        """The answer, and after how many seconds it came."""
        asked_at = time.monotonic()
        answer = await self.get(path)
        return answer, time.monotonic() - asked_at


@case
async def ten_pass_ten_are_late_and_the_rest_are_refused(place: Place) -> None:
    async with _Caller(place) as caller:
        burst = await at_once(*(caller.timed(CONVERSATIONS) for _ in range(FREE + LATE + 2)))
        refused = [answer for answer, _ in burst if answer.status_code == 429]
        late = [took for answer, took in burst if answer.status_code == 200 and took >= DELAY_S]
        assert (len(burst) - len(refused) - len(late), len(late), len(refused)) == (FREE, LATE, 2)
        for answer in refused:
            assert answer.json() == {"message": "Too many requests"}
            assert answer.headers.get("retry-after") == "1"
        again, took = await caller.timed("/alive")  # the late ones are a second old by now
        assert again.status_code == 200
        assert took < DELAY_S


@case
async def health_counts_and_what_has_no_key_too(place: Place) -> None:
    async with _Caller(place) as caller:
        del caller.headers["X-Session-API-Key"]
        paths = ["/alive"] * FREE + [CONVERSATIONS] * LATE + ["/health"]
        burst = await at_once(*(caller.timed(path) for path in paths))
        assert sorted(answer.status_code for answer, _ in burst).count(429) == 1
        assert sum(took >= DELAY_S for _, took in burst) == LATE


@case
async def socket_io_does_not_count(place: Place) -> None:
    async with _Caller(place) as caller:
        polls = [caller.timed("/socket.io/?EIO=4&transport=polling") for _ in range(FREE + LATE)]
        burst = await at_once(*polls, *(caller.timed("/alive") for _ in range(FREE)))
        assert {answer.status_code for answer, _ in burst} == {200}
        assert max(took for _, took in burst) < DELAY_S
