"""The host behind a name that only somebody's ssh configuration knows."""

import re
import subprocess

SSH_S = 3.0


def host_behind(alias: str) -> str:
    """The host that ssh would connect to for this name; "" if it is the name itself, or if nobody can tell.

    Asks ssh, which may take a while: not within a loop.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", alias, re.ASCII):  # it may end up in a `Match exec`
        return ""
    try:
        done = subprocess.run(
            ["ssh", "-G", alias],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SSH_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    said = dict(line.lower().split(" ", 1) for line in done.stdout.splitlines() if " " in line)
    host = said.get("hostname", "")
    return "" if host == alias.lower() else host
