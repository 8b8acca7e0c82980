"""A server that lets a launch name its conversation: one id is one conversation."""

from tests.contract.case import case_with_ids
from tests.contract.document import SCHEMAS, TEXT, schemas
from tests.contract.place import (
    CONVERSATIONS,
    Outcome,
    Place,
    at_once,
    launch,
    states_in,
    stored,
    until_at_rest,
    until_row,
    until_state,
)
from tests.contract.shapes import INVALID, shaped

OURS = "c" * 32


async def _heard(place: Place) -> list[str]:
    events = await stored(place, OURS)
    told = [one for one in events if one["source"] == "user" and one.get("action") == "message"]
    return [one["args"]["content"] for one in told]


@case_with_ids
async def the_document_lists_the_field(place: Place) -> None:
    request = SCHEMAS["InitSessionRequest"]
    with_id = request | {"properties": request["properties"] | {"conversation_id": TEXT}}
    assert (await schemas(place))["InitSessionRequest"] == with_id


@case_with_ids
async def an_id_is_no_null_and_no_number(place: Place) -> None:
    for wrong in (None, 1):
        answer = await place.http.post(CONVERSATIONS, json={"conversation_id": wrong})
        [detail] = shaped(INVALID, answer, 422)["detail"]
        assert (detail["loc"], detail["type"]) == (["body", "conversation_id"], "string_type")


@case_with_ids
async def the_same_launch_again_is_one_conversation_and_one_message(place: Place) -> None:
    wish = place.agent_will(Outcome.ASKS)
    ids = await at_once(*(launch(place, conversation_id=OURS, initial_user_msg=wish) for _ in range(3)))
    assert ids == [OURS] * 3
    await until_state(place, OURS, "awaiting_user_input")
    assert await _heard(place) == [wish]
    await until_at_rest(place, OURS)
    assert len((await place.http.get(CONVERSATIONS)).json()["results"]) == 1


@case_with_ids
async def a_second_message_is_dropped_while_it_runs_and_heard_after_a_stop(place: Place) -> None:
    wish = place.agent_will(Outcome.ASKS)
    await launch(place, conversation_id=OURS, initial_user_msg=wish)
    await until_state(place, OURS, "awaiting_user_input")
    running = await place.http.post(
        CONVERSATIONS, json={"conversation_id": OURS, "initial_user_msg": "Unheard"}
    )
    assert running.json()["conversation_status"] == "RUNNING"
    await place.http.post(f"{CONVERSATIONS}/{OURS}/stop")
    await until_row(place, OURS, status="STOPPED")
    wish_again = place.agent_will(Outcome.FINISHES)
    stopped = await place.http.post(
        CONVERSATIONS, json={"conversation_id": OURS, "initial_user_msg": wish_again}
    )
    assert stopped.json()["conversation_status"] == "STARTING"
    await until_state(place, OURS, "finished")
    assert await _heard(place) == [wish, wish_again]
    states = states_in(await stored(place, OURS))
    assert states[-4:] == ["stopped", "loading", "running", "finished"]
