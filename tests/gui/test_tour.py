"""What is told on the terminal where there is no screen."""

from app.core.sessions import Session
from app.ui.tour import _line


def test_a_foreign_title_cannot_write_over_the_terminal() -> None:
    line = _line(Session(1, title="Fix\x1b[2J \u202eit\nnow", status="RUNNING", last_words="Done\r"))
    assert line.isprintable()
    assert "Fix\\u001b[2J \\u202eit now" in line
