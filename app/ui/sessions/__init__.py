"""The list of sessions and the detail of one."""

from app.ui.sessions.pane import SessionsPane

__all__ = ["SessionsPane"]
