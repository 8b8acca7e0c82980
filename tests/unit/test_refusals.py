"""What each status and body of a refusal means."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from app.client.refusals import refusal
from app.client.transport import Answer
from app.errors import (
    BadRequest,
    Forbidden,
    GitRefused,
    GitTokenMissing,
    Invalid,
    KeyRefused,
    LauncherError,
    MessageRequired,
    MethodRefused,
    ModelKeyMissing,
    NoSuchPlace,
    Redirected,
    RedirectedToHttps,
    RequestTooLarge,
    ServerFault,
    SettingsMissing,
    StrangeStatus,
    TooManyRequests,
)

PAGE = b"<html><body>Bad gateway canary</body></html>"


def answered(status: int, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    url = "http://127.0.0.1:3000/api/conversations"
    return Answer(url, status, httpx.Headers(fields, encoding="latin-1"), raw)


MEANINGS: list[tuple[int, Any, type[LauncherError]]] = [
    (400, {"msg_id": "CONFIGURATION$SETTINGS_NOT_FOUND"}, SettingsMissing),
    (400, {"msg_id": "STATUS$ERROR_LLM_AUTHENTICATION"}, ModelKeyMissing),
    (400, {"msg_id": "STATUS$GIT_PROVIDER_AUTHENTICATION_ERROR"}, GitRefused),
    (400, {"msg_id": "CONFIGURATION$MISSING_USER_MESSAGE"}, MessageRequired),
    (400, {"msg_id": "SOMETHING$NEW", "message": "No"}, BadRequest),
    (400, {"msg_id": ["CONFIGURATION$SETTINGS_NOT_FOUND"]}, BadRequest),
    (401, {"detail": "Unauthorized"}, KeyRefused),
    (401, "Git provider token required. (such as GitHub).", GitTokenMissing),
    (401, {"error": "Invalid token."}, GitTokenMissing),
    (401, PAGE, KeyRefused),
    (401, None, KeyRefused),
    (403, {"detail": "Forbidden"}, Forbidden),
    (404, {"detail": "Not Found"}, NoSuchPlace),
    (405, {"detail": "Method Not Allowed"}, MethodRefused),
    (413, PAGE, RequestTooLarge),
    (422, {"detail": []}, Invalid),
    (429, {"message": "Too many requests"}, TooManyRequests),
    (500, b"Internal Server Error", ServerFault),
    (502, PAGE, ServerFault),
    (503, {"detail": "busy"}, ServerFault),
    (599, b"", ServerFault),
    (100, b"", StrangeStatus),
    (101, b"", StrangeStatus),
    (204, b"", StrangeStatus),
    (418, {"message": "teapot"}, StrangeStatus),
    (600, b"", StrangeStatus),
    (999, b"", StrangeStatus),
]


@pytest.mark.parametrize(("status", "body", "kind"), MEANINGS)
def test_a_refusal_has_its_meaning(status: int, body: Any, kind: type[LauncherError]) -> None:
    fault = refusal(answered(status, body), of_launch=True)
    assert type(fault) is kind
    assert "canary" not in f"{fault!r}{fault}{vars(fault)}"


@pytest.mark.parametrize("body", ["Unauthorized", {"error": "Unauthorized"}])
def test_only_a_launch_is_refused_for_a_git_token(body: Any) -> None:
    """A gateway in front of the server has its own words for a key it does not take."""
    assert type(refusal(answered(401, body))) is KeyRefused


def test_a_fault_and_a_strange_status_keep_their_number() -> None:
    assert [vars(refusal(answered(status)))["status"] for status in (503, 418)] == [503, 418]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"status": "error", "message": "No such thing", "msg_id": "X$Y"}, "No such thing"),
        ({"detail": "Invalid limit"}, "Invalid limit"),
        ({"error": "Secret exists"}, "Secret exists"),
        ("A bare sentence", "A bare sentence"),
        ({"message": ["no", "text"], "detail": "but this"}, "but this"),
        ({"message": None}, ""),
        ([1, 2], ""),
        (PAGE, ""),
        (b"", ""),
    ],
)
def test_the_sentence_of_a_400_is_read_from_json_only(body: Any, message: str) -> None:
    fault = refusal(answered(400, body))
    assert isinstance(fault, BadRequest)
    assert fault.message == message


@pytest.mark.parametrize("code", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_says_where_to_and_whether_it_was_done(code: int) -> None:
    fault = refusal(answered(code, b"", location="https://elsewhere.example:8443/login?next=secret"))
    assert isinstance(fault, Redirected)
    assert fault.place == "https://elsewhere.example:8443"
    assert fault.may_have_started == (code in (302, 303))


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("/api/conversations", "http://127.0.0.1:3000"),
        ("", "http://127.0.0.1:3000"),
        ("//elsewhere.example/x", "http://elsewhere.example"),
        ("https://user:canary@elsewhere.example/x", "https://elsewhere.example"),
        ("http://[::1]:3000/x", "http://[::1]:3000"),
        ("http://[::1", ""),
        ("https://", ""),
        ("javascript:alert(1)", ""),
        ("mailto:x", ""),
        ("\x00\xff", "http://127.0.0.1:3000"),
    ],
)
def test_the_new_place_is_found_in_any_location(location: str, place: str) -> None:
    fault = refusal(answered(307, b"", location=location))
    assert type(fault) is Redirected
    assert fault.place == place


@pytest.mark.parametrize(
    ("location", "to_https"),
    [
        ("https://127.0.0.1/api/conversations", True),
        ("https://127.0.0.1:8443/", True),
        ("https://elsewhere.example/", False),
        ("http://127.0.0.1/", False),
    ],
)
def test_a_redirect_from_http_to_https_of_the_same_host_is_told_apart(location: str, to_https: bool) -> None:
    assert isinstance(refusal(answered(308, b"", location=location)), RedirectedToHttps) is to_https


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DATE = format_datetime(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("wanted", "seconds"),
    [
        ("1", 1.0),
        (" 30 ", 30.0),
        ("0", 1.0),
        ("301", 300.0),
        ("999999999", 300.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 1.0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 300.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1e400", None),
        ("9" * 5000, 300.0),
        ("٣", None),
        ("Tue, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock(wanted: str, seconds: float | None) -> None:
    answer = Answer("", 429, {"retry-after": wanted, "date": DATE}, b"")
    fault = refusal(answer)
    assert isinstance(fault, TooManyRequests)
    assert fault.retry_after_s == seconds


def test_retry_after_as_a_date_of_a_server_without_a_clock_is_taken_by_ours() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    fault = refusal(answered(429, b"", retry_after=soon))
    assert isinstance(fault, TooManyRequests)
    assert fault.retry_after_s is not None
    assert 90 < fault.retry_after_s <= 100


def test_without_retry_after_nobody_knows() -> None:
    fault = refusal(answered(429, b""))
    assert isinstance(fault, TooManyRequests)
    assert fault.retry_after_s is None


def test_a_422_is_read_field_by_field_and_its_input_is_not() -> None:
    detail = [
        {"type": "extra_forbidden", "loc": ["body", "bogus"], "msg": "Extra inputs", "input": "canary"},
        {
            "type": "value_error",
            "loc": ["body", "mcp_config", "sse_servers", 0, "url"],
            "msg": "no",
            "ctx": {},
        },
        {"loc": ["body"]},
        "nonsense",
        None,
    ]
    fault = refusal(answered(422, {"detail": detail}))
    assert isinstance(fault, Invalid)
    assert [problem.loc for problem in fault.problems] == [
        ("bogus",),
        ("mcp_config", "sse_servers", 0, "url"),
    ]
    assert "canary" not in repr(fault.problems)


@pytest.mark.parametrize("body", [{"detail": "text"}, {"detail": None}, [], "text", PAGE, b"", b"\xff"])
def test_a_422_that_says_nothing_has_no_problems(body: Any) -> None:
    fault = refusal(answered(422, body))
    assert isinstance(fault, Invalid)
    assert fault.problems == []
