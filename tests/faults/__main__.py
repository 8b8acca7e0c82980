"""`python -m tests.faults [FAMILY …]`: carries out the attacks, and prints what came of them.

Each line has the figures with our limits, their bounds, and in the second line the control: the same without the limit.
"""

import argparse
import asyncio
import json
import sys
import time
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.faults.attack import Attack, Bounds, Measured
from tests.faults.families import FAMILIES, attacks_of

PATIENCE_S = 60.0
CONTROL_S = 20.0
"""How long an attack may take, and one without our limit, if its own bound says no more."""

COLUMNS = {"growth_mib": "growth MiB", "gap_ms": "gap ms", "requests": "requests", "seconds": "seconds"}


@dataclass(frozen=True, slots=True)
class Outcome:
    measured: Measured
    fault: str
    """What the victim did not stand; empty when it did."""


async def carried_out(family: str, attack: Attack, *, limit_off: bool) -> Outcome:
    """Server here, victim in a process of its own."""
    async with attack.server() if attack.server else nullcontext() as place:
        address = place.address if place else ""
        options = ["--limit-off"] if limit_off else []
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.faults.victim", family, attack.name, address, *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL if limit_off else None,
        )
        began, peak = time.monotonic(), 0.0
        patience_s = max(CONTROL_S if limit_off else PATIENCE_S, attack.bounds.seconds or 0)
        saying = asyncio.ensure_future(child.communicate())
        while not saying.done() and time.monotonic() - began < patience_s:
            await asyncio.wait([saying], timeout=0.1)
            peak = max(peak, peak_mib(child.pid))
        is_late = not saying.done()
        if is_late:
            child.kill()
        said = (await saying)[0].decode().strip().splitlines()
        requests = len(getattr(place, "requests", ()))
    if is_late or not said:
        died = "still at it" if is_late else "died"
        return Outcome(Measured(peak, None, requests, time.monotonic() - began), died)
    found = json.loads(said[-1])
    fault = found.pop("fault")
    return Outcome(Measured(**found, requests=requests), fault)


def peak_mib(pid: int) -> float:
    """Of a process that may have ended."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
    return 0.0


def shown(outcome: Outcome, bounds: Bounds | None = None) -> str:
    found, most = asdict(outcome.measured), asdict(bounds) if bounds else {}
    cells = []
    for name in COLUMNS:
        value, bound = found[name], most.get(name)
        cell = "–" if value is None else f"{value:,.1f}" if value < 10 else f"{value:,.0f}"
        cells.append(f"{cell} ≤ {bound:,g}" if bound is not None else cell)
    return "".join(f"{cell:>18}" for cell in cells) + (f"  {outcome.fault}" if outcome.fault else "")


async def told(family: str, attack: Attack) -> bool:
    """Carries it out, prints it, and says whether limit and control did as they should."""
    held = await carried_out(family, attack, limit_off=False)
    control = await carried_out(family, attack, limit_off=True)
    broken = attack.bounds.broken_by(held.measured) + ([held.fault] if held.fault else [])
    idle = not attack.bounds.broken_by(control.measured) and not control.fault
    print(f"{family}: {attack.name}")
    print(
        f"  with the limit  {shown(held, attack.bounds)}{'  BROKEN: ' + ', '.join(broken) if broken else ''}"
    )
    print(
        f"  without it      {shown(control)}{'  THE LIMIT MAKES NO DIFFERENCE' if idle else ''}", flush=True
    )
    return not broken and not idle


async def main(families: list[str]) -> int:
    """1 when a bound is broken, or a limit makes no difference."""
    print(" " * 18 + "".join(f"{title:>18}" for title in COLUMNS.values()))
    good = [await told(family, attack) for family in families for attack in attacks_of(family)]
    print(f"{len(good)} attacks, {good.count(False)} not as promised.")
    return 0 if all(good) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="dev.py faults", description=main.__doc__)
    parser.add_argument(
        "families", nargs="*", metavar="FAMILY", choices=[*FAMILIES, []], help=", ".join(FAMILIES)
    )
    sys.exit(asyncio.run(main(parser.parse_args().families or list(FAMILIES))))
