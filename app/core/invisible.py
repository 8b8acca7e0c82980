"""The characters that come along when text is copied, and that nobody sees."""

import re

_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def without_invisible(text: str) -> str:
    """For what is an address or a key, where such a character has no meaning."""
    return _INVISIBLE.sub("", text)
