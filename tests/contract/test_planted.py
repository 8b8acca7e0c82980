"""A difference planted in the demo turns its case red: in every area, and by what the case says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refused

from app.client.v0.api import OpenHandsClient
from app.demo import answers, door, events, life, limits, routes, schemas, setup, world
from app.demo.answers import as_json
from app.demo.conversations import Conversation, Conversations
from app.demo.events import Event, EventLog
from app.demo.limits import Verdict
from tests.contract import place
from tests.contract.cases import AREAS, CASES, CASES_WITH_IDS
from tests.contract.demo_place import demo_place
from tests.demo import keyed

Plant = Callable[[pytest.MonkeyPatch], None]

PATIENCE_S = 0.5
"""For what a plant keeps from coming true; without one it comes in milliseconds."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What is planted, the case that must see it, and a part of what the case then says."""

    plant: Plant
    proof: str
    says: str


PLANTED: list[Planted] = []


def seen_by(proof: str, says: str) -> Callable[[Plant], Plant]:
    def listed(plant: Plant) -> Plant:
        PLANTED.append(Planted(plant, proof, says))
        return plant

    return listed


def _changed(owner: Any, name: str, change: Callable[[Any], Any]) -> Plant:
    """What a function or coroutine of the demo gives, changed."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        truth = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *args, **kwargs: change(truth(*args, **kwargs)))

    plant.__name__ = f"another_{name.strip('_')}"
    return plant


def _without(field: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda said: {key: value for key, value in said.items() if key != field}


async def _nothing(*_: object, **__: object) -> None:
    return None


# The door.


@seen_by("door.each_route_refuses_a_missing_and_a_wrong_key", "assert 200 == 401|422: ")
def the_key_is_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed.Guard, "_may", lambda *_: True)


@seen_by("door.after_a_500_a_kept_connection_is_closed_unannounced", "never closed")
def a_500_keeps_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(_: web.Request) -> web.StreamResponse:
        return web.Response(text="Internal Server Error", status=500)

    monkeypatch.setattr(answers, "crash", crash)


@seen_by("door.a_slash_too_many_is_redirected", "404")
def a_slash_too_many_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_found(_: web.Request) -> web.StreamResponse:
        return as_json({"detail": "Not Found"}, status=404)

    monkeypatch.setattr(door, "_not_found", not_found)


# Refusals.

seen_by("refusals.a_wrong_field_is_named_and_echoed", "repository")(
    _changed(answers, "_relocated", lambda detail: detail | {"loc": detail["loc"][1:]})
)
seen_by("refusals.what_is_wrong_with_mcp_servers_is_named", "model_attributes_type")(
    _changed(answers, "_relocated", lambda detail: detail | {"type": "assertion_error"})
)
seen_by("refusals.a_wrong_field_is_named_and_echoed", "Field required")(
    _changed(answers, "_detail", _without("input"))
)
seen_by("refusals.without_settings_nothing_is_started", "CONFIGURATION")(
    _changed(answers, "error", lambda said: answers.Refusal(said.status, said.body | {"msg_id": "OTHER"}))
)
seen_by("refusals.an_unknown_repository_is_refused", "409: ")(
    _changed(answers, "error", lambda said: answers.Refusal(409, said.body))
)


@seen_by("refusals.a_wrong_field_is_named_and_echoed", "200: ")
def unknown_fields_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lax(schemas.InitSessionRequest, extra="ignore"): ...

    monkeypatch.setattr(routes.Routes, "_create_model", lambda _: Lax)


@seen_by("refusals.refusals_come_in_this_order", "STATUS")
def settings_are_looked_for_before_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes.Routes, "_look_up", lambda self, _: self._check_settings())


@seen_by("refusals.what_the_server_never_expected_is_500_in_plain_text", "OPEN_PR")
def each_task_has_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.SuggestedTask, "has_prompt", True)


# A launch.

seen_by("started.a_launch_is_listed_at_once_then_runs", "message\n.*Field required")(
    _changed(routes, "_response", _without("message"))
)
seen_by("started.a_launch_is_listed_at_once_then_runs", "pr_number\n.*Field required")(
    _changed(Conversation, "info", _without("pr_number"))
)
seen_by("started.a_launch_is_listed_at_once_then_runs", "is_nested\n.*Extra inputs")(
    _changed(Conversation, "info", lambda row: row | {"is_nested": False})
)
seen_by("started.an_agent_that_fails_says_why_in_its_state_and_on_the_socket", "'' == 'This")(
    _changed(events, "state_changed", lambda event: event | {"extras": event["extras"] | {"reason": ""}})
)
seen_by("started.a_bad_replay_is_told_only_on_the_socket", "ValueError|IndexError|AssertionError")(
    _changed(life, "replay_fault", lambda fault: fault and "KeyError")
)


@seen_by("started.a_message_gives_a_title_and_who_finishes_says_its_last_words", "a title")
def no_title_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life.Agent, "_make_title", _nothing)


# Life.


@seen_by("life.a_stop_tells_the_status_before_and_cuts_the_sockets", "the end")
def a_stop_leaves_the_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.World, "_cut", _nothing)


@seen_by("life.an_unknown_id_is_null_false_or_not_found", "404")
def an_unknown_id_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation(self: routes.Routes, request: web.Request) -> web.StreamResponse:
        return as_json(self._existing(request).info())

    monkeypatch.setattr(routes.Routes, "conversation", conversation)


@seen_by("life.one_more_than_may_run_closes_the_least_recently_updated", "the end")
def any_number_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.World, "_make_room", _nothing)


@seen_by("life.a_stop_while_starting_is_a_stop_too", "stopped")
def a_stop_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = life.Agent.store

    async def store(self: life.Agent, event: Event) -> None:
        if event.get("extras", {}).get("agent_state") != "stopped":
            await truth(self, event)

    monkeypatch.setattr(life.Agent, "store", store)


# The list and the stored events.

seen_by("listed.pages_come_newest_first_and_filters_act_after_paging", "==")(
    _changed(Conversations, "page", lambda page: (page[0][::-1], page[1]))
)
seen_by("listed.pages_come_newest_first_and_filters_act_after_paging", "None")(
    _changed(Conversations, "page", lambda page: (page[0], None))
)


@seen_by("events.both_bounds_are_inclusive_and_either_end_comes_first", "end_id")
def the_last_one_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = EventLog.page

    def page(self: EventLog, start: int, end: int | None, reverse: bool, limit: int) -> Any:
        return truth(self, start, None if end is None else end - 1, reverse, limit)

    monkeypatch.setattr(EventLog, "page", page)


seen_by("events.both_bounds_are_inclusive_and_either_end_comes_first", "True != False")(
    _changed(EventLog, "page", lambda page: (page[0], bool(page[0])))
)


# Socket.IO.

JOINS = "sockets.a_join_replays_what_is_newer_before_it_is_taken"

seen_by(JOINS, "==")(_changed(events, "replay", lambda past: past[-1:] + past[:-1]))


@seen_by(JOINS, "==")
def a_join_replays_recalls_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "replay", lambda past, latest: [one for one in past if one["id"] > latest])


@seen_by("sockets.what_happens_is_told_as_it_happens", "environment")
def the_environment_is_told_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        events, "live", lambda one: None if one.get("action") == "change_agent_state" else one
    )


@seen_by("sockets.a_wrong_key_is_refused_and_creates_nothing", "invalid_session_api_key")
def a_wrong_key_is_refused_in_other_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyed, "Refused", lambda *_: Refused("Unauthorized"))


@seen_by("sockets.without_settings_it_is_refused_after_its_replay_and_leaves_a_row", "its row")
def no_row_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.World, "leave_empty_row", lambda *_: None)


@seen_by("sockets.the_start_of_a_runtime_is_told_and_stored_nowhere", "STATUS")
def the_start_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life.Agent, "_tell_update", _nothing)


# The rate limit.

BURST = "rate.ten_pass_ten_are_late_and_the_rest_are_refused"


@seen_by(BURST, r"\(11, 10, 1\) == \(10, 10, 2\)")
def eleven_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = limits.RateLimit.verdict

    def verdict(self: limits.RateLimit, address: str) -> Verdict:
        said = truth(self, address)
        seen = len(self._seen[address])
        return {11: Verdict.PASS, 21: Verdict.LATE}.get(seen, said)

    monkeypatch.setattr(limits.RateLimit, "verdict", verdict)


@seen_by(BURST, "retry-after")
def nobody_says_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = answers.as_json
    monkeypatch.setattr(answers, "as_json", lambda body, status=200, headers=None: truth(body, status=status))


@seen_by("rate.socket_io_does_not_count", "429")
def socket_io_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "SOCKET", "nothing")


# The branches.

seen_by(
    "branches.the_branches_of_a_repository_come_all_at_once_and_the_main_one_first",
    "protected\n.*Field required",
)(_changed(routes, "_branch", _without("protected")))


# The settings and the document.

seen_by("settings.settings_say_what_is_set_and_no_secret", "provider_tokens_set\n.*Field required")(
    _changed(setup.Setup, "shown_settings", _without("provider_tokens_set"))
)
seen_by("settings.settings_say_what_is_set_and_no_secret", "llm_api_key\n.*should be null")(
    _changed(setup.Setup, "shown_settings", lambda shown: shown | {"llm_api_key": "shown"})
)


@seen_by("document.the_document_describes_the_request", "version\n.*should be '0.53.0'")
def another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "VERSION", "0.62.0")


@seen_by("document.the_document_describes_the_request", "InitSessionRequest")
def the_document_lists_another_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes.Routes, "_create_model", lambda _: schemas.InitSessionRequestWithId)


# The port.


@seen_by("port.a_repository_that_cannot_be_opened_has_no_branches", "'main' in")
def no_branches_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(*_: object) -> list[str]:
        return []

    monkeypatch.setattr(OpenHandsClient, "branches", none)


# Ids of one's own.


@seen_by("naming.the_same_launch_again_is_one_conversation_and_one_message", "==")
def each_launch_is_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = world.World.launch

    async def launch(self: world.World, described: Any, what: Any, _: str | None) -> Conversation:
        return await truth(self, described, what, None)

    monkeypatch.setattr(world.World, "launch", launch)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda one: f"{one.proof}-{one.plant.__name__}")
async def test_a_planted_difference_turns_its_case_red(
    planted: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "PATIENCE_S", PATIENCE_S)
    planted.plant(monkeypatch)
    with pytest.raises(AssertionError, match=planted.says):
        async with demo_place(takes_ids=planted.proof in CASES_WITH_IDS) as here:
            await (CASES | CASES_WITH_IDS)[planted.proof](here)


def test_something_is_planted_in_every_area() -> None:
    areas = {area.__name__.rpartition(".")[2] for area in AREAS}
    assert {one.proof.partition(".")[0] for one in PLANTED} == areas
