"""Announcements to screen readers."""

from PySide6.QtWidgets import QWidget

from app.ui.text import plain_text


def announce(widget: QWidget, text: str) -> None:
    """Have a screen reader say `text` without moving the focus; `widget` is what it is about."""
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # the first paint needs neither

    if text and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, plain_text(text, limit=None)))
