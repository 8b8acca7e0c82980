"""What is told on the terminal where there is no screen."""

from app.ui.off_screen_demo import _line
from tests.unit import v0


def test_a_foreign_title_cannot_write_over_the_terminal() -> None:
    line = _line(v0.session(title="Fix\x1b[2J \u202eit\nnow", status="RUNNING", last_words="Done\r"))
    assert line.isprintable()
    assert "Fix\\u001b[2J \\u202eit now" in line
