"""Stop, delete, start again, rename: what is answered, and what becomes of the conversation."""

from tests.contract.case import case
from tests.contract.listening import listening
from tests.contract.place import (
    CONVERSATIONS,
    NOBODY,
    Outcome,
    Place,
    launch,
    resting,
    row,
    states_in,
    stored,
    until_at_rest,
    until_row,
    until_state,
)
from tests.contract.shapes import DETAIL, INVALID, REFUSAL, RESPONSE, shaped

NO_PROVIDERS: dict[str, list[str]] = {"providers_set": []}


def _path(conversation_id: str, what: str = "") -> str:
    return f"{CONVERSATIONS}/{conversation_id}{what}"


@case
async def a_stop_tells_the_status_before_and_cuts_the_sockets(place: Place) -> None:
    conversation_id = await resting(place)
    async with listening(place, conversation_id) as socket:
        answer = shaped(RESPONSE, await place.http.post(_path(conversation_id, "/stop")))
        await socket.until(lambda: socket.ended, "the end")
        assert socket.ended == "server disconnect"
        await until_state(place, conversation_id, "stopped")
        assert "stopped" not in socket.states
    assert answer == {
        "status": "ok",
        "conversation_id": conversation_id,
        "message": "Conversation stopped successfully",
        "conversation_status": "RUNNING",
    }
    found = await row(place, conversation_id)
    assert (found["status"], found["runtime_status"], found["url"]) == ("STOPPED", None, None)
    assert states_in(await stored(place, conversation_id))[-2:] == ["awaiting_user_input", "stopped"]
    again = shaped(RESPONSE, await place.http.post(_path(conversation_id, "/stop")))
    assert again == answer | {
        "message": "Conversation was not running",
        "conversation_status": "STOPPED",
    }


@case
async def a_stop_while_starting_is_a_stop_too(place: Place) -> None:
    place.hold_starts()
    conversation_id = await launch(place)
    answer = shaped(RESPONSE, await place.http.post(_path(conversation_id, "/stop")))
    assert (answer["message"], answer["conversation_status"]) == (
        "Conversation stopped successfully",
        "STARTING",
    )
    await until_row(place, conversation_id, status="STOPPED", runtime_status=None, url=None)
    await until_state(place, conversation_id, "stopped")
    assert states_in(await stored(place, conversation_id)) == ["loading", "stopped"]


@case
async def a_deleted_conversation_is_gone_with_its_events(place: Place) -> None:
    conversation_id = await resting(place)
    async with listening(place, conversation_id) as socket:
        deleted = await place.http.delete(_path(conversation_id))
        assert (deleted.status_code, deleted.json()) == (200, True)
        await socket.until(lambda: socket.ended, "the end")
    await _is_unknown(place, conversation_id)
    assert (await place.http.get(CONVERSATIONS)).json()["results"] == []


@case
async def an_unknown_id_is_null_false_or_not_found(place: Place) -> None:
    await _is_unknown(place, NOBODY)
    stopped = shaped(RESPONSE, await place.http.post(_path(NOBODY, "/stop")))
    assert (stopped["message"], stopped["conversation_status"]) == ("Conversation was not running", "STOPPED")
    started = await place.http.post(_path(NOBODY, "/start"), json=NO_PROVIDERS)
    assert (started.status_code, started.json()) == (404, {"status": "error", "conversation_id": NOBODY})
    renamed = shaped(REFUSAL, await place.http.patch(_path(NOBODY), json={"title": "T"}), 404)
    assert renamed == {
        "status": "error",
        "message": "Conversation not found",
        "msg_id": "CONVERSATION$NOT_FOUND",
    }
    assert (await place.http.get(CONVERSATIONS)).json()["results"] == []


async def _is_unknown(place: Place, conversation_id: str) -> None:
    found = await place.http.get(_path(conversation_id))
    assert (found.status_code, found.json()) == (200, None)
    deleted = await place.http.delete(_path(conversation_id))
    assert (deleted.status_code, deleted.json()) == (200, False)
    for query in ({}, {"limit": "1000"}, {"limit": "x"}):  # it is looked for first
        events = await place.http.get(_path(conversation_id, "/events"), params=query)
        assert shaped(DETAIL, events, 404) == {"detail": f"Conversation {conversation_id} not found"}


@case
async def a_stopped_conversation_starts_again_and_waits(place: Place) -> None:
    conversation_id = await resting(place)
    running = shaped(RESPONSE, await place.http.post(_path(conversation_id, "/start"), json=NO_PROVIDERS))
    assert (running["message"], running["conversation_status"]) == (None, "RUNNING")
    await place.http.post(_path(conversation_id, "/stop"))
    await until_row(place, conversation_id, status="STOPPED")
    empty = shaped(INVALID, await place.http.post(_path(conversation_id, "/start")), 422)["detail"]
    assert [(one["loc"], one["type"]) for one in empty] == [(["body"], "missing")]
    started = shaped(RESPONSE, await place.http.post(_path(conversation_id, "/start"), json=NO_PROVIDERS))
    assert (started["message"], started["conversation_status"]) == (None, "STARTING")
    await until_state(place, conversation_id, "awaiting_user_input")
    states = states_in(await stored(place, conversation_id))
    assert states == ["loading", "awaiting_user_input", "stopped", "loading", "awaiting_user_input"]
    found = await row(place, conversation_id)
    assert (found["status"], found["url"]) == ("RUNNING", f"/api/conversations/{conversation_id}")
    place.forget_settings()
    refused = await place.http.post(_path(conversation_id, "/start"), json=NO_PROVIDERS)
    reason = "('Settings not found', {'msg_id': 'CONFIGURATION$SETTINGS_NOT_FOUND'})"
    assert (refused.status_code, refused.json()) == (
        500,
        {
            "status": "error",
            "conversation_id": conversation_id,
            "message": f"Failed to start conversation: {reason}",
        },
    )


@case
async def a_rename_keeps_to_its_limits_and_is_told(place: Place) -> None:
    conversation_id = await resting(place)
    for title, kind in (("", "string_too_short"), ("x" * 201, "string_too_long"), (1, "string_type")):
        answer = await place.http.patch(_path(conversation_id), json={"title": title})
        [detail] = shaped(INVALID, answer, 422)["detail"]
        assert (detail["loc"], detail["type"]) == (["body", "title"], kind)
    async with listening(place, conversation_id) as socket:
        for title, shown in ((" New ", "New"), ("  ", f"Conversation {conversation_id[:5]}")):
            renamed = await place.http.patch(_path(conversation_id), json={"title": title})
            assert (renamed.status_code, renamed.json()) == (200, True)
            await until_row(place, conversation_id, title=shown)
        await socket.until(lambda: len(socket.titles) == 2, "both titles")
    assert socket.titles[0] == {
        "status_update": True,
        "type": "info",
        "message": conversation_id,
        "conversation_title": "New",
    }


@case
async def one_more_than_may_run_closes_the_least_recently_updated(place: Place) -> None:
    three = [await launch(place) for _ in range(3)]
    for one in three:
        await until_at_rest(place, one)
    updated_at = {one: (await row(place, one))["last_updated_at"] for one in three}
    oldest, *others = sorted(three, key=lambda one: str(updated_at[one]))
    async with listening(place, oldest) as socket:
        newcomer = await resting(place)
        await socket.until(lambda: socket.ended, "the end")
        [told] = [one for one in socket.frames if one.get("status_update")]
    assert told == {
        "status_update": True,
        "type": "error",
        "id": "AGENT_ERROR$TOO_MANY_CONVERSATIONS",
        "message": "Too many conversations at once. If you are still using this one, "
        "try reactivating it by prompting the agent to continue",
    }
    await until_row(place, oldest, status="STOPPED")
    await until_state(place, oldest, "stopped")
    for other in (*others, newcomer):
        assert (await row(place, other))["status"] == "RUNNING"


@case
async def what_ran_is_stopped_after_a_crash_and_nothing_says_so(place: Place) -> None:
    conversation_id = await resting(place)
    before = await stored(place, conversation_id)
    await place.restart()
    found = await until_row(place, conversation_id, status="STOPPED")
    assert (found["runtime_status"], found["url"], found["num_connections"]) == (None, None, 0)
    assert await stored(place, conversation_id) == before


@case
async def a_later_message_is_heard_and_what_is_none_is_500(place: Place) -> None:
    message = {"action": "message", "args": {"content": place.agent_will(Outcome.FINISHES)}}
    unknown = await place.http.post(_path(NOBODY, "/events"), json=message)
    assert shaped(DETAIL, unknown, 404) == {"detail": f"Conversation {NOBODY} not found"}
    conversation_id = await resting(place)
    answer = await place.http.post(_path(conversation_id, "/events"), json=message)
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    await until_state(place, conversation_id, "finished")
    states = states_in(await stored(place, conversation_id))
    assert states == ["loading", "awaiting_user_input", "running", "finished"]
    dance = await place.http.post(_path(conversation_id, "/events"), json={"action": "dance"})
    assert (dance.status_code, dance.text) == (500, "Internal Server Error")
    await until_at_rest(place, conversation_id)
    await place.http.post(_path(conversation_id, "/stop"))
    await until_row(place, conversation_id, status="STOPPED")
    late = await place.http.post(_path(conversation_id, "/events"), json=message)
    assert (late.status_code, late.text) == (500, "Internal Server Error")
