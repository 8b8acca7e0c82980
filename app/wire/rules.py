"""The rules of single values, where the server is stricter, or more careless, than its OpenAPI document.

Each rule takes a value that is not empty, gives it back, or raises a `PydanticCustomError` whose type `messages`
knows. Measured on OpenHands 0.53.0.
"""

import re
import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from app.wire.invisible import without_invisible, without_invisible_ends

if TYPE_CHECKING:
    from pydantic_core import PydanticCustomError

MIB = 1024 * 1024
IMAGE_LIMIT = 5 * MIB
IMAGES_LIMIT = 20 * MIB
MOST_IMAGES = 100
"""With one message. Models take some twenty; and each is read, decoded and shown before the server is asked."""
IMAGE_TYPES = ("png", "jpeg", "webp", "gif")


def broken_rule(type_: str, **facts: str | float) -> "PydanticCustomError":
    """A broken rule; `messages` has the sentence for its type."""
    from pydantic_core import PydanticCustomError

    return PydanticCustomError(type_, "{rule}", {"rule": type_.replace("_", " "), **facts})


def matching(pattern: str, type_: str) -> Callable[[str], str]:
    wanted = re.compile(pattern)

    def check(value: str) -> str:
        if not wanted.fullmatch(value):
            raise broken_rule(type_)
        return value

    return check


def sendable(text: str) -> str:
    """JSON travels as UTF-8, and half of a surrogate pair, pasted from somewhere, has none."""
    try:
        if not text.isascii():  # free, and true for megabytes of images
            text.encode()
    except UnicodeEncodeError:
        raise broken_rule("string_unicode") from None
    return text


REPOSITORY_NAME = r"(?:(?!\.+(?:/|$))[\w.-]+(?:/|$)){2,}(?<![/])(?<!\.git)"
repository_name = matching(REPOSITORY_NAME, "repository_name")
"""`owner/name`; GitLab nests groups. The server looks it up with every provider it has a token for."""

conversation_id = matching(r"[0-9a-f]{32}", "conversation_id")
"""The server takes any string there, `../../x` too; 32 hex digits is what it makes itself."""

mcp_name = matching(r"[A-Za-z0-9_-]+", "mcp_name")
_mcp_command = matching(r"\S+", "mcp_command")
_environment_name = matching(r"[^=\s\x00]+", "environment_name")


def mcp_command(value: str) -> str:
    return _mcp_command(without_invisible_ends(value))


def environment_name(value: str) -> str:
    return _environment_name(without_invisible(value))


def address_alone(value: Any) -> Any:
    """A bare address stands for a server that needs no key."""
    return {"url": value} if isinstance(value, str) else value


def arguments(value: Any) -> Any:
    """A list, or one text that is split as a shell does."""
    if value is None:
        return []
    if isinstance(value, list):
        return list(map(_as_text, value))
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError:
        raise broken_rule("arguments_quote") from None


def environment(value: Any) -> Any:
    """An object, or one text `NAME=value,NAME2=value2`."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {name: _as_text(one) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    pairs = [pair.strip().partition("=") for pair in value.split(",") if pair.strip()]
    if not all(equals for _name, equals, _value in pairs):
        raise broken_rule("environment_pairs")
    return {name.strip(): one for name, _equals, one in pairs}


def _as_text(value: Any) -> Any:
    """Numbers, true and false as JSON writes them: every program is given text. The server refuses them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


_NOT_IN_A_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|\.$|^@$|/$|^/|^-")
_FOR_A_SHELL = re.compile(r"[;&|<>()$`\"']|^#|\{.*,.*\}")


def branch_name(value: str) -> str:
    """`git check-ref-format`, and what a shell takes as it is: on the server the name enters one unquoted."""
    value = without_invisible_ends(value)
    if re.search(r"\s", value):
        raise broken_rule("branch_spaces")
    parts = value.split("/")
    if _NOT_IN_A_REF.search(value) or any(part.startswith(".") or part.endswith(".lock") for part in parts):
        raise broken_rule("branch_name")
    if _FOR_A_SHELL.search(value):
        raise broken_rule("branch_shell")
    return value


def web_address(schemes: tuple[str, ...], type_: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            parts = urlsplit(value)
            port = parts.port  # raises for 99999
        except ValueError:
            raise broken_rule(type_) from None
        if (
            parts.scheme not in schemes
            or not parts.hostname
            or port == 0
            or re.search(r"[\s\x00-\x1f]", value)
        ):
            raise broken_rule(type_)
        return value

    return check


_mcp_address = web_address(("http", "https", "ws", "wss"), "mcp_url")


def mcp_url(value: str) -> str:
    """No address has brackets like these in it; a sample of one that is to be filled in has."""
    value = without_invisible(value)
    if re.search(r"[<>{}]", value):
        raise broken_rule("mcp_url_placeholder")
    return _mcp_address(value)


_image_address = web_address(("http", "https"), "image_url")
_DATA_URL = re.compile(rf"data:image/(?:{'|'.join(IMAGE_TYPES)});base64,")


def image_bytes(url: str) -> int:
    """How many bytes a data URL holds; 0 for a web address."""
    content = url.partition(",")[2] if url.startswith("data:") else ""
    return len(content) * 3 // 4 - content.count("=", -2)


def image_url(value: str) -> str:
    """The server checks neither form nor size; a model chokes on others, and 5 MiB is its usual limit."""
    if not value.startswith("data:"):
        return _image_address(value)
    if not _DATA_URL.match(value):
        raise broken_rule("image_type")
    if image_bytes(value) > IMAGE_LIMIT:
        raise broken_rule("image_size", mib=IMAGE_LIMIT // MIB)
    return value


def image_type(content: bytes) -> str | None:
    """png, jpeg, gif or webp, by the first bytes; None for the rest. An SVG opens files and burns time."""
    for type_, begin in (("png", b"\x89PNG\r\n\x1a\n"), ("jpeg", b"\xff\xd8\xff"), ("gif", b"GIF8")):
        if content.startswith(begin):
            return type_
    return "webp" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else None


def images_together(urls: list[str]) -> list[str]:
    if len(urls) > MOST_IMAGES:
        raise broken_rule("images_count", most=MOST_IMAGES)
    if sum(map(image_bytes, urls)) > IMAGES_LIMIT:
        raise broken_rule("images_size", mib=IMAGES_LIMIT // MIB)
    return urls
