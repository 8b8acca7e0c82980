"""`python -m tests.faults.victim FAMILY NAME ADDRESS [--limit-off]`: one attack, suffered and measured.

Prints one JSON object: the fields of `Measured` that a victim can see, and `fault`, the kind of what it did not stand.
"""

import asyncio
import gc
import json
import resource
import sys
import time
from pathlib import Path

from tests.faults.families import attack_called

MIB = 1024 * 1024
SPARE = 1536 * MIB
"""In bytes: what a victim may take of the machine. Without a limit some would take all of it."""


def memory(name: str) -> int:
    """`VmRSS` or `VmHWM` of this process, in bytes."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def forget_peak() -> None:
    """The kernel counts the peak anew from now on."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + SPARE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def own_time_s() -> float:
    """The time in which this thread ran or slept: what other programs took of the processor does not count."""
    try:
        waited_ns = int(Path("/proc/thread-self/schedstat").read_bytes().split()[1])
    except OSError:  # a kernel without these figures
        waited_ns = 0
    return time.perf_counter() - waited_ns / 1e9


class Watch:
    """Looks at the clock in every turn of the loop: the longest time between two looks is the gap."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._last = own_time_s()
        self._look()

    def _look(self) -> None:
        now = own_time_s()
        self.longest_s = max(self.longest_s, now - self._last)
        self._last = now
        self._next = asyncio.get_running_loop().call_later(0.001, self._look)

    def stop(self) -> None:
        """Also counts what held up the last look."""
        self._next.cancel()
        self.longest_s = max(self.longest_s, own_time_s() - self._last)


async def suffer(family: str, name: str, address: str, *, limit_off: bool) -> dict[str, object]:
    attack = attack_called(family, name)
    if limit_off:
        attack.limit_off()
    if attack.prepare:
        attack.prepare()
    limit_memory()
    gc.collect()
    gc.freeze()  # as the window does when it has started
    forget_peak()
    before, began, fault = memory("VmRSS"), time.perf_counter(), ""
    watch = Watch()
    try:
        await attack.victim(address)
    except Exception as error:  # noqa: BLE001 - what a victim does not stand is told
        fault = type(error).__name__
    watch.stop()
    return {
        "growth_mib": max(0, memory("VmHWM") - before) / MIB,
        "gap_ms": watch.longest_s * 1000,
        "seconds": time.perf_counter() - began,
        "fault": fault,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(suffer(*sys.argv[1:4], limit_off="--limit-off" in sys.argv))))
