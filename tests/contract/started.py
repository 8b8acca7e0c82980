"""What becomes of a launch that is taken: its answer, its row, its states and its events."""

import json
from typing import Any

from tests.contract.case import case
from tests.contract.listening import listening
from tests.contract.place import (
    CONVERSATIONS,
    REPOSITORY,
    Outcome,
    Place,
    at_once,
    launch,
    resting,
    row,
    states_in,
    stored,
    until_row,
    until_state,
    until_titled,
)
from tests.contract.refusals import TASK
from tests.contract.shapes import EVENTS, RESPONSE, shaped

PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@case
async def a_launch_is_listed_at_once_then_runs(place: Place) -> None:
    place.hold_starts()
    answer = shaped(RESPONSE, await place.http.post(CONVERSATIONS, json={}))
    conversation_id = answer["conversation_id"]
    assert answer == {
        "status": "ok",
        "conversation_id": conversation_id,
        "message": None,
        "conversation_status": "STARTING",
    }
    first = await row(place, conversation_id)
    assert (first["status"], first["runtime_status"]) == ("STARTING", None)
    assert first | dict.fromkeys(("created_at", "last_updated_at")) == {
        "conversation_id": conversation_id,
        "title": f"Conversation {conversation_id[:5]}",
        "last_updated_at": None,
        "status": "STARTING",
        "runtime_status": None,
        "selected_repository": None,
        "selected_branch": None,
        "git_provider": None,
        "trigger": "gui",
        "num_connections": 0,
        "url": f"/api/conversations/{conversation_id}",
        "session_api_key": None,
        "created_at": None,
        "pr_number": [],
    }
    place.let_start()
    later = await until_row(place, conversation_id, status="RUNNING")
    assert later["runtime_status"] == "STATUS$RUNTIME_STARTED"
    assert later["created_at"] == first["created_at"]
    await until_state(place, conversation_id, "awaiting_user_input")
    assert (await row(place, conversation_id))["status"] == "RUNNING"


@case
async def without_a_message_the_agent_waits(place: Place) -> None:
    conversation_id = await resting(place, initial_user_msg="", image_urls=[])
    events = shaped(EVENTS, await place.http.get(f"{CONVERSATIONS}/{conversation_id}/events"))["events"]
    assert [_kind(one) for one in events] == [
        (0, "environment", "loading"),
        (1, "agent", "system"),
        (2, "environment", "change_agent_state"),
        (3, "environment", "awaiting_user_input"),
    ]
    assert events[3]["extras"]["reason"] == ""


@case
async def an_agent_that_asks_waits_for_its_user(place: Place) -> None:
    conversation_id = await resting(place, initial_user_msg=(wish := place.agent_will(Outcome.ASKS)))
    answer = await place.http.get(f"{CONVERSATIONS}/{conversation_id}/events", params={"limit": 100})
    events = shaped(EVENTS, answer)["events"]
    assert states_in(events) == ["loading", "running", "awaiting_user_input"]
    [told] = [one for one in events if one["source"] == "user" and one.get("action") == "message"]
    assert told["args"] | {"image_urls": []} == {
        "content": wish,
        "file_urls": None,
        "image_urls": [],
        "wait_for_response": False,
    }
    words = events[-2]
    assert (words["source"], words["action"]) == ("agent", "message")
    assert words["args"]["content"] == words["message"] != ""
    assert words["args"]["wait_for_response"] is True
    assert [one["id"] for one in events] == list(range(len(events)))
    assert [_kind(one)[1:] for one in events[:5]] == [
        ("environment", "loading"),
        ("agent", "system"),
        ("user", "message"),
        ("environment", "change_agent_state"),
        ("user", "recall"),
    ]
    swapped_at_will = {_kind(one)[1:] for one in events[5:7]}
    assert swapped_at_will == {("environment", "recall"), ("environment", "running")}
    assert (await row(place, conversation_id))["status"] == "RUNNING"


@case
async def a_message_gives_a_title_and_who_finishes_says_its_last_words(place: Place) -> None:
    conversation_id = await resting(place, initial_user_msg=place.agent_will(Outcome.FINISHES))
    events = await stored(place, conversation_id)
    assert states_in(events) == ["loading", "running", "finished"]
    words = events[-2]
    assert (words["source"], words["action"]) == ("agent", "finish")
    assert words["args"]["final_thought"] != ""
    assert words["message"] == "All done! What's next on the agenda?"
    assert (await until_titled(place, conversation_id)).strip()
    assert (await row(place, conversation_id))["status"] == "RUNNING"


@case
async def an_agent_that_fails_says_why_in_its_state_and_on_the_socket(place: Place) -> None:
    place.hold_starts()
    conversation_id = await launch(place, initial_user_msg=place.agent_will(Outcome.FAILS))
    async with listening(place, conversation_id) as socket:
        place.let_start()
        await socket.until_state("error")
        await socket.until(lambda: ("error", "STATUS$ERROR") in socket.updates, "the error")
        [told] = [one for one in socket.frames if one.get("type") == "error"]
    await until_state(place, conversation_id, "error")
    events = await stored(place, conversation_id)
    assert states_in(events) == ["loading", "running", "error"]
    assert events[-1]["extras"]["reason"] == told["message"] != ""
    assert not any("status_update" in one for one in events)
    assert (await row(place, conversation_id))["status"] == "RUNNING"


@case
async def place_pictures_and_instructions_arrive(place: Place) -> None:
    place.hold_starts()
    conversation_id = await launch(
        place,
        initial_user_msg=place.agent_will(Outcome.ASKS),
        repository=REPOSITORY,
        selected_branch="no-such-branch",
        git_provider="github",
        image_urls=[PIXEL],
        conversation_instructions="Be brief",
    )
    async with listening(place, conversation_id) as socket:
        place.let_start()
        await socket.until_state("awaiting_user_input")
        assert ("info", "STATUS$SETTING_UP_WORKSPACE") in socket.updates
    found = await row(place, conversation_id)
    place_of_it = ("selected_repository", "selected_branch", "git_provider")
    assert [found[name] for name in place_of_it] == [REPOSITORY, "no-such-branch", "github"]
    events = await stored(place, conversation_id)
    told = next(one for one in events if one.get("action") == "message" and one["source"] == "user")
    assert told["args"]["image_urls"] == [PIXEL]
    recalled = next(one for one in events if one.get("observation") == "recall")
    assert {
        "repo_name": REPOSITORY,
        "repo_branch": "no-such-branch",
        "conversation_instructions": "Be brief",
    }.items() <= recalled["extras"].items()


@case
async def pictures_alone_start_the_agent(place: Place) -> None:
    place.agent_will(Outcome.FINISHES)
    conversation_id = await resting(place, image_urls=[PIXEL])
    assert states_in(await stored(place, conversation_id)) == ["loading", "running", "finished"]


@case
async def a_suggested_task_takes_the_place_of_the_message(place: Place) -> None:
    place.agent_will(Outcome.FINISHES)
    conversation_id = await resting(place, suggested_task=TASK, initial_user_msg="Never read")
    found = await row(place, conversation_id)
    assert (found["trigger"], found["selected_repository"], found["git_provider"]) == (
        "suggested_task",
        None,
        None,
    )
    [told] = [one for one in await stored(place, conversation_id) if _kind(one)[1:] == ("user", "message")]
    assert "#7" in told["args"]["content"]
    assert REPOSITORY in told["args"]["content"]
    assert "Never read" not in told["args"]["content"]


@case
async def a_microagent_gives_its_place_and_no_message(place: Place) -> None:
    conversation_id = await resting(
        place, create_microagent={"repo": REPOSITORY, "git_provider": "gitlab", "title": "Unread"}
    )
    found = await row(place, conversation_id)
    assert (found["trigger"], found["selected_repository"], found["git_provider"]) == (
        "microagent_management",
        REPOSITORY,
        "gitlab",
    )
    assert states_in(await stored(place, conversation_id)) == ["loading", "awaiting_user_input"]


HELLO = {"action": "message", "source": "user", "args": {"content": "Do it again"}}
NOT_AT_WORK = {"action": "null", "source": "environment", "args": {}}
SAYS = {"action": "think", "source": "agent", "args": {"thought": "Again?"}}
SAID = {"observation": "think", "source": "agent", "content": "Logged", "extras": {}}
DONE = {"action": "finish", "source": "agent", "args": {"final_thought": "Done again."}}


@case
async def a_replay_is_done_to_its_end(place: Place) -> None:
    events = json.dumps([NOT_AT_WORK, HELLO, SAYS, SAID, DONE])
    conversation_id = await resting(place, replay_json=events)
    past = await stored(place, conversation_id)
    assert states_in(past) == ["loading", "running", "finished"]
    actions = [one for one in past if one["source"] == "agent" and "action" in one]
    assert [one["action"] for one in actions] == ["system", "think", "finish"]
    assert actions[-1]["args"]["final_thought"] == "Done again."
    [told] = [one for one in past if _kind(one)[1:] == ("user", "message")]
    assert told["args"]["content"] == "Do it again"


FAULTS = {  # no more than may run at once
    '{"trajectory": []}': "ValueError",
    json.dumps([NOT_AT_WORK]): "IndexError",
    json.dumps([{"action": "system", "source": "agent", "args": {"content": "x"}}, HELLO]): "AssertionError",
}


@case
async def a_bad_replay_is_told_only_on_the_socket(place: Place) -> None:
    await at_once(*(_tells_its_fault(place, text, fault) for text, fault in FAULTS.items()))


async def _tells_its_fault(place: Place, text: str, fault: str) -> None:
    place.hold_starts()
    conversation_id = await launch(place, replay_json=text)
    async with listening(place, conversation_id) as socket:
        place.let_start()
        told = {"error": True, "message": f"Failed to create agent session: {fault}"}
        await socket.until(lambda: told in socket.frames, str(told))
    found = await row(place, conversation_id)
    assert (found["status"], found["runtime_status"]) == ("RUNNING", "STATUS$RUNTIME_STARTED")
    events = await stored(place, conversation_id)
    assert states_in(events) == ["loading"]
    assert not any("error" in one for one in events)


def _kind(event: Any) -> tuple[int, str, str]:
    """Number, source and what it is; of a state its name."""
    what = event.get("action") or event["observation"]
    if what == "agent_state_changed":
        what = event["extras"]["agent_state"]
    return event["id"], event["source"], what
