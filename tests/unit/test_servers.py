"""A server: its address in all its spellings, its key, and what a look at it finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from app import messages
from app.core.conversations import ServerSettings
from app.core.server_draft import ServerDraft
from app.core.server_port import read_facts
from app.core.servers import Capabilities, Server, ServerAddress, ServerFacts, ServerIdentity, parse_address
from app.errors import KeyRefused, LauncherError, NobodyListens, Problem
from tests.unit.clock import in_virtual_time
from tests.unit.fake import FakeOpenHands

HERE, IN_CLEAR, SAFE = "on this machine", "in clear", "over TLS"

ADDRESSES = [
    # without a scheme: http on this machine, https elsewhere
    ("localhost", "http://localhost", HERE),
    ("localhost:3000", "http://localhost:3000", HERE),
    ("LOCALHOST:3000/", "http://localhost:3000", HERE),
    ("127.0.0.1:3000", "http://127.0.0.1:3000", HERE),
    ("127.8.8.8", "http://127.8.8.8", HERE),
    ("[::1]:3000", "http://[::1]:3000", HERE),
    ("openhands.localhost:3000", "http://openhands.localhost:3000", HERE),
    ("openhands.example.com", "https://openhands.example.com", SAFE),
    ("openhands.example.com:8443/openhands/", "https://openhands.example.com:8443/openhands", SAFE),
    ("192.168.1.7:3000", "https://192.168.1.7:3000", SAFE),
    ("localhost.example.com", "https://localhost.example.com", SAFE),
    ("notlocalhost", "https://notlocalhost", SAFE),
    # what some resolvers send elsewhere is not on this machine
    ("127.1", "https://127.1", SAFE),
    ("2130706433", "https://2130706433", SAFE),
    ("0x7f.1", "https://0x7f.1", SAFE),
    ("0.0.0.0:3000", "https://0.0.0.0:3000", SAFE),
    ("http://127.1:3000", "http://127.1:3000", IN_CLEAR),
    ("http://0x7f.1", "http://0x7f.1", IN_CLEAR),
    ("http://2130706433", "http://2130706433", IN_CLEAR),
    ("http://0.0.0.0", "http://0.0.0.0", IN_CLEAR),
    ("http://0177.0.0.1", "http://0177.0.0.1", IN_CLEAR),
    ("http://[::]:3000", "http://[::]:3000", IN_CLEAR),
    ("http://localhost.example.com", "http://localhost.example.com", IN_CLEAR),
    ("http://lоcalhost", "http://lоcalhost", IN_CLEAR),  # with a Cyrillic o
    # with a scheme
    ("http://localhost:3000", "http://localhost:3000", HERE),
    ("http://[::1]", "http://[::1]", HERE),
    ("https://localhost:3000", "https://localhost:3000", HERE),
    ("HTTP://127.0.0.1:3000", "http://127.0.0.1:3000", HERE),
    ("https://Host.Example/OpenHands/", "https://host.example/OpenHands", SAFE),
    ("https://host/openhands", "https://host/openhands", SAFE),
    ("https://host/a/b//", "https://host/a/b", SAFE),
    ("https://host?", "https://host", SAFE),
    (" \thttps://host \n", "https://host", SAFE),
    ("https://bücher.example", "https://bücher.example", SAFE),
    ("http://192.168.1.7:3000", "http://192.168.1.7:3000", IN_CLEAR),
    ("http://host.example", "http://host.example", IN_CLEAR),
    ("https://host:443", "https://host:443", SAFE),
    # slips
    ("https:/host", "https://host", SAFE),
    ("HTTP:/localhost:3000", "http://localhost:3000", HERE),
    ("ex\u200bample.com", "https://example.com", SAFE),
    ("\ufeffhttps://host\u00ad", "https://host", SAFE),
    ("3000", "http://localhost:3000", HERE),
    (":8000", "http://localhost:8000", HERE),
]


@pytest.mark.parametrize(
    ("page", "url"),
    [
        ("https://host/conversations/5586b2e1dfd543fcbf949c670ef1fe58", "https://host"),
        ("https://host/conversations/5586b2e1dfd543fcbf949c670ef1fe58?tab=changes#x", "https://host"),
        ("host:8443/openhands/conversations/ab12/", "https://host:8443/openhands"),
        ("localhost:3000/conversations", "http://localhost:3000"),
        ("https://host/settings", "https://host"),
        ("https://host/settings/integrations", "https://host"),
        ("https://host/microagent-management", "https://host"),
        ("https://host/api/conversations", "https://host"),
        ("https://host/openhands/api/conversations?limit=20", "https://host/openhands"),
        ("localhost:3000/api", "http://localhost:3000"),
        ("https://host/apis", "https://host/apis"),
        ("https://host/conversationsx", "https://host/conversationsx"),
        ("https://host/my-settings", "https://host/my-settings"),
    ],
)
def test_the_address_of_a_page_of_the_server_is_that_of_the_server(page: str, url: str) -> None:
    assert parse_address(page) == ServerAddress(url)


@pytest.mark.parametrize(("typed", "url", "where"), ADDRESSES)
def test_an_address_is_understood(typed: str, url: str, where: str) -> None:
    address = parse_address(typed)
    assert isinstance(address, ServerAddress)
    assert address.url == url
    assert address.on_this_machine is (where == HERE)
    assert address.in_clear is (where == IN_CLEAR)
    assert parse_address(address.url) == address


NO_ADDRESSES = [
    ("", "address_missing"),
    (" \n", "address_missing"),
    ("ftp://host", "address_scheme"),
    ("ws://host", "address_scheme"),
    ("file:///etc/passwd", "address_scheme"),
    ("javascript://host/%0aalert(1)", "address_scheme"),
    ("javascript:alert(1)", "address_form"),
    ("GITHUB_TOKEN=ghp_c4n4ry", "address_form"),
    ("http://", "address_form"),
    ("https:///openhands", "address_form"),
    ("https://host:99999", "address_form"),
    ("99999", "address_form"),
    ("0", "address_form"),
    ("https:/", "address_form"),
    ("https//host", "address_form"),
    ("https:host", "address_form"),
    ("http:3000", "address_form"),
    ("\u200b", "address_missing"),
    ("https://host:0", "address_form"),
    ("https://host:port", "address_form"),
    ("https://[::1", "address_form"),
    ("[::1", "address_form"),
    ("https://ho st", "address_form"),
    ("https://ho\tst", "address_form"),
    ("https://host/a\nb", "address_form"),
    ("https://host/a b", "address_form"),
    ("https://host\\x", "address_form"),
    ("my server", "address_form"),
    ("https://someone@host", "address_userinfo"),
    ("https://someone:word@host", "address_userinfo"),
    ("http://127.0.0.1:3000@evil.example", "address_userinfo"),
    ("localhost:3000\\@evil.example", "address_userinfo"),
    ("https://host/?key=1", "address_query"),
    ("https://host/#top", "address_query"),
    ("https://host?key=1", "address_query"),
]


@pytest.mark.parametrize(("typed", "type_"), NO_ADDRESSES)
def test_what_is_no_address_says_why(typed: str, type_: str) -> None:
    assert parse_address(typed) == type_
    problems = ServerDraft(address=typed).to_server()
    assert isinstance(problems, list)
    assert [(one.loc, one.type, one.blocks) for one in problems] == [(("address",), type_, True)]


@given(st.text() | st.from_regex(r"(https?://)?[\w.:@\[\]\\/ -]*", fullmatch=True))
def test_whatever_is_typed_is_an_address_or_says_why_in_words(typed: str) -> None:
    found = parse_address(typed)
    if isinstance(found, str):
        assert messages.problem(Problem(type=found)) != messages.problem(Problem(type="no such type"))
    else:
        assert found.url.startswith(("http://", "https://"))
        assert found.host
        assert parse_address(found.url) == found
        assert not (found.in_clear and found.on_this_machine)


def test_an_address_knows_its_place_and_pages() -> None:
    address = ServerAddress("https://host:8443/openhands")
    assert address.origin == "https://host:8443"
    assert address.place == "host:8443/openhands"
    assert address.settings_page == "https://host:8443/openhands/settings"
    assert address.conversation_page("ab12") == "https://host:8443/openhands/conversations/ab12"
    assert address.conversation_page("../x?y") == "https://host:8443/openhands/conversations/..%2Fx%3Fy"


# The key.


@pytest.mark.parametrize("key", ["sk-1", " sk-1\n", "!~#%&'()*+,:;<=>?@[]^`{|}"])
def test_a_key_is_what_a_header_can_carry_without_spaces_around_it(key: str) -> None:
    server = ServerDraft(address="localhost", key=SecretStr(key)).to_server()
    assert isinstance(server, Server)
    assert server.key == SecretStr(key.strip())
    assert key.strip() not in repr(server)


@pytest.mark.parametrize("key", [None, "", " \n"])
def test_an_empty_key_is_none(key: str | None) -> None:
    server = ServerDraft(address="localhost", key=SecretStr(key) if key is not None else None).to_server()
    assert server == Server(ServerAddress("http://localhost"))


@pytest.mark.parametrize("key", ["a b", "a\nb", "schlüssel", "a\x00", "a\x7f", "\ud800", "а"])
def test_a_key_that_no_header_carries_is_a_problem_that_does_not_show_it(key: str) -> None:
    problems = ServerDraft(address="localhost", key=SecretStr(key)).to_server()
    assert isinstance(problems, list)
    assert [(one.loc, one.type) for one in problems] == [(("key",), "key_characters")]
    assert key not in repr(problems)


@pytest.mark.parametrize("key", ["**********", "••••••", "<YOUR_KEY>", "${KEY}"])
def test_a_key_that_is_certainly_none_is_refused(key: str) -> None:
    problems = ServerDraft(address="localhost", key=SecretStr(key)).to_server()
    assert isinstance(problems, list)
    assert [one.loc for one in problems] == [("key",)]


def test_what_stands_around_a_key_is_taken_off_and_said() -> None:
    draft = ServerDraft(address="localhost", key=SecretStr(" Bearer sk-1\n"))
    server = draft.to_server()
    assert isinstance(server, Server)
    assert server.key == SecretStr("sk-1")
    assert [(one.loc, one.type, one.blocks) for one in draft.warnings()] == [
        (("key",), "secret_bearer", False)
    ]


def test_a_wrong_address_and_a_wrong_key_are_two_problems() -> None:
    problems = ServerDraft(key=SecretStr("a b")).to_server()
    assert isinstance(problems, list)
    assert [one.loc for one in problems] == [("address",), ("key",)]


@pytest.mark.parametrize(("typed", "url", "where"), ADDRESSES)
def test_who_would_send_a_key_in_clear_is_warned(typed: str, url: str, where: str) -> None:
    warned = [(one.loc, one.type, one.blocks) for one in ServerDraft(address=typed).warnings()]
    assert warned == ([(("address",), "address_in_clear", False)] if where == IN_CLEAR else [])


def test_what_is_no_address_is_not_warned_of_twice() -> None:
    assert ServerDraft(address="ftp://host").warnings() == []


# A look.


@in_virtual_time
async def test_a_look_finds_version_settings_and_providers() -> None:
    fake = FakeOpenHands()
    fake.stored = ServerSettings(model="openai/gpt", git_hosts={"github": None, "gitlab": "g.example"})
    facts = await read_facts(fake)
    assert facts == ServerFacts("0.53.0", settings=fake.stored, settings_known=True)
    assert facts.git_hosts == {"github": None, "gitlab": "g.example"}
    assert [one.kind for one in fake.asked] == ["identify", "check_key", "settings"]


@in_virtual_time
async def test_a_look_at_a_server_without_settings_says_that_it_has_none() -> None:
    fake = FakeOpenHands()
    fake.stored = None
    fake.identity = ServerIdentity("0.62.0", Capabilities())
    facts = await read_facts(fake)
    assert facts == ServerFacts("0.62.0", Capabilities(), settings_known=True)
    assert facts.git_hosts is None


@pytest.mark.parametrize(
    ("kind", "error", "asked"),
    [
        ("identify", NobodyListens(), ["identify"]),
        ("check_key", KeyRefused(), ["identify", "check_key"]),
        ("settings", KeyRefused(), ["identify", "check_key", "settings"]),
    ],
)
@in_virtual_time
async def test_a_look_ends_with_the_first_refusal(kind: str, error: LauncherError, asked: list[str]) -> None:
    fake = FakeOpenHands()
    fake.fails[kind] = error
    with pytest.raises(type(error)):
        await read_facts(fake)
    assert [one.kind for one in fake.asked] == asked
