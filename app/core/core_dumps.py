"""A crash leaves no picture of our memory behind, in which every secret would stand in clear. Standard library alone.

A window stays "dumpable", as Linux calls it: else the desktop's portals refuse whatever it asks them for, file
dialogs first, because they may not look at who asks.
"""

import sys
from contextlib import suppress

FILTER = "/proc/self/coredump_filter"
_SET_DUMPABLE = 4


def disable() -> None:
    """No core file is written; where Linux hands a core to a program, as systemd's, no memory is in it."""
    if sys.platform == "win32":
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with suppress(OSError), open(FILTER, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes longer
            file.write("0")


def hide_memory() -> None:
    """No other program of this user may read our memory or environment. Only for who asks no portal: a command."""
    if sys.platform != "linux":
        return
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_DUMPABLE, 0, 0, 0, 0)
