"""Socket.IO: who is taken, what is replayed and in which order, what is told as it happens."""

from tests.contract.case import case
from tests.contract.listening import connecting, listening
from tests.contract.place import (
    CONVERSATIONS,
    Json,
    Outcome,
    Place,
    launch,
    resting,
    row,
    stored,
    until_at_rest,
    until_row,
    until_state,
)
from tests.contract.shapes import EVENTS

UNKNOWN = "f" * 32


def _is_state(event: Json) -> bool:
    return event.get("observation") == "agent_state_changed"


def _replay_of(events: list[Json], latest: int) -> list[int]:
    """The ids a join is shown: no recall, nothing null, and of the states only the newest, at the end."""
    new = [one for one in events if one["id"] > latest]
    told = [
        one
        for one in new
        if one.get("action") != "recall" and "null" not in (one.get("action"), one.get("observation"))
    ]
    states = [one["id"] for one in told if _is_state(one)]
    return [one["id"] for one in told if not _is_state(one)] + states[-1:]


async def _with_a_past(place: Place) -> tuple[str, list[Json]]:
    """A conversation that has answered, been asked again, and rests."""
    conversation_id = await resting(place, initial_user_msg=place.agent_will(Outcome.ASKS))
    content = place.agent_will(Outcome.FINISHES)
    message = {"action": "message", "args": {"content": content}}
    await place.http.post(f"{CONVERSATIONS}/{conversation_id}/events", json=message)
    await until_state(place, conversation_id, "finished")
    await until_at_rest(place, conversation_id)
    return conversation_id, await stored(place, conversation_id)


@case
async def a_join_replays_what_is_newer_before_it_is_taken(place: Place) -> None:
    conversation_id, past = await _with_a_past(place)
    async with listening(place, conversation_id) as socket:
        assert socket.ids == _replay_of(past, -1)
        assert socket.shown_before_joined == len(socket.frames)
        assert socket.states == ["finished"]
        assert _is_state(socket.frames[-1])
        by_id = {one["id"]: one for one in past}
        for shown in socket.frames:  # as stored, the environment too
            assert (shown["source"], shown["timestamp"]) == (
                by_id[shown["id"]]["source"],
                by_id[shown["id"]]["timestamp"],
            )
        assert (await until_row(place, conversation_id, num_connections=1))["status"] == "RUNNING"
    await until_row(place, conversation_id, num_connections=0)
    newest = past[-1]["id"]
    for latest in (0, 3, newest - 1, newest):
        async with listening(place, conversation_id, latest_event_id=latest) as socket:
            assert socket.ids == _replay_of(past, latest), latest
    for latest in (None, "garbage"):
        async with listening(place, conversation_id, latest_event_id=latest) as socket:
            assert socket.ids == _replay_of(past, -1), latest


@case
async def what_happens_is_told_as_it_happens(place: Place) -> None:
    place.hold_starts()
    conversation_id = await launch(place, initial_user_msg=place.agent_will(Outcome.ASKS))
    async with listening(place, conversation_id) as socket:
        assert socket.states in ([], ["loading"])
        place.let_start()
        await socket.until_state("awaiting_user_input")
        await socket.until(lambda: socket.titles, "a title")
        await until_at_rest(place, conversation_id)
        past = await stored(place, conversation_id)
        told = {one["id"] for one in past if one.get("action") != "change_agent_state"}
        await socket.until(lambda: told <= {0, *socket.ids}, f"events {told}")
    live = [one for one in socket.frames[socket.shown_before_joined or 0 :] if isinstance(one.get("id"), int)]
    assert {0} | {one["id"] for one in live} == told
    assert any(one.get("action") == "recall" for one in live)
    EVENTS.validate_python({"events": live, "has_more": False})
    by_id = {one["id"]: one for one in past}
    for one in live:  # who the environment is stays hidden
        source = by_id[one["id"]]["source"]
        assert one["source"] == ("agent" if source == "environment" else source)
    title = (await row(place, conversation_id))["title"]
    assert socket.titles == [
        {"status_update": True, "type": "info", "message": conversation_id, "conversation_title": title}
    ]


@case
async def the_start_of_a_runtime_is_told_and_stored_nowhere(place: Place) -> None:
    place.hold_starts()
    conversation_id = await launch(place)
    async with listening(place, conversation_id) as socket:
        place.let_start()
        await socket.until_state("awaiting_user_input")
        told = [one for one in socket.frames if one.get("status_update")]
    assert told == [
        {"status_update": True, "type": "info", "id": status, "message": ""}
        for status in ("STATUS$STARTING_RUNTIME", "STATUS$RUNTIME_STARTED")
    ]
    assert socket.states == ["loading", "awaiting_user_input"]
    assert not any("status_update" in one for one in await stored(place, conversation_id))
    async with listening(place, conversation_id) as late:
        assert late.updates == []


@case
async def a_wrong_key_is_refused_and_creates_nothing(place: Place) -> None:
    async with listening(place, UNKNOWN, session_api_key="wrong") as socket:
        assert socket.refusal == {"message": "invalid_session_api_key"}
        assert socket.frames == []
    assert (await place.http.get(f"{CONVERSATIONS}/{UNKNOWN}")).json() is None


@case
async def without_an_id_it_is_refused_whatever_the_key(place: Place) -> None:
    for query in ({}, {"conversation_id": ""}, {"session_api_key": "wrong"}):
        async with connecting(place, **query) as socket:
            await socket.until(lambda: socket.answered, "an answer")
            assert socket.refusal == {"message": "No conversation_id in query params"}, query


@case
async def a_missing_key_and_an_unknown_provider_are_never_answered(place: Place) -> None:
    conversation_id = await resting(place)
    faults = ({"session_api_key": None}, {"providers_set": "gitea"})
    for query in faults:
        async with connecting(place, conversation_id=conversation_id, **query) as socket:
            async with listening(place, conversation_id, providers_set="github,gitlab") as later:
                assert later.shown_before_joined is not None
            assert not socket.answered, query
            assert socket.frames == []


@case
async def without_settings_it_is_refused_after_its_replay_and_leaves_a_row(place: Place) -> None:
    conversation_id = await resting(place)
    past = await stored(place, conversation_id)
    place.forget_settings()
    for joined, ids in ((conversation_id, _replay_of(past, -1)), (UNKNOWN, [])):
        async with listening(place, joined) as socket:
            no_settings = {"msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND"}
            assert socket.refusal == {"message": "Settings not found", "data": no_settings}
            assert socket.ids == ids
    left = await until_row(place, UNKNOWN, status="STOPPED")
    assert (left["trigger"], left["runtime_status"], left["url"]) == (None, None, None)
    assert await stored(place, UNKNOWN) == []


@case
async def to_join_an_unknown_id_starts_an_empty_conversation(place: Place) -> None:
    async with listening(place, UNKNOWN) as socket:
        await socket.until_state("awaiting_user_input")
        assert (await until_row(place, UNKNOWN, status="RUNNING"))["trigger"] is None


@case
async def to_join_a_stopped_conversation_starts_it(place: Place) -> None:
    conversation_id = await resting(place)
    await place.http.post(f"{CONVERSATIONS}/{conversation_id}/stop")
    await until_state(place, conversation_id, "stopped")
    async with listening(place, conversation_id) as socket:
        await socket.until_state("awaiting_user_input")
        assert socket.states == ["stopped", "loading", "awaiting_user_input"]
    assert (await until_row(place, conversation_id, status="RUNNING"))["trigger"] == "gui"
