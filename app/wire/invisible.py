"""The characters that come along when text is copied, and that nobody sees."""

import re

_CHARACTERS = r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"


def without_invisible(text: str) -> str:
    """For what is an address or a key, where such a character has no meaning."""
    return text if text.isascii() else re.sub(_CHARACTERS, "", text)


def without_invisible_ends(text: str) -> str:
    """For a name that may hold an emoji, which such a character can be a part of."""
    return text if text.isascii() else re.sub(f"^{_CHARACTERS}+|{_CHARACTERS}+$", "", text)
