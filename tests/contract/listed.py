"""The list: its pages, their order, and what the filters do to them."""

from typing import Any

from tests.contract.case import case
from tests.contract.place import (
    CONVERSATIONS,
    REPOSITORY,
    Json,
    Place,
    launch,
    resting,
    until,
    until_at_rest,
    until_row,
)
from tests.contract.shapes import INVALID, PAGE, shaped


async def _page(place: Place, **query: str | int) -> tuple[list[str], str | None]:
    """The ids of a page, and the name of the next."""
    found: Any = shaped(PAGE, await place.http.get(CONVERSATIONS, params=query))
    return [one["conversation_id"] for one in found["results"]], found["next_page_id"]


async def _three(place: Place) -> list[str]:
    """Three that rest, the oldest first; only the second has a repository."""
    made = [await launch(place, repository=where) for where in ("", REPOSITORY, "")]
    for one in made:
        await until_at_rest(place, one)

    async def listed() -> bool:
        return len((await _page(place))[0]) == 3  # a row that is just being written is missing

    await until(listed, "three rows")
    return made


@case
async def an_empty_list_is_one_page(place: Place) -> None:
    assert await _page(place) == ([], None)
    assert await _page(place, limit=0) == ([], None)


@case
async def a_wrong_query_of_the_list_is_named(place: Place) -> None:
    for name, kind in (("limit", "int_parsing"), ("conversation_trigger", "enum")):
        answer = await place.http.get(CONVERSATIONS, params={name: "x"})
        [detail] = shaped(INVALID, answer, 422)["detail"]
        assert (detail["loc"], detail["type"], detail["input"]) == (["query", name], kind, "x")


@case
async def pages_come_newest_first_and_filters_act_after_paging(place: Place) -> None:
    oldest, middle, newest = await _three(place)
    assert await _page(place) == ([newest, middle, oldest], None)
    assert await _page(place, limit=3) == ([newest, middle, oldest], None)
    first, second = await _page(place, limit=2)
    assert first == [newest, middle]
    assert second
    assert await _page(place, limit=2, page_id=second) == ([oldest], None)
    assert await _page(place, page_id="") == ([newest, middle, oldest], None)
    garbage = await place.http.get(CONVERSATIONS, params={"page_id": "garbage"})
    assert (garbage.status_code, garbage.text) == (500, "Internal Server Error")
    for none_of_them in ({"limit": 0}, {"limit": 1, "selected_repository": REPOSITORY}):
        nothing, next_page = await _page(place, **none_of_them)
        assert nothing == []
        assert next_page, none_of_them
    assert await _page(place, selected_repository=REPOSITORY) == ([middle], None)
    assert await _page(place, conversation_trigger="slack") == ([], None)
    assert await _page(place, conversation_trigger="gui") == ([newest, middle, oldest], None)


@case
async def what_is_older_than_ten_days_is_only_found_by_its_id(place: Place) -> None:
    conversation_id = await resting(place)
    await place.http.post(f"{CONVERSATIONS}/{conversation_id}/stop")
    await until_row(place, conversation_id, status="STOPPED")
    for days, listed in ((9, [conversation_id]), (2, [])):
        await place.make_older(conversation_id, days)
        assert (await _page(place))[0] == listed
    by_id: Json = (await place.http.get(f"{CONVERSATIONS}/{conversation_id}")).json()
    assert by_id["conversation_id"] == conversation_id
