"""The stored events: which part of them is answered."""

from typing import Any

from tests.contract.case import case
from tests.contract.place import CONVERSATIONS, Place, resting, until_row
from tests.contract.shapes import DETAIL, EVENTS, INVALID, shaped

WINDOWS: list[tuple[dict[str, str | int], list[int], bool]] = [
    ({}, [0, 1, 2, 3], False),
    ({"limit": 100}, [0, 1, 2, 3], False),
    ({"limit": 4}, [0, 1, 2, 3], False),
    ({"limit": 3}, [0, 1, 2], True),
    ({"limit": 0}, [], True),
    ({"reverse": "true", "limit": 2}, [3, 2], True),
    ({"reverse": "false", "limit": 2}, [0, 1], True),
    ({"start_id": 1, "end_id": 2}, [1, 2], False),
    ({"start_id": 1, "end_id": 2, "reverse": "true"}, [2, 1], False),
    ({"start_id": 1, "reverse": "true", "limit": 1}, [3], True),
    ({"end_id": 2, "reverse": "true", "limit": 2}, [2, 1], True),
    ({"end_id": 2, "reverse": "true", "limit": 3}, [2, 1, 0], False),
    ({"end_id": 0}, [0], False),
    ({"end_id": -1}, [], False),
    ({"start_id": -5, "limit": 1}, [0], True),
    ({"start_id": 4}, [], False),
]


@case
async def both_bounds_are_inclusive_and_either_end_comes_first(place: Place) -> None:
    path = f"{CONVERSATIONS}/{await resting(place)}/events"
    for query, ids, more in WINDOWS:
        page: Any = shaped(EVENTS, await place.http.get(path, params=query))
        assert ([one["id"] for one in page["events"]], page["has_more"]) == (ids, more), query
    for limit in (-1, 101):
        answer = await place.http.get(path, params={"limit": limit})
        assert shaped(DETAIL, answer, 400) == {"detail": "Invalid limit"}
    for name in ("limit", "start_id", "end_id", "reverse"):
        [detail] = shaped(INVALID, await place.http.get(path, params={name: "x"}), 422)["detail"]
        kind = "bool_parsing" if name == "reverse" else "int_parsing"
        assert (detail["loc"], detail["type"]) == (["query", name], kind)


@case
async def to_read_of_a_stopped_conversation_starts_nothing(place: Place) -> None:
    conversation_id = await resting(place)
    await place.http.post(f"{CONVERSATIONS}/{conversation_id}/stop")
    await until_row(place, conversation_id, status="STOPPED")
    newest: dict[str, str | int] = {"reverse": "true", "limit": 1}
    page: Any = shaped(
        EVENTS, await place.http.get(f"{CONVERSATIONS}/{conversation_id}/events", params=newest)
    )
    assert [one["extras"] for one in page["events"]] == [{"agent_state": "stopped", "reason": ""}]
    assert (await until_row(place, conversation_id, num_connections=0))["status"] == "STOPPED"
