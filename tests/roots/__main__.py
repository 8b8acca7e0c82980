"""The README's commands in a bare Debian, as a newcomer meets them: `python3 -m tests.roots bookworm`.

For root on a Debian-like machine, by hand: it takes many minutes. `--help` tells the rest.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ROOTS = Path.home() / ".cache" / "openhands-launcher" / "roots"
SCRIPTS = Path("/usr/share/debootstrap/scripts")
HOME = "home/newcomer"
AUTHORITIES = "etc/authorities.pem"
CLONE = f"{HOME}/openhands-launcher"
TOOLS = "debootstrap git unshare chroot"
PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

# A process space of its own: whatever a command leaves behind ends with it.
ENTER = "unshare --mount --pid --fork --kill-child"
MOUNT = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$@"'
SENTENCE = re.compile(r"is missing\. On Debian or Ubuntu: sudo (apt-get install .+)")


def commands() -> list[str]:
    """What the README tells a newcomer to type first."""
    section = (CHECKOUT / "README.md").read_text("utf-8").split("\n## Try it\n")[1].split("\n\n    ")[1]
    return [line.strip() for line in section.split("\n\n")[0].splitlines()]


def told(*command: str) -> str:
    """What a program of this machine prints."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def mirror() -> str:
    """Where this machine's own apt gets Debian from."""
    targets = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian")
    if sources := told(*targets).split():
        return sources[0]
    sys.exit("The apt of this machine has no source of Debian.")


def bare(suite: str) -> Path:
    """A root that has Python and nothing else; made once."""
    root = ROOTS / suite
    if not root.exists():
        ROOTS.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f"{suite}.", dir=ROOTS))
        script = SCRIPTS / (suite if (SCRIPTS / suite).exists() else "sid")
        make = ["debootstrap", "--variant=minbase", "--include=python3"]
        subprocess.run([*make, suite, half, mirror(), script], check=True, stdout=subprocess.DEVNULL)
        (half / "etc/apt/apt.conf.d/90machine").write_text(
            told("apt-config", "dump", "Acquire")
        )  # proxy, dates
        half.chmod(0o755)
        half.rename(root)
    return root


@contextmanager
def copy(root: Path, *, keep: bool) -> Iterator[Path]:
    """A copy of it with a fresh clone of what is committed here, and somebody to use it."""
    here = Path(tempfile.mkdtemp(prefix=f"{root.name}.", dir=ROOTS))
    try:
        subprocess.run(["cp", "--archive", "--reflink=auto", f"{root}/.", here], check=True)
        (here / "etc" / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        if inside(here, "useradd --create-home newcomer", as_root=True)[0]:
            sys.exit("There is no user in the root.")
        clone = ["git", "clone", "--quiet", "--no-hardlinks"]
        subprocess.run([*clone, CHECKOUT, here / CLONE], check=True)
        inside(here, f"chown -R newcomer: /{CLONE}", as_root=True)
        if certificates := os.environ.get("PIP_CERT"):  # of a network that has authorities of its own
            shutil.copyfile(certificates, here / AUTHORITIES)
        yield here
    finally:
        if keep:
            print(f"It is kept: {here}")
        else:
            shutil.rmtree(here)


def inside(root: Path, command: str, *, as_root: bool) -> tuple[int, list[str]]:
    """Types a command in the root's clone; how it ended, and the lines that it said, which are shown as they come."""
    who = "root" if as_root else "newcomer"
    environment = [f"HOME=/{'root' if as_root else HOME}", f"PATH={PATH}", "LANG=C.UTF-8", f"USER={who}"]
    if (root / AUTHORITIES).exists():
        environment.append(f"PIP_CERT=/{AUTHORITIES}")
    there = f"cd /{CLONE} 2>/dev/null; {command}"
    enter = [*ENTER.split(), "sh", "-c", MOUNT, str(root), f"--userspec={who}:{who}", str(root)]
    run = subprocess.Popen(
        [*enter, "env", "-i", *environment, "sh", "-c", there],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    said = []
    for line in run.stdout or ():
        print(f"    {line}", end="", flush=True)
        said.append(line.rstrip())
    return run.wait(), said


def tried(root: Path, command: str, *, as_root: bool) -> str:
    """Types a command, and does what each sentence of it says; what came of it."""
    began = time.monotonic()
    followed: list[str] = []
    while True:
        print(f"{'#' if as_root else '$'} {command}", flush=True)
        status, said = inside(root, command, as_root=as_root)
        last = next((line for line in reversed(said) if line), "")
        sentence = SENTENCE.search(last) if status and not as_root else None
        if sentence is None or sentence[1] in followed:
            break
        followed.append(sentence[1])
        print("  It says what to install:", flush=True)
        inside(root, f"apt-get -qq update; {sentence[1]} --yes -qq >/dev/null", as_root=True)
    ended = "ended well" if status == 0 else f"failed with {status}"
    after = f" after {len(followed)} sentences that said what to install" if followed else ""
    return f"{command}: {ended}{after}, {time.monotonic() - began:.0f} s: {last}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.roots",
        description="Makes a bare root of Debian (once, kept in ~/.cache/openhands-launcher/roots), and in a copy of it"
        " types the commands of the README's first section, in a fresh clone of what is committed here. The newcomer is"
        " a plain user who installs what a sentence says, or with --as-root somebody for whom dev.py installs.",
    )
    parser.add_argument(
        "suite", help="bookworm, trixie, forky, sid: made from the sources of this machine's apt"
    )
    parser.add_argument("--as-root", action="store_true", help="the newcomer is root")
    parser.add_argument("--keep", action="store_true", help="keep the copy, to look at")
    parser.add_argument("--only", metavar="TEXT", default="", help="only commands that contain this")
    wishes = parser.parse_args()
    missing = [tool for tool in TOOLS.split() if not shutil.which(tool)]
    if missing or os.geteuid():
        parser.error(f"it takes root, and {TOOLS.replace(' ', ', ')}")
    with copy(bare(wishes.suite), keep=wishes.keep) as root:
        python = inside(root, "python3 --version", as_root=True)[1]
        results = [
            tried(root, command, as_root=wishes.as_root) for command in commands() if wishes.only in command
        ]
    print(
        f"\n{wishes.suite}, {python[-1]}, as {'root' if wishes.as_root else 'a plain user'}:",
        *results,
        sep="\n",
    )
    return 0 if all(": ended well" in result for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
