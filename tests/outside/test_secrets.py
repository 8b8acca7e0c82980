"""No secret is on the accessibility bus: neither a typed one, nor one that a server quotes."""

from pathlib import Path

import pytest

from app.redaction import MASK
from tests.demo import running
from tests.demo.pace import Pace
from tests.demo.server import DemoServer
from tests.outside.conftest import Open
from tests.outside.screen import Window
from tests.quoting import KEY, Quoter, Search, fill


def look(search: Search, window: Window, when: str) -> None:
    """At all that shows now."""
    for number, one in enumerate(window.controls()):
        texts = (one.name, one.description, one.text, *one.labels)
        search.look({f"{when}: {one.role} {number} {place}": text for place, text in enumerate(texts)})


def test_what_a_server_quotes_of_our_key_is_not_on_the_bus(
    open_window: Open, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search, quoter, key = Search(), Quoter([KEY]), tmp_path / "key"
    key.write_text(KEY, encoding="utf-8")
    with running(DemoServer(key=KEY, pace=Pace.quick(), rate=None)) as demo:
        demo.do(fill, demo.server, quoter)
        quoter.quote_always(demo.server)
        demo.server.answer_next("create", quoter.refusals()[0])
        with open_window("--server", demo.address, "--key-file", str(key)) as window:
            window.field("server", lambda server: "connected" in server.name)
            window.named(MASK, "list item").click()
            window.field("detail_title", lambda title: MASK in title.name)
            look(search, window, "the list")
            window.field("initial_user_msg").write("Fix it")
            window.field("launch").press()
            window.hears("The server refused this launch")
            look(search, window, "a refusal")
            search.look({f"heard {number}": one for number, one in enumerate(window.heard())})
            window.field("server").press()
            window.field("key").write(KEY)
            assert window.field("key", lambda key: key.text).text == "●" * len(KEY)
            look(search, window, "the page of servers")
    with capsys.disabled():
        search.tell(print)
    assert search.found == {}
