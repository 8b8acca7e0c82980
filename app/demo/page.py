"""The pages that a browser is shown."""

from html import escape

from app.demo.conversations import Conversation

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 38em; margin: 15vh auto; padding: 0 1.5em }}
</style>
<h1>{title}</h1>
<p>{words}</p>
<p>This is the demo server of OpenHands Launcher. It runs no model and touches no code.</p>
</html>
"""


def conversation_page(conversation: Conversation | None) -> str:
    """Where a real server shows the conversation."""
    if conversation is None:
        return _page("No such conversation", "It may have been deleted.")
    return _page(conversation.title, "A real server shows the conversation here.")


def settings_page() -> str:
    """Where a real server shows its settings."""
    return _page("Settings", "A real server shows its settings here: the model, its key, the git providers.")


def front_page() -> str:
    """Where a real server shows its own launcher."""
    return _page("OpenHands, a demo", "A real server shows its own page here.")


def _page(title: str, words: str) -> str:
    return _PAGE.format(title=escape(title), words=escape(words))
