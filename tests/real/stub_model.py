"""A language model that says what a test wants: the part of the OpenAI API that OpenHands uses."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.real.stub import Stub

Body = dict[str, Any]
TITLE = "Make the login page dark"


class StubModel(Stub):
    """Answers requests for a title with `title`, and the others, kept in `requests`, as last told.

    To begin with it answers with a sentence, after which the agent waits for its user.

    In each conversation it thinks once before it does as told. OpenHands 0.53.0 may store the `running` of its
    start only after the first answer, above the state that this has led to, and then stays there for good.
    """

    def __init__(self) -> None:
        super().__init__(web.post("/v1/chat/completions", self._complete))
        self.begin_anew()

    def begin_anew(self) -> None:
        self.title = TITLE
        self.requests: list[Body] = []
        self.answers("Which page do you mean?")

    def answers(self, text: str) -> None:
        """The agent then waits (`awaiting_user_input`)."""
        self._reply: Callable[[Body], web.Response] | None = lambda _: _completion({"content": text})

    def finishes(self, last_words: str = "The page is dark now.") -> None:
        """The agent then has `finished`."""
        self._reply = lambda request: _completion(_call(request, "finish", message=last_words))

    def refuses(self, status: int, message: str) -> None:
        """400 and 401 lead to the state `error` within a second or two; 500 is tried again for minutes."""
        self._reply = lambda _: web.json_response(
            {"error": {"message": message, "type": "stub"}}, status=status
        )

    def hangs(self) -> None:
        """Nothing is answered, titles aside, until the stub is told something else: then all of it at once.

        Whatever stops a conversation meanwhile freezes the whole server until then.
        """
        self._reply = None

    def texts(self) -> Iterator[str]:
        """What the agent told the model, piece by piece."""
        return (part["text"] for part in self._parts() if part["type"] == "text")

    def images(self) -> Iterator[str]:
        """The addresses of the images that reached the model; most are data URLs."""
        return (part["image_url"]["url"] for part in self._parts() if part["type"] == "image_url")

    def _parts(self) -> Iterator[Body]:
        for request in self.requests:
            for message in request["messages"]:
                content = message.get("content") or []
                yield from [{"type": "text", "text": content}] if isinstance(content, str) else content

    async def _complete(self, request: web.Request) -> web.Response:
        body: Body = await request.json()
        asks_title = "generates concise" in json.dumps(body["messages"][0])
        if not asks_title:
            self.requests.append(body)
        while (reply := self._reply) is None and not asks_title:
            await asyncio.sleep(0.05)
        if asks_title and (reply is None or reply(body).status == 200):
            return _completion({"content": self.title})
        assert reply is not None
        if not asks_title and not any(message["role"] == "assistant" for message in body["messages"]):
            return _completion(_call(body, "think", thought="What is to be done?"))
        return reply(body)


def _call(request: Body, tool: str, **argument: str) -> Body:
    """A call of a tool: as text from a model that OpenHands takes to know no tools."""
    if "tools" not in request:
        [(name, value)] = argument.items()
        return {"content": f"<function={tool}>\n<parameter={name}>{value}</parameter>\n</function>"}
    call = {"name": tool, "arguments": json.dumps(argument)}
    return {"content": None, "tool_calls": [{"id": "call_1", "type": "function", "function": call}]}


def _completion(message: Body) -> web.Response:
    reason = "tool_calls" if "tool_calls" in message else "stop"
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = {"id": "stub", "object": "chat.completion", "created": 0, "model": "stub"}
    return web.json_response(answer | {"choices": [choice], "usage": usage})
