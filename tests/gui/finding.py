"""Widgets by their names, as a person and a screen reader know them."""

from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.ui.theme import Note

W = TypeVar("W", bound=QWidget)


def find(root: QWidget, kind: type[W], name: str) -> W:
    """The one of this name; it is there."""
    found = root.findChild(kind, name)
    assert isinstance(found, kind), f"no {kind.__name__} named {name}"
    return found


def note_of(root: QWidget, field: str) -> Note:
    """What stands under the field of this name."""
    return find(root, Note, f"{field}.note")
