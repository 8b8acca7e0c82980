"""The look: colours, sizes, icons, the few widgets that paint themselves, and the small style."""

from app.ui.theme.announcements import announce
from app.ui.theme.bar import Bar
from app.ui.theme.button import Button, ButtonKind
from app.ui.theme.card import Card
from app.ui.theme.chip import Chip
from app.ui.theme.choice_field import ChoiceField
from app.ui.theme.empty_state import Drawing, EmptyState
from app.ui.theme.flow import FlowLayout
from app.ui.theme.fold import Fold
from app.ui.theme.hairline import Hairline
from app.ui.theme.icon_button import IconButton
from app.ui.theme.icons import Icon, action_icon, draw_icon, program_icon
from app.ui.theme.install import install
from app.ui.theme.label import Caption, Heading, Label
from app.ui.theme.line_field import LineField
from app.ui.theme.menu import Menu
from app.ui.theme.note import Note
from app.ui.theme.row import Row
from app.ui.theme.scroll_bar import ScrollBar
from app.ui.theme.scroll_pane import ScrollPane
from app.ui.theme.segments import Segments
from app.ui.theme.shapes import Shape, draw_shape
from app.ui.theme.text_field import TextField
from app.ui.theme.theme import colours, set_scheme

__all__ = [
    "Bar",
    "Button",
    "ButtonKind",
    "Caption",
    "Card",
    "Chip",
    "ChoiceField",
    "Drawing",
    "EmptyState",
    "FlowLayout",
    "Fold",
    "Hairline",
    "Heading",
    "Icon",
    "IconButton",
    "Label",
    "LineField",
    "Menu",
    "Note",
    "Row",
    "ScrollBar",
    "ScrollPane",
    "Segments",
    "Shape",
    "TextField",
    "action_icon",
    "announce",
    "colours",
    "draw_icon",
    "draw_shape",
    "install",
    "program_icon",
    "set_scheme",
]
