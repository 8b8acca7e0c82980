"""A program that is interrupted at a moment that is always the same: when it is about to import a certain module."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]

_HOOK = """
import os, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            open({met!r}, "w").close()
            for number in {numbers!r}:
                os.kill(os.getpid(), number)

sys.meta_path.insert(0, Interrupting())
"""


def interrupted_at(
    folder: Path, module: str, numbers: Sequence[int], *arguments: str, **more: str
) -> tuple[int, str, str]:
    """What comes of it: exit code, standard output, standard error."""
    hook = folder / "hook"
    hook.mkdir(exist_ok=True)
    met = hook / "met"
    text = _HOOK.format(module=module, met=str(met), numbers=[int(number) for number in numbers])
    (hook / "sitecustomize.py").write_text(text, "utf-8")
    homes = (
        "HOME",
        "XDG_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
    )
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": f"{hook}{os.pathsep}{CHECKOUT}", "TMPDIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=folder,
        env=own | dict.fromkeys(homes, str(folder)) | more,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=False,
    )
    assert met.exists(), f"{module} was never imported"
    return done.returncode, done.stdout, done.stderr


BOTH = [signal.SIGINT, signal.SIGTERM]
