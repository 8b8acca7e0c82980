"""The host behind a name that only somebody's ssh configuration knows."""

import re

from app.core import child_process

SSH_S = 3.0


class SshSilent(Exception):
    """ssh did not say it in time: the name may stand for any host."""


def host_behind(alias: str) -> str:
    """The host that ssh would connect to for this name; "" if it is the name itself, or if nobody can tell.

    Asks ssh, which may take a while: not within a loop. Raises `SshSilent`.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", alias, re.ASCII):  # it may end up in a `Match exec`
        return ""
    try:
        answer = child_process.ask(("ssh", "-G", alias), SSH_S)
    except child_process.Silent:
        raise SshSilent from None
    except (child_process.Absent, child_process.NotStarted):
        return ""
    if answer.code:
        return ""
    said = dict(line.lower().split(" ", 1) for line in answer.out.splitlines() if " " in line)
    host = said.get("hostname", "")
    return "" if host == alias.lower() else host
