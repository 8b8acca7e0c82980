"""How each state of a session looks: the table of states, in shapes and colours of the theme."""

from app.core.session_state import State
from app.ui.theme import Shape
from app.ui.theme.colours import ColourName

STATE_SHAPES: dict[State, tuple[Shape, ColourName]] = {
    State.SENDING: (Shape.HALF_DISC, "accent_text"),
    State.STOPPING: (Shape.HALF_DISC, "text_2"),
    State.DELETING: (Shape.HALF_DISC, "text_2"),
    State.NOT_KNOWN: (Shape.SQUARE_QUESTION, "needs"),
    State.STILL_STARTING: (Shape.HALF_DISC_ALERT, "needs"),
    State.STARTING: (Shape.HALF_DISC, "accent_text"),
    State.FINISHED: (Shape.RING_TICK, "run"),
    State.FAILED: (Shape.TRIANGLE, "bad"),
    State.STOPPED: (Shape.RING, "text_2"),
    State.ASKS_YOU: (Shape.DIAMOND, "needs"),
    State.WANTS_GO_AHEAD: (Shape.DIAMOND, "needs"),
    State.WORKING: (Shape.DISC_PLAY, "run"),
    State.PAUSED: (Shape.RING_PAUSE, "text_2"),
    State.WAITS_FOR_MODEL: (Shape.DASHED_CLOCK, "text_2"),
    State.RUNNING: (Shape.DISC_PLAY, "run"),
    State.OTHER: (Shape.RING, "text_2"),
}
