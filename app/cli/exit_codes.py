"""What the program's exit code says."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Scripts decide by these: they never change their meaning."""

    DONE = 0
    """What was asked for; a launch has started, and with `--wait` the agent asks or has finished."""
    OTHER = 1
    """A bug of ours, or a browser that does not open."""
    INVALID = 2
    """Nothing was sent."""
    KEY = 3
    """Missing, not readable or refused."""
    REFUSED = 4
    NOT_REACHED = 5
    """Nothing was sent: nobody answers, or something that is not an OpenHands server that we speak."""
    UNKNOWN = 6
    """The answer is lost or not clear: it may have started."""
    FAILED = 7
    """It started, and failed or was stopped."""
    WAIT_RAN_OUT = 8
    """It goes on."""
    INTERRUPTED = 130
